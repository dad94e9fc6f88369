/** Buys without looking first, sold out or not: how fast a store sells, and how it refuses. */
import { piecesToBuy } from '../load/plan.ts'
import type { Scenario } from './scenario.ts'

export const purchases: Scenario = {
  name: 'purchases',
  about: 'buy without looking, also what is sold out',
  stories: [
    {
      name: 'buy',
      weight: 1,
      async tell(visit) {
        const name = visit.toys[Math.floor(visit.random() * visit.toys.length)]!
        await visit.buy(name, piecesToBuy(visit.random(), Number.POSITIVE_INFINITY, visit.quantityMax))
      },
    },
  ],
}
