import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { ask, booksOf } from './ask.ts'
import { dataDirOf, startStore } from './store.ts'

const { url, catalogUrl, orderUrl } = await startStore({ dataDir: dataDirOf(t), t })
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
  t.strictSame(await booksOf(url), before)
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
