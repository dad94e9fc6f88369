/** A map of very many entries (`ENTRIES=1000000`): how long it takes to fill, start, read and make small, and how much memory. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { realClock } from '../../../clock.ts'
import { realFileSystem } from '../../file-system.ts'
import { randomFrom } from '../../test/random.ts'
import { CsvMap } from '../map-engine.ts'

interface Draft {
  buyer: string
  toys: string
  updated: number
}

t.setTimeout(600_000)
const count = Number(process.env.ENTRIES ?? 100_000)
const few = count / 10
const keyOf = (i: number): string => `draft-${String(i).padStart(8, '0')}-${(i * 2654435761) % 4294967296}`
const draft = (i: number): Draft => ({ buyer: `buyer-${i}`, toys: `[{"toy":"Tux","quantity":${i % 9}}]`, updated: i })

const open = async (folder: string) => {
  const { map } = await CsvMap.open<Draft>({
    files: realFileSystem,
    clock: realClock,
    folder,
    name: 'drafts',
    format: {
      columns: ['buyer', 'toys', 'updated'],
      read: ([buyer, toys, updated]) => ({ buyer: buyer!, toys: toys!, updated: Number(updated) }),
      write: ({ buyer, toys, updated }) => [buyer, toys, String(updated)],
    },
    giveUp: (error) => {
      throw error
    },
    ioDelayMs: 0,
  })
  return map
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Megabytes in use: of objects, and of all. */
function memory(): { heap: number; all: number; rss: number } {
  collectGarbage()
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage()
  return { heap: heapUsed / 2 ** 20, all: (heapUsed + arrayBuffers) / 2 ** 20, rss: rss / 2 ** 20 }
}

/** The longest time in which nobody else had a turn while it ran, and how long it took, in milliseconds. */
async function timed<Result>(work: () => Promise<Result>): Promise<{ result: Result; ms: number; longestMs: number }> {
  let running = true
  let longestMs = 0
  const watch = (async () => {
    for (let last = performance.now(); running; last = performance.now()) {
      await turn()
      longestMs = Math.max(longestMs, performance.now() - last)
    }
  })()
  const began = performance.now()
  const result = await work()
  const ms = performance.now() - began
  running = false
  await watch
  return { result, ms, longestMs }
}

t.test(`${count} entries take a place each in memory, start in seconds and hold nobody up`, async (t) => {
  const folder = await mkdtemp(`${tmpdir()}/toy-store-million-`)
  t.teardown(() => rm(folder, { recursive: true, maxRetries: 5 }))
  const map = await open(folder)
  await map.findAll()
  function* entries(from: number, to: number): Generator<[string, Draft]> {
    for (let i = from; i < to; i++) yield [keyOf(i), draft(i)]
  }
  const first = await timed(() => map.putAll(entries(0, few)))
  t.comment(`${few} set in ${first.ms.toFixed(0)} ms, longest turn ${first.longestMs.toFixed(1)} ms`)
  const rest = await timed(() => map.putAll(entries(few, count)))
  t.comment(`${count - few} more in ${rest.ms.toFixed(0)} ms, longest turn ${rest.longestMs.toFixed(1)} ms`)
  t.equal(map.size, count)
  await map.close()

  const before = memory()
  const opened = await timed(() => open(folder))
  t.comment(`opened in ${opened.ms.toFixed(1)} ms`)
  t.ok(opened.ms < 500)
  const again = opened.result
  const found = await timed(() => again.findAll())
  t.comment(`all found in ${found.ms.toFixed(0)} ms, longest turn ${found.longestMs.toFixed(1)} ms`)
  t.strictSame(found.result, { entries: count, garbageBytes: 0, damagedRows: 0 })
  const after = memory()
  t.comment(
    `memory grew by ${(after.all - before.all).toFixed(1)} MiB, of objects ${(after.heap - before.heap).toFixed(1)}, rss ${(after.rss - before.rss).toFixed(1)}`,
  )
  t.ok(((after.all - before.all) * 2 ** 20) / count < 64, 'no object for each entry')

  const random = randomFrom(1)
  const lookups = 50_000
  const read = await timed(async () => {
    const one = async () => {
      for (let n = 0; n < lookups / 10; n++) {
        const i = Math.floor(random() * count)
        if ((await again.get(keyOf(i)))?.updated !== i) throw new Error(`${keyOf(i)} is wrong`)
      }
    }
    await Promise.all(Array.from({ length: 10 }, one))
  })
  t.comment(`${((lookups / read.ms) * 1000).toFixed(0)} reads a second outside the memory, ten at a time`)
  const all = await timed(async () => {
    let sum = 0
    for await (const [, value] of again.entries()) sum += value.updated
    return sum
  })
  t.comment(`all gone through in ${all.ms.toFixed(0)} ms, longest turn ${all.longestMs.toFixed(1)} ms`)
  t.equal(all.result, (count * (count - 1)) / 2)

  const replaced = await timed(async () => {
    await again.putAll(entries(0, count))
    await again.putAll(entries(0, few))
  })
  t.comment(
    `${count + few} set again in ${replaced.ms.toFixed(0)} ms, longest turn ${replaced.longestMs.toFixed(1)} ms`,
  )
  const small = await timed(async () => {
    for (let tries = 0; (await realFileSystem.list(folder)).includes('drafts-00000001.csv.tmp'); tries++) {
      if (tries > 1000) throw new Error('the segments are never made small')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })
  t.comment(`made small ${small.ms.toFixed(0)} ms later, longest turn ${small.longestMs.toFixed(1)} ms`)
  t.equal((await again.get(keyOf(77_777)))?.updated, 77_777)
  await again.close()

  const last = await open(folder)
  const end = await timed(() => last.findAll())
  t.comment(
    `all found in ${end.ms.toFixed(0)} ms, with ${Math.round(end.result.garbageBytes / 2 ** 20)} MiB of garbage`,
  )
  t.equal(end.result.entries, count)
  t.equal((await last.get(keyOf(5)))?.updated, 5)
  await last.close()
})
