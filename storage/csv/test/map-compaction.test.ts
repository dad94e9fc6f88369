/** Segments that are made small again: nothing is lost or comes back, wherever it ends and whatever the disk refuses. */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { StoreError } from '../../../errors.ts'
import type { KeyedMap } from '../../map.ts'
import { HandClock } from '../../test/hand-clock.ts'
import { type FaultKind, MemoryDisk, type Mount } from '../../test/memory-disk.ts'
import { randomFrom } from '../../test/random.ts'
import { answered, until } from './harness.ts'
import { allOf, openMap, openOver, segmentsOf } from './map-harness.ts'

const never = { compactBytes: Number.POSITIVE_INFINITY }
const always = { compactBytes: 1 }
/** Long enough that rows cross pages of each size. */
const text = (word: string): string => `${word} ${'.'.repeat(70)}`

/** What a map must hold: what was acknowledged, and beside it what may have come of changes that were not. */
class Wanted {
  readonly values = new Map<string, string | undefined>()
  readonly unsure = new Map<string, (string | undefined)[]>()

  async change(map: KeyedMap<string>, key: string, value: string | undefined): Promise<void> {
    this.unsure.set(key, [...(this.unsure.get(key) ?? []), value])
    try {
      await map.update(key, () => value)
    } catch (error) {
      if (!(error instanceof StoreError) || !['unavailable', 'outcome_unknown'].includes(error.code)) throw error
      if (error.code === 'unavailable') this.unsure.set(key, this.unsure.get(key)!.slice(0, -1))
      return
    }
    this.values.set(key, value)
    this.unsure.delete(key)
  }

  /** What is wrong, in words. */
  wrong(found: ReadonlyMap<string, string>): string[] {
    const keys = new Set([...this.values.keys(), ...this.unsure.keys(), ...found.keys()])
    return [...keys]
      .filter((key) => ![this.values.get(key), ...(this.unsure.get(key) ?? [])].includes(found.get(key)))
      .map((key) => `${key} is ${found.get(key)}, not ${this.values.get(key)}`)
  }

  copy(): Wanted {
    const copy = new Wanted()
    for (const [key, value] of this.values) copy.values.set(key, value)
    return copy
  }
}

/** A disk with two segments, of which most is garbage: values set again, and deleted ones. */
async function garbage(pageBytes: number): Promise<{ disk: MemoryDisk; wanted: Wanted }> {
  const disk = new MemoryDisk({ pageBytes })
  const wanted = new Wanted()
  for (const options of [always, never]) {
    const map = await openOver(disk.mount(), options)
    for (let round = 0; round < 4; round++)
      for (let i = 0; i < 8; i++) await wanted.change(map, `key ${i}`, text(`${round} of ${i}`))
    for (const key of ['key 0', 'key 1']) await wanted.change(map, key, undefined)
    await map.close()
  }
  return { disk, wanted }
}

/** Opens it, so that the segments are made small, and changes and reads meanwhile; returns what is wrong. */
async function life(mount: Mount, wanted: Wanted): Promise<string[]> {
  const wrong: string[] = []
  const giveUp = (_error: Error, { silent }: { silent: boolean }) => {
    if (silent) mount.kill()
  }
  const work = async () => {
    const map = await openOver(mount, { ...always, giveUp, cacheMax: 0, hashBits: 3 })
    await map.findAll()
    for (let round = 0; round < 2; round++)
      for (let i = 1; i < 9; i += 2) {
        const key = `key ${(i * (round + 1)) % 9}`
        const changing = wanted.change(map, key, i === 5 ? undefined : text(`${round} while ${i}`))
        const other = `key ${(i + 1) % 9}`
        const found = other === key ? undefined : await map.get(other)
        if (other !== key && ![wanted.values.get(other), ...(wanted.unsure.get(other) ?? [])].includes(found))
          wrong.push(`${other} is read as ${found}, not ${wanted.values.get(other)}`)
        await changing
      }
    await map.close()
  }
  await Promise.race([work(), mount.ended])
  return wrong
}

/** Sees what the life before has left, and changes something; returns what is wrong. What was seen must stay. */
async function nextLife(mount: Mount, wanted: Wanted): Promise<string[]> {
  const map = await openOver(mount, never)
  const seen = new Map(await allOf(map))
  const wrong = wanted.wrong(seen)
  wanted.values.clear()
  wanted.unsure.clear()
  for (const [key, value] of seen) wanted.values.set(key, value)
  await wanted.change(map, 'key 9', text('later'))
  mount.kill()
  return wrong
}

async function found(disk: MemoryDisk): Promise<Map<string, string>> {
  const map = await openOver(disk.mount(), never)
  const all = new Map(await allOf(map))
  await map.close()
  return all
}

const seed = Number(process.env.SEED ?? 1)
const kinds: FaultKind[] = [
  'kill',
  'kill-after',
  'EIO',
  'ENOSPC',
  'half-write',
  'sync-lost',
  'sync-lost-later',
  'late-EIO',
]

const pages = [64, 512, 4096]

for (const pageBytes of pages)
  t.test(`a crash or a refusal at any call while segments of pages of ${pageBytes} bytes are made small`, async (t) => {
    t.comment(`seed ${seed}`)
    const base = await garbage(pageBytes)
    const clean = base.disk.clone()
    const sound = clean.mount()
    t.strictSame(await life(sound, base.wanted.copy()), [])
    const renames = sound.calls.filter(({ kind, path }) => kind === 'rename' && !path.includes('.cut-'))
    t.ok(renames.length > 0, 'they are made small')
    const wrong: string[] = []
    let runs = 0
    for (let at = 1; at <= sound.calls.length; at++) {
      for (const kind of kinds) {
        if ((at + kinds.indexOf(kind)) % 3 !== pages.indexOf(pageBytes)) continue // each with one of the sizes
        const disk = base.disk.clone()
        const wanted = base.wanted.copy()
        const mount = disk.mount({ at, kind })
        let said: string[] = []
        try {
          said = await life(mount, wanted)
        } catch (error) {
          if (!mount.struck) throw error // a start may refuse where the disk does, and so may a read
        }
        mount.kill()
        if (kind.startsWith('kill') || at % 2 === 0) said.push(...(await nextLife(disk.mount(), wanted)))
        if (at % 3 !== 0) disk.cutPower(randomFrom(seed + at))
        said.push(...wanted.wrong(await found(disk)))
        wrong.push(...said.map((each) => `${kind} at ${at}, ${JSON.stringify(sound.calls[at - 1])}: ${each}`))
        runs += 1
      }
    }
    t.comment(`${runs} runs, ${sound.calls.length} calls`)
    t.strictSame(wrong.slice(0, 3), [])
  })

t.test('afterwards the segments hold little more than what counts, and the older ones are gone', async (t) => {
  const folder = t.testdir()
  const { map } = await openMap(t, folder, { compactBytes: 20_000 })
  const wanted = new Map<string, string>()
  for (let round = 0; round < 30; round++) {
    const all = Array.from({ length: 200 }, (_, i): [string, string] => [`ä ${i}, "${i}"`, `${round} ${i}`])
    await map.putAll(all)
    for (const [key, value] of all) wanted.set(key, value)
  }
  await until(() => segmentsOf(folder).length === 2 && !segmentsOf(folder).includes('drafts-00000001.csv'))
  const bytes = () => segmentsOf(folder).reduce((sum, name) => sum + statSync(`${folder}/${name}`).size, 0)
  // What came while one compaction went on is the next one's, which a further change begins.
  const key = [...wanted.keys()][0]!
  for (let more = 0; bytes() >= 60_000 && more < 500; more++) {
    wanted.set(key, `more ${more}`)
    await map.update(key, () => `more ${more}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  t.ok(bytes() < 60_000, `${bytes()} bytes`)
  const sorted = [...wanted].sort(([a], [b]) => (a < b ? -1 : 1))
  t.strictSame(await allOf(map), sorted)
  await map.close()
  const { map: again, notes } = await openMap(t, folder)
  t.strictSame(await allOf(again), sorted)
  t.strictSame(notes, [])
  await again.close()
})

t.test('rows that a spreadsheet saved are copied in our own form', async (t) => {
  const folder = t.testdir()
  const { map } = await openMap(t, folder, never)
  for (let i = 0; i < 40; i++) await map.update(`k${i % 10}`, () => `v${i}`)
  await map.close()
  const path = `${folder}/drafts-00000001.csv`
  writeFileSync(path, `\uFEFF${readFileSync(path, 'utf8').replaceAll('\n', '\r\n')}`)
  const { map: again } = await openMap(t, folder, always)
  await again.findAll()
  await until(() => !readFileSync(path, 'utf8').includes('\r'))
  t.equal(await again.update('k3', (value) => `${value}!`), 'v33!')
  await again.close()
  const { map: third } = await openMap(t, folder)
  t.equal((await third.findAll()).entries, 10)
  t.strictSame([await third.get('k3'), await third.get('k9')], ['v33!', 'v39'])
  await third.close()
})

t.test('where the disk refuses, it is told once, given up for now, and done later', async (t) => {
  const folder = t.testdir()
  const clock = new HandClock()
  const { map, files, notes } = await openMap(t, folder, { ...always, clock })
  files.fail({ kind: 'rename' }, { times: 2 })
  for (let i = 0; i < 30; i++) await map.update('a', (value = '') => `${value}${i} `)
  await until(() => notes.length > 0)
  t.equal(segmentsOf(folder).length, 2)
  await clock.pass(11_000)
  await map.update('a', () => 'x')
  await until(() => files.count('remove', '.tmp') === 2)
  let last = ''
  for (let tries = 0; segmentsOf(folder).includes('drafts-00000001.csv'); tries++) {
    if (tries > 500) throw new Error('it is never done')
    await clock.pass(11_000) // the second try may not have been given up yet
    last = `y${tries}`
    await map.update('a', () => last)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  t.equal(notes.length, 1, 'the same sentence is not told again')
  t.match(notes, [/^drafts: the files could not be made small \(EIO.*; it is tried again until it works$/])
  t.equal(await map.get('a'), last)
  await map.close()
  const { map: again } = await openMap(t, folder)
  t.strictSame(await allOf(again), [['a', last]])
  await again.close()
})

t.test('rows do not move while somebody goes through the entries, and writers go on', async (t) => {
  const folder = t.testdir()
  const { map, files } = await openMap(t, folder, { compactBytes: 2000 })
  await map.putAll(Array.from({ length: 100 }, (_, i): [string, string] => [`k${i}`, 'old']))
  const met = new Set<string>()
  let ended = () => {}
  for await (const [key] of map.entries()) {
    met.add(key)
    if (met.size !== 5) continue
    for (let i = 0; i < 300; i++) await map.update(`k${i % 50}`, () => `new ${i}`)
    await until(() => files.count('rename', 'drafts-') > 0)
    t.notOk(
      await answered(
        until(() => segmentsOf(folder).includes('drafts-00000003.csv')),
        30,
      ),
    )
    ended = () => t.equal(met.size, 100)
  }
  ended()
  for (let i = 0; i < 50; i++) t.match(await map.get(`k${i}`), /^new 2/)
  await map.close()
})

t.test('who begins to go through the entries while rows move meets them all', async (t) => {
  const folder = t.testdir()
  const { map, files } = await openMap(t, folder, { compactBytes: 1_500_000, cacheMax: 0 })
  const all = Array.from({ length: 200 }, (_, i): [string, string] => [`k${i}`, 'x'.repeat(5000)])
  const renaming = files.hold({ kind: 'rename' })
  for (let round = 0; round < 3; round++) await map.putAll(all)
  await renaming.reached
  const moving = files.hold({ kind: 'read', name: 'drafts-00000001.csv' })
  renaming.release()
  await moving.reached
  const walking = allOf(map)
  t.notOk(await answered(walking))
  moving.release()
  t.equal((await walking).length, 200)
  await map.close()
})

t.test('no segment follows a row of unknown outcome', async (t) => {
  const folder = t.testdir()
  const clock = new HandClock()
  const { map, files, givenUp } = await openMap(t, folder, { ...always, clock })
  files.fail({ kind: 'open', name: 'drafts-00000002.csv' })
  for (let i = 0; i < 30; i++) await map.update('a', () => `${i}`)
  await clock.pass(11_000)
  files.fail({ kind: 'sync' })
  await t.rejects(
    map.update('a', () => 'x'),
    { code: 'outcome_unknown' },
  )
  await map.close()
  t.equal(givenUp.length, 1)
  t.strictSame(segmentsOf(folder), ['drafts-00000001.csv'])
})

t.test('what a start has shown stays, though its writer was killed before the sync', async (t) => {
  for (let seed = 1; seed <= 10; seed++) {
    const disk = new MemoryDisk({ pageBytes: 64 })
    const map = await openOver(disk.mount(), never)
    await map.update('a', () => 'old')
    await map.close()
    const path = '/data/store/drafts-00000001.csv'
    const mount = disk.mount({ at: 1, kind: 'kill', on: { kind: 'datasync', path } })
    const start = await Promise.race([openOver(mount, never), mount.ended])
    t.equal(start, undefined, 'a start syncs the tail')
    const second = disk.mount()
    const killed = await openOver(second, never)
    await killed.findAll()
    const writing = disk.read(path)!.length
    void killed.update('a', () => 'new')
    while (disk.read(path)!.length === writing) await undefined // it is written, and not synced yet
    second.kill()
    const next = disk.mount()
    const shown = await (await openOver(next, never)).get('a')
    t.equal(shown, 'new')
    next.kill()
    disk.cutPower(randomFrom(seed))
    const last = await openOver(disk.mount(), never)
    t.equal(await last.get('a'), 'new')
    await last.close()
  }
})
