/** Looks at a toy and, every so often, buys some of what was shown: what is sold out is not asked for. */
import { piecesToBuy } from '../load/plan.ts'
import type { Visit } from '../load/visit.ts'
import type { Scenario } from './scenario.ts'

export const shop: Scenario = {
  name: 'shop',
  about: 'look at a toy, buy it with the probability --buy',
  stories: [
    { name: 'look', weight: (buy) => 1 - buy, tell: (visit) => look(visit) },
    { name: 'buy', weight: (buy) => buy, tell: lookAndBuy },
  ],
}

const anyToy = ({ toys, random }: Visit): string => toys[Math.floor(random() * toys.length)]!

const look = async (visit: Visit): Promise<unknown> => visit.query(anyToy(visit))

async function lookAndBuy(visit: Visit): Promise<void> {
  const name = anyToy(visit)
  const share = visit.random()
  const shown = await visit.query(name)
  if (shown === undefined || visit.stopping) return
  const quantity = piecesToBuy(share, shown.quantity, visit.quantityMax)
  if (quantity === 0) visit.note('sold_out_seen')
  else await visit.buy(name, quantity)
}
