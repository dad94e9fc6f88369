import { readFile } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'
import t from 'tap'
import { verifyFiles } from '../client/verify/files.ts'
import { ask, errorOf } from './ask.ts'
import { buy, dataDirOf, startStore } from './store.ts'

const names = [
  'a%2Fb',
  'a/b',
  'a b',
  'a+b',
  'a?b#c',
  'Truck, "big"',
  '100 %',
  '🦄',
  'Ünïcode',
  '__proto__',
  'constructor',
  'toString',
]
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
const file = `name,price,quantity\n${names.map((name) => `${quoted(name)},1.10,7\n`).join('')}`
const dataDir = dataDirOf(t, { catalog: { 'toys_db.csv': file } })
const store = await startStore({ dataDir, t })
const at = (name: string) => `${store.url}/products/${encodeURIComponent(name)}`

t.test('any name can be read, bought and found again', async (t) => {
  for (const [index, name] of names.entries()) {
    const bought = await buy(store.url, { name, quantity: 3 })
    t.equal(bought.status, 200, name)
    t.strictSame(bought.body, { data: { order_number: index + 1, name, quantity: 3, price: 1.1, total: 3.3 } })
    t.match((await ask(`${store.url}/orders/${index + 1}`)).body, { data: { name, quantity: 3 } })
    t.strictSame((await ask(at(name))).body, { data: { name, price: 1.1, quantity: 4, stock: 4 } })
    t.strictSame((await ask(`${store.catalogUrl}/query/${encodeURIComponent(name)}`)).status, 200)
  }
})

t.test('a name in a path is decoded once', async (t) => {
  await buy(store.url, { name: 'a/b', quantity: 1 })
  t.match((await ask(`${store.url}/products/a%2Fb`)).body, { data: { name: 'a/b', quantity: 3 } })
  t.match((await ask(`${store.url}/products/a%252Fb`)).body, { data: { name: 'a%2Fb', quantity: 4 } })
  t.equal((await ask(`${store.url}/products/a%25252Fb`)).status, 404)
  t.match((await ask(`${store.url}/products/a+b`)).body, { data: { name: 'a+b' } })
  t.match((await ask(`${store.url}/products/a%20b`)).body, { data: { name: 'a b' } })
  t.equal((await ask(`${store.url}/products/a/b`)).status, 404)
})

t.test('names that every JavaScript object knows are ordinary', async (t) => {
  for (const name of ['hasOwnProperty', 'valueOf', '__defineGetter__'])
    t.strictSame((await ask(at(name))).body, errorOf(404, 'product_not_found', 'product not found'), name)
})

t.test('pages go through all names, each once', async (t) => {
  const seen: string[] = []
  let next: string | null = ''
  while (next !== null) {
    const page = (await ask(`${store.url}/products?limit=2&after=${encodeURIComponent(next)}`)).body as {
      data: { name: string }[]
      next: string | null
    }
    seen.push(...page.data.map(({ name }) => name))
    next = page.next
  }
  t.strictSame(seen.toSorted(), names.toSorted())
})

t.test('the files hold the names as they are, before and after a start', async (t) => {
  t.equal(await store.stop(), 0)
  const toys: string[][] = parse(await readFile(`${dataDir}/catalog/toys_db.csv`))
  t.strictSame(
    toys.slice(1),
    names.map((name) => [name, '1.10', name === 'a/b' ? '3' : '4']),
  )
  const orders: string[][] = parse(await readFile(`${dataDir}/order/orders.csv`))
  t.strictSame(
    orders.slice(1).map((row) => row[2]),
    [...names, 'a/b'],
  )
  const { differences } = await verifyFiles(dataDir)
  t.strictSame(differences, [])
  const { url } = await startStore({ dataDir, t })
  for (const name of names)
    t.match((await ask(`${url}/products/${encodeURIComponent(name)}`)).body, { data: { name } }, name)
  t.match((await ask(`${url}/orders/8`)).body, { data: { name: '🦄' } })
})
