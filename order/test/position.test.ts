import t, { type Test } from 'tap'
import { startCatalog } from '../../catalog/start.ts'
import { startPayment } from '../../payment/start.ts'
import { ask, eventually } from '../../test/ask.ts'
import { dataDirOf } from '../../test/store.ts'
import { startService } from '../../test/world.ts'
import { startOrder } from '../start.ts'

async function started(t: Test) {
  const DATA_DIR = dataDirOf(t)
  const catalog = await startService(t, startCatalog, { DATA_DIR })
  const payment = await startService(t, startPayment, { DATA_DIR })
  const order = await startService(t, startOrder, { DATA_DIR, CATALOG_URL: catalog.url, PAYMENT_URL: payment.url })
  await eventually(async () => (await ask(`${order.url}/readyz`)).status === 200)
  const place = (body: unknown) => ask(`${order.url}/order`, { method: 'POST', body })
  const positionOf = ({ headers }: { headers: Headers }) => headers.get('x-position')
  const now = async () => positionOf(await ask(`${catalog.url}/query/Tux`))
  return { catalog, place, positionOf, now, DATA_DIR }
}

t.test('a purchase says which position of the catalog it is part of, and not in its body', async (t) => {
  const { place, positionOf, now } = await started(t)
  const bought = await place({ name: 'Tux', quantity: 2 })
  t.strictSame(bought.body, { data: { order_number: 1, name: 'Tux', quantity: 2, price: 25.99, total: 51.98 } })
  t.match(positionOf(bought), /^[0-9a-f]{16}\.1$/)
  t.equal(positionOf(bought), await now())
  const several = await place([
    { name: 'Tux', quantity: 1 },
    { name: 'Fox', quantity: 1 },
    { name: 'Tux', quantity: 20_000 },
  ])
  t.match(several.body, [{ data: { order_number: 2 } }, { data: { order_number: 3 } }, { error: { code: 409 } }])
  t.equal(positionOf(several), await now(), 'that of the last of them')
})

t.test('a batch says the position of all that it is part of', async (t) => {
  const { place, positionOf, now } = await started(t)
  const many = await place(Array.from({ length: 300 }, () => ({ name: 'Tux', quantity: 1 })))
  t.match(positionOf(many), /\.1$/, 'all went together')
  t.equal(positionOf(many), await now())
})

t.test('a repeat that is answered from the log has no position, nor has a batch with one', async (t) => {
  const { place, positionOf } = await started(t)
  const mine = { name: 'Tux', quantity: 2, key: 'key-1' }
  t.ok(positionOf(await place(mine)))
  t.equal(positionOf(await place(mine)), null)
  t.equal(positionOf(await place([{ name: 'Fox', quantity: 1 }, mine])), null)
  t.equal(positionOf(await place([mine, { name: 'Fox', quantity: 1 }])), null)
  t.ok(positionOf(await place([{ name: 'Fox', quantity: 1 }])))
  t.equal(positionOf(await place([{ name: 'Fox', quantity: 20_000 }])), null, 'nor a refusal')
})
