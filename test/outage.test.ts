import t from 'tap'
import { startCart } from '../cart/start.ts'
import { startCatalog } from '../catalog/start.ts'
import { verifyFiles } from '../client/verify/files.ts'
import { startFrontend } from '../frontend/start.ts'
import { startOrder } from '../order/start.ts'
import { startPayment } from '../payment/start.ts'
import { ask, eventually } from './ask.ts'
import { buy, dataDirOf, startStore } from './store.ts'
import { startService } from './world.ts'

const millisecondsOf = async <Result>(work: () => Promise<Result>): Promise<{ ms: number } & Result> => {
  const began = performance.now()
  const result = await work()
  return { ...result, ms: performance.now() - began }
}
const unavailable = { status: 503, body: { error: { code: 503, reason: 'unavailable' } } }

t.test(
  'with the catalog down purchases are refused quickly, orders are read, and all is well when it is back',
  async (t) => {
    const DATA_DIR = dataDirOf(t)
    const catalog = await startService(t, startCatalog, { DATA_DIR })
    const payment = await startService(t, startPayment, { DATA_DIR })
    const cart = await startService(t, startCart, { DATA_DIR })
    const order = await startService(t, startOrder, { DATA_DIR, CATALOG_URL: catalog.url, PAYMENT_URL: payment.url })
    const shop = await startService(t, startFrontend, {
      CATALOG_URL: catalog.url,
      PAYMENT_URL: payment.url,
      CART_URL: cart.url,
      ORDER_URL: order.url,
    })
    await eventually(async () => (await ask(`${shop.url}/readyz`)).status === 200)
    t.match(await buy(shop.url, { name: 'Tux', quantity: 1 }), { status: 200 })

    await catalog.close()
    for (let times = 0; times < 5; times++) {
      const refused = await millisecondsOf(() => buy(shop.url, { name: 'Tux', quantity: 1 }, { key: 'later' }))
      t.match(refused, unavailable)
      t.equal(refused.headers.get('retry-after'), '1')
      t.ok(refused.ms < 1500, `${Math.round(refused.ms)} ms`)
    }
    t.match(await ask(`${shop.url}/orders/1`), { status: 200, body: { data: { number: 1 } } })
    t.match(await ask(`${shop.url}/orders`), { status: 200, body: { data: [{ number: 1 }] } })
    const product = await ask(`${shop.url}/products/Tux`)
    t.match(product, unavailable)
    t.equal(product.headers.get('retry-after'), '1')
    t.equal((await ask(`${shop.url}/readyz`)).status, 200, 'an outage does not unready the front end')
    t.equal((await ask(`${order.url}/readyz`)).status, 200, 'nor the order service')

    const back = await startService(t, startCatalog, { DATA_DIR, CATALOG_PORT: new URL(catalog.url).port })
    await eventually(async () => (await buy(shop.url, { name: 'Tux', quantity: 1 }, { key: 'later' })).status === 200)
    t.match((await ask(`${shop.url}/products/Tux`)).body, { data: { quantity: 9998 } })
    for (const service of [shop, order, back]) await service.close()
    t.match(await verifyFiles(DATA_DIR), { orders: 2, reserved: 0, differences: { length: 0 } })
  },
)

t.test('with the order service down purchases are refused quickly and toys are read', async (t) => {
  const DATA_DIR = dataDirOf(t)
  const catalog = await startService(t, startCatalog, { DATA_DIR })
  const payment = await startService(t, startPayment, { DATA_DIR })
  const cart = await startService(t, startCart, { DATA_DIR })
  const order = await startService(t, startOrder, { DATA_DIR, CATALOG_URL: catalog.url, PAYMENT_URL: payment.url })
  const shop = await startService(t, startFrontend, {
    CATALOG_URL: catalog.url,
    PAYMENT_URL: payment.url,
    CART_URL: cart.url,
    ORDER_URL: order.url,
  })
  await eventually(async () => (await buy(shop.url, { name: 'Tux', quantity: 1 }, { key: 'first' })).status === 200)
  await order.close()
  const refused = await millisecondsOf(() => buy(shop.url, { name: 'Tux', quantity: 1 }))
  t.match(refused, unavailable)
  t.equal(refused.headers.get('retry-after'), '1')
  t.ok(refused.ms < 1500, `${Math.round(refused.ms)} ms`)
  t.match(await ask(`${shop.url}/products/Tux`), { status: 200, body: { data: { quantity: 9999 } } })
  t.match(await ask(`${shop.url}/orders/1`), unavailable)
  const ORDER_PORT = new URL(order.url).port
  await startService(t, startOrder, { DATA_DIR, ORDER_PORT, CATALOG_URL: catalog.url, PAYMENT_URL: payment.url })
  const again = () => buy(shop.url, { name: 'Tux', quantity: 1 }, { key: 'first' })
  await eventually(async () => (await again()).status === 200)
  t.match(await again(), { body: { data: { order_number: 1 } } })
})

t.test('the front end becomes ready when it has reached every neighbour', async (t) => {
  const DATA_DIR = dataDirOf(t)
  const catalog = await startService(t, startCatalog, { DATA_DIR })
  const payment = await startService(t, startPayment, { DATA_DIR })
  const cart = await startService(t, startCart, { DATA_DIR })
  const order = await startService(t, startOrder, { DATA_DIR, CATALOG_URL: catalog.url, PAYMENT_URL: payment.url })
  await order.close()
  const shop = await startService(t, startFrontend, {
    CATALOG_URL: catalog.url,
    PAYMENT_URL: payment.url,
    CART_URL: cart.url,
    ORDER_URL: order.url,
  })
  await eventually(async () => (await ask(`${shop.url}/readyz`)).text.includes('waiting for order"'))
  t.match(await ask(`${shop.url}/readyz`), unavailable)
  t.equal((await ask(`${shop.url}/livez`)).status, 200)
  const ORDER_PORT = new URL(order.url).port
  await startService(t, startOrder, { DATA_DIR, ORDER_PORT, CATALOG_URL: catalog.url, PAYMENT_URL: payment.url })
  await eventually(async () => (await ask(`${shop.url}/readyz`)).status === 200)
})

t.test('a catalog that hangs is given up in time, and nothing of the purchase stays reserved', async (t) => {
  const folder = dataDirOf(t)
  const store = await startStore({ dataDir: folder, t })
  t.match(await buy(store.url, { name: 'Tux', quantity: 1 }), { status: 200 })
  const catalog = store.pids.catalog!
  process.kill(catalog, 'SIGSTOP')
  const [first, order] = await Promise.all([
    millisecondsOf(() => buy(store.url, { name: 'Tux', quantity: 1 }, { key: 'hangs' })),
    millisecondsOf(() => ask(`${store.url}/orders/1`)),
  ])
  t.match(first, unavailable)
  t.ok(first.ms < 8000, `${Math.round(first.ms)} ms`)
  t.match(order, { status: 200 })
  t.ok(order.ms < 1500, 'reads of orders go on')
  const next = await millisecondsOf(() => buy(store.url, { name: 'Tux', quantity: 1 }))
  t.match(next, unavailable)
  t.ok(next.ms < 1500, 'the next one does not wait again')
  process.kill(catalog, 'SIGCONT')
  const again = () => buy(store.url, { name: 'Tux', quantity: 1 }, { key: 'hangs' })
  await eventually(async () => (await again()).status === 200)
  t.match(await again(), { body: { data: { order_number: 2 } } })
  await eventually(async () => (await verifyFiles(folder)).reserved === 0)
  t.equal(await store.stop(), 0)
  t.match(await verifyFiles(folder), { orders: 2, reserved: 0, differences: { length: 0 } })
})
