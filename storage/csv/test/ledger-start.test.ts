import { rmSync, writeFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { openToys } from '../../../catalog/store.ts'
import { realClock } from '../../../clock.ts'
import { StartError } from '../../../errors.ts'
import { FaultyFiles } from '../../test/faulty-files.ts'
import { HandClock } from '../../test/hand-clock.ts'
import { someCommand, someIds } from '../../test/ledger-commands.ts'
import { MemoryDisk, type Mount } from '../../test/memory-disk.ts'
import { runs } from '../../test/seed.ts'
import { factsLine, headLine } from '../journal.ts'
import { startError } from '../open-folder.ts'
import { asked, bytesOf, change, namesOf, openLedger, reserve, textOf, until } from './harness.ts'

const journal = 'journal-00000001.csv'
const crc = (text: string) => crc32(text).toString(16).padStart(8, '0')
const otherHead = headLine({ format: 1, segment: 7, movementBytes: 32, lastMovement: 0 })
const newerHead = headLine({ format: 3, segment: 1, movementBytes: 32, lastMovement: 0 })

t.test('after a stop or a kill everything is as it was, whatever was asked', async (t) => {
  const batch = fc.array(someCommand, { minLength: 1, maxLength: 12 })
  const property = fc.asyncProperty(
    fc.array(fc.record({ batch, end: fc.constantFrom('stop', 'kill', 'go on'), look: fc.boolean() }), { maxLength: 6 }),
    async (rounds) => {
      const folder = t.testdir()
      const clock = new HandClock()
      let now = await openLedger(t, folder, { clock })
      for (const { batch, end, look } of rounds) {
        await now.ledger.execute(batch)
        if (look) await now.ledger.movements(0, 1) // brings movements.csv up to date
        if (end === 'go on') continue
        const before = JSON.stringify(sorted(await asked(now.ledger, someIds)))
        if (end === 'stop') await now.ledger.close()
        await now.files.release()
        now = await openLedger(t, folder, { clock })
        t.equal(JSON.stringify(sorted(await asked(now.ledger, someIds))), before)
      }
      const numbers = (await now.ledger.movements(0, 10_000)).map(({ number }) => number)
      t.strictSame(
        numbers,
        numbers.map((_, i) => i + 1),
      )
      await now.files.release()
    },
  )
  await t.resolves(fc.assert(property, runs(25)))
})

/** What is listed as open may come in another order after a start. */
const sorted = (answer: unknown): unknown => {
  const { opened } = answer as { opened: { open: { id: string }[] } }
  opened.open.sort((a, b) => (a.id < b.id ? -1 : 1))
  return answer
}

for (const [what, torn] of [
  ['a line that is cut in the middle', 'account,Tux,5,1,25.99'],
  ['a line without its end', factsLine([{ fact: 'removed', account: 'Tux' }]).slice(0, -1)],
  ['NULs and a whole line behind them', `\0\0\0\n${factsLine([{ fact: 'removed', account: 'Tux' }])}`],
  ['a page of NULs', '\0'.repeat(4096)],
] as const)
  t.test(`${what} at the end of the journal is cut off and kept`, async (t) => {
    const folder = t.testdir()
    const { ledger, files } = await openLedger(t, folder)
    await ledger.execute([reserve('a1-1', ['Tux', 1])])
    files.freeze()
    const name = namesOf(folder)
      .filter((each) => each.startsWith('journal-'))
      .at(-1)!
    const whole = textOf(folder, name)
    writeFileSync(`${folder}/${name}`, whole + torn)
    const again = await openLedger(t, folder)
    t.equal(again.report.cut?.bytes, torn.length)
    t.equal(textOf(folder, again.report.cut!.keptAs.slice(folder.length + 1)), torn)
    t.equal(textOf(folder, name), whole)
    t.equal(again.report.openReservations, 1)
    t.equal((await again.ledger.account('Tux'))?.balance, 9999)
  })

t.test(
  'a whole line whose byte was changed is damage, not a torn end: the start is refused, nothing is cut',
  async (t) => {
    const folder = t.testdir()
    const { ledger, files } = await openLedger(t, folder)
    await ledger.execute([reserve('a1-1', ['Tux', 1])])
    await ledger.execute([reserve('a1-2', ['Tux', 1])])
    files.freeze()
    const name = namesOf(folder)
      .filter((each) => each.startsWith('journal-'))
      .at(-1)!
    writeFileSync(`${folder}/${name}`, textOf(folder, name).replace('open,a1-1', 'open,a1-3'))
    const before = bytesOf(folder)
    await t.rejects(openLedger(t, folder), {
      name: 'StartError',
      message: /journal-\d+\.csv:\d+: the line does not fit/,
    })
    t.strictSame(bytesOf(folder), before)
  },
)

t.test('a segment whose first line is torn never came to be', async (t) => {
  const folder = t.testdir()
  const { ledger, files } = await openLedger(t, folder, { clock: new HandClock() })
  await ledger.execute([change('Tux', 1)])
  files.freeze()
  writeFileSync(`${folder}/journal-00000002.csv`, 'segment,1,2,')
  const again = await openLedger(t, folder)
  t.equal((await again.ledger.account('Tux'))?.balance, 10_001)
  t.equal(again.report.cut?.bytes, 12)
  t.notOk(namesOf(folder).includes('journal-00000002.csv'))
  await again.ledger.close()
  t.match(namesOf(folder), ['base-00000002.csv', 'journal-00000002.csv'])
})

t.test('a line that is broken further up stops the start with its line, and nothing is touched', async (t) => {
  const folder = t.testdir()
  const { ledger, files } = await openLedger(t, folder, { clock: new HandClock() })
  for (let i = 0; i < 15; i++) await ledger.execute(Array.from({ length: 1000 }, (_, j) => change('Tux', i + j)))
  files.freeze()
  const text = textOf(folder, journal)
  t.ok(text.length > 1.1 * 2 ** 20)
  const lines = text.split('\n')
  lines[100] = lines[100]!.replace('Tux', 'Tax')
  writeFileSync(`${folder}/${journal}`, lines.join('\n'))
  const before = bytesOf(folder)
  await t.rejects(openLedger(t, folder), {
    name: 'StartError',
    message: `${folder}/${journal}:101: the line does not fit its checksum`,
  })
  t.strictSame(bytesOf(folder), before)
})

for (const [what, spoil, message] of [
  [
    'a missing segment',
    (text: string) => ({ [journal]: undefined, 'journal-00000002.csv': text }),
    /journal-00000001\.csv: this journal segment is missing/,
  ],
  [
    'a segment of another number',
    (text: string) => ({ [journal]: text.replace(/^.*\n/, otherHead) }),
    /journal-00000001\.csv:1: this is segment 7/,
  ],
  ['a newer format', (text: string) => ({ [journal]: text.replace(/^.*\n/, newerHead) }), /:1: format 3 is newer/],
  [
    'a line of an unknown kind',
    (text: string) => ({ [journal]: `${text}surprise,1,5ad3bd06\n`.replace(/5ad3bd06/, crc('surprise,1')) }),
    /:8: a line of an unknown kind, "surprise"/,
  ],
  [
    'a segment whose first line is gone',
    (text: string) => ({ [journal]: text.replace(/^.*\n/, '') }),
    /:1: the line does not fit/,
  ],
  ['an empty first segment', () => ({ [journal]: '' }), /journal-00000001\.csv:1: /],
  [
    'movements that are missing',
    () => ({ 'movements.csv': '' }),
    /movements\.csv: it has 0 bytes where 32 were written/,
  ],
] as const)
  t.test(`${what} stops the start, and nothing is touched`, async (t) => {
    const folder = t.testdir()
    const { files } = await openLedger(t, folder, { clock: new HandClock() })
    await files.release()
    const spoilt: Record<string, string | undefined> = spoil(textOf(folder, journal))
    const left = { ...bytesOf(folder), ...spoilt }
    t.testdir(
      Object.fromEntries(Object.entries(left).filter(([, text]) => text !== undefined)) as Record<string, string>,
    )
    const before = bytesOf(folder)
    await t.rejects(openLedger(t, folder), { name: 'StartError', message })
    t.strictSame(bytesOf(folder), before)
  })

/** A ledger that was stopped with several movements in its file. */
async function stopped(t: Test): Promise<string> {
  const folder = t.testdir()
  const { ledger, files } = await openLedger(t, folder, { clock: new HandClock() })
  for (let i = 0; i < 3; i++) await ledger.execute([change('Tux', 1)])
  await ledger.close()
  await files.release()
  return folder
}

const swap = (text: string) => text.replace('\n2,', '\n3,')
const handMade = /movements\.csv: movement 9 does not end at byte \d+, where it was written/
const saved =
  /movements\.csv:1: the header must be number,at,account,change,reason; was the file saved by another program/
for (const [what, file, spoil, message] of [
  ['movements.csv saved with CRLF', 'movements.csv', (text: string) => text.replaceAll('\n', '\r\n'), saved],
  ['movements.csv saved with a BOM', 'movements.csv', (text: string) => `\uFEFF${text}`, saved],
  ['movements.csv saved with semicolons', 'movements.csv', (text: string) => text.replaceAll(',', ';'), saved],
  ['movements.csv of a newer version', 'movements.csv', (text: string) => text.replaceAll('\n', ',who\n'), saved],
  ['movements.csv with a row more', 'movements.csv', (text: string) => text.replace(/(\n2,.*)/, '$1$1'), handMade],
  ['movements.csv with a longer row', 'movements.csv', (text: string) => text.replace(',Tux,', ',Tuxedo,'), handMade],
  [
    'movements.csv with rows changed about',
    'movements.csv',
    (text: string) => swap(text).replace('\n9,', '\n8,'),
    handMade,
  ],
  [
    'movements.csv with a row less',
    'movements.csv',
    (text: string) => text.replace(/\n2,.*/, ''),
    /movements\.csv: it has \d+ bytes where/,
  ],
  [
    'movements.csv that is gone',
    'movements.csv',
    () => undefined,
    /movements\.csv: it is missing; restore it from a backup/,
  ],
  [
    'a base of a newer version',
    'base-00000002.csv',
    (text: string) => text.replaceAll('\n', ',1\n').replace(',1\n', ',colour\n'),
    /base-00000002\.csv:1: .*"colour" is unknown.*where a newer version wrote it, start that one/,
  ],
  [
    'a base that is damaged',
    'base-00000002.csv',
    (text: string) => text.replace('10003', 'x'),
    /base-00000002\.csv: it is damaged \(it does not fit its checksum\); restore the folder from a backup/,
  ],
] as const)
  t.test(`${what} stops the start, says what to do, and nothing is touched`, async (t) => {
    const folder = await stopped(t)
    const text = spoil(textOf(folder, file))
    if (text === undefined) rmSync(`${folder}/${file}`)
    else {
      t.not(text, textOf(folder, file), 'it was planted')
      writeFileSync(`${folder}/${file}`, text)
    }
    const before = bytesOf(folder)
    await t.rejects(openLedger(t, folder), { name: 'StartError', message })
    t.strictSame(bytesOf(folder), before)
  })

t.test('a disk that refuses a start is a StartError where a person must help, and a full one is tried again', (t) => {
  const refused = (code: string) => startError(Object.assign(new Error(`${code}: no, open 'x.csv'`), { code }))
  for (const code of ['EROFS', 'EACCES', 'EPERM', 'EISDIR', 'ENOTDIR'])
    t.match(refused(code), { name: 'StartError', message: `${code}: no, open 'x.csv'; make it readable and writable` })
  for (const code of ['ENOSPC', 'EDQUOT']) {
    t.match(refused(code), {
      name: 'Error',
      message: /^the disk is full .*x\.csv.*make room, the start is tried again/,
    })
    t.notOk(refused(code) instanceof StartError, 'so it ends with exit code 1 and is started again')
  }
  t.match(refused('EIO'), { message: "EIO: no, open 'x.csv'" })
  t.end()
})

t.test('a start on a full disk changes nothing that was there, and the next one with room goes on', async (t) => {
  for (const how of ['stop', 'kill'])
    for (const code of ['ENOSPC', 'EDQUOT', 'EROFS']) {
      const folder = t.testdir()
      const first = await openLedger(t, folder, { clock: new HandClock() })
      await first.ledger.execute([change('Tux', 5), reserve('a1-1', ['Fox', 1])])
      if (how === 'stop') await first.ledger.close()
      await first.files.release()
      const segment = namesOf(folder)
        .filter((name) => /^journal-\d+\.csv$/.test(name))
        .at(-1)!
      if (how === 'kill') writeFileSync(`${folder}/${segment}`, `${textOf(folder, segment)}torn`)
      const before = bytesOf(folder)
      const files = new FaultyFiles()
      t.teardown(() => files.release())
      files.fail({ kind: 'write' }, { code, times: 1000 })
      files.fail({ kind: 'open', name: '.tmp' }, { code, times: 1000 })
      await t.rejects(openLedger(t, folder, { files, clock: new HandClock() }), { code }, `${how}, ${code}`)
      t.strictSame(bytesOf(folder), before)
      const again = await openLedger(t, folder, { clock: new HandClock() })
      t.equal((await again.ledger.account('Tux'))?.balance, 10_005)
      t.equal(again.report.openReservations, 1)
      await again.files.release()
    }
})

t.test('whether the last life ended in order is reported', async (t) => {
  const folder = t.testdir()
  const first = await openLedger(t, folder)
  t.equal(first.report.crashed, false, 'a first start')
  await first.ledger.execute([change('Tux', 1)])
  await first.ledger.close()
  const second = await openLedger(t, folder)
  t.equal(second.report.crashed, false, 'after a stop')
  await second.ledger.execute([change('Tux', 1)])
  await second.files.release()
  t.equal((await openLedger(t, folder)).report.crashed, true, 'after a kill')
})

t.test('a clock that jumps back days, between lives and during one, changes nothing but the dates', async (t) => {
  const folder = t.testdir()
  let now = Date.UTC(2026, 10, 21)
  const clock = { ...realClock, now: () => now }
  const back = () => {
    now -= 3 * 86_400_000
  }
  const first = await openLedger(t, folder, { clock })
  await first.ledger.execute([change('Tux', 1)])
  back()
  await first.ledger.execute([change('Tux', 1)])
  await until(() => textOf(folder, 'toys_db.csv').includes('10002'))
  for (const text of ['mine', 'mine too']) {
    writeFileSync(`${folder}/toys_db.csv`, text)
    now = Date.UTC(2026, 10, 1) // both at the same moment
    await first.ledger.execute([change('Tux', 1)])
    await until(() => textOf(folder, 'toys_db.csv').startsWith('name'))
  }
  t.strictSame(
    namesOf(folder)
      .filter((name) => name.includes('edited'))
      .map((name) => textOf(folder, name)),
    ['mine', 'mine too'],
  )
  await first.files.release()
  for (let life = 0; life < 3; life++) {
    back()
    const segment = namesOf(folder)
      .filter((name) => /^journal-\d+\.csv$/.test(name))
      .at(-1)!
    writeFileSync(`${folder}/${segment}`, `${textOf(folder, segment)}torn ${life}`)
    const { ledger, report, files } = await openLedger(t, folder, { clock })
    t.equal(textOf(folder, report.cut!.keptAs.slice(folder.length + 1)), `torn ${life}`)
    await ledger.execute([change('Tux', 1)])
    await files.release()
  }
  const { ledger } = await openLedger(t, folder, { clock })
  t.equal((await ledger.account('Tux'))?.balance, 10_007)
  t.strictSame(
    (await ledger.movements(0, 100)).map(({ number }) => number),
    Array.from({ length: 13 }, (_, i) => i + 1),
  )
})

t.test('a byte of the journal or a base that is misread stops the start, and nothing is touched', async (t) => {
  const disk = new MemoryDisk()
  const start = async (files: Mount) => {
    await files.makeFolder('/d')
    const giveUp = (error: Error): void => t.fail(error.message) as never
    return openToys({ files, clock: new HandClock(), folder: '/d', ioDelayMs: 0, note: () => {}, giveUp })
  }
  const { ledger } = await start(disk.mount())
  await ledger.execute([change('Tux', 5), reserve('a1-1', ['Fox', 1])])
  const contents = (one: MemoryDisk) => one.paths().map((path) => [path, one.read(path)!.toString()])
  const before = contents(disk)
  const sound = disk.clone().mount()
  await start(sound)
  let tried = 0
  for (const [i, { kind, path }] of sound.calls.entries())
    if (kind === 'readFile' && /journal|base/.test(path)) {
      const misread = disk.clone()
      await t.rejects(start(misread.mount({ at: i + 1, kind: 'bit-flip' })), { name: 'StartError' }, path)
      t.strictSame(contents(misread), before)
      tried += 1
    }
  t.ok(tried >= 2)
})
