/** The front end's memory of products, from its front door: what a buyer is shown is never older than it may be. */
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startCart } from '../cart/start.ts'
import { startCatalog } from '../catalog/start.ts'
import { startFrontend } from '../frontend/start.ts'
import { startOrder } from '../order/start.ts'
import { startPayment } from '../payment/start.ts'
import { ask, errorOf, eventually } from './ask.ts'
import { figuresOf } from './figures.ts'
import { holdService } from './held-service.ts'
import { buy, dataDirOf, goneGroup, startStore } from './store.ts'
import { startService } from './world.ts'

/** A shop whose front end reaches the catalog through hands that can hold it. */
async function heldShop(t: Test, env: Record<string, string> = {}) {
  const DATA_DIR = dataDirOf(t)
  const catalog = await startService(t, startCatalog, { DATA_DIR, ...env })
  const payment = await startService(t, startPayment, { DATA_DIR, ...env })
  const cart = await startService(t, startCart, { DATA_DIR, ...env })
  const order = await startService(t, startOrder, {
    DATA_DIR,
    CATALOG_URL: catalog.url,
    PAYMENT_URL: payment.url,
    ...env,
  })
  const hands = await holdService(t, catalog.url)
  const shop = await startService(t, startFrontend, {
    CATALOG_URL: hands.url,
    PAYMENT_URL: payment.url,
    CART_URL: cart.url,
    ORDER_URL: order.url,
    ...env,
  })
  await eventually(async () => (await ask(`${shop.url}/readyz`)).status === 200)
  await eventually(async () => (await ask(`${order.url}/readyz`)).status === 200)
  const stock = async (name = 'Tux'): Promise<number> => {
    const { body } = await ask(`${shop.url}/products/${name}`)
    return (body as { data: { stock: number } }).data.stock
  }
  const sell = (quantity = 1, name = 'Tux') =>
    ask(`${catalog.url}/buy_qty`, { method: 'POST', body: { name, quantity } })
  const queries = (): number => hands.seen.filter((path) => path.startsWith('GET /query/')).length
  /** Resolves when the answer comes from memory. */
  const warm = (name = 'Tux') =>
    eventually(async () => {
      const before = queries()
      await stock(name)
      return queries() === before
    })
  return { DATA_DIR, catalog, order, hands, shop, stock, sell, queries, warm }
}

t.test('a product that was asked for is answered from memory, the same bytes, and follows every change', async (t) => {
  const { shop, hands, stock, sell, queries, warm } = await heldShop(t)
  const first = await ask(`${shop.url}/products/Tux`)
  await warm()
  const before = queries()
  const again = await ask(`${shop.url}/products/Tux`)
  t.equal(again.text, first.text)
  const timeless = ({ headers }: typeof first) => [...headers].filter(([name]) => name !== 'date')
  t.strictSame(timeless(again), timeless(first))
  t.notOk(again.headers.has('x-position'))
  for (let sold = 1; sold <= 3; sold++) {
    await sell()
    await eventually(async () => (await stock()) === 10_000 - sold)
  }
  t.equal(queries(), before)
  t.equal(hands.seen.filter((path) => path === 'GET /changes').length, 1)
  const figures = await figuresOf(shop.url)
  t.equal(figures.get('cache_products'), 1)
  t.equal(figures.get('cache_answers_total{from="catalog"}'), before)
  t.ok(figures.get('cache_answers_total{from="memory"}')! > 4)
})

t.test('who never shows a product does not follow the catalog', async (t) => {
  const { shop, hands } = await heldShop(t)
  t.match(await buy(shop.url, { name: 'Tux', quantity: 1 }), { status: 200 })
  t.match(await ask(`${shop.url}/products`), { status: 200 })
  t.notOk(hands.seen.includes('GET /changes'))
})

t.test('an unknown name is asked for once', async (t) => {
  const { shop, warm, queries } = await heldShop(t)
  await warm()
  const before = queries()
  for (let times = 0; times < 3; times++) {
    const unknown = await ask(`${shop.url}/products/Nobody`)
    t.strictSame([unknown.status, unknown.body], [404, errorOf(404, 'product_not_found', 'product not found')])
    t.equal(queries(), before + 1)
  }
  t.equal((await figuresOf(shop.url)).get('cache_products'), 2)
})

t.test('nothing is served from memory while the stream is cut', async (t) => {
  const { hands, catalog, shop, stock, sell, queries, warm } = await heldShop(t)
  await warm()
  hands.holdStream()
  await sell()
  t.equal(await stock(), 10_000, 'the change is on its way')
  hands.cutStream()
  await eventually(async () => (await stock()) === 9999)
  hands.holdStream() // a new one does not come to its beginning
  for (let times = 0; times < 5; times++) {
    const before = queries()
    t.equal(await stock(), 9999 - times)
    t.equal(queries(), before + 1)
    await sell()
  }
  hands.cutStream()
  hands.releaseStream()
  await warm()
  t.equal(await stock(), 9994)
  await catalog.close()
  await eventually(async () => (await ask(`${shop.url}/products/Tux`)).status === 503)
  t.match(await ask(`${shop.url}/products/Tux`), { body: { error: { reason: 'unavailable' } } })
})

t.test('a product that was read before a change is not kept when its answer comes after it', async (t) => {
  const { hands, shop, stock, sell, queries, warm } = await heldShop(t)
  await warm('Fox') // the stream is up
  hands.holdAnswers()
  const late = stock()
  await eventually(() => hands.kept === 1)
  await sell(3)
  await sell(1, 'Fox')
  await eventually(async () => (await stock('Fox')) === 9999) // so both changes have come
  hands.releaseAnswers()
  t.equal(await late, 9997)
  const before = queries()
  t.equal(await stock(), 9997)
  t.equal(queries(), before, 'it is kept, as the change told it')
  t.equal((await figuresOf(shop.url)).get('cache_products'), 2)
})

t.test("a buyer's own purchase is visible when it is answered, though the stream has not told it", async (t) => {
  const { hands, shop, stock, queries, warm } = await heldShop(t)
  await warm()
  await warm('Fox')
  hands.holdStream()
  for (let bought = 1; bought <= 3; bought++) {
    t.match(await buy(shop.url, { name: 'Tux', quantity: 1 }), { status: 200 })
    t.equal(await stock(), 10_000 - bought)
  }
  const before = queries()
  t.equal(await stock(), 9997)
  t.equal(await stock('Fox'), 10_000)
  t.equal(queries(), before, 'what was read since is kept, and so are the others')
  for (let told = 1; told <= 3; told++) {
    hands.passOn(1)
    await pause(50)
    t.equal(await stock(), 9997)
  }
  t.equal(queries(), before, 'and what the stream tells late does not change it')
})

t.test('a fetch that was begun before a purchase is not given to who asks after it', async (t) => {
  const { hands, shop, stock, warm } = await heldShop(t)
  await warm('Fox')
  hands.holdStream()
  hands.holdAnswers()
  const before = stock()
  await eventually(() => hands.kept === 1)
  t.match(await buy(shop.url, { name: 'Tux', quantity: 1 }), { status: 200 })
  const after = stock()
  await eventually(() => hands.kept === 2)
  hands.releaseAnswers()
  t.strictSame(await Promise.all([before, after]), [10_000, 9999])
  t.equal(await stock(), 9999)
})

t.test('a purchase that is answered from the log is visible, too', async (t) => {
  const { order, hands, shop, stock, queries, warm } = await heldShop(t)
  await warm()
  hands.holdStream()
  const mine = { name: 'Tux', quantity: 2 }
  // Bought at another door, so that this front end knows nothing of it.
  const elsewhere = await ask(`${order.url}/order`, { method: 'POST', body: { ...mine, key: 'key-1' } })
  t.equal(elsewhere.status, 200)
  t.equal(await stock(), 10_000)
  t.strictSame((await buy(shop.url, mine, { key: 'key-1' })).body, elsewhere.body)
  t.equal(await stock(), 9998)
  const before = queries()
  t.equal(await stock(), 9998)
  t.equal(queries(), before, 'and kept again')
})

t.test('a purchase whose outcome is unknown takes its product out of memory', async (t) => {
  const DATA_DIR = dataDirOf(t)
  const catalog = await startService(t, startCatalog, { DATA_DIR })
  const payment = await startService(t, startPayment, { DATA_DIR })
  const cart = await startService(t, startCart, { DATA_DIR })
  const order = await startService(t, startOrder, { DATA_DIR, CATALOG_URL: catalog.url, PAYMENT_URL: payment.url })
  await eventually(async () => (await ask(`${order.url}/readyz`)).status === 200)
  const [hands, lossy] = [await holdService(t, catalog.url), await holdService(t, order.url)]
  const shop = await startService(t, startFrontend, {
    CATALOG_URL: hands.url,
    PAYMENT_URL: payment.url,
    CART_URL: cart.url,
    ORDER_URL: lossy.url,
  })
  await eventually(async () => (await ask(`${shop.url}/readyz`)).status === 200)
  const stock = async () => ((await ask(`${shop.url}/products/Tux`)).body as { data: { stock: number } }).data.stock
  await stock()
  await eventually(async () => (await figuresOf(shop.url)).get('cache_products') === 1 || (await stock()) < 0)
  hands.holdStream()
  lossy.loseReplies('/order')
  const unknown = await buy(shop.url, { name: 'Tux', quantity: 1 })
  t.match(unknown, { status: 503, body: { error: { reason: 'outcome_unknown' } } })
  t.equal(await stock(), 9999)
})

t.test('with CACHE=off every product is asked for, and nobody follows the catalog', async (t) => {
  const { shop, hands, stock, sell, queries } = await heldShop(t, { CACHE: 'off' })
  for (let sold = 0; sold < 4; sold++) {
    t.equal(await stock(), 10_000 - sold)
    t.equal(queries(), sold + 1)
    await sell()
  }
  t.notOk(hands.seen.includes('GET /changes'))
  t.notOk((await figuresOf(shop.url)).has('cache_products'))
})

t.test('with an internal token the stream is for who has it, and nobody gets it at the front door', async (t) => {
  const { shop, catalog, hands, stock, warm } = await heldShop(t, { INTERNAL_TOKEN: 'inside-inside' })
  await warm()
  t.equal(await stock(), 10_000)
  t.equal(hands.seen.filter((path) => path === 'GET /changes').length, 1)
  t.equal((await ask(`${catalog.url}/changes`)).status, 401)
  t.equal((await ask(`${shop.url}/changes`)).status, 404)
})

t.test('whatever is killed, a buyer who buys and looks is never shown anything but what is there', async (t) => {
  const store = await startStore({ dataDir: dataDirOf(t), t })
  let left = 10_000
  const tally = { shown: 0, unavailable: 0 }
  const look = async (): Promise<void> => {
    const { status, body } = await ask(`${store.url}/products/Tux`)
    if (status === 200) {
      tally.shown += 1
      const { stock } = (body as { data: { stock: number } }).data
      if (stock !== left) t.fail(`${stock} shown where ${left} are left`)
    } else {
      tally.unavailable += 1
      t.equal(status, 503)
    }
  }
  const kills: Record<number, string> = { 20: 'catalog', 50: 'order', 80: 'catalog' }
  for (let bought = 0; bought < 110; bought++) {
    const killed = kills[bought]
    if (killed !== undefined) await store.killService(killed)
    for (let looks = 0; looks < 5; looks++) await look()
    const key = `key-${bought}`
    await eventually(async () => (await buy(store.url, { name: 'Tux', quantity: 1 }, { key })).status === 200)
    left -= 1
    for (let looks = 0; looks < 5; looks++) await look()
  }
  t.ok(tally.unavailable > 0, 'a dead catalog was noticed')
  t.ok(tally.shown > 900, `${tally.shown} looks`)
  const figures = await figuresOf(store.url)
  t.ok(figures.get('cache_answers_total{from="memory"}')! > 300, 'most of them from memory')
  t.equal(await store.stop(), 0)
})

t.test('a store whose streams are followed stops as quickly as ever', async (t) => {
  const store = await startStore({ dataDir: dataDirOf(t), t })
  await eventually(async () => {
    await ask(`${store.url}/products/Tux`)
    return (await figuresOf(store.url)).get('cache_products') === 1
  })
  for (let followers = 0; followers < 20; followers++) {
    const request = get(`${store.catalogUrl}/changes`, { agent: false })
    t.teardown(() => request.destroy())
    const [reply] = (await once(request, 'response')) as [IncomingMessage]
    reply.on('error', () => {})
    if (followers % 2 === 0) reply.resume() // the others do not read
  }
  const began = performance.now()
  t.equal(await store.stop(), 0)
  await goneGroup(store.pid)
  const ms = Math.round(performance.now() - began)
  t.ok(ms < 5000, `in ${ms} ms, where one that waits for its streams takes more`)
  for (const name of ['catalog', 'payment', 'cart', 'order', 'frontend'])
    t.equal(store.output.filter((line) => line.includes(`"${name}","msg":"stopped"`)).length, 1, name)
})
