/** Carts through the order service's door, with real files and a cart service that keeps its contract in memory. */

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { type CartOp, cartOpSchema } from '../../cart/client.ts'
import { startCatalog } from '../../catalog/start.ts'
import { startPayment } from '../../payment/start.ts'
import { ask, errorOf, eventually } from '../../test/ask.ts'
import { dataDirOf } from '../../test/store.ts'
import { startService } from '../../test/world.ts'
import { startOrder } from '../start.ts'
import { HeldCarts } from './held-carts.ts'

/** It answers while `up`, and what it did is in `carts`. */
async function startCarts(t: Test) {
  const carts = new HeldCarts()
  const state = { carts, up: true, url: '' }
  const server = createServer(async (request, response) => {
    const body = (await Array.fromAsync(request)).join('')
    if (!state.up) return void request.socket.destroy()
    const ops = (JSON.parse(body) as unknown[]).map((op) => cartOpSchema.parse(op) as CartOp)
    const answers = await Promise.all(ops.map(async (op) => ({ data: await carts.run(op) })))
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answers))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return state
}

async function started(t: Test, settings: Record<string, string> = {}) {
  const DATA_DIR = dataDirOf(t)
  const cart = await startCarts(t)
  const catalog = await startService(t, startCatalog, { DATA_DIR })
  const payment = await startService(t, startPayment, { DATA_DIR })
  const env = { DATA_DIR, CATALOG_URL: catalog.url, PAYMENT_URL: payment.url, CART_URL: cart.url, ...settings }
  const start = async () => {
    const order = await startService(t, startOrder, env)
    await eventually(async () => (await ask(`${order.url}/readyz`)).status === 200)
    const place = (body: unknown, headers = {}) => ask(`${order.url}/order`, { method: 'POST', body, headers })
    return { order, place }
  }
  cart.carts.put('ann', 'Tux', 2)
  cart.carts.put('ann', 'Fox')
  const fileOf = (name: string) => readFileSync(`${DATA_DIR}/order/${name}`, 'utf8')
  return { cart, start, fileOf, ...(await start()) }
}

for (const THREADS of ['1', '2'])
  t.test(
    `with ${THREADS} threads a cart is bought, its row names it, and after a stop a start asks nothing`,
    async (t) => {
      const { cart, order, place, start, fileOf } = await started(t, { THREADS })
      const bought = await place({ cart: 'ann', key: 'k1' })
      t.match(bought, {
        status: 200,
        body: { data: { order_number: 1, items: [{ name: 'Tux', quantity: 2 }, { name: 'Fox' }] } },
      })
      t.match(bought.headers.get('x-position'), /^[0-9a-f]{16}\.\d+$/)
      t.strictSame(cart.carts.in('ann'), [])
      t.match(fileOf('orders.csv').split('\n')[1], /^1,1 of 2,Tux,2,25\.99,,ann,k1,a1-1,/)
      t.strictSame(
        (await place({ cart: 'ann', key: 'k2' })).body,
        errorOf(409, 'cart_empty', 'the cart is empty; add an item first'),
      )
      t.match((await place({ cart: 'ann', key: 'k1' })).body, bought.body)
      await order.close()
      t.equal(fileOf('taken.csv'), 'format,order_number\n1,1\n')
      const sent = cart.carts.sent.length
      const again = await start()
      t.strictSame((await again.place({ cart: 'ann', key: 'k1' })).body, bought.body)
      t.equal(cart.carts.sent.length, sent)
    },
  )

t.test('an array may hold carts beside toys, and each is answered in its place', async (t) => {
  const { cart, place } = await started(t)
  cart.carts.put('bob', 'Nobody')
  const { body } = await place([
    { cart: 'bob', key: 'k1' },
    { name: 'Tux', quantity: 1, key: 'k2' },
    { cart: 'ann', key: 'k3' },
    { name: 'Tux', quantity: 1, cart: 'ann', key: 'k4' },
    { items: Array.from({ length: 2 }, () => ({ name: 'Fox', quantity: 600_000 })), key: 'k5' },
    { cart: 'eve', key: 'k6' },
    { name: 'Nobody', quantity: 1, key: 'k7' },
  ])
  t.match(body, [
    { error: { reason: 'product_not_found', items: ['Nobody'] } },
    { data: { name: 'Tux' } },
    { data: { items: [{ quantity: 2 }, {}] } },
    { error: { reason: 'bad_request', message: 'unknown field "name", "quantity"' } },
    { error: { reason: 'bad_request', message: /at most 1000000 pieces/ } },
    { error: { reason: 'cart_empty' } },
    { error: { reason: 'product_not_found' } },
  ])
})

t.test('what is no purchase of a cart is refused, and says why', async (t) => {
  const { place, cart } = await started(t)
  for (const [body, message] of [
    [{ cart: 'ann', items: [{ name: 'Tux', quantity: 1 }] }, 'unknown field "items"'],
    [{ cart: 'ann', quantity: 1 }, 'unknown field "quantity"'],
    [{ name: 'Tux', quantity: 1, acceptPrices: true }, 'unknown field "acceptPrices"'],
    [{ cart: 'ann', acceptPrices: 'yes' }, 'acceptPrices: must be true or false'],
    [{ cart: 7 }, /^cart: /],
    [{ cart: '' }, /^cart: /],
    [{ cart: 'ann', user: '=x' }, /^user: /],
  ] as const)
    t.match(
      await place(body),
      { status: 400, body: { error: { reason: 'bad_request', message } } },
      JSON.stringify(body),
    )
  t.strictSame(cart.carts.sent, [])
})

t.test(
  'without its cart service it is ready, sells toys and no carts; what was bought leaves the cart when it is back',
  async (t) => {
    const { cart, place, order, start } = await started(t)
    cart.up = false
    t.match(await place({ cart: 'ann', key: 'k1' }), { status: 503, body: { error: { reason: 'unavailable' } } })
    t.match(await place({ name: 'Tux', quantity: 1 }), { status: 200 })
    cart.up = true
    const { auto } = cart.carts
    cart.carts.auto = ({ op }) => op !== 'take'
    const unknown = await place({ cart: 'ann', key: 'k2' }, { 'x-deadline-ms': '400' })
    t.match(unknown, { status: 503, body: { error: { reason: 'outcome_unknown' } } })
    const { text } = await ask(`${order.url}/metrics`)
    t.match(text, /carts_untaken\S* 1$/m)
    cart.up = false
    await order.close()
    const again = await start()
    cart.carts.auto = auto
    cart.up = true
    await eventually(async () => cart.carts.in('ann').length === 0)
    t.match(await again.place({ cart: 'ann', key: 'k2' }), { status: 200, body: { data: { order_number: 2 } } })
  },
)
