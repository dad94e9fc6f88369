import { readFileSync } from 'node:fs'
import t from 'tap'
import { verifyFiles } from '../../client/verify/files.ts'
import { ask } from '../../test/ask.ts'
import { buy, dataDirOf, startStore } from '../../test/store.ts'
import { makeOrders } from '../many-orders.ts'

t.test(
  'a folder that is made with many orders is one that the store goes on with, and its books balance',
  async (t) => {
    const dataDir = dataDirOf(t)
    const told: string[] = []
    await makeOrders(dataDir, 1003, (line) => told.push(line))
    t.match(told, [/^1,003 orders made in [\d.]+ s: 0\.00 GB$/])
    const store = await startStore({ dataDir, t })
    t.match(await buy(store.url, { name: 'Tux', quantity: 1 }), { status: 200, body: { data: { order_number: 1004 } } })
    t.match(await ask(`${store.url}/orders/1003`), { status: 200, body: { data: { number: 1003, quantity: 1 } } })
    const rows = readFileSync(`${dataDir}/order/orders.csv`, 'utf8').trim().split('\n')
    const [first, key] = [rows[1]!.split(','), rows[1]!.split(',')[7]!]
    t.match(await buy(store.url, { name: first[2], quantity: 1 }, { key }), { body: { data: { order_number: 1 } } })
    t.equal(await store.stop(), 0)
    t.strictSame(
      store.output.filter((line) => line.includes('"level":"warn"')),
      [],
    )
    const { orders, broughtAlong, differences } = await verifyFiles(dataDir)
    t.strictSame({ orders, broughtAlong, differences }, { orders: 1004, broughtAlong: 0, differences: [] })
  },
)

t.test('it is refused where the disk has no room for it', async (t) => {
  await t.rejects(
    makeOrders(dataDirOf(t), 1e12, () => {}),
    /need .* GB .* are free/,
  )
})
