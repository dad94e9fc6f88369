/** What the owner does with toys, through the catalog's client. */
import { readFile, writeFile } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { realClock } from '../../clock.ts'
import { createCaller } from '../../http/caller.ts'
import { dataDirOf } from '../../test/store.ts'
import { startService } from '../../test/world.ts'
import { type CatalogClient, createCatalogClient } from '../client.ts'
import { startCatalog } from '../start.ts'

async function started(t: Test, DATA_DIR: string): Promise<{ client: CatalogClient; close: () => Promise<void> }> {
  const { url, close } = await startService(t, startCatalog, { DATA_DIR })
  const caller = createCaller({ origin: url, service: 'catalog', timeoutMs: 5000, clock: realClock })
  t.teardown(() => caller.close())
  return { client: createCatalogClient(caller), close }
}

const header = 'name,price,quantity\n'
const toy = (quantity: number) => ({ name: 'Bear', price: 0.29, quantity, stock: quantity })

t.test('a toy is made once, restocked once for a key, and pieces come and go', async (t) => {
  const { client } = await started(t, dataDirOf(t, { catalog: { 'toys_db.csv': header } }))
  t.strictSame(await client.create('Bear', 29, 3, {}), toy(3))
  await t.rejects(client.create('Bear', 30, 4, {}), { code: 'product_exists' })
  for (let times = 0; times < 2; times++) t.strictSame(await client.restock('Bear', 4, 'r1', {}), toy(7))
  await t.rejects(client.restock('Bear', 5, 'r1', {}), { code: 'key_reused' })
  t.strictSame(await client.change('Bear', -7, {}), toy(0))
  await t.rejects(client.change('Bear', -1, {}), { code: 'out_of_stock' })
  await t.rejects(client.change('Gnu', 1, {}), { code: 'product_not_found' })
  await t.rejects(client.restock('Bear', 1_000_000_000_001, undefined, {}), { code: 'bad_request' })
  await client.change('Bear', 1, {})
  await t.rejects(client.restock('Bear', 1_000_000_000_000, undefined, {}), {
    code: 'conflict',
    message: 'there cannot be more than 1000000000000 pieces',
  })
  t.match(await client.query('Bear', {}), { toy: toy(1) })
})

t.test('toys are set, whether they are there or not, and each is a movement of the difference', async (t) => {
  const { client } = await started(t, dataDirOf(t, { catalog: { 'toys_db.csv': `${header}Bear,0.10,5\n` } }))
  const names = ['Bear', ...Array.from({ length: 999 }, (_, i) => `toy ${i}`)]
  await client.setAll(names, 29, 2, {})
  t.strictSame((await client.query('Bear', {})).toy, toy(2))
  t.match((await client.query('toy 998', {})).toy, { price: 0.29, quantity: 2 })
  const { data } = await client.movements(1, 1000, {})
  t.strictSame(
    data.map(({ account, change, reason }) => [account, change, reason]),
    names.map((name) => [name, name === 'Bear' ? -3 : 2, 'set']),
  )
})

t.test('a restock that comes again after its toy was taken out by hand is told that there is none', async (t) => {
  const DATA_DIR = dataDirOf(t, { catalog: { 'toys_db.csv': `${header}Fox,1.00,1\n` } })
  const first = await started(t, DATA_DIR)
  await first.client.create('Bear', 29, 3, {})
  t.strictSame(await first.client.restock('Bear', 4, 'r1', {}), toy(7))
  await first.close()
  const path = `${DATA_DIR}/catalog/toys_db.csv`
  t.equal(await readFile(path, 'utf8'), `${header}Fox,1.00,1\nBear,0.29,7\n`)
  await writeFile(path, `${header}Fox,1.00,1\n`)
  const { client } = await started(t, DATA_DIR)
  await t.rejects(client.restock('Bear', 4, 'r1', {}), { code: 'product_not_found' })
  await client.create('Bear', 29, 1, {})
  t.strictSame(await client.restock('Bear', 4, 'r1', {}), toy(7), 'its key is used: it is told as it was')
  t.strictSame((await client.query('Bear', {})).toy, toy(1))
})
