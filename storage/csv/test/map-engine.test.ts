/** The CSV map over real files: what stands in them, what is refused, and what a person may have done to them. */
import { appendFileSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { realClock } from '../../../clock.ts'
import { StartError } from '../../../errors.ts'
import { type FileSystem, realFileSystem } from '../../file-system.ts'
import { CsvMap } from '../map-engine.ts'
import { answered, bytesOf, namesOf } from './harness.ts'
import { allOf, openMap, segmentsOf } from './map-harness.ts'
import { textFormat } from './text-format.ts'

const first = 'drafts-00000001.csv'

t.test('a change is one row that a spreadsheet can open, and is there after a restart', async (t) => {
  const folder = t.testdir()
  const { map, checked } = await openMap(t, folder)
  t.equal(checked.cut, undefined)
  t.equal(await map.update('a', () => 'one'), 'one')
  t.equal(await map.update('a', (value) => `${value}, "two"`), 'one, "two"')
  await map.update('b', () => 'gone')
  await map.delete('b')
  await map.delete('never there')
  t.equal(map.size, 1)
  await map.close()
  const lines = readFileSync(`${folder}/${first}`, 'utf8').split('\n')
  t.strictSame(
    lines.map((line) => line.replace(/,[0-9a-f]{8}$/, '')),
    [
      'key,change,text,checksum',
      ',begins,',
      'a,new,"""one"""',
      'a,set,"""one, \\""two\\"""""',
      'b,new,"""gone"""',
      'b,deleted,',
      '',
    ],
  )
  const { map: again } = await openMap(t, folder)
  t.strictSame(await again.findAll(), {
    entries: 1,
    garbageBytes: Math.round((statSync(`${folder}/${first}`).size * 3) / 4),
    damagedRows: 0,
  })
  t.equal(await again.get('a'), 'one, "two"')
  t.equal(await again.get('b'), undefined)
  t.strictSame(await allOf(again), [['a', 'one, "two"']])
  await again.close()
})

t.test('updates of one batch see each other in their order, and share one sync', async (t) => {
  const { map, files } = await openMap(t, t.testdir())
  await map.findAll()
  const hold = files.hold({ kind: 'sync' })
  const early = map.update('early', () => 'e')
  await hold.reached
  const asked = ['x', 'y', 'z'].map((letter) => map.update('one', (value = '') => value + letter))
  const read = map.get('one')
  t.equal(await read, undefined, 'what is not synced is not seen')
  hold.release()
  const before = files.count('sync')
  t.strictSame(await Promise.all([early, ...asked]), ['e', 'x', 'xy', 'xyz'])
  t.equal(files.count('sync') - before, 1)
  await map.close()
})

t.test('a change that throws changes nothing and disturbs nobody of its batch', async (t) => {
  const folder = t.testdir()
  const { map, files } = await openMap(t, folder)
  await map.update('a', () => '1')
  const hold = files.hold({ kind: 'sync' })
  const early = map.update('early', () => 'e')
  await hold.reached
  const refusal = new Error('not this one')
  const asked = Promise.allSettled([
    map.update('a', (value) => `${value}2`),
    map.update('a', () => {
      throw refusal
    }),
    map.update('a', (value) => `${value}3`),
  ])
  hold.release()
  const [one, two, three] = await asked
  t.strictSame(
    [one, three].map((each) => each?.status === 'fulfilled' && each.value),
    ['12', '123'],
  )
  t.equal(two?.status === 'rejected' && two.reason, refusal)
  await early
  await map.close()
})

t.test('a change that returns the very same value writes nothing, and waits for what it has seen', async (t) => {
  const folder = t.testdir()
  const { map, files } = await openMap(t, folder)
  await map.update('a', () => '1')
  const before = bytesOf(folder)
  t.equal(await map.update('a', (value) => value), '1')
  t.equal(await map.update('nobody', (value) => value), undefined)
  t.strictSame(bytesOf(folder), before)
  files.fail({ kind: 'write' })
  const asked = await Promise.allSettled([map.update('a', () => '2'), map.update('a', (value) => value)])
  t.strictSame(
    asked.map((each) => each.status === 'rejected' && each.reason.code),
    ['unavailable', 'unavailable'],
  )
  t.equal(await map.get('a'), '1')
  await map.close()
})

t.test('what cannot be a key or a row is refused and changes nothing', async (t) => {
  const folder = t.testdir()
  const { map } = await openMap(t, folder, {
    format: { columns: ['text'], read: ([text]) => text!, write: (value) => [value] },
  })
  await map.update('a', () => '1')
  const before = bytesOf(folder)
  const refused = { code: 'bad_request' }
  for (const key of ['', 'x'.repeat(301), 'a\n', '\u0000', '\u0085', '\ud800']) {
    await t.rejects(map.get(key), refused)
    await t.rejects(
      map.update(key, () => '1'),
      refused,
    )
    await t.rejects(map.delete(key), refused)
    await t.rejects(map.putAll([[key, '1']]), refused)
  }
  for (const value of ['a\nb', 'a\0b', '\udc00', 'x'.repeat(1 << 20), 'ä'.repeat(1 << 19)]) {
    await t.rejects(
      map.update('a', () => value),
      refused,
    )
    await t.rejects(map.putAll([['a', value]]), refused)
  }
  t.strictSame(bytesOf(folder), before)
  t.equal(await map.update('k'.repeat(300), () => 'x'.repeat((1 << 20) - 400)), 'x'.repeat((1 << 20) - 400))
  await map.close()
  const { map: again } = await openMap(t, folder, {
    format: { columns: ['text'], read: ([text]) => text!, write: (value) => [value] },
  })
  t.equal((await again.get('k'.repeat(300)))?.length, (1 << 20) - 400, 'a row is read however long it is')
  t.equal(await again.get('a'), '1')
  await again.close()
})

t.test(
  'a batch of more than a mebibyte goes in several writes, and where one is refused the ones before it stay',
  async (t) => {
    const folder = t.testdir()
    const { map, files } = await openMap(t, folder)
    await map.findAll()
    const hold = files.hold({ kind: 'sync' })
    const early = map.update('early', () => 'e')
    await hold.reached
    const large = 'x'.repeat(400_000)
    const asked = Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map((key) => map.update(key, () => large + key)))
    const before = files.count('write')
    files.fail({ kind: 'write' }, { nth: 2, code: 'ENOSPC', written: 0.5 })
    hold.release()
    await early
    const answers = await asked
    t.strictSame(
      answers.map((each) => (each.status === 'rejected' ? each.reason.code : each.value?.at(-1))),
      ['a', 'b', 'unavailable', 'unavailable', 'unavailable'],
    )
    t.equal(files.count('write') - before, 2)
    t.strictSame(
      (await allOf(map)).map(([key]) => key),
      ['a', 'b', 'early'],
    )
    await map.close()
    const { map: again } = await openMap(t, folder)
    t.strictSame(
      (await allOf(again)).map(([key]) => key),
      ['a', 'b', 'early'],
    )
    await again.close()
  },
)

t.test('many are set in pieces, whatever was there before, and others come in between', async (t) => {
  const folder = t.testdir()
  const { map, files } = await openMap(t, folder)
  await map.putAll([])
  await map.update('draft-7', () => 'old')
  const many = Array.from({ length: 5000 }, (_, i): [string, string] => [`draft-${i}`, `value ${i}`])
  const began = files.count('sync')
  let ended = false
  const putting = map.putAll([...many, ['draft-3', 'later']]).finally(() => {
    ended = true
  })
  let between = 0
  while (!ended) {
    t.ok((await map.update('other', (value = '') => `${value}.`))!.length > 0)
    between += ended ? 0 : 1
  }
  await putting
  t.ok(between >= 5, `${between} came in between`)
  t.ok(files.count('sync') - began >= 11, 'each piece is synced')
  t.equal(await map.get('draft-7'), 'value 7')
  t.equal(await map.get('draft-3'), 'later')
  t.equal(map.size, 5001)
  await map.close()
  const { map: again } = await openMap(t, folder)
  const all = new Map(await allOf(again))
  t.strictSame(
    [all.size, all.get('draft-7'), all.get('draft-3'), all.get('draft-4999')],
    [5001, 'value 7', 'later', 'value 4999'],
  )
  await again.close()
})

t.test('where the disk refuses a later piece, it is not said that nothing happened', async (t) => {
  const { map, files } = await openMap(t, t.testdir())
  await map.findAll()
  files.fail({ kind: 'write' }, { nth: 2 })
  const many = Array.from({ length: 1200 }, (_, i): [string, string] => [`draft-${i}`, 'x'])
  await t.rejects(map.putAll(many), { code: 'outcome_unknown' })
  t.equal(map.size, 500)
  files.fail({ kind: 'write' })
  await t.rejects(map.putAll([['a', 'b']]), { code: 'unavailable' })
  await map.close()
})

t.test('a read that the disk refuses changes nothing, and the next one finds what is there', async (t) => {
  const folder = t.testdir()
  const { map } = await openMap(t, folder)
  await map.update('a', () => '1')
  await map.close()
  const { map: again, files } = await openMap(t, folder, { cacheMax: 0 })
  files.fail({ kind: 'read' })
  await t.rejects(
    again.update('a', () => '2'),
    { code: 'unavailable' },
  )
  t.equal(await again.get('a'), '1', 'the search is begun anew')
  files.fail({ kind: 'read' })
  await t.rejects(
    again.update('a', () => '2'),
    { code: 'unavailable' },
  )
  files.fail({ kind: 'read' })
  await t.rejects(again.get('a'), /EIO/)
  t.equal(await again.update('a', (value) => `${value}2`), '12')
  await again.close()
})

t.test('a torn end is cut wherever it is torn, and kept aside', async (t) => {
  const folder = t.testdir()
  const { map } = await openMap(t, folder)
  await map.update('a', () => 'one')
  const sound = statSync(`${folder}/${first}`).size
  await map.update('a', () => 'two')
  await map.close()
  const whole = readFileSync(`${folder}/${first}`)
  for (let length = sound; length <= whole.length; length++) {
    for (const lost of [false, true]) {
      writeFileSync(`${folder}/${first}`, whole)
      truncateSync(`${folder}/${first}`, length)
      if (lost) truncateSync(`${folder}/${first}`, whole.length + 9) // pages that were never written read as zeros
      const { map, checked } = await openMap(t, folder)
      const isWhole = length >= whole.length - 1 && !(lost && length < whole.length)
      t.equal(await map.get('a'), isWhole ? 'two' : 'one', `${length} ${lost}`)
      t.equal(checked.cut !== undefined, (length > sound && !isWhole) || lost)
      t.equal(await map.update('b', () => 'new'), 'new')
      await map.close()
      const { map: again } = await openMap(t, folder)
      t.strictSame(await allOf(again), [
        ['a', isWhole ? 'two' : 'one'],
        ['b', 'new'],
      ])
      await again.close()
    }
  }
  t.ok(namesOf(folder).some((name) => name.includes('.csv.cut-')))
})

t.test('a damaged row refuses what it may have changed, and nothing else', async (t) => {
  const folder = t.testdir()
  const { map } = await openMap(t, folder)
  for (const key of ['a', 'b', 'c', 'd']) await map.update(key, () => `${key}1`)
  await map.update('d', () => 'd2')
  await map.close()
  const text = readFileSync(`${folder}/${first}`, 'utf8')
  writeFileSync(`${folder}/${first}`, text.replace('b,new', 'q,new'))
  const { map: again, notes, checked } = await openMap(t, folder, { compactBytes: 1 })
  t.equal(checked.cut, undefined)
  const says = /drafts-00000001\.csv:4: the row is damaged; stop the store/
  t.equal(await again.get('c'), 'c1', 'a row behind it is newer')
  t.equal(await again.update('d', (value) => `${value}3`), 'd23')
  t.match(notes, [says])
  for (const key of ['a', 'b', 'never there']) {
    await t.rejects(again.get(key), says)
    await t.rejects(
      again.update(key, () => 'x'),
      says,
    )
    await t.rejects(again.delete(key), says)
  }
  await t.rejects(allOf(again), says)
  await again.putAll([['a', 'set anew']])
  t.equal(await again.get('a'), 'set anew', 'what was set since is certain')
  for (let i = 0; i < 20; i++) await again.update('c', () => `c${i}`)
  await again.close()
  t.strictSame(segmentsOf(folder), [first], 'the segment with the damaged row stays')
  writeFileSync(`${folder}/${first}`, readFileSync(`${folder}/${first}`, 'utf8').replace(/^q,new.*\n/m, ''))
  const { map: mended, notes: none } = await openMap(t, folder)
  t.strictSame(await allOf(mended), [
    ['a', 'set anew'],
    ['c', 'c19'],
    ['d', 'd23'],
  ])
  t.strictSame(none, [])
  await mended.close()
})

t.test('a file that a spreadsheet saved is read, and one value that it changed is noticed', async (t) => {
  const folder = t.testdir()
  const { map } = await openMap(t, folder)
  const wanted = Array.from({ length: 3000 }, (_, i): [string, string] => [`key, "${i}"`, `text ${i}`])
  await map.putAll(wanted)
  await map.close()
  const text = readFileSync(`${folder}/${first}`, 'utf8')
  const saved = `\uFEFF${text
    .replaceAll(/,0+(\d+)$/gm, ',$1')
    .replaceAll(/^key,change/gm, '"key","change"')
    .replaceAll('\n', '\r\n')}`
  t.ok(/,\d{7}\r/.test(saved), 'a checksum has lost its zeros')
  writeFileSync(`${folder}/${first}`, saved)
  const { map: again, notes } = await openMap(t, folder)
  wanted.sort(([a], [b]) => (a < b ? -1 : 1))
  t.strictSame(await allOf(again), wanted)
  t.equal(await again.update('new one', () => 'goes on'), 'goes on')
  await again.close()
  t.strictSame(notes, [])
  const { map: third } = await openMap(t, folder)
  t.equal(await third.get('new one'), 'goes on')
  t.equal(await third.get('key, "399"'), 'text 399')
  await third.close()
  writeFileSync(`${folder}/${first}`, saved.replace('text 7"', 'text 8"'))
  const { map: changed } = await openMap(t, folder)
  t.equal((await changed.findAll()).damagedRows, 1)
  await changed.close()
})

t.test('a folder with a segment missing, or with a header that is not ours, is not opened', async (t) => {
  const folder = t.testdir()
  const { map } = await openMap(t, folder)
  await map.update('a', () => '1')
  await map.close()
  renameSync(`${folder}/${first}`, `${folder}/drafts-00000003.csv`)
  const text = readFileSync(`${folder}/drafts-00000003.csv`, 'utf8')
  writeFileSync(`${folder}/drafts-00000004.csv`, 'key,change,text,checksum\n')
  const { map: moved } = await openMap(t, folder)
  t.equal(await moved.get('a'), '1')
  await moved.close()
  rmSync(`${folder}/drafts-00000003.csv`)
  await t.rejects(
    openMap(t, folder),
    new StartError(
      `${folder}/drafts-00000004.csv: it goes on from segment 3, which is missing; restore the folder from a backup`,
    ),
  )
  writeFileSync(`${folder}/drafts-00000003.csv`, text.replace('text', 'price'))
  const before = bytesOf(folder)
  await t.rejects(openMap(t, folder), /drafts-00000003\.csv:1: the header must be key,change,text,checksum/)
  t.strictSame(bytesOf(folder), before)
})

t.test('a segment that was being made when the power went is made anew', async (t) => {
  const folder = t.testdir()
  const { map } = await openMap(t, folder)
  await map.update('a', () => '1')
  await map.close()
  for (const left of ['', 'key,cha', '\0\0\0\0', 'key,change,text,checksum']) {
    writeFileSync(`${folder}/drafts-00000002.csv`, left)
    const { map: again, checked } = await openMap(t, folder)
    t.equal(checked.cut, undefined)
    t.equal(await again.update('a', (value) => `${value}!`.slice(0, 2)), '1!')
    await again.close()
    t.match(readFileSync(`${folder}/drafts-00000002.csv`, 'utf8'), /^key,change,text,checksum\n/)
    rmSync(`${folder}/drafts-00000002.csv`)
  }
  writeFileSync(`${folder}/drafts-00000001.csv.tmp`, 'half')
  writeFileSync(`${folder}/orders.csv.tmp`, "another's")
  const { map: last } = await openMap(t, folder)
  await last.close()
  t.notOk(namesOf(folder).includes('drafts-00000001.csv.tmp'))
  t.ok(namesOf(folder).includes('orders.csv.tmp'))
})

t.test('a failed sync gives the map up: nobody is told that nothing happened', async (t) => {
  const folder = t.testdir()
  const { map, files, givenUp } = await openMap(t, folder)
  await map.update('a', () => '1')
  files.fail({ kind: 'sync' })
  await t.rejects(
    map.update('a', () => '2'),
    { code: 'outcome_unknown' },
  )
  t.equal(await map.get('a'), '1')
  await t.rejects(
    map.update('b', () => '2'),
    { code: 'outcome_unknown' },
  )
  await t.rejects(
    map.update('a', (value) => value),
    { code: 'outcome_unknown' },
    'what it saw may not be what is there',
  )
  await t.rejects(map.delete('never there'), { code: 'outcome_unknown' })
  t.equal(givenUp.length, 1)
  await map.close()
})

t.test('an entry that changes while all are gone through comes once, and so does one that stays', async (t) => {
  const { map } = await openMap(t, t.testdir(), { cacheMax: 3 })
  const old = 'old'.padEnd(600, '.') // more than a piece in all
  await map.putAll(Array.from({ length: 3000 }, (_, i): [string, string] => [`k${i}`, old]))
  const seen = new Map<string, string>()
  let met = 0
  for await (const [key, value] of map.entries()) {
    t.notOk(seen.has(key)) || t.bailout(key)
    seen.set(key, value)
    met += 1
    if (met === 10)
      await Promise.all([
        ...Array.from({ length: 100 }, (_, i) => map.update(`k${i}`, () => 'changed')),
        map.update('k2999', () => 'changed'),
        map.update('fresh', () => 'x'),
        map.delete('k2000'),
      ])
    if (met === 12) await Promise.all(['k50', 'k2999'].map((each) => map.update(each, () => 'changed again')))
  }
  seen.delete('fresh')
  t.equal(seen.size, 2999)
  t.strictSame(
    [seen.get('k0'), seen.get('k50'), seen.get('k2998'), seen.get('k2999'), seen.get('k2000')],
    [old, old, old, 'changed again', undefined],
  )
  await map.close()
})

t.test('while the places are found, whoever asks waits, and a change asked before closing is made', async (t) => {
  const folder = t.testdir()
  const { map } = await openMap(t, folder)
  await map.update('a', () => '1')
  await map.close()
  appendFileSync(`${folder}/notes.txt`, 'not ours')
  const { map: again, files } = await openMap(t, folder)
  const hold = files.hold({ kind: 'read' })
  const asked = again.update('a', (value) => `${value}2`)
  t.notOk(await answered(asked))
  const closed = again.close()
  hold.release()
  t.equal(await asked, '12')
  await closed
})

t.test('a read that an update overtakes does not bring the old value back', async (t) => {
  const folder = t.testdir()
  const { map } = await openMap(t, folder)
  await map.update('a', () => 'old')
  await map.close()
  const [begun, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let slow = false
  const files: FileSystem = {
    ...realFileSystem,
    async open(path, mode) {
      const file = await realFileSystem.open(path, mode)
      const read: typeof file.read = async (buffer, position) => {
        const count = await file.read(buffer, position)
        if (slow) {
          slow = false
          begun.resolve()
          await goOn.promise
        }
        return count
      }
      return { ...file, read }
    },
  }
  const { map: again } = await CsvMap.open<string>({ ...options, files, folder })
  await again.findAll()
  slow = true
  const early = again.get('a')
  await begun.promise
  t.equal(await again.update('a', (value) => `${value} and new`), 'old and new')
  goOn.resolve()
  t.equal(await early, 'old', 'it began before')
  t.equal(await again.get('a'), 'old and new')
  await again.close()
})

const options = {
  clock: realClock,
  name: 'drafts',
  format: textFormat,
  giveUp: () => {},
  ioDelayMs: 0,
}
