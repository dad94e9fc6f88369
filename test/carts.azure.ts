/**
 * A whole store whose carts are in Azure's tables, over Azurite: what the shopping-cart service promises, and buying. Not over a
 * real account, whose table of carts it would fill.
 */
import { existsSync } from 'node:fs'
import { TableClient } from '@azure/data-tables'
import t from 'tap'
import { ask, eventually } from './ask.ts'
import { startAzurite } from './azurite/azurite.ts'
import { buy, dataDirOf, startStore } from './store.ts'

interface Item {
  itemId: number | string
  unitCount: number
}

const azurite = await startAzurite()
t.teardown(() => azurite.end())
const table = TableClient.fromConnectionString(azurite.connectionString, 'ShoppingCartTable', {
  allowInsecureConnection: true,
})
const rowOf = (shard: string, key: string) => table.getEntity<Record<string, string>>(`ShoppingCart${shard}`, key)
const env = { DB_TYPE: 'Azure', AZURE_COSMOS_CONNECTION_STRING: azurite.connectionString, SHARDS: '5' }
const cartsOf = (url: string) => {
  const call = (method: string, path: string, body?: unknown) => ask(`${url}${path}`, { method, body })
  /** The cart service may have been killed a moment ago. */
  const counts = async (customer: string) => {
    let items: Item[] = []
    await eventually(async () => {
      const { status, body } = await call('GET', `/items/${customer}`)
      items = body as Item[]
      return status === 200
    })
    return items.map(({ itemId, unitCount }) => [itemId, unitCount])
  }
  return { call, counts }
}

t.test('a cart is a row where the shopping-cart service looks for it, as it reads it', async (t) => {
  const dataDir = dataDirOf(t)
  const store = await startStore({ dataDir, env, t })
  const { call, counts } = cartsOf(store.url)
  t.strictSame(await counts('jea265'), [])
  await call('POST', '/items/jea265/036000291459', { unitCount: 2, offeredPrice: 50 })
  await call('POST', '/item/jea265/987243752377', { unitCount: 3, offeredPrice: 10 })
  await call('PUT', '/items/jea265/36000291459', { newCount: 1 })
  const row = await rowOf('004', '4937774156882590444')
  t.equal(row.CustomerId, 'jea265')
  t.match(JSON.parse(row.ProductItems!), [
    { itemId: 36000291459, unitCount: 1, offeredPrice: 50 },
    { itemId: 987243752377, unitCount: 3, offeredPrice: 10 },
  ])
  await call('DELETE', '/items/jea265/36000291459')
  const checkedOut = await Promise.all([call('POST', '/checkout/jea265'), call('POST', '/checkout/jea265')])
  t.strictSame(checkedOut.map(({ body }) => (body as Item[]).length).sort(), [0, 1])
  t.strictSame(await counts('jea265'), [])
  await Promise.all(Array.from({ length: 400 }, () => call('POST', '/items/bob/Tux', { unitCount: 1 })))
  t.strictSame(await counts('bob'), [['Tux', 400]])
  t.notOk(existsSync(`${dataDir}/cart`), 'no file is made')
  await store.stop()
})

t.test('a row that it wrote is a cart, which is bought once, with the cart service killed meanwhile', async (t) => {
  const ProductItems = JSON.stringify([
    { unitCount: 1, offeredPrice: 30, itemId: 7, timestamp: 1574380000 },
    { unitCount: 3, offeredPrice: 30, itemId: 7, timestamp: 1574380001 },
  ])
  const row = { partitionKey: 'ShoppingCart002', rowKey: '7616950475317567202', CustomerId: 'ann', ProductItems }
  await table.upsertEntity(row, 'Replace')
  const store = await startStore({ dataDir: dataDirOf(t), env, t })
  const { call, counts } = cartsOf(store.url)
  await ask(`${store.url}/products`, { method: 'POST', body: { name: '7', price: 2.5, quantity: 10 } })
  t.strictSame(await counts('ann'), [[7, 3]])
  const buying = buy(store.url, { cart: 'ann' }, { key: 'once' })
  await store.killService('cart')
  await buying
  await eventually(async () => (await buy(store.url, { cart: 'ann' }, { key: 'once' })).status === 200)
  t.match((await buy(store.url, { cart: 'ann' }, { key: 'once' })).body, {
    data: { order_number: 1, total: 7.5, items: [{ name: '7', quantity: 3, price: 2.5 }] },
  })
  t.strictSame(await counts('ann'), [])
  t.match(await rowOf('002', '7616950475317567202'), { CustomerId: 'ann', ProductItems: '[]', LastOrder: '1' })
  await call('POST', '/items/ann/7')
  t.match(await buy(store.url, { cart: 'ann' }), { status: 200, body: { data: { order_number: 2 } } })
  t.strictSame(await counts('ann'), [])
  await store.stop()
})

t.test(
  'a row of rubbish refuses its own cart alone, and is named; a new data folder buys what the carts hold',
  async (t) => {
    const row = {
      partitionKey: 'ShoppingCart004',
      rowKey: '4937774156882590444',
      CustomerId: 'jea265',
      ProductItems: '{',
    }
    await table.upsertEntity(row, 'Replace')
    const store = await startStore({ dataDir: dataDirOf(t), env, t })
    const { call, counts } = cartsOf(store.url)
    t.match(await call('GET', '/items/jea265'), { status: 503, body: { error: { reason: 'unavailable' } } })
    t.match(await call('POST', '/items/jea265/Tux'), { status: 503 })
    t.match(store.output.join('\n'), /ShoppingCart004\/4937774156882590444/)
    await call('POST', '/items/ann/Tux')
    await eventually(async () => (await buy(store.url, { cart: 'ann' }, { key: 'first' })).status === 200)
    t.strictSame(await counts('ann'), [], 'though the carts remember higher attempts')
    t.match(await buy(store.url, { cart: 'ann' }), { status: 409, body: { error: { reason: 'cart_empty' } } })
    await store.stop()
  },
)

t.test('while Azure is away carts are 503 and toys are sold', async (t) => {
  await azurite.end()
  const store = await startStore({ dataDir: dataDirOf(t), env, t })
  const { call } = cartsOf(store.url)
  for (const method of ['GET', 'POST'])
    t.match(await call(method, method === 'GET' ? '/items/ann' : '/items/ann/Tux'), {
      status: 503,
      body: { error: { reason: 'unavailable' } },
    })
  t.equal((await buy(store.url, { name: 'Tux', quantity: 1 })).status, 200)
  t.match(await buy(store.url, { cart: 'ann' }), { status: 503, body: { error: { reason: 'unavailable' } } })
  t.match(store.output.join('\n'), /the table ShoppingCartTable cannot be used/)
  await store.stop()
})
