import { readFile } from 'node:fs/promises'
import t from 'tap'
import { verifyFiles } from '../client/verify/files.ts'
import { ask, booksOf, eventually } from './ask.ts'
import { buy, dataDirOf, type Store, startStore } from './store.ts'

const header = 'order_number,line,name,quantity,price,user,cart,key,attempt,placed_at\n'
const rest = 'Whale,19.99,10000\nElephant,29.99,10000\nFox,29.99,10000\nPython,29.99,10000\nDolphin,22.99,10000\n'

t.test('a purchase leaves by three doors: the reply, the files, the state after a start', async (t) => {
  const dataDir = dataDirOf(t)
  const toys = () => readFile(`${dataDir}/catalog/toys_db.csv`, 'utf8')
  const orders = () => readFile(`${dataDir}/order/orders.csv`, 'utf8')
  let store: Store = await startStore({ dataDir, t })
  t.equal(await toys(), `name,price,quantity\nTux,25.99,10000\n${rest}`, 'made when missing')
  t.equal(await orders(), header, 'made when missing')

  const bought = await buy(store.url, { name: 'Tux', quantity: 2 }, { key: 'mine' })
  t.strictSame(bought.body, { data: { order_number: 1, name: 'Tux', quantity: 2, price: 25.99, total: 51.98 } })
  // The row is the commit point: it is there before the reply.
  const row = /^1,1 of 1,Tux,2,25\.99,,,mine,a1-1,\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\n$/
  t.match((await orders()).slice(header.length), row)
  await eventually(async () => (await toys()) === `name,price,quantity\nTux,25.99,9998\n${rest}`)
  const { body: order } = await ask(`${store.url}/orders/1`)
  const books = await booksOf(store.url)

  t.equal(await store.stop(), 0)
  t.match((await orders()).slice(header.length), row)
  t.equal(await toys(), `name,price,quantity\nTux,25.99,9998\n${rest}`)
  t.match(await verifyFiles(dataDir), { orders: 1, reserved: 0, differences: { length: 0 } })

  store = await startStore({ dataDir, t })
  t.strictSame(await booksOf(store.url), books)
  t.strictSame((await ask(`${store.url}/orders/1`)).body, order)
  const again = await buy(store.url, { name: 'Tux', quantity: 2 }, { key: 'mine' })
  t.strictSame(again.body, bought.body, 'the key is known after a start')
  t.equal((await buy(store.url, { name: 'Tux', quantity: 3 }, { key: 'mine' })).status, 422)
  t.strictSame(await booksOf(store.url), books)
  t.match((await buy(store.url, { name: 'Fox', quantity: 1 })).body, { data: { order_number: 2 } })
})

t.test('a purchase is there after kill -9 as after a stop', async (t) => {
  const dataDir = dataDirOf(t)
  let store: Store = await startStore({ dataDir, t })
  const bought = await buy(store.url, { name: 'Tux', quantity: 2 }, { key: 'mine' })
  const books = await booksOf(store.url)
  await store.kill()
  store = await startStore({ dataDir, t })
  t.strictSame(await booksOf(store.url), books)
  t.strictSame((await buy(store.url, { name: 'Tux', quantity: 2 }, { key: 'mine' })).body, bought.body)
  t.equal(await store.stop(), 0)
  t.match(await readFile(`${dataDir}/catalog/toys_db.csv`, 'utf8'), /^Tux,25\.99,9998$/m)
  t.match(await verifyFiles(dataDir), { orders: 1, reserved: 0, differences: { length: 0 } })
})

t.test('a refusal leaves by no door', async (t) => {
  const dataDir = dataDirOf(t)
  const store = await startStore({ dataDir, t })
  const files = async () =>
    Promise.all(
      ['catalog/toys_db.csv', 'catalog/movements.csv', 'order/orders.csv'].map((name) =>
        readFile(`${dataDir}/${name}`, 'utf8'),
      ),
    )
  const [books, before] = [await booksOf(store.url), await files()]
  t.equal((await buy(store.url, { name: 'Tux', quantity: 10_001 })).status, 409)
  t.equal((await buy(store.url, { name: 'Nobody', quantity: 1 })).status, 404)
  t.equal((await buy(store.url, { name: 'Tux', quantity: 0 })).status, 400)
  t.strictSame(await booksOf(store.url), books)
  t.equal(await store.stop(), 0)
  t.strictSame(await files(), before)
  t.match(await verifyFiles(dataDir), { orders: 0, reserved: 0, differences: { length: 0 } })
})
