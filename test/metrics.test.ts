import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { startCatalog } from '../catalog/start.ts'
import { startFrontend } from '../frontend/start.ts'
import { startOrder } from '../order/start.ts'
import { startPayment } from '../payment/start.ts'
import { ask, errorOf, eventually } from './ask.ts'
import { figuresOf, figuresWhen } from './figures.ts'
import { buy, dataDirOf, startStore } from './store.ts'
import { slowClock, startService } from './world.ts'

const services = ['catalog', 'payment', 'cart', 'order', 'frontend'] as const

/** The rows of the table in docs/operations.md: a name, its labels and where it is told. */
function documented(): { name: string; labels: string[]; of: readonly string[] }[] {
  const page = readFileSync(fileURLToPath(new URL('../docs/operations.md', import.meta.url)), 'utf8')
  return [...page.matchAll(/^\| `(\w+)(?:\{([\w,]+)\})?` \| ([a-z, ]+) \|/gm)].map(([, name, labels, of]) => ({
    name: name!,
    labels: labels?.split(',').sort() ?? [],
    of: of === 'all' ? services : of!.split(', '),
  }))
}

const seriesOf = (figures: ReadonlyMap<string, number>, name: string): string[] =>
  [...figures.keys()].filter((series) => new RegExp(`^${name}(_count)?(\\{|$)`).test(series))
const labelsOf = (series: string): string[] => [...series.matchAll(/(\w+)="/g)].map(([, label]) => label!).sort()

t.test('what docs/operations.md names is told by the services it names, and rises with a purchase', async (t) => {
  const store = await startStore({ t, dataDir: dataDirOf(t) })
  const urls = {
    catalog: store.catalogUrl,
    payment: store.paymentUrl,
    cart: store.cartUrl,
    order: store.orderUrl,
    frontend: store.url,
  }
  const all = async () =>
    Object.fromEntries(await Promise.all(services.map(async (name) => [name, await figuresOf(urls[name])] as const)))
  await ask(`${store.url}/items/ann/Tux`, { method: 'POST' })
  await buy(store.url, { name: 'Tux', quantity: 1 })
  const before = await all()
  t.equal((await buy(store.url, { name: 'Tux', quantity: 2 })).status, 200)
  await figuresWhen(urls.order, (figures) => figures.get('attempts_unsettled') === 0)
  const after = await all()

  const table = documented()
  t.ok(table.length > 12)
  for (const { name, labels, of } of table)
    for (const service of services) {
      const found = seriesOf(after[service]!, name)
      t.equal(found.length > 0, of.includes(service), `${service}: ${name}`)
      for (const series of found) t.strictSame(labelsOf(series), labels, series)
    }

  const rise = (service: (typeof services)[number], series: string): number =>
    (after[service]!.get(series) ?? 0) - (before[service]!.get(series) ?? 0)
  t.equal(rise('frontend', 'http_request_duration_seconds_count{method="POST",route="/orders",status="200"}'), 1)
  t.equal(rise('order', 'http_request_duration_seconds_count{method="POST",route="/order",status="200"}'), 1)
  t.ok(rise('catalog', 'http_request_duration_seconds_count{method="POST",route="/ledger",status="200"}') >= 2)
  t.equal(rise('frontend', 'batch_size_count{queue="to_order"}'), 1)
  t.ok(rise('order', 'batch_size_count{queue="to_catalog"}') >= 2)
  t.equal(rise('order', 'batch_size_count{queue="orders"}'), 1)
  t.ok(rise('catalog', 'batch_size_count{queue="ledger"}') >= 2)
  t.equal(rise('order', 'file_sync_seconds_count{file="orders"}'), 1)
  t.ok(rise('catalog', 'file_sync_seconds_count{file="journal"}') >= 2)
  t.equal(rise('order', 'orders_last_number'), 1)
  t.equal(rise('catalog', 'stock{toy="Tux"}'), -2)
  t.ok(after.catalog!.get('journal_bytes')! > 0)
  await store.stop()
})

/** The catalog as the order service sees it: confirmations wait at the gate. */
async function gated(t: Test, catalogUrl: string): Promise<{ url: string; caught: Promise<void>; open: () => void }> {
  const { promise: caught, resolve: catchOne } = Promise.withResolvers<void>()
  const { promise: opened, resolve: open } = Promise.withResolvers<void>()
  const server = createServer(async (request, response) => {
    const body = await text(request)
    if (body.includes('"confirm"')) {
      catchOne()
      await opened
    }
    const reply = await fetch(catalogUrl + request.url, {
      method: request.method!,
      ...(body !== '' && { body, headers: { 'content-type': 'application/json' } }),
    })
    response.writeHead(reply.status, { 'content-type': 'application/json' }).end(await reply.text())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    open()
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, caught, open }
}

const ready = (url: string): Promise<void> => eventually(async () => (await ask(`${url}/readyz`)).status === 200)

t.test('what is held, unsettled and waiting is told while it is, and not after', async (t) => {
  const DATA_DIR = dataDirOf(t)
  const catalog = await startService(t, startCatalog, { DATA_DIR })
  const payment = await startService(t, startPayment, { DATA_DIR })
  const gate = await gated(t, catalog.url)
  // No call's time may run out while we look.
  const order = await startService(
    t,
    startOrder,
    { DATA_DIR, CATALOG_URL: gate.url, PAYMENT_URL: payment.url },
    { clock: slowClock(30) },
  )
  const place = (name: string) => ask(`${order.url}/order`, { method: 'POST', body: { name, quantity: 3 } })
  await ready(order.url)
  t.equal((await place('Tux')).status, 200)
  await gate.caught // alone: nobody else was there to go along
  const second = place('Fox')
  try {
    const held = await figuresWhen(order.url, (figures) => figures.get('queue_waiting{queue="to_catalog"}') === 1)
    t.equal(held.get('attempts_unsettled'), 1)
    t.equal(held.get('http_requests_in_flight'), 2)
    const holds = await figuresOf(catalog.url)
    t.equal(holds.get('reservations_open'), 1)
    t.equal(holds.get('stock{toy="Tux"}'), 9997)
  } finally {
    gate.open()
  }
  t.equal((await second).status, 200)
  const settled = await figuresWhen(order.url, (figures) => figures.get('attempts_unsettled') === 0)
  t.equal(settled.get('queue_waiting{queue="to_catalog"}'), 0)
  t.equal((await figuresOf(catalog.url)).get('reservations_open'), 0)
  await order.close()
})

t.test('what a start gives back is counted', async (t) => {
  const DATA_DIR = dataDirOf(t)
  const catalog = await startService(t, startCatalog, { DATA_DIR })
  const payment = await startService(t, startPayment, { DATA_DIR })
  const begin = () => startService(t, startOrder, { DATA_DIR, CATALOG_URL: catalog.url, PAYMENT_URL: payment.url })
  const first = await begin()
  await ready(first.url)
  await first.close()
  const body = { op: 'reserve', id: 'a1-7', after: 0, items: [{ account: 'Tux', amount: 4 }] }
  t.match((await ask(`${catalog.url}/ledger`, { method: 'POST', body })).body, { data: { outcome: 'held' } })
  t.equal((await figuresOf(catalog.url)).get('reservations_open'), 1)
  const again = await begin()
  const figures = await figuresWhen(again.url, (told) => told.get('recovered_purchases_total{how="given_back"}') === 1)
  t.equal(figures.get('recovered_purchases_total{how="finished"}'), 0)
  t.equal((await figuresOf(catalog.url)).get('reservations_open'), 0)
  await again.close()
})

t.test('the front end shows its figures to the owner, the others to who has the internal token', async (t) => {
  const ownersOnly = "this is for the shop's owner: ask from the machine itself, or set ADMIN_TOKEN"
  const open = await startService(t, startFrontend, {})
  const proxied = await ask(`${open.url}/metrics`, { headers: { 'x-forwarded-for': '203.0.113.9' } })
  t.strictSame([proxied.status, proxied.body], [403, errorOf(403, 'forbidden', ownersOnly)])
  t.ok((await figuresOf(open.url)).has('http_requests_in_flight'))

  const tokens = { ADMIN_TOKEN: 'owner-owner', INTERNAL_TOKEN: 'inside-inside', ERROR_STATUS: '200' }
  const shop = await startService(t, startFrontend, tokens)
  const DATA_DIR = dataDirOf(t)
  const catalog = await startService(t, startCatalog, { ...tokens, DATA_DIR })
  const payment = await startService(t, startPayment, { ...tokens, DATA_DIR })
  const order = await startService(t, startOrder, {
    ...tokens,
    DATA_DIR,
    CATALOG_URL: catalog.url,
    PAYMENT_URL: payment.url,
  })
  for (const [{ url }, right, wrong] of [
    [shop, 'owner-owner', 'inside-inside'],
    [catalog, 'inside-inside', 'owner-owner'],
    [order, 'inside-inside', 'owner-owner'],
  ] as const) {
    t.equal((await ask(`${url}/metrics`)).status, 401)
    t.equal((await ask(`${url}/metrics`, { headers: { authorization: `Bearer ${wrong}` } })).status, 401)
    t.ok((await figuresOf(url, { authorization: `Bearer ${right}` })).has('http_requests_in_flight'))
  }
})
