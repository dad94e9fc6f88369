/** Everybody wants the same toy, the first by name, and asks again when it is sold out: one hot row. */
import { piecesToBuy } from '../load/plan.ts'
import type { Scenario } from './scenario.ts'

export const rush: Scenario = {
  name: 'rush',
  about: 'everybody buys one toy until it is sold out, and goes on asking',
  stories: [
    {
      name: 'buy',
      weight: (buy) => buy,
      async tell(visit) {
        await visit.buy(visit.toys[0]!, piecesToBuy(visit.random(), Number.POSITIVE_INFINITY, visit.quantityMax))
      },
    },
    { name: 'look', weight: (buy) => 1 - buy, tell: (visit) => visit.query(visit.toys[0]!) },
  ],
}
