/** The web-scale course's API at the front door of a whole store: every route, and what its own tests do. */
import t from 'tap'
import { ask, eventually } from './ask.ts'
import { type CourseAnswer, courseAt } from './course-client.ts'
import { dataDirOf, startStore } from './store.ts'

const dataDir = dataDirOf(t)
const env = { PAYMENT_PORT: '0' }
const start = () => startStore({ dataDir, env, t })
let store = await start()
let course = courseAt(store.url)
const json = (body: unknown): CourseAnswer => ({ status: 200, type: 'application/json', text: JSON.stringify(body) })
const text = (words: string): CourseAnswer => ({ status: 200, type: 'text/plain; charset=utf-8', text: words })

t.test('an item is made, found, added to, and never subtracted from below zero', async (t) => {
  const made = await course.post('/stock/item/create/5')
  t.match(made, { status: 200, type: 'application/json', text: /^\{"item_id":"[\w-]+"\}$/ })
  const { item_id: item } = JSON.parse(made.text) as { item_id: string }
  t.strictSame(await course.get(`/stock/find/${item}`), json({ stock: 0, price: 5 }))
  t.strictSame(await course.post(`/stock/add/${item}/50`), text(`Item: ${item} stock updated to: 50`))
  t.strictSame(await course.get(`/stock/find/${item}`), json({ stock: 50, price: 5 }))
  t.match(await course.post(`/stock/subtract/${item}/200`), { status: 400, type: 'application/json' })
  t.strictSame(await course.post(`/stock/subtract/${item}/15`), text(`Item: ${item} stock updated to: 35`))
  t.strictSame(await course.get(`/stock/find/${item}`), json({ stock: 35, price: 5 }))
  const { body } = await ask(`${store.url}/products/${item}`)
  t.strictSame(body, { data: { name: item, price: 5, quantity: 35, stock: 35 } }, 'it is a toy')
})

t.test('a user is made, credited, and pays what is there', async (t) => {
  const made = await course.post('/payment/create_user')
  t.match(made, { status: 200, type: 'application/json', text: /^\{"user_id":"[\w-]+"\}$/ })
  const { user_id: user } = JSON.parse(made.text) as { user_id: string }
  t.strictSame(await course.get(`/payment/find_user/${user}`), json({ user_id: user, credit: 0 }))
  t.strictSame(
    await course.post(`/payment/add_funds/${user}/15`),
    json({ done: true, msg: `User: ${user} credit updated to: 15` }),
  )
  t.match(await course.post(`/payment/pay/${user}/16`), { status: 400 })
  t.strictSame(await course.post(`/payment/pay/${user}/10`), text(`User: ${user} credit updated to: 5`))
  t.strictSame(await course.get(`/payment/find_user/${user}`), json({ user_id: user, credit: 5 }))
  const { body } = await ask(`${store.url}/customers/${user}`)
  t.strictSame(body, { data: { user_id: user, credit: 5 } }, 'it is a customer')
})

t.test('in the older form an order is paid once, taken back once, and its status told', async (t) => {
  const user = await course.userWith(20)
  const status = () => course.get(`/payment/status/${user}/order-1`)
  t.strictSame(await status(), json({ paid: false }))
  for (let times = 0; times < 2; times++)
    t.strictSame(await course.post(`/payment/pay/${user}/order-1/15`), text(`User: ${user} credit updated to: 5`))
  t.equal(await course.creditOf(user), 5)
  t.strictSame(await status(), json({ paid: true }))
  t.strictSame(await course.post(`/payment/status/${user}/order-1`), json({ paid: true }))
  t.strictSame(await course.post(`/payment/cancel/${user}/order-1`), text(`User: ${user} credit updated to: 20`))
  t.strictSame(await status(), json({ paid: false }))
  t.equal(await course.creditOf(user), 20)
})

t.test('an order is filled, looked at, emptied and removed', async (t) => {
  const [user, one, two] = [await course.userWith(0), await course.itemWith(5, 0), await course.itemWith(7, 0)]
  const made = await course.post(`/orders/create/${user}`)
  t.match(made, { status: 200, type: 'application/json', text: /^\{"order_id":"[\w-]+"\}$/ })
  const { order_id: order } = JSON.parse(made.text) as { order_id: string }
  const find = () => course.get(`/orders/find/${order}`)
  const found = (items: unknown, total: number) =>
    json({ order_id: order, paid: false, items, user_id: user, total_cost: total })
  t.strictSame(await find(), found([], 0))
  t.match(await course.post(`/orders/addItem/${order}/${one}/2`), text(`Item: ${one} added to: ${order}`))
  t.strictSame(await find(), found([[one, 2]], 10))
  t.equal((await course.post(`/orders/addItem/${order}/${two}`)).status, 200, 'the older form: one piece')
  t.equal((await course.post(`/orders/addItem/${order}/${one}/1`)).status, 200)
  t.strictSame(
    await find(),
    found(
      [
        [one, 3],
        [two, 1],
      ],
      22,
    ),
  )
  t.strictSame(await course.remove(`/orders/removeItem/${order}/${one}`), text(`Item: ${one} removed from: ${order}`))
  await course.remove(`/orders/removeItem/${order}/${two}`)
  t.strictSame(await find(), found([[one, 2]], 10))
  t.strictSame(await course.remove(`/orders/remove/${order}`), text(`Order: ${order} removed`))
  t.equal((await find()).status, 400)
  t.equal((await course.post(`/orders/checkout/${order}`)).status, 400)
})

t.test('an order fails for stock, then for credit, each time with all given back, and then is bought', async (t) => {
  const user = await course.userWith(0)
  const [one, two] = [await course.itemWith(5, 15), await course.itemWith(5, 0)]
  const order = await course.orderOf(user, one, two)
  const checkout = () => course.post(`/orders/checkout/${order}`)
  const state = async () => [await course.stockOf(one), await course.stockOf(two), await course.creditOf(user)]
  t.match(await checkout(), { status: 400, text: new RegExp(`"out_of_stock".*${two}`) })
  t.strictSame(await state(), [15, 0, 0])
  await course.post(`/stock/add/${two}/15`)
  t.match(await checkout(), { status: 400, text: /"out_of_credit"/ })
  t.strictSame(await state(), [15, 15, 0])
  await course.post(`/payment/add_funds/${user}/15`)
  const orders = (await ask(`${store.url}/orders`)).body as { data: unknown[] }
  t.strictSame(await course.get(`/payment/status/${user}/${order}`), json({ paid: false }))
  t.strictSame(await checkout(), text('Checkout successful'))
  t.strictSame(await state(), [14, 14, 5])
  t.strictSame(await checkout(), text('Checkout successful'), 'and again, without being bought again')
  t.strictSame(await state(), [14, 14, 5])
  const items = [
    [one, 1],
    [two, 1],
  ]
  t.strictSame(
    await course.get(`/orders/find/${order}`),
    json({ order_id: order, paid: true, items, user_id: user, total_cost: 10 }),
  )
  t.strictSame(await course.get(`/payment/status/${user}/${order}`), json({ paid: true }))
  t.strictSame(await course.post(`/payment/status/${await course.userWith(0)}/${order}`), json({ paid: false }))
  const { data } = (await ask(`${store.url}/orders`)).body as { data: unknown[] }
  t.equal(data.length, orders.data.length + 1)
  t.match(data[0], { user, total: 10, items: [{ name: one, quantity: 1, price: 5 }, { name: two }] })
  for (const change of [
    () => course.post(`/orders/addItem/${order}/${one}/1`),
    () => course.remove(`/orders/removeItem/${order}/${one}`),
    () => course.remove(`/orders/remove/${order}`),
  ])
    t.equal((await change()).status, 400, 'what is paid changes no more')
})

t.test('whole credits are shown without decimals, parts of them as they are', async (t) => {
  const { body } = await ask(`${store.url}/customers`, { method: 'POST', body: { user_id: 'half', credit: 12.5 } })
  t.strictSame(body, { data: { user_id: 'half', credit: 12.5 } })
  await ask(`${store.url}/products`, { method: 'POST', body: { name: 'Cheap Fox', price: 2.25, quantity: 8 } })
  t.equal((await course.get('/payment/find_user/half')).text, '{"user_id":"half","credit":12.5}')
  t.equal((await course.get('/stock/find/Cheap%20Fox')).text, '{"stock":8,"price":2.25}')
  const order = await course.createOrder('half')
  await course.post(`/orders/addItem/${order}/Cheap%20Fox/2`)
  t.match(await course.get(`/orders/find/${order}`), {
    text: '"items":[["Cheap Fox",2]],"user_id":"half","total_cost":4.5',
  })
  await course.post(`/orders/checkout/${order}`)
  t.equal((await course.get('/payment/find_user/half')).text, '{"user_id":"half","credit":8}')
  t.match(await course.post('/payment/add_funds/half/1'), { text: '"msg":"User: half credit updated to: 9"' })
})

t.test('of two orders for the last piece exactly one is bought, and the other has paid nothing', async (t) => {
  const item = await course.itemWith(3, 1)
  const users = [await course.userWith(5), await course.userWith(5)]
  const orders = await Promise.all(users.map((user) => course.orderOf(user, item)))
  const told = await Promise.all([...orders, ...orders].map((order) => course.post(`/orders/checkout/${order}`)))
  const winner = told[0]!.status === 200 ? 0 : 1
  t.strictSame(
    told.map(({ status }) => status),
    winner === 0 ? [200, 400, 200, 400] : [400, 200, 400, 200],
  )
  t.equal(await course.stockOf(item), 0)
  t.strictSame(await Promise.all(users.map(course.creditOf)), winner === 0 ? [2, 5] : [5, 2])
})

t.test('a thousand items, users and orders are made at once, and random ones are bought', async (t) => {
  const count = 1000
  const began = performance.now()
  t.strictSame(await course.post(`/stock/batch_init/${count}/100/2`), json({ msg: 'Batch init for stock successful' }))
  t.strictSame(await course.post(`/payment/batch_init/${count}/50`), json({ msg: 'Batch init for users successful' }))
  t.strictSame(
    await course.post(`/orders/batch_init/${count}/${count}/${count}/2`),
    json({ msg: 'Batch init for orders successful' }),
  )
  t.ok(performance.now() - began < 10_000, `${Math.round(performance.now() - began)} ms`)
  t.strictSame(await course.get('/stock/find/999'), json({ stock: 100, price: 2 }))
  t.strictSame(await course.get('/payment/find_user/0'), json({ user_id: '0', credit: 50 }))
  t.equal((await course.get('/stock/find/1000')).status, 400)
  interface Found {
    paid: boolean
    items: [string, number][]
    user_id: string
    total_cost: number
  }
  const find = (id: string) => course.json<Found>('GET', `/orders/find/${id}`)
  const ids = Array.from({ length: 60 }, (_, i) => String((i * 37) % count))
  for (const id of ids.slice(0, 5)) {
    const { items, total_cost, paid, user_id } = await find(id)
    t.equal(
      items.reduce((sum, [, quantity]) => sum + quantity, 0),
      2,
    )
    t.strictSame([total_cost, paid], [4, false])
    t.match(user_id, /^\d{1,3}$/)
  }
  const bought = await Promise.all([...ids, ...ids].map((id) => course.post(`/orders/checkout/${id}`)))
  for (const one of bought) t.strictSame(one, text('Checkout successful'))
  const [stock, credit] = [new Map<string, number>(), new Map<string, number>()]
  for (const { items, user_id, paid } of await Promise.all(ids.map(find))) {
    t.equal(paid, true)
    credit.set(user_id, (credit.get(user_id) ?? 50) - 4)
    for (const [item, quantity] of items) stock.set(item, (stock.get(item) ?? 100) - quantity)
  }
  t.strictSame(await Promise.all([...stock.keys()].map(course.stockOf)), [...stock.values()])
  t.strictSame(await Promise.all([...credit.keys()].map(course.creditOf)), [...credit.values()])

  const page = (await ask(`${store.url}/products?limit=3&after=10`)).body as { data: { name: string }[] }
  t.strictSame(
    page.data.map(({ name }) => name),
    ['100', '101', '102'],
  )
  const sold = (await ask(`${store.url}/orders?limit=60`)).body as { data: { user: string; total: number }[] }
  t.ok(sold.data.every(({ user, total }) => total === 4 && /^\d+$/.test(user)))
})

t.test('a second batch sets everything anew; orders bought before stay, and drafts can be bought again', async (t) => {
  const before = (await ask(`${store.url}/orders?limit=1`)).body as { data: { number: number }[] }
  await course.post('/stock/batch_init/10/5/1')
  await course.post('/payment/batch_init/10/3')
  await course.post('/orders/batch_init/10/10/10/1')
  t.strictSame(await course.get('/stock/find/0'), json({ stock: 5, price: 1 }))
  t.match(await course.get('/stock/find/10'), { text: /"price":2}$/ }, 'others are as they were')
  t.strictSame(await course.get('/payment/find_user/0'), json({ user_id: '0', credit: 3 }))
  t.match(await course.get('/orders/find/0'), { text: /"paid":false.*"total_cost":2}/ })
  t.strictSame(await course.post('/orders/checkout/0'), text('Checkout successful'))
  const after = (await ask(`${store.url}/orders?limit=1`)).body as { data: { number: number }[] }
  t.equal(after.data[0]!.number, before.data[0]!.number + 1)
})

t.test('a stop and a start keep all of it', async (t) => {
  const user = await course.userWith(9)
  const item = await course.itemWith(4, 3)
  const [open, paid] = [await course.orderOf(user, item), await course.orderOf(user, item)]
  await course.post(`/orders/checkout/${paid}`)
  await course.post(`/payment/pay/${user}/o7/2`)
  const paths = [
    `/stock/find/${item}`,
    `/payment/find_user/${user}`,
    `/payment/status/${user}/o7`,
    '/orders/find/0',
    '/orders/find/9',
  ]
  const look = () =>
    Promise.all([...paths, ...[open, paid].map((id) => `/orders/find/${id}`)].map((path) => course.get(path)))
  const before = await look()
  t.equal(await store.stop(), 0)
  store = await start()
  course = courseAt(store.url)
  t.strictSame(await look(), before)
  await course.post(`/orders/checkout/${paid}`)
  t.strictSame(await look(), before)
  t.equal((await course.post(`/orders/checkout/${open}`)).status, 400, 'three credits are left, and it costs four')
  await course.post(`/payment/cancel/${user}/o7`)
  t.strictSame(await course.post(`/orders/checkout/${open}`), text('Checkout successful'))
  t.strictSame([await course.creditOf(user), await course.stockOf(item)], [1, 1])
})

t.test('with payment gone a checkout is our trouble, not a failure, and succeeds when it is back', async (t) => {
  const [user, item] = [await course.userWith(9), await course.itemWith(4, 3)]
  const order = await course.orderOf(user, item)
  await course.get(`/stock/find/${item}`)
  await store.signalService('payment', 'SIGSTOP')
  t.match(await course.post(`/orders/checkout/${order}`), { status: 503, text: /"unavailable"/ })
  await store.signalService('payment', 'SIGKILL')
  await eventually(async () => (await course.post(`/orders/checkout/${order}`)).status === 200)
  t.strictSame([await course.creditOf(user), await course.stockOf(item)], [5, 2])
})
