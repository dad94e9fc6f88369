/** Purchases that were acknowledged, of one toy and of several, against the orders that a shop shows. */
import t from 'tap'
import { Findings } from '../books.ts'
import { OrdersSince } from '../orders-since.ts'
import { type Bought, Purchases } from '../witness.ts'

const price = 2599
const bought = (orderNumber: number, toys: [name: string, quantity: number][], more: Partial<Bought> = {}): Bought[] =>
  toys.map(([name, quantity]) => ({
    orderNumber,
    name,
    quantity,
    price,
    total: toys.reduce((sum, [, pieces]) => sum + pieces * price, 0),
    ...(toys.length === 1 ? {} : { of: toys.length }),
    ...more,
  }))
const shown = (number: number, toys: [name: string, quantity: number][]) => ({
  number,
  total: (toys.reduce((sum, [, pieces]) => sum + pieces, 0) * price) / 100,
  items: toys.map(([name, quantity]) => ({ name, quantity, price: price / 100 })),
  placed_at: '2026-11-22T09:00:00.000Z',
})
const oneShown = (number: number, name: string, quantity: number) => ({
  number,
  name,
  quantity,
  price: price / 100,
  total: (quantity * price) / 100,
  placed_at: '2026-11-22T09:00:00.000Z',
})

/** What is found of purchases, by a shop that shows these orders. */
function found(purchases: readonly Bought[], orders: readonly object[]) {
  const findings = new Findings()
  const all = new Purchases()
  for (const each of purchases) all.add(each)
  const since = new OrdersSince(Purchases.unpacked(structuredClone(all.packed())), findings, 0)
  for (const order of orders) since.take(order)
  since.end(orders.length)
  return { differences: findings.all(), others: since.others, ours: Object.fromEntries(since.ours) }
}

const toys: [string, number][] = [
  ['Tux', 1],
  ['Fox', 2],
]

t.test('an order of several toys is one purchase, and is what was told', async (t) => {
  const orders = [shown(1, toys), oneShown(2, 'Tux', 3)]
  t.strictSame(found([...bought(2, [['Tux', 3]]), ...bought(1, toys)], orders), {
    differences: [],
    others: 0,
    ours: { Tux: 4, Fox: 2 },
  })
  t.match(found(bought(2, [['Tux', 3]]), orders), { differences: [], others: 1 })
})

t.test('what it was told as otherwise, lost, doubled or dearer is told', async (t) => {
  t.strictSame(
    found(bought(1, toys), [
      shown(1, [
        ['Tux', 1],
        ['Fox', 1],
      ]),
    ]).differences,
    [
      // biome-ignore format: one order
      'order 1 was acknowledged as 1 Tux at 25.99 and 2 Fox at 25.99, 77.97 in all, but the shop shows 1 Tux at 25.99 and 1 Fox at 25.99, 51.98 in all',
    ],
  )
  t.strictSame(found(bought(2, toys), [oneShown(1, 'Tux', 1)]).differences, [
    'order 2 (1 Tux at 25.99 and 2 Fox at 25.99, 77.97 in all) was acknowledged, but the shop has no such order',
  ])
  t.match(found([...bought(1, toys), ...bought(1, toys)], [shown(1, toys)]).differences, [
    /^order number 1 was given twice, for 1 Tux at 25\.99 and 2 Fox at 25\.99, 77\.97 in all and for 1 Tux/,
  ])
  t.match(found([...bought(1, [['Tux', 1]]), ...bought(1, [['Tux', 1]])], [oneShown(1, 'Tux', 1)]).differences, [
    /^order number 1 was given twice, for 1 Tux at 25\.99, 25\.99 in all and for 1 Tux/,
  ])
  t.match(found(bought(1, toys, { total: 7798 }), [shown(1, toys)]).differences, [
    /^order 1: 1 x 25\.99 and 2 x 25\.99 were to cost 77\.98$/,
    /^order 1 was acknowledged as/,
  ])
})
