import { readFileSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { format } from '../../../order/store.ts'
import { HandClock } from '../../test/hand-clock.ts'
import { MemoryDisk, type Mount } from '../../test/memory-disk.ts'
import { CsvLog } from '../log-engine.ts'
import { formatRow } from '../row.ts'
import { bytesOf, entry, namesOf, openLog, textOf } from './harness.ts'

const header = `${formatRow(format.columns)}\n`
const row = (number: number, line = '1 of 1') =>
  `${number},${line},Tux,1,25.99,,,key-${number},a1-${number},2026-01-01\n`
const rows = (count: number) => Array.from({ length: count }, (_, i) => row(i + 1)).join('')
const line = row(4).length

/** Opens a file whose end is torn: the torn part is cut and kept, the next number follows on, the next start finds nothing. */
async function tornEnd(t: Test, whole: string, torn: string | Buffer, lastNumber: number): Promise<void> {
  const folder = t.testdir({ 'orders.csv': '' })
  const bytes = Buffer.from(torn)
  writeFileSync(`${folder}/orders.csv`, Buffer.concat([Buffer.from(header + whole), bytes]))
  const { log, checked } = await openLog(t, folder)
  t.equal(textOf(folder, 'orders.csv'), header + whole)
  t.equal(checked.cut?.bytes, bytes.length)
  t.ok(readFileSync(checked.cut!.keptAs).equals(bytes), 'what was cut is kept with all its bytes')
  t.match(checked.cut!.keptAs, /orders\.csv\.cut-\d{8}T\d{6}Z$/)
  t.equal(log.lastNumber, lastNumber)
  t.equal((await log.list(Number.MAX_SAFE_INTEGER, 1))[0]?.number ?? 0, lastNumber)
  t.equal(await log.append(entry('next')), lastNumber + 1)
  await log.close()
  const again = await openLog(t, folder)
  t.equal(again.checked.cut, undefined)
  t.equal((await again.log.byKey('key-next'))?.number, lastNumber + 1)
}

t.test('a tail that is cut in the middle of a line loses that line', (t) =>
  tornEnd(t, rows(3), row(4).slice(0, line / 2), 3),
)
t.test('a line without its end is not whole, even if nothing else is missing', (t) =>
  tornEnd(t, rows(3), row(4).slice(0, -1), 3),
)
t.test('NULs in the middle take the whole line behind them along', (t) =>
  tornEnd(t, rows(3), `${row(4).slice(0, 20)}${'\0'.repeat(30)}${row(5).slice(20)}${row(6)}`, 3),
)
t.test('a page of NULs is cut', (t) => tornEnd(t, rows(3), Buffer.alloc(4096), 3))
t.test('half an entry of three rows is cut', (t) => tornEnd(t, rows(3), row(4, '1 of 3') + row(4, '2 of 3'), 3))
for (const [what, end, line] of [
  ['is no row', '4,1 of 1,Tux,1,25.99,,,key-4,a1-4\n', 5],
  ['has an open quote', row(4).replace('Tux', '"Tux'), 5],
  ['has lost its first row', row(4, '2 of 3') + row(4, '3 of 3'), 5],
  ['has rows that do not agree how many they are', row(4, '1 of 2') + row(4, '2 of 3'), 6],
  ['is no row, with a torn one behind it', `rubbish\n${row(5).slice(0, 9)}`, 5],
] as const)
  t.test(
    `a last order that ${what} was acknowledged: the start is refused with its line, nothing is cut`,
    async (t) => {
      const folder = t.testdir({ 'orders.csv': header + rows(3) + end })
      const before = bytesOf(folder)
      await t.rejects(openLog(t, folder), {
        name: 'StartError',
        message: `${folder}/orders.csv:${line}: the last order is damaged; this is no torn end of a crash: restore the file from a backup, or mend the line`,
      })
      t.strictSame(bytesOf(folder), before)
    },
  )

for (const [what, middle] of [
  ['changed so that it is no row', 'rubbish\n'],
  ['removed', ''],
  ['doubled', row(2) + row(2)],
  ['made half an entry', row(2, '1 of 2')],
] as const)
  t.test(`a line in the middle that was ${what} cuts nothing that stands behind it`, async (t) => {
    const folder = t.testdir({ 'orders.csv': header + row(1) + middle + row(3) + row(4) })
    const before = bytesOf(folder)
    const { log, checked } = await openLog(t, folder)
    t.equal(checked.cut, undefined)
    t.strictSame(bytesOf(folder), before)
    t.equal((await log.byKey('key-3'))?.number, 3)
    t.equal(await log.append(entry('next')), 5)
  })

t.test('a first row that is torn leaves an empty log', (t) => tornEnd(t, '', row(1).slice(0, 5), 0))
t.test('a tail longer than a mebibyte is checked within its last mebibyte', (t) =>
  tornEnd(t, rows(30_000), row(30_001).slice(0, 9), 30_000),
)

t.test('two cuts in the same second are both kept', async (t) => {
  const folder = t.testdir({ 'orders.csv': `${header}${rows(3)}torn` })
  const clock = { now: () => 0, elapsed: () => 0, after: () => () => {} }
  await openLog(t, folder, { clock })
  writeFileSync(`${folder}/orders.csv`, `${header}${rows(3)}torn again`)
  await openLog(t, folder, { clock })
  t.strictSame(namesOf(folder), ['orders.csv', 'orders.csv.cut-19700101T000000Z', 'orders.csv.cut-19700101T000000Z-2'])
  t.equal(textOf(folder, 'orders.csv.cut-19700101T000000Z-2'), 'torn again')
})

t.test('the tail is written again and synced before the log serves, and so is the folder', async (t) => {
  const { files } = await openLog(t, t.testdir({ 'orders.csv': header + rows(3) }))
  const calls = files.calls.map(({ kind }) => kind)
  t.ok(calls.indexOf('write') > 0 && calls.indexOf('write') < calls.indexOf('sync'))
  t.ok(calls.indexOf('sync') < calls.lastIndexOf('syncFolder'))
})

t.test('a last mebibyte without a whole row stops the start, and the file is as it was', async (t) => {
  const folder = t.testdir({ 'orders.csv': header + rows(10) + 'x'.repeat(1.5 * 2 ** 20) })
  const before = bytesOf(folder)
  await t.rejects(openLog(t, folder), { name: 'StartError', message: /orders\.csv: .*restore/ })
  t.strictSame(bytesOf(folder), before)
})

const saved =
  'the file was saved by another program, which may have changed keys, dates and prices: restore it from a backup'
const foreign = `the header must be ${header.trim()}; write it back or restore`
const newer = `the header must be ${header.trim()}; was the file written by a newer version of the store?`
const whole = header + rows(3)
for (const [what, text, message] of [
  ['a wrong header', 'number,name\n1,Tux\n', foreign],
  ['an empty file', '', foreign],
  ['a file that is no CSV', '"\n', foreign],
  ['a lost header', rows(3), foreign],
  ['a BOM', `\uFEFF${whole}`, saved],
  ['CRLF', whole.replaceAll('\n', '\r\n'), saved],
  ['semicolons', whole.replaceAll(',', ';'), saved],
  ['quotes around every field', whole.replaceAll(/[^,\n]+/g, '"$&"'), saved],
  ['a column more, as a newer version may have', whole.replaceAll('\n', ',0\n').replace(',0\n', ',sum\n'), newer],
  ['other columns behind the first two', whole.replace('price', 'cents'), newer],
] as const)
  t.test(`${what} stops the start with what to do, and the file is as it was`, async (t) => {
    const folder = t.testdir({ 'orders.csv': text })
    const before = bytesOf(folder)
    await t.rejects(openLog(t, folder), { name: 'StartError', message: `${folder}/orders.csv:1: ${message}` })
    t.strictSame(bytesOf(folder), before)
  })

t.test('what a crash left half written of a whole file is taken away', async (t) => {
  const folder = t.testdir({ 'orders.csv': header + rows(2), 'orders.csv.cut-20260101T000000Z.tmp': 'half' })
  const { log } = await openLog(t, folder)
  t.equal(log.lastNumber, 2)
  t.strictSame(namesOf(folder), ['orders.csv'])
  await log.close()
})

t.test('a byte that is misread is never written back: the start fails, and the next one is right', async (t) => {
  const disk = new MemoryDisk()
  const reads: number[] = []
  const start = async (files: Mount) => {
    await files.makeFolder('/d')
    const options = { files, clock: new HandClock(), folder: '/d', name: 'orders.csv', format, ioDelayMs: 0 }
    return (await CsvLog.open({ ...options, giveUp: (error) => t.fail(error.message) })).log
  }
  const first = await start(disk.mount())
  for (const name of ['a', 'b', 'c']) await first.append(entry(name))
  await first.close()
  const bytes = disk.read('/d/orders.csv')!
  const sound = disk.clone().mount()
  await (await start(sound)).close()
  for (const [i, { kind }] of sound.calls.entries()) if (kind === 'read') reads.push(i + 1)
  t.ok(reads.length >= 3)
  for (const at of reads) {
    const misread = disk.clone()
    await start(misread.mount({ at, kind: 'bit-flip' })).catch(() => {})
    t.ok(misread.read('/d/orders.csv')!.equals(bytes), `call ${at}`)
    t.equal((await start(misread.mount())).lastNumber, 3)
  }
})
