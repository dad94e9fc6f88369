/** What a log costs is counted in reads and bytes, not in time: they do not depend on how many orders there are. */
import { appendFileSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { format } from '../../../order/store.ts'
import { type FileSystem, type OpenFile, realFileSystem } from '../../file-system.ts'
import { randomFrom } from '../../test/random.ts'
import { batchBytesMax } from '../append-file.ts'
import { formatRow } from '../row.ts'
import { entry, openLog } from './harness.ts'

const keys = 1 << 15
const seed = Number(process.env.SEED ?? 1)

/** The real file system, and what was read of open files since it was last asked. */
class CountedReads {
  readonly files: FileSystem = { ...realFileSystem, open: (path, mode) => this.#open(path, mode) }
  #sizes: number[] = []

  take(): { reads: number; bytes: number; largest: number } {
    const sizes = this.#sizes
    this.#sizes = []
    return { reads: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0), largest: Math.max(0, ...sizes) }
  }

  async #open(path: string, mode: 'read' | 'write' | 'create'): Promise<OpenFile> {
    const file = await realFileSystem.open(path, mode)
    const read = (buffer: Uint8Array, position: number): Promise<number> => {
      this.#sizes.push(buffer.length)
      return file.read(buffer, position)
    }
    return { ...file, read }
  }
}

/** Rows of uneven lengths. */
const rowOf = (number: number): string =>
  `${number},1 of 1,${'x'.repeat((number * 13) % 31)},1,2.00,,,key-${number},a1-${number},2026-01-01T00:00:00.000Z\n`

function folderOf(t: Test, count: number): string {
  const folder = t.testdir()
  const path = `${folder}/orders.csv`
  writeFileSync(path, `${formatRow(format.columns)}\n`)
  for (let from = 1; from <= count; from += 10_000) {
    let text = ''
    for (let number = from; number < from + 10_000 && number <= count; number++) text += rowOf(number)
    appendFileSync(path, text)
  }
  return folder
}

const counts = [1000, 1_000_000]
for (const count of counts)
  t.test(`among ${count} orders`, async (t) => {
    const random = randomFrom(seed)
    const counted = new CountedReads()
    const folder = folderOf(t, count)
    const opening = openLog(t, folder, { files: counted.files, keys })
    const { log } = await opening
    // The opening of the file, and its last mebibyte twice; what follows finds the keys again.
    const newKey = log.byKey('never given')
    t.equal(await newKey, undefined)
    const start = counted.take()
    const rowBytesMost = rowOf(count).length + 31
    const most = 4096 + 2 * batchBytesMax + Math.min(count, keys) * rowBytesMost + 3 * (1 << 18)
    t.ok(start.bytes <= most, `${start.bytes} bytes were read until a purchase with a new key was answered`)
    t.equal(await log.append(entry('next')), count + 1)
    t.equal((await log.byKey('key-next'))?.number, count + 1)
    t.equal((await log.byKey(`key-${count}`))?.number, count)
    counted.take()

    const seen = { get: 0, getInAll: 0, newest: 0, before: 0, bytes: 0 }
    const any = () => 1 + Math.floor(random() * count)
    for (let i = 0; i < 300; i++) {
      const number = any()
      if ((await log.get(number))?.key !== `key-${number}`) t.fail(`order ${number}`)
      const { reads, bytes } = counted.take()
      seen.get = Math.max(seen.get, reads)
      seen.bytes = Math.max(seen.bytes, bytes)
      seen.getInAll += reads
    }
    for (let i = 0; i < 50; i++) {
      const before = Math.max(51, any())
      const page = await log.list(before, 50)
      t.strictSame([page.length, page[0]?.number], [50, before - 1])
      seen.before = Math.max(seen.before, counted.take().reads)
      await log.list(Number.MAX_SAFE_INTEGER, 50)
      seen.newest = Math.max(seen.newest, counted.take().reads)
    }
    t.comment(`seed ${seed}: ${JSON.stringify(seen)}`)
    t.ok(seen.get <= 4, `an order is found in at most ${seen.get} reads`)
    t.ok(seen.bytes <= 4 * 16_384, `of ${seen.bytes} bytes in all`)
    t.ok(seen.getInAll <= 1.5 * 300, `300 orders in ${seen.getInAll} reads`)
    t.equal(seen.newest, 1, 'the newest page is one read')
    t.ok(seen.before <= seen.get + 2, `any other at most ${seen.before}`)
    await log.close()
  })

t.test('where rows are of very different lengths, reads grow with the logarithm of the file at most', async (t) => {
  const random = randomFrom(seed)
  const counted = new CountedReads()
  const folder = t.testdir()
  let text = `${formatRow(format.columns)}\n`
  const count = 20_000
  for (let number = 1, length = 0; number <= count; number++) {
    if (random() < 0.001) length = random() < 0.5 ? 0 : Math.floor(random() * 4000)
    text += `${number},1 of 1,${'x'.repeat(length)},1,2.00,,,key-${number},a1-${number},\n`
  }
  writeFileSync(`${folder}/orders.csv`, text)
  const { log } = await openLog(t, folder, { files: counted.files, keys: 8 })
  await log.byKey('never given')
  counted.take()
  // A guess, another one, then the middle; and where a row is longer than a glance, each is two reads.
  const most = 6 * Math.ceil(Math.log2(text.length / 16_384)) + 4
  let worst = 0
  for (let i = 0; i < 300; i++) {
    const number = 1 + Math.floor(random() * count)
    if ((await log.get(number))?.key !== `key-${number}`) t.fail(`seed ${seed}: order ${number}`)
    worst = Math.max(worst, counted.take().reads)
  }
  t.ok(worst <= most, `seed ${seed}: at most ${worst} reads of ${text.length} bytes`)
  await log.close()
})

t.test(
  'a start reads no more of a million orders than its last mebibyte twice, in as many reads as of a thousand',
  async (t) => {
    const found = []
    for (const count of counts) {
      const counted = new CountedReads()
      const folder = folderOf(t, count)
      // The keys are not waited for: with a closed log nobody looks for them any further.
      const { log } = await openLog(t, folder, { files: counted.files, keys: 8 })
      found.push(counted.take())
      await log.close()
    }
    const [few, many] = found
    t.equal(many!.reads, few!.reads)
    t.ok(many!.bytes <= 4096 + 2 * batchBytesMax + 2 * (1 << 18), `${many!.bytes} bytes`)
  },
)

t.test('keys are found again in pieces, so that between two of them everybody else has a turn', async (t) => {
  const counted = new CountedReads()
  const { log } = await openLog(t, folderOf(t, 40_000), { files: counted.files, keys })
  counted.take()
  await log.byKey('never given')
  const { reads, largest } = counted.take()
  t.ok(largest <= 1 << 18, `the largest piece has ${largest} bytes`)
  t.ok(reads >= 8, `${reads} pieces`)
  for (const number of [40_000, 39_999, 40_000 - keys + 1]) t.equal((await log.byKey(`key-${number}`))?.number, number)
  t.equal(await log.byKey(`key-${40_000 - keys}`), undefined, 'older ones are forgotten')
  await log.close()
})
