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
