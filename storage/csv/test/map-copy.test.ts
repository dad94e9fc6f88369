/** A map's copy follows it, in its share of the time, and what else may happen to it. */
import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { realClock } from '../../../clock.ts'
import { folder as memoryFolder } from '../../test/conformance/memory-stage.ts'
import { FaultyFiles } from '../../test/faulty-files.ts'
import { MemoryDisk } from '../../test/memory-disk.ts'
import { MapCopy, type MapCopyOptions } from '../map-copy.ts'
import { namesOf, textOf, until } from './harness.ts'
import { openCopy, passUntil, textOfAll } from './map-copy-harness.ts'
import { openMap } from './map-harness.ts'

const path = `${memoryFolder}/drafts.csv`
const asideOf = (folder: string) => namesOf(folder).filter((name) => name.includes('.edited-'))

/** A copy over a disk in memory. */
async function overMemory(options: Partial<MapCopyOptions<string>> = {}) {
  const disk = new MemoryDisk()
  const files = disk.mount()
  await files.makeFolder(memoryFolder)
  const truth = new Map([['a', 'one']])
  const read = () => disk.read(path)?.toString()
  const isShown = () => read() === textOfAll(truth)
  const written = () => files.calls.filter((call) => call.kind === 'rename' && call.path === path).length
  return { disk, files, truth, read, isShown, written, ...(await openCopy(files, truth, options)) }
}

/** A copy over a real folder that shows its map. */
async function overFolder(t: Test, truth: Map<string, string>, folder = t.testdir()) {
  const files = new FaultyFiles()
  t.teardown(() => files.release())
  const stage = await openCopy(files, truth, { folder })
  const isShown = () => textOf(folder, 'drafts.csv') === textOfAll(truth)
  const shown = async () => {
    for (let i = 0; !isShown() && i < 200; i++) {
      await stage.clock.pass(200)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    t.ok(isShown(), 'it shows the map')
  }
  return { folder, files, shown, ...stage }
}

t.test('it shows what the map holds: after the start, after each change, and after the last one', async (t) => {
  const folder = t.testdir()
  const { map } = await openMap(t, folder)
  const notes: string[] = []
  const copy = await MapCopy.open<string>({
    files: new FaultyFiles(),
    clock: realClock,
    folder,
    name: 'drafts.csv',
    columns: ['key', 'text'],
    rowsOf: (key, text) => text.split('|').map((each) => [key, each]),
    map,
    note: (sentence) => notes.push(sentence),
  })
  const change = async (key: string, value: string | undefined) => {
    await map.update(key, () => value)
    copy.changed()
  }
  await until(() => textOf(folder, 'drafts.csv') === 'key,text\n')
  await change('a', 'one|two')
  await until(() => textOf(folder, 'drafts.csv') === 'key,text\na,one\na,two\n')
  await change('b', 'three')
  await change('a', undefined)
  await until(() => textOf(folder, 'drafts.csv') === 'key,text\nb,three\n')
  await change('c', 'a "quoted", one')
  await copy.close()
  t.equal(textOf(folder, 'drafts.csv'), 'key,text\nb,three\nc,"a ""quoted"", one"\n')
  await map.close()
  t.strictSame(namesOf(folder), ['drafts-00000001.csv', 'drafts.csv', 'drafts.csv.seal'])
  t.strictSame(notes, [])
  const again = await openMap(t, folder)
  t.equal((await again.map.get('c')) ?? '', 'a "quoted", one', 'the map does not mind the copy')
  await again.map.close()
})

t.test('of an empty map it is the header, and a line break in a field becomes a space', async (t) => {
  const { clock, truth, copy, read, isShown } = await overMemory()
  truth.clear()
  t.ok(await passUntil(clock, 1000, isShown))
  t.equal(read(), 'key,text\n')
  truth.set('a', 'two\r\nlines\0, and "one"')
  copy.changed()
  await passUntil(clock, 1000, () => read() !== 'key,text\n')
  t.equal(read(), 'key,text\na,"two lines , and ""one"""\n')
  await copy.close()
})

t.test('it is written 200 ms after a change, and not without one', async (t) => {
  const { clock, truth, copy, isShown, written } = await overMemory()
  await passUntil(clock, 5000)
  t.equal(written(), 1)
  truth.set('a', 'two')
  copy.changed()
  await passUntil(clock, 199 - 100)
  t.notOk(isShown())
  t.ok(await passUntil(clock, 100, isShown))
  await passUntil(clock, 60_000)
  t.equal(written(), 2)
  await copy.close()
})

t.test('under load it is written for no more than a twentieth of the time, and never twice at once', async (t) => {
  const seen = { walks: 0, running: 0, together: 0 }
  const waits: (() => void)[] = []
  const stage = await overMemory({
    map: {
      async *entries() {
        seen.walks += 1
        seen.together = Math.max(seen.together, ++seen.running)
        await new Promise<void>((resolve) => waits.push(resolve))
        seen.running -= 1
        yield ['a', String(seen.walks)]
      },
    },
  })
  const { clock, copy } = stage
  let busy = 0
  for (let ms = 0; ms < 60_000; ms += 50) {
    copy.changed()
    if (waits.length > 0) {
      await passUntil(clock, 300) // a walk takes that long
      ms += 300
      busy += 300
      waits.shift()!()
    }
    await clock.pass(50)
    await turn()
  }
  t.ok(seen.walks >= 7 && seen.walks <= 11, `${seen.walks} walks`)
  t.ok(busy <= 60_000 / 18, `${busy} ms`)
  t.equal(seen.together, 1)
  const closing = copy.close()
  await passUntil(clock, 4000)
  for (const go of waits) go()
  await closing
})

t.test('a start after a clean stop writes no copy, and one whose copy is missing does', async (t) => {
  const { disk, truth, clock, copy, isShown } = await overMemory()
  await passUntil(clock, 1000, isShown)
  await copy.close()
  for (const missing of [false, true]) {
    if (missing) disk.put(path, undefined)
    const mount = disk.mount()
    const walks: number[] = []
    const map = {
      async *entries(): AsyncGenerator<[string, string]> {
        walks.push(1)
        yield* truth
      },
    }
    const again = await openCopy(mount, truth, { map })
    await passUntil(again.clock, 1000)
    t.equal(walks.length, missing ? 1 : 0)
    t.ok(isShown())
    await again.copy.close()
  }
})

t.test('what a person writes into it while it is followed is kept aside and told', async (t) => {
  const truth = new Map([['a', 'one']])
  const { folder, shown, copy, notes } = await overFolder(t, truth)
  await shown()
  const edited = textOf(folder, 'drafts.csv').replace('one', 'two')
  writeFileSync(`${folder}/drafts.csv`, edited)
  truth.set('b', 'three')
  copy.changed()
  await shown()
  const [kept, ...others] = asideOf(folder)
  t.match(kept, /^drafts\.edited-20260101T00\d{4}Z\.csv$/)
  t.strictSame(others, [])
  t.equal(textOf(folder, kept!), edited)
  t.match(notes, [new RegExp(`drafts\\.csv was changed by someone else.*is not taken.*kept as .*${kept}`)])
  t.equal(notes.length, 1)
  await copy.close()
})

t.test('what a person writes into it while nothing runs is kept aside and told at the next start', async (t) => {
  const truth = new Map([['a', 'one']])
  const first = await overFolder(t, truth)
  await first.shown()
  await first.copy.close()
  const { folder } = first
  const edited = textOf(folder, 'drafts.csv').replace('one', 'two')
  writeFileSync(`${folder}/drafts.csv`, edited)
  const again = await overFolder(t, truth, folder)
  await again.shown()
  t.equal(asideOf(folder).length, 1)
  t.equal(textOf(folder, asideOf(folder)[0]!), edited)
  t.equal(again.notes.length, 1)
  await again.copy.close()
})

t.test('a copy that was only touched, or lost its seal and is as it should be, is not kept aside', async (t) => {
  const truth = new Map([['a', 'one']])
  const first = await overFolder(t, truth)
  const { folder } = first
  await first.shown()
  utimesSync(`${folder}/drafts.csv`, 1, 1)
  truth.set('a', 'two')
  first.copy.changed()
  await first.shown()
  await first.copy.close()
  for (const damaged of [false, true]) {
    if (damaged) writeFileSync(`${folder}/drafts.csv.seal`, readFileSync(`${folder}/drafts.csv.seal`).subarray(1))
    else rmSync(`${folder}/drafts.csv.seal`)
    const again = await overFolder(t, truth, folder)
    await until(() => {
      void again.clock.pass(200)
      return again.files.count('rename', 'drafts.csv') >= 2
    })
    await again.copy.close()
    t.strictSame(again.notes, [])
  }
  t.strictSame(namesOf(folder), ['drafts.csv', 'drafts.csv.seal'])
})

t.test('a full disk is told once, keeps nobody waiting, and the copy follows when there is room', async (t) => {
  const truth = new Map([['a', 'one']])
  const { folder, files, shown, clock, copy, notes } = await overFolder(t, truth)
  await shown()
  for (const round of [1, 2]) {
    truth.set('a', `of round ${round}`)
    files.fail({ kind: 'write', name: 'drafts.csv.tmp' }, { times: 3, code: 'ENOSPC', written: 0.5 })
    const before = files.count('write', 'drafts.csv.tmp')
    copy.changed()
    for (let i = 0; files.count('write', 'drafts.csv.tmp') < before + 2; i++) {
      if (i > 500) throw new Error('it is not tried again')
      await clock.pass(1000)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    await until(() => !namesOf(folder).includes('drafts.csv.tmp'))
    t.equal(notes.length, round)
    t.match(notes.at(-1), /drafts\.csv could not be brought up to date \(ENOSPC.*tried again until it works/)
    await shown()
  }
  t.equal(notes.length, 2)
  await copy.close()
})

t.test('of a damaged map it is told once, and the copy stays as it is', async (t) => {
  let damage: Error | undefined
  const truth = new Map([['a', 'one']])
  const map = {
    async *entries(): AsyncGenerator<[string, string]> {
      yield* truth
      if (damage !== undefined) throw damage
    },
  }
  const { clock, copy, notes, read, files } = await overMemory({ map })
  await passUntil(clock, 1000, () => read() === textOfAll(truth))
  const before = read()
  damage = new Error('drafts-00000001.csv:3: the row is damaged')
  truth.set('b', 'two')
  copy.changed()
  await passUntil(clock, 40_000)
  t.equal(read(), before)
  t.match(notes, [/could not be brought up to date \(drafts-00000001\.csv:3: the row is damaged\)/])
  t.equal(notes.length, 1)
  await copy.close()
  t.notOk((await files.list(memoryFolder)).some((name) => name.endsWith('.tmp')))
})

t.test(
  'a stop does not wait for a copy that takes longer than some seconds, and the next start writes it',
  async (t) => {
    let isSlow = false
    const truth = new Map([['a', 'one']])
    const stage = await overMemory({
      map: {
        async *entries() {
          if (isSlow) await new Promise(() => {}) // as while the map finds its keys
          yield* truth
        },
      },
    })
    const { disk, clock, copy, notes, isShown } = stage
    stage.truth.clear()
    stage.truth.set('a', 'one')
    await passUntil(clock, 1000, isShown)
    isSlow = true
    truth.set('a', 'two')
    copy.changed()
    let isOver = false
    const closing = copy.close().then(() => {
      isOver = true
    })
    await passUntil(clock, 2000)
    t.notOk(isOver)
    t.ok(await passUntil(clock, 1500, () => isOver))
    await closing
    t.strictSame(notes, [])
    t.notOk(disk.paths().some((name) => name.endsWith('.tmp')))
    const again = await openCopy(disk.mount(), truth)
    t.ok(await passUntil(again.clock, 1000, () => disk.read(path)?.toString() === textOfAll(truth)))
    await again.copy.close()
  },
)

t.test('others have their turns while 100,000 keys are written, and no more than a piece is in memory', async (t) => {
  const folder = `${t.testdir()}/large`
  mkdirSync(folder)
  const { map } = await openMap(t, folder)
  const key = (i: number) => `draft-${String(i).padStart(7, '0')}`
  await map.putAll(Array.from({ length: 100_000 }, (_, i) => [key(i), `a text of usual length ${i}`] as const))
  const files = new FaultyFiles()
  let largest = 0
  const open: FaultyFiles['open'] = async (path, mode) => {
    const file = await files.open(path, mode)
    const write: typeof file.write = (bytes, position) => {
      largest = Math.max(largest, bytes.length)
      return file.write(bytes, position)
    }
    return { ...file, write }
  }
  const { list, readFile, makeFolder, rename, link, remove, syncFolder, stat } = files
  const copy = await MapCopy.open<string>({
    files: { open, list, readFile, makeFolder, rename, link, remove, syncFolder, stat },
    clock: realClock,
    folder,
    name: 'drafts.csv',
    columns: ['key', 'text'],
    rowsOf: (key, text) => [[key, text]],
    map,
    note: (sentence) => t.fail(sentence),
  })
  let [turns, longestMs] = [0, 0]
  for (let last = performance.now(); textOf(folder, 'drafts.csv') === ''; last = performance.now()) {
    await turn()
    if (files.count('open', 'drafts.csv.tmp') > 0) turns += 1
    longestMs = Math.max(longestMs, performance.now() - last)
  }
  t.ok(turns >= 100, `${turns} turns`)
  t.ok(longestMs < 500, `${longestMs} ms`)
  t.ok(largest <= 1 << 18, `${largest} bytes`)
  t.ok(files.count('write', 'drafts.csv.tmp') >= 50)
  const rows = textOf(folder, 'drafts.csv').split('\n')
  t.equal(rows.length, 100_002)
  t.equal(rows[50_001], `${key(50_000)},a text of usual length 50000`)
  await copy.close()
  await map.close()
})
