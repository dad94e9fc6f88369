/** The whole store with several threads a service: nothing of what it promises is different. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { startCart } from '../cart/start.ts'
import { startCatalog } from '../catalog/start.ts'
import { verifyFiles } from '../client/verify/files.ts'
import { startFrontend } from '../frontend/start.ts'
import { startOrder } from '../order/start.ts'
import { startPayment } from '../payment/start.ts'
import { ask, errorOf, eventually } from './ask.ts'
import { faultsOf, startBuyers } from './buyers.ts'
import { figuresOf } from './figures.ts'
import { holdService } from './held-service.ts'
import { buy, dataDirOf, NotOpened, startStore } from './store.ts'
import { slowClock, startService } from './world.ts'

const THREADS = '2'

/** On a connection of its own each time, so that any thread may answer. */
const stockOf = async (store: { url: string }, name = 'Tux'): Promise<number> => {
  const { body } = await ask(`${store.url}/products/${name}`, { headers: { connection: 'close' } })
  return (body as { data: { stock: number } }).data.stock
}

t.test('what was bought is seen at once by whoever asks any thread, and figures are of all threads', async (t) => {
  const dataDir = dataDirOf(t)
  const store = await startStore({ t, dataDir, env: { THREADS } })
  const count = 60
  for (let bought = 1; bought <= count; bought++) {
    t.equal((await buy(store.url, { name: 'Tux', quantity: 1 })).status, 200)
    const seen = await Promise.all(Array.from({ length: 6 }, () => stockOf(store)))
    if (seen.some((left) => left !== 10_000 - bought)) t.fail(`after ${bought} were bought: ${seen}`)
  }
  // When nobody buys, the memories of all threads have it within moments.
  const fromMemory = async () => (await figuresOf(store.url)).get('cache_answers_total{from="memory"}')!
  const before = await fromMemory()
  for (let asked = 0; asked < 50; asked++) t.equal(await stockOf(store), 10_000 - count)
  t.ok((await fromMemory()) - before > 40)

  for (let asked = 0; asked < 4; asked++) {
    const shop = await figuresOf(store.url, { connection: 'close' })
    t.equal(shop.get('http_request_duration_seconds_count{method="POST",route="/orders",status="200"}'), count)
    const order = await figuresOf(store.orderUrl, { connection: 'close' })
    t.equal(order.get('http_request_duration_seconds_count{method="POST",route="/order",status="200"}'), count)
    t.equal(order.get('orders_last_number'), count)
    t.equal((await figuresOf(store.catalogUrl)).get('stock{toy="Tux"}'), 10_000 - count)
  }
  t.equal(await store.stop(), 0)
  t.match(await verifyFiles(dataDir), { orders: count, reserved: 0, differences: [] })
})

t.test('who has bought sees it at any thread, also where the streams of all lag behind', async (t) => {
  const DATA_DIR = dataDirOf(t)
  const catalog = await startService(t, startCatalog, { DATA_DIR, THREADS })
  const payment = await startService(t, startPayment, { DATA_DIR, THREADS })
  const cart = await startService(t, startCart, { DATA_DIR, THREADS })
  const order = await startService(t, startOrder, {
    DATA_DIR,
    THREADS,
    CATALOG_URL: catalog.url,
    PAYMENT_URL: payment.url,
  })
  const hands = await holdService(t, catalog.url)
  const shop = await startService(t, startFrontend, {
    THREADS,
    CATALOG_URL: hands.url,
    PAYMENT_URL: payment.url,
    CART_URL: cart.url,
    ORDER_URL: order.url,
  })
  for (const { url } of [order, shop])
    for (
      let times = 0;
      times < 20;
      times++ // until all threads say so
    )
      await eventually(async () => (await ask(`${url}/readyz`, { headers: { connection: 'close' } })).status === 200)
  const queries = (): number => hands.seen.filter((path) => path.startsWith('GET /query/')).length
  await eventually(async () => {
    const before = queries()
    for (let asked = 0; asked < 20; asked++) await stockOf(shop)
    return queries() === before
  })
  hands.holdStream()
  for (let bought = 1; bought <= 5; bought++) {
    t.equal((await buy(shop.url, { name: 'Tux', quantity: 1 })).status, 200)
    for (let asked = 0; asked < 20; asked++) {
      const seen = await stockOf(shop)
      if (seen !== 10_000 - bought) t.fail(`after ${bought} were bought: ${seen}`)
    }
  }
  hands.releaseStream()
})

t.test('tokens, keys, pages and errors are as with one thread', async (t) => {
  const env = { THREADS, ADMIN_TOKEN: 'owner-owner', INTERNAL_TOKEN: 'inside-inside', ERROR_STATUS: '200' }
  const store = await startStore({ t, dataDir: dataDirOf(t), env })
  const owner = { authorization: 'Bearer owner-owner' }
  const first = await buy(store.url, { name: 'Tux', quantity: 2 }, { key: 'once' })
  const again = await Promise.all(
    Array.from({ length: 20 }, () => buy(store.url, { name: 'Tux', quantity: 2 }, { key: 'once' })),
  )
  for (const { status, body } of again) t.strictSame([status, body], [200, first.body])
  t.strictSame((await buy(store.url, { name: 'Fox', quantity: 2 }, { key: 'once' })).status, 200, 'ERROR_STATUS')
  const unknown = await ask(`${store.url}/products/Nobody`)
  t.strictSame([unknown.status, unknown.body], [200, errorOf(404, 'product_not_found', 'product not found')])
  const many = await buy(store.url, { name: 'Tux', quantity: 20_000 })
  t.strictSame(many.body, errorOf(409, 'out_of_stock', 'not enough stock'))
  for (const path of ['orders', 'movements', 'metrics'])
    t.equal((await ask(`${store.url}/${path}`)).status, path === 'orders' ? 200 : 401)
  t.match((await ask(`${store.url}/orders`, { headers: owner })).body, {
    data: [{ number: 1, name: 'Tux' }],
    next: null,
  })
  t.equal((await ask(`${store.url}/movements`, { headers: owner })).status, 200)
  for (const url of [store.catalogUrl, store.orderUrl]) {
    t.equal((await ask(`${url}/metrics`)).status, 401)
    for (const path of ['readyz', 'livez']) t.equal((await ask(`${url}/${path}`)).status, 200)
  }
  t.equal(await store.stop(), 0)
})

t.test('a stop in the middle of purchases finishes them, and ends with 0', async (t) => {
  const dataDir = dataDirOf(t)
  const store = await startStore({ t, dataDir, env: { THREADS } })
  const buyers = startBuyers(store.url, 16)
  while (buyers.acknowledged.size < 200) await pause(10)
  t.equal(await store.stop(), 0)
  await buyers.stop()
  t.strictSame(await faultsOf(dataDir, buyers.acknowledged, { settled: false }), [])
  for (const name of ['frontend', 'order', 'catalog'])
    t.equal(
      store.output.filter((line) => line.includes(`"service":"${name}"`) && line.includes('"msg":"stopped"')).length,
      1,
    )
})

t.test('a port in use is told in one sentence', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const error: unknown = await startStore({ t, dataDir: dataDirOf(t), env: { THREADS, PORT: String(port) } }).catch(
    (reason) => reason,
  )
  t.ok(error instanceof NotOpened)
  const { code, output } = error as NotOpened
  t.equal(code, 2)
  const said = output.filter((line) => !line.startsWith('{'))
  t.strictSame(said, [`frontend: port ${port} is in use: stop what uses it or set PORT`])
})

t.test('a deadline is the same moment for a thread and its owner, whose clocks begin apart', async (t) => {
  const DATA_DIR = dataDirOf(t)
  for (const apart of [1e7, -1e7]) {
    const clock = { ...slowClock(1), elapsed: () => performance.now() + apart }
    const catalog = await startService(t, startCatalog, { DATA_DIR, THREADS }, { clock })
    const payment = await startService(t, startPayment, { DATA_DIR, THREADS }, { clock })
    const order = await startService(
      t,
      startOrder,
      { DATA_DIR, THREADS, CATALOG_URL: catalog.url, PAYMENT_URL: payment.url },
      { clock },
    )
    await eventually(async () => (await ask(`${order.url}/readyz`)).status === 200)
    const place = (ms: number) =>
      ask(`${order.url}/order`, {
        method: 'POST',
        headers: { 'x-deadline-ms': String(ms) },
        body: { name: 'Tux', quantity: 1 },
      })
    t.equal((await place(20_000)).status, 200)
    await order.close()
    await payment.close()
    await catalog.close()
  }
})
