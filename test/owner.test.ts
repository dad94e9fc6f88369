import t from 'tap'
import { ask, errorOf } from './ask.ts'
import { buy, dataDirOf, startStore } from './store.ts'

const ownersOnly = "this is for the shop's owner: ask from the machine itself, or set ADMIN_TOKEN"
const notAcrossSites = "this is for the shop's owner, and not from another site's page"

t.test("without a token the owner's routes are for this machine only", async (t) => {
  const { url } = await startStore({ dataDir: dataDirOf(t), t })
  for (const path of ['/orders', '/movements']) {
    const get = (headers: Record<string, string>) => ask(url + path, { headers })
    t.equal((await get({})).status, 200)
    t.equal((await get({ origin: url })).status, 200)
    for (const header of ['x-forwarded-for', 'forwarded']) {
      const { status, body } = await get({ [header]: header === 'forwarded' ? 'for=127.0.0.1' : '127.0.0.1' })
      t.equal(status, 403, `${path} with ${header}`)
      t.strictSame(body, errorOf(403, 'forbidden', ownersOnly))
    }
    for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:1', 'https://127.0.0.1']) {
      const { status, body } = await get({ origin })
      t.equal(status, 403, `${path} from ${origin}`)
      t.strictSame(body, errorOf(403, 'forbidden', notAcrossSites))
    }
  }
  // The public's routes are for everybody, also behind a proxy.
  const headers = { 'x-forwarded-for': '203.0.113.9', origin: 'http://evil.example' }
  t.equal((await ask(`${url}/products/Tux`, { headers })).status, 200)
  const order = { method: 'POST', headers, body: { name: 'Tux', quantity: 1 } }
  t.equal((await ask(`${url}/orders`, order)).status, 200)
  t.equal((await ask(`${url}/orders/1`, { headers })).status, 200)
})

t.test('with tokens and ERROR_STATUS=200', async (t) => {
  const env = { ADMIN_TOKEN: 'owner-owner', INTERNAL_TOKEN: 'inside-inside', ERROR_STATUS: '200' }
  const { url, catalogUrl, paymentUrl, orderUrl } = await startStore({ dataDir: dataDirOf(t), env, t })
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

  t.test('the owner is who carries the admin token, through a proxy too', async (t) => {
    const needed = 'this is for the shop\'s owner: send "Authorization: Bearer <ADMIN_TOKEN>"'
    for (const token of ['', 'owner', 'owner-owner-', 'inside-inside']) {
      const { status, headers, body } = await ask(`${url}/movements`, bearer(token))
      t.equal(status, 401, token)
      t.equal(headers.get('www-authenticate'), 'Bearer')
      t.strictSame(body, errorOf(401, 'unauthorized', needed))
    }
    const viaProxy = { ...bearer('owner-owner').headers, 'x-forwarded-for': '203.0.113.9' }
    t.equal((await ask(`${url}/movements`, { headers: viaProxy })).status, 200)
    t.match((await ask(`${url}/orders`, bearer('owner-owner'))).body, { data: { length: 0 }, next: null })
    const acrossSites = { ...bearer('owner-owner').headers, origin: 'http://evil.example' }
    t.equal((await ask(`${url}/movements`, { headers: acrossSites })).status, 403)
  })

  t.test('internal endpoints ask for the internal token, health checks do not', async (t) => {
    const rows = [
      [catalogUrl, 'GET', '/query/Tux'],
      [catalogUrl, 'POST', '/buy_qty'],
      [catalogUrl, 'POST', '/ledger'],
      [catalogUrl, 'GET', '/products'],
      [catalogUrl, 'GET', '/movements'],
      [paymentUrl, 'POST', '/ledger'],
      [paymentUrl, 'GET', '/customers/ann'],
      [paymentUrl, 'GET', '/customers/ann/payments/1'],
      [paymentUrl, 'GET', '/movements'],
      [orderUrl, 'POST', '/order'],
      [orderUrl, 'GET', '/orders'],
      [orderUrl, 'GET', '/orders/1'],
    ] as const
    for (const [service, method, path] of rows)
      for (const options of [{}, bearer('owner-owner')]) {
        const { body } = await ask(service + path, { method, ...options })
        t.strictSame(body, errorOf(401, 'unauthorized', 'this needs the internal token'), `${method} ${path}`)
      }
    t.match(await ask(`${catalogUrl}/query/Tux`, bearer('inside-inside')), { body: { data: { quantity: 10_000 } } })
    for (const service of [catalogUrl, paymentUrl, orderUrl])
      for (const path of ['/livez', '/readyz']) t.equal((await ask(service + path)).status, 200)
  })

  t.test('errors of the original routes have status 200 and the same body', async (t) => {
    const inside = bearer('inside-inside')
    const sold = await buy(url, { name: 'Tux', quantity: 1 }, { key: 'once' })
    t.match(sold, { status: 200, body: { data: { order_number: 1 } } })
    const post = (body: unknown) => ({ method: 'POST', body, ...inside })
    const rows = [
      [await ask(`${url}/products/Nobody`), 404, 'product_not_found'],
      [await ask(`${url}/products?limit=0`), 400, 'bad_request'],
      [await buy(url, { name: 'Tux', quantity: 20_000 }), 409, 'out_of_stock'],
      [await buy(url, { name: 'Tux', quantity: 2 }, { key: 'once' }), 422, 'key_reused'],
      [await buy(url, 'no json'), 400, 'bad_request'],
      [await ask(`${url}/orders/7`), 404, 'order_not_found'],
      [await ask(`${catalogUrl}/query/Nobody`, inside), 404, 'product_not_found'],
      [await ask(`${catalogUrl}/buy_qty`, post({ name: 'Tux', quantity: 20_000 })), 409, 'out_of_stock'],
      [await ask(`${orderUrl}/order`, post({ name: 'Nobody', quantity: 1 })), 404, 'product_not_found'],
      [await ask(`${orderUrl}/orders/7`, inside), 404, 'order_not_found'],
    ] as const
    for (const [{ status, body }, code, reason] of rows) {
      t.equal(status, 200, reason)
      t.match(body, { error: { code, reason } })
    }
  })
})
