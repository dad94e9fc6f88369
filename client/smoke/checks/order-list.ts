/** All orders, for the owner: the newest first. */
import { type Check, Failed, type Shop } from '../check.ts'
import { pageOf } from '../expect.ts'
import { numberCursor, type Order, orderShape } from '../shapes.ts'
import { askForOwner } from './owner.ts'

/** The newest before ours; undefined where there is none yet. */
export const lastOrder: Check<Order | undefined> = {
  name: 'GET /orders',
  routes: ['GET /orders'],
  async run(shop) {
    const { data, next } = await orderPage(shop, 50)
    for (const [index, { number }] of data.entries())
      if (index > 0 && number >= data[index - 1]!.number)
        throw new Failed('the newest orders first', `order ${number} behind order ${data[index - 1]!.number}`)
    if (next !== null && next !== data.at(-1)?.number)
      throw new Failed("next to be the page's last number", `next ${next}`)
    return data[0]
  },
}

export async function orderPage(
  shop: Shop,
  limit: number,
  before?: number,
): Promise<{ data: Order[]; next: number | null }> {
  const from = before === undefined ? '' : `&before=${before}`
  const answer = await askForOwner(shop, `/orders?limit=${limit}${from}`)
  return pageOf(answer, orderShape, numberCursor, 'a page of orders and next')
}
