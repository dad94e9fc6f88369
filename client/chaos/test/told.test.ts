import t from 'tap'
import { Purchases } from '../../verify/witness.ts'
import { toldDifferences } from '../told.ts'

const header = 'order_number,line,name,quantity,price,user,cart,key,attempt,placed_at'
const row = (number: number, name: string, quantity: number): string =>
  `${number},1 of 1,${name},${quantity},25.99,,,key-${number},a1-${number},2026-11-21T09:17:59.631Z`

function told(...all: [number, string, number][]): Purchases {
  const purchases = new Purchases()
  for (const [orderNumber, name, quantity] of all)
    purchases.add({ orderNumber, name, quantity, price: 2599, total: quantity * 2599 })
  return purchases
}

t.test('what buyers were told is held against the rows of the log', async (t) => {
  const dir = t.testdir({
    'orders.csv': `${[header, row(1, 'Tux', 1), row(2, 'Fox', 2), row(3, 'Tux', 3)].join('\n')}\n`,
  })
  const path = `${dir}/orders.csv`
  const differences = (...all: [number, string, number][]) => toldDifferences(path, told(...all))
  t.same(await differences([3, 'Tux', 3], [1, 'Tux', 1]), [], 'an order that nobody was told of is none of ours')
  t.same(await differences([4, 'Tux', 1]), [`acknowledged order 4 (1 Tux) is lost: it is not in ${path}`])
  t.same(await differences([0, 'Tux', 1], [1, 'Tux', 1]), [
    `acknowledged order 0 (1 Tux) is lost: it is not in ${path}`,
  ])
  t.same(await differences([2, 'Fox', 2], [2, 'Fox', 2]), ['order number 2 was told to 2 buyers'])
  t.same(await differences([2, 'Fox', 1]), [`${path}:3: order 2 (1 Fox) was acknowledged, but the row is 2 Fox`])
  t.same(await differences([2, 'Tux', 2]), [`${path}:3: order 2 (2 Tux) was acknowledged, but the row is 2 Fox`])
})

t.test('an order of several toys is one, and each of them must be in the log as it was told', async (t) => {
  const rows = [row(1, 'Tux', 1).replace('1 of 1', '1 of 2'), row(1, 'Fox', 2).replace('1 of 1', '2 of 2')]
  const path = `${t.testdir({ 'orders.csv': `${[header, ...rows, row(2, 'Tux', 1)].join('\n')}\n` })}/orders.csv`
  const differences = (...orders: [number, ...[string, number][]][]): Promise<string[]> => {
    const purchases = new Purchases()
    for (const [orderNumber, ...toys] of orders)
      for (const [name, quantity] of toys)
        purchases.add({ orderNumber, name, quantity, price: 2599, total: 7797, of: toys.length })
    return toldDifferences(path, purchases)
  }
  t.same(await differences([1, ['Tux', 1], ['Fox', 2]]), [])
  t.same(await differences([2, ['Tux', 1]], [1, ['Tux', 1], ['Fox', 2]]), [])
  for (const [toys, told] of [
    [
      [
        ['Tux', 1],
        ['Fox', 1],
      ],
      '1 Tux and 1 Fox',
    ],
    [[['Tux', 1]], '1 Tux'],
    [
      [
        ['Tux', 1],
        ['Fox', 2],
        ['Whale', 1],
      ],
      '1 Tux and 2 Fox and 1 Whale',
    ],
  ] as [[string, number][], string][])
    t.same(await differences([1, ...toys]), [
      `${path}:2: order 1 (${told}) was acknowledged, but the rows are 1 Tux and 2 Fox`,
    ])
  t.same(await differences([3, ['Tux', 1], ['Fox', 2]]), [
    `acknowledged order 3 (1 Tux and 2 Fox) is lost: it is not in ${path}`,
  ])
  t.same(await differences([1, ['Tux', 1], ['Fox', 2]], [1, ['Tux', 1], ['Fox', 2]]), [
    'order number 1 was told to 2 buyers',
  ])
})
