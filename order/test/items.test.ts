/** Orders of several items and of customers, through the services that take part in them. */
import { readFile } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { startCatalog } from '../../catalog/start.ts'
import { startPayment } from '../../payment/start.ts'
import { ask, errorOf, eventually } from '../../test/ask.ts'
import { figuresOf } from '../../test/figures.ts'
import { dataDirOf } from '../../test/store.ts'
import { startService } from '../../test/world.ts'
import { startOrder } from '../start.ts'

const toys = Array.from({ length: 100 }, (_, i) => `Marble ${i},0.10,5\n`).join('')
const firstFiles = {
  catalog: {
    'toys_db.csv': `name,price,quantity\nTux,25.99,10\nFox,0.50,10\n"Owl, the grey",3.00,1\nSticker,0.00,9\n${toys}`,
  },
  payment: { 'customers.csv': 'user_id,credit\nann,100.00\nbob,100.00\npoor,0.40\n' },
}

async function started(t: Test) {
  const DATA_DIR = dataDirOf(t, firstFiles)
  const catalog = await startService(t, startCatalog, { DATA_DIR })
  const payment = await startService(t, startPayment, { DATA_DIR })
  const env = { DATA_DIR, CATALOG_URL: catalog.url, PAYMENT_URL: payment.url }
  const order = await startService(t, startOrder, env)
  await eventually(async () => (await ask(`${order.url}/readyz`)).status === 200)
  return {
    DATA_DIR,
    env,
    catalog,
    payment,
    order,
    place: (body: unknown, headers = {}) => ask(`${order.url}/order`, { method: 'POST', body, headers }),
    stockOf: async (name: string) =>
      ((await ask(`${catalog.url}/query/${encodeURIComponent(name)}`)).body as { data: { stock: number } }).data.stock,
    creditOf: async (user: string) =>
      ((await ask(`${payment.url}/customers/${user}`)).body as { data: { credit: number } }).data.credit,
    orders: async () => ((await ask(`${order.url}/orders`)).body as { data: { number: number }[] }).data,
  }
}

t.test(
  'an order of several items has one number and a row for each; it is kept, and found after a start',
  async (t) => {
    const { DATA_DIR, env, order, place, stockOf, creditOf } = await started(t)
    const items = [
      { name: 'Tux', quantity: 2 },
      { name: 'Owl, the grey', quantity: 1 },
      { name: 'Fox', quantity: 3 },
    ]
    const bought = await place({ items, user: 'ann', key: 'k1' })
    const sold = {
      total: 56.48,
      items: [
        { name: 'Tux', quantity: 2, price: 25.99 },
        { name: 'Owl, the grey', quantity: 1, price: 3 },
        { name: 'Fox', quantity: 3, price: 0.5 },
      ],
      user: 'ann',
    }
    t.strictSame(bought.body, { data: { order_number: 1, ...sold } })
    t.match(await place({ items: items.slice(0, 1).concat(items[2]!), key: 'k2' }), {
      body: { data: { order_number: 2 } },
    })
    t.strictSame(await Promise.all(['Tux', 'Owl, the grey', 'Fox'].map(stockOf)), [6, 0, 4])
    t.equal(await creditOf('ann'), 43.52)
    t.match((await ask(`${order.url}/orders/1`)).body, { data: { number: 1, ...sold } })
    const rows = (await readFile(`${DATA_DIR}/order/orders.csv`, 'utf8')).split('\n').slice(1, 4)
    t.match(rows, [
      /^1,1 of 3,Tux,2,25\.99,ann,,k1,/,
      /^1,2 of 3,"Owl, the grey",1,3\.00,ann,,k1,/,
      /^1,3 of 3,Fox,3,0\.50,ann,,k1,/,
    ])
    const list = (await ask(`${order.url}/orders`)).body
    t.match(list, { data: [{ number: 2, items: [{ name: 'Tux' }, { name: 'Fox' }] }, { number: 1 }], next: null })

    await order.close()
    const again = await startService(t, startOrder, env)
    t.strictSame((await ask(`${again.url}/orders`)).body, list)
    await eventually(async () => (await ask(`${again.url}/readyz`)).status === 200)
    const repeat = await ask(`${again.url}/order`, { method: 'POST', body: { items, user: 'ann', key: 'k1' } })
    t.strictSame(repeat.body, bought.body)
    t.equal(await creditOf('ann'), 43.52)
  },
)

t.test(
  'under its key a purchase is the same in another order of its items, or split; another one is refused',
  async (t) => {
    const { place, stockOf, orders } = await started(t)
    const [tux, fox] = [
      { name: 'Tux', quantity: 1 },
      { name: 'Fox', quantity: 3 },
    ]
    const bought = await place({ items: [tux, fox], user: 'ann', key: 'k1' })
    t.match(bought.body, { data: { order_number: 1, total: 27.49 } })
    const halves = [{ name: 'Fox', quantity: 1 }, tux, { name: 'Fox', quantity: 2 }]
    for (const items of [[tux, fox], [fox, tux], halves])
      t.strictSame((await place({ items, user: 'ann', key: 'k1' })).body, bought.body)
    for (const other of [
      { items: [tux, fox], user: 'bob' },
      { items: [tux, fox] },
      { items: [tux, { ...fox, quantity: 4 }], user: 'ann' },
      { items: [tux], user: 'ann' },
      { ...tux, user: 'ann' },
      tux,
    ])
      t.match(await place({ ...other, key: 'k1' }), { status: 422, body: { error: { reason: 'key_reused' } } })
    const one = await place({ name: 'Fox', quantity: 2, key: 'k2' })
    t.strictSame(
      (
        await place({
          items: [
            { name: 'Fox', quantity: 1 },
            { name: 'Fox', quantity: 1 },
          ],
          key: 'k2',
        })
      ).body,
      one.body,
      'one item is the same purchase in either form',
    )
    t.equal((await orders()).length, 2)
    t.strictSame(await Promise.all(['Tux', 'Fox'].map(stockOf)), [9, 5])
  },
)

t.test('equal names are summed, and together they are no more than a purchase may take', async (t) => {
  const { place, stockOf, orders } = await started(t)
  const fox = (quantity: number) => ({ name: 'Fox', quantity })
  t.strictSame((await place({ items: [fox(2), { name: 'Tux', quantity: 1 }, fox(3)] })).body, {
    data: {
      order_number: 1,
      total: 28.49,
      items: [
        { name: 'Fox', quantity: 5, price: 0.5 },
        { name: 'Tux', quantity: 1, price: 25.99 },
      ],
    },
  })
  t.match(await place({ items: [fox(3), fox(3)] }), { status: 409 }, 'each alone were there')
  const message = 'items: at most 1000000 pieces of "Fox" in one purchase'
  t.match(await place({ items: [fox(1_000_000), fox(1)] }), {
    status: 400,
    body: errorOf(400, 'bad_request', message) as object,
  })
  const both = await place([{ items: [fox(1_000_000), fox(1)] }, { items: [fox(1), fox(1)] }])
  t.match(
    both.body,
    [{ error: { message } }, { data: { quantity: 2, order_number: 2 } }],
    'alone, not the others with it',
  )
  t.equal(await stockOf('Fox'), 3)
  t.equal((await orders()).length, 2)
})

t.test('a hundred items are an order, a hundred and one are refused', async (t) => {
  const { place, stockOf, creditOf, orders } = await started(t)
  const items = Array.from({ length: 100 }, (_, i) => ({ name: `Marble ${i}`, quantity: 1 }))
  const bought = await place({ items, user: 'ann' })
  t.match(bought.body, { data: { order_number: 1, total: 10, items: { length: 100 } } })
  t.equal(await creditOf('ann'), 90)
  const message = 'items: must be 1 to 100 items'
  for (const wrong of [[...items, { name: 'Tux', quantity: 1 }], []]) {
    const { status, body } = await place({ items: wrong, user: 'ann' })
    t.equal(status, 400)
    t.strictSame(body, errorOf(400, 'bad_request', message))
  }
  t.strictSame(await Promise.all(['Marble 0', 'Marble 99', 'Tux'].map(stockOf)), [4, 4, 10])
  t.equal((await orders()).length, 1)
})

t.test('a purchase that is none is refused with what is wrong, and nothing is taken', async (t) => {
  const { place, stockOf, creditOf, orders } = await started(t)
  const tux = { name: 'Tux', quantity: 1 }
  for (const bad of [
    { items: tux, user: 'ann' },
    { items: [{ ...tux, price: 0.01 }], user: 'ann' },
    { items: [{ ...tux, quantity: 0 }], user: 'ann' },
    { items: [{ ...tux, quantity: 0.5 }], user: 'ann' },
    { items: [tux, null] },
    { items: [tux], name: 'Tux', quantity: 1 },
    { ...tux, user: '' },
    { ...tux, user: '=ann' },
    { ...tux, user: 7 },
    { ...tux, user: null },
    { ...tux, user: 'a'.repeat(201) },
    { items: [tux], user: 'ann', total: 0.01 },
    { user: 'ann' },
  ])
    t.match(await place(bad), { status: 400, body: { error: { reason: 'bad_request' } } }, JSON.stringify(bad))
  t.match(await place({ ...tux, user: 'nobody' }), { status: 404, body: { error: { reason: 'user_not_found' } } })
  t.match(await place({ items: [tux], user: 'poor' }), {
    status: 409,
    body: { error: { reason: 'out_of_credit', message: 'not enough credit' } },
  })
  const short = [tux, { name: 'Owl, the grey', quantity: 2 }]
  t.match(await place({ items: short, user: 'ann' }), {
    status: 409,
    body: { error: { reason: 'out_of_stock', message: 'not enough stock: Owl, the grey', items: ['Owl, the grey'] } },
  })
  t.strictSame([await stockOf('Tux'), await creditOf('ann'), await creditOf('poor')], [10, 100, 0.4])
  t.strictSame(await orders(), [])
})

t.test(
  'of many customers at once for the last pieces, as many buy as there are, and who did not has paid nothing',
  async (t) => {
    const { place, stockOf, creditOf, orders } = await started(t)
    const items = [
      { name: 'Tux', quantity: 1 },
      { name: 'Fox', quantity: 1 },
    ]
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        place({ items: i % 2 ? items : items.toReversed(), user: i % 4 < 2 ? 'ann' : 'bob' }),
      ),
    )
    const bought = answers.filter(({ status }) => status === 200)
    const [ann, bob] = await Promise.all(['ann', 'bob'].map(creditOf))
    t.equal(Math.round((200 - ann! - bob!) * 100), bought.length * 2649)
    t.equal(bought.length, 6, 'three each, since that is what they can pay')
    t.strictSame(await Promise.all(['Tux', 'Fox'].map(stockOf)), [4, 4])
    t.equal((await orders()).length, 6)
    for (const { status, body } of answers)
      if (status !== 200) t.match(body, { error: { code: 409, reason: /^out_of_(credit|stock)$/ } })
  },
)

t.test(
  'with payment down who pays cash buys on, a customer is told so in time; with it back all is settled',
  async (t) => {
    const { DATA_DIR, payment, place, stockOf, order } = await started(t)
    const customers = { name: 'Tux', quantity: 1, user: 'ann', key: 'later' }
    t.match(await place({ name: 'Tux', quantity: 1, user: 'ann', key: 'before' }), { status: 200 })
    await payment.close()
    for (let times = 0; times < 3; times++) {
      const began = performance.now()
      const refused = await place(customers, { 'x-deadline-ms': '1000' })
      t.match(refused, { status: 503, body: { error: { reason: 'unavailable' } } })
      t.ok(performance.now() - began < 1500, `${Math.round(performance.now() - began)} ms`)
      t.match(await place({ name: 'Fox', quantity: 1 }), { status: 200 })
      t.match(
        await place({
          items: [
            { name: 'Fox', quantity: 1 },
            { name: 'Marble 1', quantity: 1 },
          ],
        }),
        { status: 200 },
      )
    }
    t.equal((await ask(`${order.url}/readyz`)).status, 200)
    t.strictSame(await Promise.all(['Tux', 'Fox'].map(stockOf)), [9, 4], 'what was held for the customer is given back')
    const back = await startService(t, startPayment, { DATA_DIR, PAYMENT_PORT: new URL(payment.url).port })
    await eventually(async () => (await place(customers)).status === 200, 2000)
    await eventually(async () => (await figuresOf(order.url)).get('attempts_unsettled') === 0, 2000)
    t.match((await ask(`${back.url}/customers/ann`)).body, { data: { credit: 48.02 } })
    t.equal(await stockOf('Tux'), 8)
  },
)

t.test('what is free is bought by a customer who is there, and by nobody else', async (t) => {
  const { place, order, stockOf, creditOf, orders } = await started(t)
  const sticker = { name: 'Sticker', quantity: 2 }
  t.match(await place({ ...sticker, user: 'poor' }), { status: 200, body: { data: { total: 0, user: 'poor' } } })
  t.match(await place({ ...sticker, user: 'nobody' }), { status: 404, body: { error: { reason: 'user_not_found' } } })
  const draft = async (op: object) => (await ask(`${order.url}/drafts`, { method: 'POST', body: op })).body
  await draft({ op: 'create', id: 'd1', user: 'poor' })
  t.strictSame(await draft({ op: 'add', id: 'd1', ...sticker, cents: 0 }), { data: { id: 'd1' } })
  t.match(await draft({ op: 'checkout', id: 'd1' }), { data: { paid: true, names: ['Sticker'] } })
  t.match(await draft({ op: 'find', id: 'd1' }), { data: { paid: true, total: 0 } })
  t.strictSame([await stockOf('Sticker'), await creditOf('poor')], [5, 0.4])
  t.equal((await orders()).length, 2)
})
