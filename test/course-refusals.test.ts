/** What the course's API refuses: always with 400, and nothing is changed. And whose routes they are. */
import t, { type Test } from 'tap'
import { ask, booksOf, errorOf } from './ask.ts'
import { courseAt } from './course-client.ts'
import { dataDirOf, startStore } from './store.ts'

const { url } = await startStore({ dataDir: dataDirOf(t), env: { PAYMENT_PORT: '0' }, t })
const course = courseAt(url)
const user = await course.userWith(10)
const item = await course.itemWith(3, 5)
const order = await course.orderOf(user, item)
const empty = await course.createOrder(user)
const tooLarge = ['9007199254740992', '9999999999999999', '99999999999999999999', '1e400']
const noNumber = [
  '-1',
  '0',
  '-0',
  '1.5',
  '1e2',
  '0x10',
  'abc',
  '%201',
  '1%20',
  '+1',
  'NaN',
  'Infinity',
  '%00',
  '١',
  '1,5',
]

/** All that could have changed. */
async function everything(): Promise<unknown> {
  const paths = [`/stock/find/${item}`, `/payment/find_user/${user}`, `/orders/find/${order}`, `/orders/find/${empty}`]
  return {
    books: await booksOf(url),
    credit: (await ask(`${url}/movements?ledger=credit&limit=1000`)).body,
    shown: await Promise.all(paths.map((path) => course.get(path))),
  }
}

/** Each is refused with 400 and a reason, and leaves all as it was. */
async function refused(t: Test, method: 'get' | 'post' | 'remove', paths: readonly string[]): Promise<void> {
  const before = await everything()
  for (const path of paths) {
    const { status, type, text } = await course[method](path)
    t.equal(status, 400, `${method} ${path}: ${text}`)
    t.equal(type, 'application/json')
    t.match(JSON.parse(text), { error: { code: 400, reason: String, message: /./ } })
  }
  t.strictSame(await everything(), before)
}

t.test('ids that nobody has', async (t) => {
  const odd = [
    'nobody',
    '%3D1%2B1',
    '%2Bitem',
    '%20',
    'a%0Ab',
    '%F0%9F%90%AD',
    '__proto__',
    'constructor',
    'a'.repeat(201),
    '%252F',
    '%2F',
  ]
  await refused(t, 'get', [
    ...odd.map((id) => `/stock/find/${id}`),
    ...odd.map((id) => `/payment/find_user/${id}`),
    ...odd.map((id) => `/orders/find/${id}`),
    ...odd.map((id) => `/payment/status/${id}/o1`),
  ])
  await refused(t, 'post', [
    ...odd.flatMap((id) => [`/stock/add/${id}/1`, `/stock/subtract/${id}/1`]),
    ...odd.flatMap((id) => [`/payment/add_funds/${id}/1`, `/payment/pay/${id}/1`, `/payment/pay/${id}/o1/1`]),
    ...odd.flatMap((id) => [`/payment/cancel/${id}/o1`, `/payment/status/${id}/o1`]),
    ...odd.flatMap((id) => [`/orders/create/${id}`, `/orders/checkout/${id}`]),
    ...odd.flatMap((id) => [
      `/orders/addItem/${id}/${item}/1`,
      `/orders/addItem/${order}/${id}/1`,
      `/orders/addItem/${order}/${id}`,
    ]),
  ])
  await refused(t, 'remove', [
    ...odd.flatMap((id) => [
      `/orders/remove/${id}`,
      `/orders/removeItem/${id}/${item}`,
      `/orders/removeItem/${order}/${id}`,
    ]),
  ])
})

t.test('ids of other services', async (t) => {
  await refused(t, 'get', [
    `/stock/find/${user}`,
    `/stock/find/${order}`,
    `/payment/find_user/${item}`,
    `/payment/find_user/${order}`,
    `/orders/find/${item}`,
    `/orders/find/${user}`,
    '/orders/find/1',
  ])
  await refused(t, 'post', [
    `/stock/add/${user}/1`,
    `/payment/add_funds/${item}/1`,
    `/orders/create/${item}`,
    `/orders/checkout/${user}`,
    `/orders/addItem/${order}/${user}/1`,
    `/orders/addItem/${item}/${order}/1`,
    `/orders/addItem/${user}/${item}/1`,
  ])
})

t.test('amounts that are no whole number above zero, or more than can be counted', async (t) => {
  await refused(
    t,
    'post',
    [...noNumber, ...tooLarge].flatMap((amount) => [
      `/stock/add/${item}/${amount}`,
      `/stock/subtract/${item}/${amount}`,
      `/payment/add_funds/${user}/${amount}`,
      `/payment/pay/${user}/${amount}`,
      `/payment/pay/${user}/o1/${amount}`,
      `/orders/addItem/${order}/${item}/${amount}`,
      `/stock/item/create/${amount}`,
      `/stock/batch_init/${amount}/1/1`,
      `/stock/batch_init/1/1/${amount}`,
      `/payment/batch_init/${amount}/1`,
      `/orders/batch_init/${amount}/1/1/1`,
      `/orders/batch_init/1/${amount}/1/1`,
      `/orders/batch_init/1/1/${amount}/1`,
      `/orders/batch_init/1/1/1/${amount}`,
    ]),
  )
  const negative = ['-1', '1.5', 'abc', ...tooLarge]
  await refused(
    t,
    'post',
    negative.flatMap((amount) => [`/stock/batch_init/1/${amount}/1`, `/payment/batch_init/1/${amount}`]),
  )
})

t.test('more than a balance, a price, an order or a batch may be', async (t) => {
  await refused(t, 'post', [
    '/stock/item/create/10000001',
    `/stock/add/${item}/1000000000001`,
    `/stock/add/${item}/1000000000000`, // with the five that are there
    `/payment/add_funds/${user}/10000000001`,
    `/payment/add_funds/${user}/10000000000`, // with the ten that are there
    `/payment/pay/${user}/11`,
    `/stock/subtract/${item}/6`,
    `/orders/addItem/${order}/${item}/1000001`,
    `/orders/addItem/${order}/${item}/1000000`, // with the one that is there
    '/stock/batch_init/1000001/1/1',
    '/payment/batch_init/1000001/1',
    '/orders/batch_init/1000001/1/1/1',
    '/stock/batch_init/1/1/10000001',
    '/payment/batch_init/1/10000000001',
  ])
})

t.test('an order that is empty, of too many items, or too dear to be counted', async (t) => {
  await refused(t, 'post', [`/orders/checkout/${empty}`])
  await refused(t, 'remove', [`/orders/removeItem/${empty}/${item}`])
  await course.post('/stock/batch_init/101/1000000/10000000')
  const full = await course.createOrder(user)
  for (let id = 0; id < 100; id++) t.equal((await course.post(`/orders/addItem/${full}/${id}/1`)).status, 200)
  await refused(t, 'post', [`/orders/addItem/${full}/100/1`, `/orders/addItem/${full}/100`])
  const dear = await course.createOrder(user)
  for (let id = 0; id < 9; id++) await course.post(`/orders/addItem/${dear}/${id}/1000000`)
  await refused(t, 'post', [`/orders/addItem/${dear}/9/1000000`, `/orders/checkout/${dear}`])
})

t.test('an order whose item was repriced, or can no longer be paid', async (t) => {
  await course.post('/stock/batch_init/2/5/1')
  const [repriced, other] = [await course.orderOf(user, '0', '1'), await course.orderOf(user, '0')]
  await course.post('/stock/batch_init/1/5/2')
  const told = await course.post(`/orders/checkout/${repriced}`)
  t.strictSame(
    [told.status, JSON.parse(told.text)],
    [400, errorOf(400, 'conflict', 'what it costs has changed since it was shown')],
  )
  await refused(t, 'post', [`/orders/checkout/${repriced}`, `/orders/checkout/${other}`])
  await course.post(`/orders/addItem/${other}/0/1`)
  t.match(await course.get(`/orders/find/${other}`), { text: /"total_cost":4}/ }, 'shown anew')
})

t.test('a payment taken back twice, by another, or never made', async (t) => {
  const other = await course.userWith(10)
  await course.post(`/payment/pay/${user}/o7/4`)
  await refused(t, 'post', [`/payment/cancel/${other}/o7`, `/payment/cancel/${user}/o8`, `/payment/pay/${user}/o7/5`])
  t.equal((await course.post(`/payment/cancel/${user}/o7`)).status, 200)
  await refused(t, 'post', [`/payment/cancel/${user}/o7`])
  t.strictSame([await course.creditOf(user), await course.creditOf(other)], [10, 10])
})

t.test('paths and methods that are none', async (t) => {
  for (const path of [
    '/stock',
    '/stock/find',
    '/stock/find/',
    '/payment/pay',
    '/orders/create/',
    '/orders/addItem/a',
    '/stock/add/x/1/1',
  ])
    t.match((await course.post(path)).status, /^40[045]$/, path)
  t.equal((await course.get(`/orders/checkout/${order}`)).status, 405)
  t.equal((await course.get('/stock/find/%E0%A4%A')).status, 400)
})

const owners = [
  ['POST', '/stock/item/create/5'],
  ['POST', `/stock/add/${item}/1`],
  ['POST', `/stock/subtract/${item}/1`],
  ['POST', '/stock/batch_init/1/1/1'],
  ['POST', '/payment/create_user'],
  ['GET', `/payment/find_user/${user}`],
  ['POST', `/payment/add_funds/${user}/1`],
  ['POST', `/payment/pay/${user}/1`],
  ['POST', `/payment/pay/${user}/o1/1`],
  ['POST', `/payment/cancel/${user}/o1`],
  ['GET', `/payment/status/${user}/o1`],
  ['POST', `/payment/status/${user}/o1`],
  ['POST', '/payment/batch_init/1/1'],
  ['POST', '/orders/batch_init/1/1/1/1'],
  ['POST', '/products'],
  ['POST', '/products/Tux/restock'],
  ['POST', '/customers'],
  ['GET', `/customers/${user}`],
  ['POST', `/customers/${user}/credit`],
  ['GET', '/movements?ledger=credit'],
] as const

t.test("the owner's routes are not for who comes through a proxy or from another site's page", async (t) => {
  const before = await everything()
  for (const [method, path] of owners)
    for (const headers of [
      { 'x-forwarded-for': '203.0.113.9' },
      { forwarded: 'for=203.0.113.9' },
      { origin: 'http://evil.example' },
    ])
      t.match(
        await ask(url + path, { method, headers: headers as never }),
        { status: 403, body: { error: { reason: 'forbidden' } } },
        path,
      )
  t.strictSame(await everything(), before)
  const viaProxy = { 'x-forwarded-for': '203.0.113.9' }
  t.equal((await course.get(`/stock/find/${item}`, viaProxy)).status, 200, "the buyers' routes are")
  t.equal((await course.get(`/orders/find/${order}`, viaProxy)).status, 200)
  t.equal((await course.post(`/orders/create/${user}`, viaProxy)).status, 200)
})

t.test("with ADMIN_TOKEN the owner's routes are for who carries it", async (t) => {
  const env = { PAYMENT_PORT: '0', ADMIN_TOKEN: 'owner-owner' }
  const closed = await startStore({ dataDir: dataDirOf(t), env, t })
  for (const [method, path] of owners)
    for (const headers of [{}, { authorization: 'Bearer owner-ownes' }])
      t.match(
        await ask(closed.url + path, { method, headers: headers as never }),
        { status: 401, body: { error: { reason: 'unauthorized' } } },
        path,
      )
  const headers = { authorization: 'Bearer owner-owner', 'x-forwarded-for': '203.0.113.9' }
  const at = courseAt(closed.url)
  const made = await at.post('/payment/create_user', headers)
  t.equal(made.status, 200)
  const { user_id } = JSON.parse(made.text) as { user_id: string }
  t.match(await at.get(`/payment/find_user/${user_id}`, headers), { text: '"credit":0}' })
  t.match((await ask(`${closed.url}/movements?ledger=credit`, { headers })).body, { data: { length: 1 } })
})
