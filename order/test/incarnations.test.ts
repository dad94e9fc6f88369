import { readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { StartError } from '../../errors.ts'
import { realFileSystem } from '../../storage/file-system.ts'
import { openIncarnations } from '../incarnations.ts'

t.test('each one taken is higher than any before, also over starts, and in the file before it is used', async (t) => {
  const folder = t.testdir()
  const taken: number[] = []
  for (let start = 0; start < 3; start++) {
    const incarnations = await openIncarnations(realFileSystem, folder)
    taken.push(await incarnations.take(0))
    t.equal(readFileSync(`${folder}/incarnation.csv`, 'utf8'), `format,incarnation\n1,${taken.at(-1)}\n`)
  }
  t.same(taken, [1, 2, 3])
  const incarnations = await openIncarnations(realFileSystem, folder)
  t.equal(await incarnations.take(9), 10, 'above what a participant has seen')
  t.equal(await incarnations.take(4), 11)
})

t.test('a damaged file, or one of a newer format, stops the start with its line, and is as it was', async (t) => {
  for (const text of ['format,incarnation\n1,x\n', 'format,incarnation\n', '7', 'format,incarnation\n2,7\n']) {
    const folder = t.testdir()
    writeFileSync(`${folder}/incarnation.csv`, text)
    await t.rejects(openIncarnations(realFileSystem, folder), { name: 'StartError', message: /incarnation\.csv:2: / })
    await t.rejects(openIncarnations(realFileSystem, folder), StartError)
    t.equal(readFileSync(`${folder}/incarnation.csv`, 'utf8'), text)
  }
})
