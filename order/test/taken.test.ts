import { readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { realFileSystem } from '../../storage/file-system.ts'
import { openTaken } from '../taken.ts'

t.test('the mark is found by the next start, and none is 0', async (t) => {
  const folder = t.testdir()
  const first = await openTaken(realFileSystem, folder)
  t.equal(first.last, 0)
  for (const number of [7, 3]) {
    await first.write(number)
    t.equal(readFileSync(`${folder}/taken.csv`, 'utf8'), `format,order_number\n1,${number}\n`)
    t.strictSame([first.last, (await openTaken(realFileSystem, folder)).last], [number, number])
  }
})

t.test('a damaged mark stops the start and says what to do, and is as it was', async (t) => {
  const said = /taken\.csv:2: this is no order number; delete the file, the next start asks the carts again about all/
  for (const text of ['format,order_number\n1,x\n', 'format,order_number\n', '7', '', 'format,incarnation\n1,7\n']) {
    const folder = t.testdir()
    writeFileSync(`${folder}/taken.csv`, text)
    await t.rejects(openTaken(realFileSystem, folder), { name: 'StartError', message: said })
    t.equal(readFileSync(`${folder}/taken.csv`, 'utf8'), text)
  }
  const folder = t.testdir({ 'taken.csv': 'format,order_number\n2,7\n' })
  await t.rejects(openTaken(realFileSystem, folder), { message: /format 2 is newer/ })
})

t.test('a mark that a spreadsheet has saved is read', async (t) => {
  const folder = t.testdir({ 'taken.csv': 'format,order_number\r\n1,7\r\n' })
  t.equal((await openTaken(realFileSystem, folder)).last, 7)
})
