import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { ask, booksOf } from './ask.ts'
import { dataDirOf, startStore } from './store.ts'

const { url, catalogUrl, orderUrl } = await startStore({ dataDir: dataDirOf(t), t })
const most = 10_000_000_000
for (const customer of [{ user_id: 'rich', credit: most }, { user_id: 'poor' }])
  await ask(`${url}/customers`, { method: 'POST', body: customer })
const before = await booksOf(url)

interface Bad {
  body?: string
  path?: string
  method?: string
  headers?: Record<string, string>
  /** Of the answer. */
  status?: number
  reason?: string
  message: RegExp
}

/** Each is refused with its sentence and changes nothing. */
async function refused(t: Test, rows: Readonly<Record<string, Bad>>): Promise<void> {
  for (const [what, { path = '/orders', method = 'POST', message, ...bad }] of Object.entries(rows)) {
    const { status = 400, reason = 'bad_request', body, headers = {} } = bad
    const answer = await ask(url + path, { method, headers, body })
    t.equal(answer.status, status, what)
    t.match(answer.body, { error: { code: status, reason, message } }, what)
    t.strictSame(Object.keys(answer.body as object), ['error'], what)
  }
  t.strictSame(await booksOf(url), before, 'nothing changed')
}

/** Another client, who must notice nothing. */
const others: { status: number; ms: number }[] = []
let watching = true
const watch = (async () => {
  while (watching) {
    const at = performance.now()
    const { status } = await ask(`${url}/products/Tux`)
    others.push({ status, ms: performance.now() - at })
    await pause(10)
  }
})()
t.teardown(() => {
  watching = false
})

t.test('a body that is no purchase', async (t) => {
  const deep = (depth: number) => `${'{"name":'.repeat(depth)}1${'}'.repeat(depth)}`
  const noObject = { message: /^the body must be an object$/ }
  await refused(t, {
    'not JSON': { body: 'name=Tux', message: /^the body is not JSON/ },
    'half a JSON': { body: '{"name":"Tux","quantity":1', message: /^the body is not JSON/ },
    'two JSONs': { body: '{"name":"Tux","quantity":1}{}', message: /^the body is not JSON/ },
    nothing: { body: '', message: /^a JSON body is needed$/ },
    'an array': { body: '[{"name":"Tux","quantity":1}]', ...noObject },
    null: { body: 'null', ...noObject },
    'a string': { body: '"Tux"', ...noObject },
    'nested deep': { body: deep(100), message: /^the body is nested deeper than 32$/ },
    'nested very deep': { body: deep(5000), message: /^the body is nested deeper than 32$/ },
    'nested less deep': { body: deep(20), message: /^name: must be a string$/ },
    'a field twice': { body: '{"name":"Tux","quantity":1,"quantity":2}', message: /^the body gives a field twice$/ },
    'a field twice in disguise': {
      body: '{"name":"Tux","quantity":1,"quantit\\u0079":2}',
      message: /^the body gives a field twice$/,
    },
    __proto__: { body: '{"name":"Tux","quantity":1,"__proto__":{"a":1}}', message: /^unknown field "__proto__"$/ },
    '__proto__ with the fields': { body: '{"__proto__":{"name":"Tux","quantity":1}}', message: /^name: must be/ },
    constructor: { body: '{"name":"Tux","quantity":1,"constructor":{}}', message: /^unknown field "constructor"$/ },
    'an unknown field': { body: '{"name":"Tux","quantity":1,"price":0}', message: /^unknown field "price"$/ },
    'no name': { body: '{"quantity":1}', message: /^name: must be a string$/ },
    'no quantity': { body: '{"name":"Tux"}', message: /^quantity: must be a whole number from 1 to 1000000$/ },
  })
})

t.test('a body that is too large or of a wrong type', async (t) => {
  const large = JSON.stringify({ name: 'Tux', quantity: 1, more: 'x'.repeat(10_000_000) })
  const tooLarge = { status: 413, reason: 'body_too_large', message: /^a body may have at most 524,288 bytes$/ }
  const wrongType = { status: 415, reason: 'unsupported_media_type', message: /^a body must be application\/json$/ }
  const body = '{"name":"Tux","quantity":1}'
  await refused(t, {
    '10 MB': { body: large, ...tooLarge },
    'one byte too much': { body: `${body}${' '.repeat(524_289 - body.length)}`, ...tooLarge },
    'a form': { body, headers: { 'content-type': 'application/x-www-form-urlencoded' }, ...wrongType },
    text: { body, headers: { 'content-type': 'text/plain' }, ...wrongType },
    gzip: {
      body,
      headers: { 'content-encoding': 'gzip' },
      ...wrongType,
      message: /^a body must come without a content-encoding$/,
    },
  })
})

t.test('a quantity that is none', async (t) => {
  const message = /^quantity: must be a whole number from 1 to 1000000$/
  const given = ['0', '-1', '-5', '1.5', '0.1', '"1"', '1e21', '1e308', '1000001', 'true', 'null', '[1]', '{}', '1e-1']
  const rows = given.map((quantity) => [quantity, { body: `{"name":"Tux","quantity":${quantity}}`, message }] as const)
  const noNumbers = ['NaN', 'Infinity', '01', '0x1', '1n', '.5'].map(
    (quantity) =>
      [quantity, { body: `{"name":"Tux","quantity":${quantity}}`, message: /^the body is not JSON/ }] as const,
  )
  await refused(t, Object.fromEntries([...rows, ...noNumbers]))
})

t.test('a name that is none, in a body and in a path', async (t) => {
  const rows: [string, string, RegExp][] = [
    ['1,000 characters', 'x'.repeat(1000), /^name: must have at most 200 characters$/],
    ['%00', 'Tux\u0000', /^name: must not hold control characters or line breaks$/],
    ['a line break', 'Tux\nFox', /^name: must not hold control characters or line breaks$/],
    ['an escape', '\u001b[2J', /^name: must not hold control characters or line breaks$/],
    ['a formula', '=1+1', /^name: must not begin with =, \+, - or @/],
    ['a spreadsheet command', '@SUM(A1)', /^name: must not begin with =/],
    ['a leading tab', '\tTux', /^name: must not hold control characters or line breaks$/],
    ['a space around', ' Tux', /^name: must not begin or end with a space$/],
  ]
  const inBody = rows.map(([what, name, message]) => {
    const body = JSON.stringify({ name, quantity: 1 })
    return [`${what} in a body`, { body, message }] as const
  })
  const inPath = rows.map(([what, name, message]) => {
    const path = `/products/${encodeURIComponent(name)}`
    return [`${what} in a path`, { path, method: 'GET', message }] as const
  })
  await refused(t, {
    empty: { body: '{"name":"","quantity":1}', message: /^name: must not be empty$/ },
    'half a surrogate': { body: '{"name":"\\ud83e","quantity":1}', message: /^name: must be whole Unicode text$/ },
    ...Object.fromEntries([...inBody, ...inPath]),
  })
  const unknown = { status: 404, reason: 'product_not_found', message: /^product not found$/ }
  await refused(t, {
    'with a slash': { body: '{"name":"Tux/Fox","quantity":1}', ...unknown },
    emoji: { body: '{"name":"🧸","quantity":1}', ...unknown },
    'an escape in a body': { body: '{"name":"T%75x","quantity":1}', ...unknown },
    __proto__: { body: '{"name":"__proto__","quantity":1}', ...unknown },
    constructor: { path: '/products/constructor', method: 'GET', ...unknown },
  })
})

t.test('a path, a method or a key that is none', async (t) => {
  const body = '{"name":"Tux","quantity":1}'
  const noKey = /^Idempotency-Key: must be 1 to 255 characters of .* beginning with a letter or digit$/
  const keys = ['', 'x'.repeat(256), 'x'.repeat(300), 'a b', '~draft', '-a', 'a,b', 'schlüssel', '../x']
  const tooLong = { status: 414, reason: 'uri_too_long', message: /at most 8192 bytes/ }
  const nothing = { method: 'GET', status: 404, reason: 'not_found', message: /^there is nothing at this path$/ }
  await refused(t, {
    ...Object.fromEntries(
      keys.map((key) => [`key ${key}`, { body, headers: { 'idempotency-key': key }, message: noKey }]),
    ),
    'a bad escape': { path: '/products/%zz', method: 'GET', message: /percent escape/ },
    'half an escape': { path: '/products/Tux%', method: 'GET', message: /percent escape/ },
    'an escape that is no UTF-8': { path: '/products/%ff', method: 'GET', message: /percent escape/ },
    'an unknown path': { path: '/nothing', ...nothing },
    'a path too long': { path: '/products/Tux/more', ...nothing },
    'no name': { path: '/products/', ...nothing },
    'a long URI': { path: `/products/${'x'.repeat(9000)}`, method: 'GET', ...tooLong },
    'long header fields': {
      path: '/products/Tux',
      ...nothing,
      headers: { cookie: 'x'.repeat(20_000) },
      status: 431,
      reason: 'headers_too_large',
      message: /too long/,
    },
    'a wrong method': {
      method: 'PUT',
      body,
      status: 405,
      reason: 'method_not_allowed',
      message: /^this path takes GET, HEAD, POST$/,
    },
  })
})

t.test('a purchase of several items, or by a customer, that is none', async (t) => {
  const buying = (items: unknown, more: object = {}) => ({ body: JSON.stringify({ items, ...more }) })
  const tux = { name: 'Tux', quantity: 1 }
  const by = (user: unknown) => ({ body: JSON.stringify({ ...tux, user }) })
  const count = /^items: must be 1 to 100 items$/
  const user = (what: RegExp) => new RegExp(`^user: ${what.source}`)
  await refused(t, {
    '10,000 items': { ...buying(Array.from({ length: 10_000 }, () => tux)), message: count },
    '101 items': {
      ...buying(Array.from({ length: 101 }, (_, i) => ({ name: `Toy ${i}`, quantity: 1 }))),
      message: count,
    },
    'no items': { ...buying([]), message: count },
    'items and a name': { ...buying([tux], { name: 'Tux' }), message: /^unknown field "name"$/ },
    'items and a toy': { ...buying([tux], tux), message: /^unknown field "name", "quantity"$/ },
    'items that are an object': { ...buying(tux), message: /^items: must be an array of 1 to 100 items$/ },
    'items that are null': { ...buying(null), message: /^items: must be an array/ },
    'an item that is text': { ...buying(['Tux']), message: /^items\.0: / },
    'an item without a name': { ...buying([tux, { quantity: 1 }]), message: /^items\.1\.name: must be a string$/ },
    'half a piece': {
      ...buying([{ name: 'Tux', quantity: 0.5 }]),
      message: /^items\.0\.quantity: must be a whole number/,
    },
    'an item with a price': { ...buying([{ ...tux, price: 0 }]), message: /^items\.0: unknown field "price"$/ },
    'a sum over a million': {
      ...buying([{ name: 'Tux', quantity: 1_000_000 }, { name: 'Fox', quantity: 1 }, tux]),
      message: /^items: at most 1000000 pieces of "Tux" in one purchase$/,
    },
    'a user that is a number': { ...by(7), message: user(/must be a string$/) },
    'a user that is null': { ...by(null), message: user(/must be a string$/) },
    'an empty user': { ...by(''), message: user(/must not be empty$/) },
    'a user with a line break': { ...by('a\nb'), message: user(/must not hold control characters or line breaks$/) },
    'a user that a spreadsheet runs': { ...by('=1+1'), message: user(/must not begin with =/) },
    'a user of 201 characters': { ...by('x'.repeat(201)), message: user(/must have at most 200 characters$/) },
    'a user of half a character': {
      body: '{"name":"Tux","quantity":1,"user":"\\ud83e"}',
      message: user(/must be whole Unicode text$/),
    },
  })
  const nobody = { status: 404, reason: 'user_not_found', message: /^there is no customer of this id$/ }
  await refused(t, {
    'a user who is not there': { ...by('nobody'), ...nobody },
    'a user with slashes': { ...by('../poor'), ...nobody },
    'a user __proto__': { ...by('__proto__'), ...nobody },
    'a user with an emoji': { ...buying([tux, { name: 'Fox', quantity: 1 }], { user: '🧸' }), ...nobody },
    'a user without credit': { ...by('poor'), status: 409, reason: 'out_of_credit', message: /^not enough credit$/ },
    'more than there is of one of two': {
      ...buying([tux, { name: 'Fox', quantity: 20_000 }], { user: 'rich' }),
      status: 409,
      reason: 'out_of_stock',
      message: /^not enough stock: Fox$/,
    },
    'one of two that is not there': {
      ...buying([{ name: 'Nobody', quantity: 1 }, tux]),
      status: 404,
      reason: 'product_not_found',
      message: /^product not found: Nobody$/,
    },
  })
})

t.test('an amount, a price or a customer that is none', async (t) => {
  const amount = /^amount: must be an amount such as 15\.99, from 0\.01 to 10000000000\.00$/
  const amounts = [
    '0',
    '-1',
    '-0.01',
    '0.001',
    '15.999',
    '1e-7',
    '1e11',
    '9007199254740993',
    '1e308',
    '"5"',
    'null',
    '[5]',
    'true',
  ]
  const price = /^price: must be an amount such as 15\.99, from 0\.01 to 10000000\.00$/
  const pieces = /^quantity: must be a whole number from 1 to 1000000000000$/
  const rows: [string, Bad][] = [
    ...amounts.map((text): [string, Bad] => [
      `credit of ${text}`,
      { path: '/customers/poor/credit', body: `{"amount":${text}}`, message: amount },
    ]),
    ...['0', '-1', '0.001', '10000000.01', '"1"'].map((text): [string, Bad] => [
      `a price of ${text}`,
      { path: '/products', body: `{"name":"Robot","price":${text},"quantity":1}`, message: price },
    ]),
    ...['0', '-1', '1.5', '1000000000001'].map((text): [string, Bad] => [
      `a restock of ${text}`,
      { path: '/products/Tux/restock', body: `{"quantity":${text}}`, message: pieces },
    ]),
  ]
  await refused(t, {
    ...Object.fromEntries(rows),
    'too much for one customer': {
      path: '/customers/rich/credit',
      body: '{"amount":0.01}',
      status: 409,
      reason: 'conflict',
      message: /^nobody can have more credit than 10000000000\.00$/,
    },
    'a restock of too much in all': {
      path: '/products/Tux/restock',
      body: '{"quantity":1000000000000}',
      status: 409,
      reason: 'conflict',
      message: /^there cannot be more than 1000000000000 pieces$/,
    },
    'a customer who is there': {
      path: '/customers',
      body: '{"user_id":"rich"}',
      status: 409,
      reason: 'customer_exists',
      message: /^there is a customer of this id already$/,
    },
    'a toy that is there': {
      path: '/products',
      body: '{"name":"Tux","price":1,"quantity":1}',
      status: 409,
      reason: 'product_exists',
      message: /^there is a product of this name already$/,
    },
    'a customer with too much': {
      path: '/customers',
      body: '{"user_id":"new","credit":10000000000.01}',
      message: /^credit: must be an amount such as 15\.99, from 0\.00 to 10000000000\.00$/,
    },
    'a customer whom a spreadsheet runs': {
      path: '/customers',
      body: '{"user_id":"@SUM(A1)"}',
      message: /^user_id: must not begin with =/,
    },
    'credit for nobody': {
      path: '/customers/nobody/credit',
      body: '{"amount":1}',
      status: 404,
      reason: 'user_not_found',
      message: /^there is no customer of this id$/,
    },
    'a bad key for credit': {
      path: '/customers/poor/credit',
      body: '{"amount":1}',
      headers: { 'idempotency-key': '~draft' },
      message: /^Idempotency-Key: must be 1 to 255 characters/,
    },
  })
})

t.test("the owner's routes from elsewhere, without a token", async (t) => {
  const from = {
    headers: { 'x-forwarded-for': '203.0.113.9' },
    status: 403,
    reason: 'forbidden',
    message: /^this is for the shop's owner: /,
  }
  const rows: [string, string, string?][] = [
    ['POST', '/products', '{"name":"Robot","price":1,"quantity":1}'],
    ['POST', '/products/Tux/restock', '{"quantity":1}'],
    ['POST', '/customers', '{"user_id":"new"}'],
    ['GET', '/customers/rich'],
    ['POST', '/customers/poor/credit', '{"amount":1}'],
    ['GET', '/movements?ledger=credit'],
  ]
  await refused(
    t,
    Object.fromEntries(
      rows.map(([method, path, body]) => [`${method} ${path}`, { method, path, ...(body && { body }), ...from }]),
    ),
  )
  const course = [
    '/stock/add/Tux/1',
    '/stock/subtract/Tux/1',
    '/stock/item/create/1',
    '/stock/batch_init/1/1/1',
    '/payment/create_user',
  ]
  const paying = [
    '/payment/add_funds/poor/1',
    '/payment/pay/rich/1',
    '/payment/pay/rich/one/1',
    '/payment/cancel/rich/one',
    '/payment/batch_init/1/1',
  ]
  await refused(t, Object.fromEntries([...course, ...paying].map((path) => [path, { path, ...from }])))
})

t.test("the course's amounts that are none", async (t) => {
  const paths = (amount: string) => [
    `/stock/add/Tux/${amount}`,
    `/stock/subtract/Tux/${amount}`,
    `/stock/item/create/${amount}`,
    `/stock/batch_init/${amount}/1/1`,
    `/stock/batch_init/1/1/${amount}`,
    `/payment/add_funds/poor/${amount}`,
    `/payment/pay/rich/${amount}`,
    `/payment/pay/rich/order-1/${amount}`,
    `/payment/batch_init/${amount}/1`,
  ]
  const amounts = ['1.5', '-1', '0', '1e3', '', '%20', '+1', '0x1', '9007199254740993', '99999999999999999999', 'NaN']
  const rows = amounts.flatMap((amount) =>
    paths(amount).map((path): [string, Bad] => {
      // Without an amount it is another path, or one that is not there.
      const none = /\/\/|\/$/.test(path)
      return [
        path,
        none
          ? { path, status: 404, reason: 'not_found', message: /./ }
          : { path, message: /must be a whole number from 1 to / },
      ]
    }),
  )
  await refused(t, Object.fromEntries(rows))
  await refused(t, {
    'more than a customer has': {
      path: '/payment/pay/poor/1',
      reason: 'out_of_credit',
      message: /^not enough credit$/,
    },
    'more than there is': { path: '/stock/subtract/Tux/10001', reason: 'out_of_stock', message: /^not enough stock$/ },
    'credit over what anybody can have': {
      path: '/payment/add_funds/rich/1',
      reason: 'conflict',
      message: /^nobody can have more/,
    },
    'a payment that was never made': {
      path: '/payment/cancel/rich/order-1',
      reason: 'conflict',
      message: /has not paid for this order$/,
    },
    'a customer who is not there': {
      path: '/payment/pay/nobody/1',
      reason: 'user_not_found',
      message: /^there is no customer/,
    },
    'an item that is not there': {
      path: '/stock/add/Nobody/1',
      reason: 'product_not_found',
      message: /^product not found$/,
    },
  })
})

t.test('a payment is taken back once, and by who made it only', async (t) => {
  /** What is well is answered with text. */
  const post = async (path: string): Promise<{ status: number; body: unknown }> => {
    const reply = await fetch(url + path, { method: 'POST' })
    return { status: reply.status, body: reply.ok ? await reply.text() : await reply.json() }
  }
  t.equal((await post('/payment/pay/rich/one/5')).status, 200)
  t.equal((await post('/payment/pay/rich/one/5')).status, 200, 'asked again it is the same payment')
  const paid = {
    path: '/payment/pay/rich/one/6',
    reason: 'key_reused',
    message: /^this key was used for another amount/,
  }
  const others = await booksOf(url)
  for (const [{ path, reason }, status] of [
    [paid, 400],
    [{ path: '/payment/cancel/poor/one', reason: 'conflict' }, 400],
  ] as const) {
    const answer = await post(path)
    t.equal(answer.status, status, path)
    t.match(answer.body, { error: { reason } }, path)
  }
  t.strictSame(await booksOf(url), others)
  t.match((await ask(`${url}/customers/rich`)).body, { data: { credit: most - 5 } })
  t.equal((await post('/payment/cancel/rich/one')).status, 200)
  t.match(await post('/payment/cancel/rich/one'), { status: 400, body: { error: { reason: 'conflict' } } })
  t.match((await ask(`${url}/customers/rich`)).body, { data: { credit: most } })
})

t.test('the services behind the front end refuse the same', async (t) => {
  const bodies = ['no json', 'null', '{"name":"Tux"}', '{"name":"Tux","quantity":-5}', '{"name":"Tux","quantity":1.5}']
  for (const [to, extra] of [
    [`${catalogUrl}/buy_qty`, '{"name":"Tux","quantity":1,"id":"nonsense"}'],
    [`${orderUrl}/order`, '{"name":"Tux","quantity":1,"key":"a b"}'],
  ] as const)
    for (const body of [...bodies, extra])
      t.match(
        await ask(to, { method: 'POST', body }),
        { status: 400, body: { error: { reason: 'bad_request' } } },
        body,
      )
  const { credit: _, ...rest } = before // there a payment was made and taken back
  t.match(await booksOf(url), rest)
})

t.test('another client was served all the while', async (t) => {
  watching = false
  await watch
  t.ok(others.length > 10)
  t.strictSame(
    others.filter(({ status, ms }) => status !== 200 || ms > 1000),
    [],
  )
})
