import { readFileSync } from 'node:fs'
import t from 'tap'
import { dataDirOf } from '../../../test/store.ts'
import { prepareFolder } from '../folder.ts'

t.test('a folder that is not there, or empty, gets a shop that no run empties', async (t) => {
  const dir = dataDirOf(t, { catalog: { '.gitkeep': '' }, order: {} })
  for (const dataDir of [dir, `${dataDirOf(t)}/new/deep`]) {
    t.equal(await prepareFolder(dataDir), 'new')
    t.match(readFileSync(`${dataDir}/catalog/toys_db.csv`, 'utf8'), /^name,price,quantity\nTux,25\.99,1000000000\n/)
  }
})

t.test('the folder of a store is used as it is', async (t) => {
  const toys = 'name,price,quantity\nBear,1.00,3\n'
  const dir = dataDirOf(t, { catalog: { 'toys_db.csv': toys } })
  t.equal(await prepareFolder(dir), 'existing')
  t.equal(readFileSync(`${dir}/catalog/toys_db.csv`, 'utf8'), toys)
})

t.test('a folder with other files is refused with their names, and nothing is written', async (t) => {
  const store = { 'toys_db.csv': 'name,price,quantity\n' }
  for (const [files, named] of [
    [{ 'thesis.doc': '' }, 'thesis.doc'],
    [{ a: '', b: '', c: '', d: '' }, 'a, b, c and 1 more'],
    [{ catalog: { 'cats.csv': '' } }, 'catalog/cats.csv'],
    [{ catalog: store, 'thesis.doc': '' }, 'thesis.doc'],
  ] as [Parameters<typeof dataDirOf>[1], string][]) {
    const dir = dataDirOf(t, files)
    await t.rejects(prepareFolder(dir), {
      name: 'Refused',
      message: `${dir} holds what is no store's (${named}); name a new folder, or one that a store has used.`,
    })
  }
  const dir = dataDirOf(t, { file: 'text' })
  await t.rejects(prepareFolder(`${dir}/file`), { name: 'Refused', message: `${dir}/file is no folder.` })
})
