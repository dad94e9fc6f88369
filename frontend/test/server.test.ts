import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { json } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { ask, eventually } from '../../test/ask.ts'
import { buy } from '../../test/store.ts'
import { startService } from '../../test/world.ts'
import { startFrontend } from '../start.ts'

interface Neighbour {
  url: string
  seen: { method: string; path: string; headers: IncomingHttpHeaders; body: unknown }[]
}

/** A service that does what `answer` says with all but its health checks: a body, or undefined to hang up. */
async function neighbour(t: Test, answer: (item: unknown, path: string) => unknown): Promise<Neighbour> {
  const seen: Neighbour['seen'] = []
  const server = createServer(async (request, response) => {
    const [method, path] = [request.method ?? '', request.url ?? '']
    if (path === '/readyz') return response.end('{"data":{}}')
    const body = method === 'POST' ? await json(request) : undefined
    seen.push({ method, path, headers: request.headers, body })
    const answers = (Array.isArray(body) ? body : [body]).map((item) => answer(item, path))
    if (answers.includes(undefined)) return request.socket.destroy()
    response.end(JSON.stringify(Array.isArray(body) ? answers : answers[0]))
  }).listen(0, '127.0.0.1')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, seen }
}

const order = { order_number: 7, name: 'Tux', quantity: 2, price: 25.99, total: 51.98 }
const toy = { name: 'Tux', price: 25.99, quantity: 3, stock: 3 }

async function shop(
  t: Test,
  {
    place = () => ({ data: order }),
    env = {},
  }: { place?: (item: unknown) => unknown; env?: Record<string, string> } = {},
) {
  const catalog = await neighbour(t, () => ({ data: toy }))
  const orders = await neighbour(t, place)
  const { url } = await startService(t, startFrontend, {
    CATALOG_URL: catalog.url,
    PAYMENT_URL: catalog.url,
    CART_URL: catalog.url,
    ORDER_URL: orders.url,
    ...env,
  })
  await eventually(async () => (await ask(`${url}/readyz`)).status === 200)
  return { url, catalog, orders }
}

t.test('a purchase goes to the order service with its key, a deadline and its trace', async (t) => {
  const { url, orders } = await shop(t, { env: { INTERNAL_TOKEN: 'inside-inside' } })
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const answer = await ask(`${url}/orders`, {
    method: 'POST',
    headers: { traceparent, 'idempotency-key': 'key-1' },
    body: { name: 'Tux', quantity: 2 },
  })
  t.strictSame(answer.body, { data: order })
  t.equal(answer.headers.get('idempotency-key'), 'key-1')
  const [{ path, headers, body }] = orders.seen as [Neighbour['seen'][0]]
  t.equal(path, '/order')
  t.strictSame([body].flat(), [{ name: 'Tux', quantity: 2, key: 'key-1' }])
  t.match(headers, { authorization: 'Bearer inside-inside', 'x-deadline-ms': /^[45]\d\d\d$/ })
  t.equal(orders.seen.length, 1)
  await buy(url, { name: 'Tux', quantity: 2 })
  await buy(url, { name: 'Tux', quantity: 2 })
  const keys = orders.seen.flatMap((one) => one.body as { key: string }[]).map(({ key }) => key)
  t.match(keys, ['key-1', /^[0-9a-f]{32}$/, /^[0-9a-f]{32}$/])
  t.not(keys[1], keys[2], 'each purchase without a key gets one of its own')
})

t.test('an order service that hangs up leaves the outcome unknown: 503 with the key to ask again with', async (t) => {
  const { url } = await shop(t, { place: () => undefined })
  for (const key of ['key-1', undefined]) {
    const { status, headers, body } = await buy(url, { name: 'Tux', quantity: 2 }, key === undefined ? {} : { key })
    t.equal(status, 503)
    t.equal(headers.get('retry-after'), '1')
    t.match(body, {
      error: { code: 503, reason: 'outcome_unknown', idempotency_key: key ?? /^[0-9a-f]{32}$/, message: /not known/ },
    })
  }
  t.match(
    await ask(`${url}/orders/1`),
    { status: 503, body: { error: { reason: 'unavailable' } } },
    'a read changes nothing',
  )
})

t.test("the order service's refusals are passed on as they are", async (t) => {
  const rows = [
    [404, 'product_not_found', 'product not found'],
    [409, 'out_of_stock', 'not enough stock'],
    [422, 'key_reused', 'this key was used'],
    [503, 'unavailable', 'nothing was bought'],
  ] as const
  let next: unknown
  const { url } = await shop(t, { place: () => next })
  for (const [code, reason, message] of rows) {
    next = { error: { code, reason, message } }
    const answer = await buy(url, { name: 'Tux', quantity: 2 })
    t.equal(answer.status, code)
    t.strictSame(answer.body, next)
  }
  next = 'nonsense'
  t.match(await buy(url, { name: 'Tux', quantity: 2 }), { status: 503, body: { error: { reason: 'outcome_unknown' } } })
})

t.test('what is no purchase never reaches the order service', async (t) => {
  const { url, orders, catalog } = await shop(t)
  for (const body of ['', '[]', '{"name":"Tux","quantity":-5}', '{"name":"Tux","quantity":1,"key":"k"}'])
    t.match(await buy(url, body), { status: 400, body: { error: { reason: 'bad_request' } } }, body)
  t.match(await buy(url, { name: 'Tux', quantity: 1 }, { key: 'a b' }), { status: 400 })
  t.match(await ask(`${url}/products/=1+1`), { status: 400 })
  t.equal(orders.seen.length + catalog.seen.length, 0)
})

t.test('a name goes to the catalog encoded as it came', async (t) => {
  const { url, catalog } = await shop(t)
  t.strictSame((await ask(`${url}/products/a%252Fb%2Fc`)).body, { data: toy })
  t.equal(catalog.seen[0]?.path, '/query/a%252Fb%2Fc?or=null')
})
