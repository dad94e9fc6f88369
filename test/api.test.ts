import t from 'tap'
import { ask, errorOf } from './ask.ts'
import { buy, dataDirOf, startStore } from './store.ts'

const store = await startStore({ dataDir: dataDirOf(t), t })
const { url } = store
const get = (path: string, headers: Record<string, string> = {}) => ask(`${url}${path}`, { headers })
const tux = (quantity: number) => ({ name: 'Tux', price: 25.99, quantity, stock: quantity })

t.test('a toy is told by its name', async (t) => {
  const answer = await get('/products/Tux')
  t.equal(answer.status, 200)
  t.equal(answer.headers.get('content-type'), 'application/json')
  t.equal(answer.text, '{"data":{"name":"Tux","price":25.99,"quantity":10000,"stock":10000}}')
  const unknown = await get('/products/Nobody')
  t.equal(unknown.status, 404)
  t.equal(unknown.text, '{"error":{"code":404,"reason":"product_not_found","message":"product not found"}}')
})

t.test('all toys come by name, in pages', async (t) => {
  const names = async (query: string) => {
    const { data, next } = (await get(`/products${query}`)).body as { data: { name: string }[]; next: string | null }
    return [...data.map(({ name }) => name), next]
  }
  t.strictSame(await names(''), ['Dolphin', 'Elephant', 'Fox', 'Python', 'Tux', 'Whale', null])
  t.strictSame(await names('?limit=4'), ['Dolphin', 'Elephant', 'Fox', 'Python', 'Python'])
  t.strictSame(await names('?limit=4&after=Python'), ['Tux', 'Whale', null])
  t.strictSame(await names('?after=Whale&limit=1000'), [null])
  t.strictSame((await get('/products?after=Python&limit=1')).body, { data: [tux(10_000)], next: 'Tux' })
  for (const query of ['limit=0', 'limit=1001', 'limit=x', 'limit=', 'limit=1&limit=2', 'after=a&after=b'])
    t.match(await get(`/products?${query}`), { status: 400, body: { error: { reason: 'bad_request' } } }, query)
})

t.test('a purchase is answered with its order, and the order can be read', async (t) => {
  const bought = await buy(url, { name: 'Tux', quantity: 3 }, { key: 'first' })
  t.equal(bought.status, 200)
  t.equal(bought.headers.get('idempotency-key'), 'first')
  t.strictSame(bought.body, { data: { order_number: 1, name: 'Tux', quantity: 3, price: 25.99, total: 77.97 } })
  t.strictSame((await get('/products/Tux')).body, { data: tux(9997) })

  const { status, body } = (await get('/orders/1')) as { status: number; body: { data: { placed_at: string } } }
  t.equal(status, 200)
  t.strictSame(Object.keys(body.data), ['number', 'name', 'quantity', 'price', 'total', 'placed_at'])
  t.match(body.data, { number: 1, name: 'Tux', quantity: 3, price: 25.99, total: 77.97 })
  t.match(body.data.placed_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  t.ok(Math.abs(Date.parse(body.data.placed_at) - Date.now()) < 60_000)
})

t.test('the same key and body get the very same answer, another body is refused', async (t) => {
  const again = await ask(`${url}/orders`, {
    method: 'POST',
    headers: { 'idempotency-key': 'first' },
    body: ' {"quantity":3,  "name":"Tux"}',
  })
  t.equal(again.status, 200)
  t.equal(again.text, '{"data":{"order_number":1,"name":"Tux","quantity":3,"price":25.99,"total":77.97}}')
  for (const other of [
    { name: 'Tux', quantity: 4 },
    { name: 'Fox', quantity: 3 },
  ]) {
    const refused = await buy(url, other, { key: 'first' })
    t.equal(refused.status, 422)
    const message = 'this Idempotency-Key was used for another purchase; use a new one'
    t.strictSame(refused.body, errorOf(422, 'key_reused', message))
  }
  t.strictSame((await get('/products/Tux')).body, { data: tux(9997) })
})

t.test('without a key one is made, and may be repeated', async (t) => {
  const bought = await buy(url, { name: 'Fox', quantity: 1 })
  const key = bought.headers.get('idempotency-key') ?? ''
  t.match(key, /^[0-9a-f]{32}$/)
  t.strictSame((await buy(url, { name: 'Fox', quantity: 1 }, { key })).body, bought.body)
  t.match((await get('/products/Fox')).body, { data: { quantity: 9999 } })
})

t.test('what cannot be bought is refused, and the key is free for another try', async (t) => {
  const soldOut = await buy(url, { name: 'Tux', quantity: 9998 }, { key: 'wish' })
  t.equal(soldOut.status, 409)
  t.strictSame(soldOut.body, errorOf(409, 'out_of_stock', 'not enough stock'))
  const unknown = await buy(url, { name: 'Nobody', quantity: 1 }, { key: 'wish' })
  t.equal(unknown.status, 404)
  t.strictSame(unknown.body, errorOf(404, 'product_not_found', 'product not found'))
  const bought = await buy(url, { name: 'Tux', quantity: 1 }, { key: 'wish' })
  t.match(bought, { status: 200, body: { data: { order_number: 3 } } })
  t.strictSame((await get('/products/Tux')).body, { data: tux(9996) })
})

t.test('an order that is not there is 404, and a number that is none is 400', async (t) => {
  for (const number of ['0', '4', '9007199254740991']) {
    const { status, body } = await get(`/orders/${number}`)
    t.equal(status, 404)
    t.strictSame(body, errorOf(404, 'order_not_found', 'order not found'))
  }
  for (const number of ['x', '-1', '1.5', '1e3', '9007199254740992', '99999999999999999', '0x1', '%201'])
    t.match(await get(`/orders/${number}`), { status: 400, body: { error: { reason: 'bad_request' } } }, number)
})

t.test('orders come newest first, in pages', async (t) => {
  const numbers = async (query: string) => {
    const { data, next } = (await get(`/orders${query}`)).body as { data: { number: number }[]; next: number | null }
    return [data.map(({ number }) => number), next]
  }
  t.strictSame(await numbers(''), [[3, 2, 1], null])
  t.strictSame(await numbers('?limit=2'), [[3, 2], 2])
  t.strictSame(await numbers('?limit=2&before=2'), [[1], null])
  t.strictSame(await numbers('?before=1'), [[], null])
  const { data } = (await get('/orders?limit=1')).body as { data: unknown[] }
  t.strictSame({ data: data[0] }, (await get('/orders/3')).body)
  for (const query of ['limit=0', 'before=x', 'before=1&before=2', 'before=-1'])
    t.match(await get(`/orders?${query}`), { status: 400, body: { error: { reason: 'bad_request' } } }, query)
})

t.test('movements come by number, in pages; a purchase is none', async (t) => {
  const page = (await get('/movements?ledger=stock&limit=2')).body as { data: { at: string }[]; next: number | null }
  t.match(page.data[0], { number: 1, account: 'Tux', change: 10_000, reason: 'start' })
  t.strictSame(Object.keys(page.data[0]!), ['number', 'at', 'account', 'change', 'reason'])
  t.equal(page.next, 2)
  const rest = (await get('/movements?after=2')).body as { data: unknown[]; next: number | null }
  t.equal(rest.data.length, 4)
  t.equal(rest.next, null)
  t.strictSame((await get('/movements?ledger=credit')).body, { data: [], next: null })
  for (const query of ['ledger=gold', 'after=x', 'limit=1001'])
    t.match(await get(`/movements?${query}`), { status: 400, body: { error: { reason: 'bad_request' } } }, query)
})

t.test('no answer tells a key or an attempt', async (t) => {
  for (const path of ['/orders/1', '/orders', '/movements', '/products', '/products/Tux'])
    t.notMatch((await get(path)).text, /first|wish|a\d+-\d+|key|attempt|user/, path)
})

t.test('every service is live and ready', async (t) => {
  for (const service of [url, store.catalogUrl, store.paymentUrl, store.orderUrl]) {
    t.match(await ask(`${service}/livez`), { status: 200, text: '{"data":{"status":"live"}}' })
    t.match(await ask(`${service}/readyz`), { status: 200, text: '{"data":{"status":"ready"}}' })
  }
})

t.test('a wrong method is told the right ones', async (t) => {
  const rows = [
    ['DELETE', '/products/Tux', 'GET, HEAD'],
    ['PUT', '/products', 'POST, GET, HEAD'],
    ['GET', '/customers', 'POST'],
    ['GET', '/customers/ann/credit', 'POST'],
    ['PUT', '/orders', 'POST, GET, HEAD'],
    ['PATCH', '/orders/1', 'GET, HEAD'],
    ['POST', '/movements', 'GET, HEAD'],
    ['POST', '/livez', 'GET, HEAD'],
    ['OPTIONS', '/orders', 'POST, GET, HEAD'],
  ] as const
  for (const [method, path, allow] of rows) {
    const { status, headers, body } = await ask(`${url}${path}`, { method })
    t.equal(status, 405, `${method} ${path}`)
    t.strictSame(headers.get('allow')?.split(', ').sort(), allow.split(', ').sort())
    t.match(body, { error: { code: 405, reason: 'method_not_allowed' } })
  }
  t.match(await ask(`${url}/products/Tux`, { method: 'HEAD' }), { status: 200, text: '' })
})
