import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startCatalog } from '../../catalog/start.ts'
import { startPayment } from '../../payment/start.ts'
import { ask, errorOf, eventually } from '../../test/ask.ts'
import { dataDirOf } from '../../test/store.ts'
import { startService } from '../../test/world.ts'
import { startOrder } from '../start.ts'

async function started(t: Test, settings: Record<string, string> = {}) {
  const DATA_DIR = dataDirOf(t)
  const catalog = await startService(t, startCatalog, { DATA_DIR, ...settings })
  const payment = await startService(t, startPayment, { DATA_DIR, ...settings })
  const env = { DATA_DIR, CATALOG_URL: catalog.url, PAYMENT_URL: payment.url, ...settings }
  const order = await startService(t, startOrder, env)
  await eventually(async () => (await ask(`${order.url}/readyz`)).status === 200)
  const place = (body: unknown, headers = {}) => ask(`${order.url}/order`, { method: 'POST', body, headers })
  return { DATA_DIR, env, catalog, order, place }
}

t.test('an order is placed, kept, and found after a start', async (t) => {
  const { env, order, place } = await started(t)
  const bought = await place({ name: 'Tux', quantity: 2, key: 'key-1' })
  t.strictSame(bought.body, { data: { order_number: 1, name: 'Tux', quantity: 2, price: 25.99, total: 51.98 } })
  t.match(await place({ name: 'Tux', quantity: 20_000 }), { status: 409, body: { error: { reason: 'out_of_stock' } } })
  t.match(await place({ name: 'Nobody', quantity: 1 }), {
    status: 404,
    body: { error: { reason: 'product_not_found' } },
  })
  const list = (await ask(`${order.url}/orders`)).body
  await order.close()
  const again = await startService(t, startOrder, env)
  t.strictSame((await ask(`${again.url}/orders`)).body, list)
  await eventually(async () => (await ask(`${again.url}/readyz`)).status === 200)
  const body = { name: 'Tux', quantity: 2, key: 'key-1' }
  t.strictSame((await ask(`${again.url}/order`, { method: 'POST', body })).body, bought.body)
})

t.test('a repeat gets its answer while another purchase tries the same key', async (t) => {
  const { place } = await started(t)
  const mine = { name: 'Tux', quantity: 2, key: 'key-1' }
  const bought = await place(mine)
  const answers = await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const wrong = index % 2 === 0
      return { wrong, ...(await place(wrong ? { ...mine, quantity: 3 } : mine)) }
    }),
  )
  t.strictSame(
    answers.filter(({ wrong, status }) => status !== (wrong ? 422 : 200)),
    [],
  )
  for (const { wrong, body } of answers) if (!wrong) t.strictSame(body, bought.body)
})

t.test(
  'while a purchase is under way, a repeat joins it, and another one with its key is refused at once',
  async (t) => {
    const { place, order } = await started(t, { IO_DELAY_MS: '50' })
    const mine = { name: 'Tux', quantity: 2, key: 'key-1' }
    let answered = false
    const first = place(mine).finally(() => {
      answered = true
    })
    const repeats: ReturnType<typeof place>[] = []
    let refused = 0
    await pause(20)
    while (!answered) {
      repeats.push(place(mine))
      const { status, body } = await place({ ...mine, quantity: 3 })
      t.strictSame([status, (body as { error: { reason: string } }).error.reason], [422, 'key_reused'])
      if (!answered) refused += 1
      await pause(5)
    }
    t.ok(refused > 0, 'not only when it is over')
    const { text } = await first
    t.match(text, /^\{"data":\{"order_number":1,/)
    for (const repeat of await Promise.all(repeats)) t.equal(repeat.text, text)
    t.match((await ask(`${order.url}/orders`)).body, { data: [{ number: 1 }], next: null })
  },
)

t.test('without its catalog it lives, reads, is not ready and sells nothing', async (t) => {
  const { env, catalog, order } = await started(t)
  await order.close()
  await catalog.close()
  const alone = await startService(t, startOrder, env)
  t.equal((await ask(`${alone.url}/livez`)).status, 200)
  t.match(await ask(`${alone.url}/readyz`), {
    status: 503,
    body: { error: { message: 'catalog has not answered yet' } },
  })
  t.match(await ask(`${alone.url}/orders`), { status: 200, body: { data: { length: 0 }, next: null } })
  const refused = await ask(`${alone.url}/order`, { method: 'POST', body: { name: 'Tux', quantity: 1 } })
  const message = 'the catalog service cannot be reached; nothing was bought'
  t.equal(refused.status, 503)
  t.strictSame(refused.body, errorOf(503, 'unavailable', message))
  t.equal(refused.headers.get('retry-after'), '1')
})

t.test('a deadline that is none is refused, and nothing is bought', async (t) => {
  const { place, order } = await started(t)
  for (const deadline of ['0', '-5', 'soon', '60001', '1.5'])
    t.match(await place({ name: 'Tux', quantity: 1 }, { 'x-deadline-ms': deadline }), { status: 400 }, deadline)
  t.match((await ask(`${order.url}/orders`)).body, { data: { length: 0 } })
})

t.test('an orders.csv that is none stops the start and is left as it was', async (t) => {
  const { DATA_DIR, env, order } = await started(t)
  await order.close()
  const path = `${DATA_DIR}/order/orders.csv`
  await writeFile(path, 'number,toy\n1,Tux\n')
  await t.rejects(startService(t, startOrder, env), { name: 'StartError', message: `${path}:1: the header must be` })
  t.equal(await readFile(path, 'utf8'), 'number,toy\n1,Tux\n')
})
