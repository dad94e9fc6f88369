/** Buys, reads its own order back and holds it against the receipt. */
import { isObject } from '../json.ts'
import { piecesToBuy } from '../load/plan.ts'
import type { Scenario } from './scenario.ts'

export const orders: Scenario = {
  name: 'orders',
  about: 'buy, then read the own order and compare it with the receipt',
  stories: [
    {
      name: 'buy',
      weight: 1,
      async tell(visit) {
        const name = visit.toys[Math.floor(visit.random() * visit.toys.length)]!
        const quantity = piecesToBuy(visit.random(), Number.POSITIVE_INFINITY, visit.quantityMax)
        const bought = await visit.buy(name, quantity)
        if (!bought.ok || visit.stopping) return
        const { order_number: number, price, total } = bought.body.data as Record<string, number>
        const isOurs = (data: unknown): boolean =>
          isObject(data) &&
          data.number === number &&
          data.name === name &&
          data.quantity === quantity &&
          data.price === price &&
          data.total === total
        await visit.ask('order', { method: 'GET', path: `/orders/${number}` }, isOurs)
      },
    },
  ],
}
