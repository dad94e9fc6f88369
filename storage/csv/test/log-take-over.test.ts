import { writeFileSync } from 'node:fs'
import t from 'tap'
import { FaultyFiles } from '../../test/faulty-files.ts'
import { bytesOf, entry, namesOf, openLog, textOf } from './harness.ts'

const original = 'order_no,name,quantity,price\n0,Tux,2,51.980000000000004\n1,"Fox, red",1,29.99\n7,Whale,3,59.97\n'
const ours = 'order_number,line,name,quantity,price,user,cart,key,attempt,placed_at\n'
const taken = `${ours}0,1 of 1,Tux,2,51.98,,,,,\n1,1 of 1,"Fox, red",1,29.99,,,,,\n7,1 of 1,Whale,3,59.97,,,,,\n`

t.test("the original's file is taken over once: it is kept, numbers go on, float prices are rounded", async (t) => {
  const folder = t.testdir({ 'orders.csv': original })
  const { log, checked } = await openLog(t, folder)
  t.equal(checked.takenOver, `${folder}/orders.original.csv`)
  t.equal(checked.cut, undefined)
  t.strictSame(bytesOf(folder), { 'orders.csv': taken, 'orders.original.csv': original })
  t.equal(log.lastNumber, 7)
  t.match(await log.get(0), { number: 0, rows: [{ name: 'Tux', price: '51.98' }] })
  t.match(await log.get(1), { rows: [{ name: 'Fox, red' }] })
  t.equal(await log.get(2), undefined)
  t.equal(await log.append(entry('next')), 8)
  await log.close()
  const again = await openLog(t, folder)
  t.equal(again.checked.takenOver, undefined)
  t.equal(again.checked.cut, undefined)
  t.strictSame(
    (await again.log.list(100, 10)).map(({ number }) => number),
    [8, 7, 1, 0],
  )
  t.equal(textOf(folder, 'orders.original.csv'), original)
})

t.test("a spreadsheet's BOM, line ends and blank lines change nothing", async (t) => {
  const folder = t.testdir({ 'orders.csv': `\uFEFF${original.replaceAll('\n', '\r\n')}\r\n` })
  await openLog(t, folder)
  t.equal(textOf(folder, 'orders.csv'), taken)
})

t.test('a file with the header alone is taken over too', async (t) => {
  const folder = t.testdir({ 'orders.csv': 'order_no,name,quantity,price\n' })
  const { log } = await openLog(t, folder)
  t.equal(await log.append(entry('a')), 1)
})

for (const [row, what] of [
  ['2,Tux,1', /:3: the row has 3 fields/],
  ['1,Tux,1,5', /:3: order_no is "1"/],
  ['2.5,Tux,1,5', /:3: order_no is "2\.5"/],
  ['2,,1,5', /:3: the name/],
  ['2,Tux,-1,5', /:3: quantity is "-1"/],
  ['2,Tux,1,free', /:3: price is "free"/],
  ['2,Tux,1,-5', /:3: price is "-5"/],
  ['2,Tux,1,', /:3: price is ""/],
] as const)
  t.test(`a bad row (${row}) stops the take-over with its line, and nothing is changed`, async (t) => {
    const text = `order_no,name,quantity,price\n1,Fox,1,29.99\n${row}\n3,Fox,1,29.99\n`
    const folder = t.testdir({ 'orders.csv': text })
    await t.rejects(openLog(t, folder), { name: 'StartError', message: what })
    await t.rejects(openLog(t, folder), { message: new RegExp(`^${folder}/orders\\.csv`) })
    t.strictSame(bytesOf(folder), { 'orders.csv': text })
  })

t.test('a second file of the original is kept beside the first', async (t) => {
  const folder = t.testdir({ 'orders.csv': original })
  await (await openLog(t, folder)).log.close()
  const second = original.replace('Whale', 'Python')
  writeFileSync(`${folder}/orders.csv`, second)
  const { checked } = await openLog(t, folder)
  t.equal(textOf(folder, 'orders.original.csv'), original)
  t.equal(textOf(folder, checked.takenOver!.slice(folder.length + 1)), second)
})

t.test('a kill at any call of the take-over loses nothing, and the next start ends it', async (t) => {
  for (let after = 1; ; after++) {
    const folder = t.testdir({ 'orders.csv': original })
    const files = new FaultyFiles()
    t.teardown(() => files.release())
    files.freeze({ after, halfWrite: after % 2 === 0 })
    const opened = openLog(t, folder, { files })
    if (await Promise.race([opened.then(() => true), files.frozen])) {
      t.ok(after > 15, `${after} calls`)
      return
    }
    const { log } = await openLog(t, folder)
    t.equal(log.lastNumber, 7)
    await log.close()
    t.strictSame(
      namesOf(folder).filter((name) => !name.endsWith('.tmp')),
      ['orders.csv', 'orders.original.csv'],
    )
    t.equal(textOf(folder, 'orders.csv'), taken)
    t.equal(textOf(folder, 'orders.original.csv'), original)
  }
})
