/** Our order, alone and in the list of all. */
import { isDeepStrictEqual } from 'node:util'
import { type Check, Failed, LeftOut, type Shop } from '../check.ts'
import { dataOf, refused, told } from '../expect.ts'
import { type Order, orderShape } from '../shapes.ts'
import { lastOrder, orderPage } from './order-list.ts'
import { asked, purchased } from './purchase.ts'

const numberMax = Number.MAX_SAFE_INTEGER

/** Ours, exactly as it was answered; where nothing was bought, the newest. */
const oneOrder: Check<Order> = {
  name: 'GET /orders/<number>',
  routes: ['GET /orders/:number'],
  async run(shop) {
    const wanted = wantedOrder(shop)
    const answer = await shop.ask({ path: `/orders/${wanted.number}` })
    const order = dataOf(answer, orderShape, 'an order: number, name, quantity, price, total, placed_at')
    for (const [field, value] of Object.entries(wanted))
      if (!isDeepStrictEqual(order[field as keyof Order], value))
        throw new Failed(`order ${wanted.number} with ${field} ${JSON.stringify(value)}`, told(answer))
    if (order.placed_at === '' && !('placed_at' in wanted)) throw new Failed('placed_at to be a time', told(answer))
    return order
  },
}

/** What must be told of it. */
function wantedOrder(shop: Shop): Partial<Order> & { number: number } {
  if (shop.after(asked) !== undefined) {
    const { order_number: number, ...rest } = purchased(shop).bought
    return { number, ...rest }
  }
  const newest = shop.after(lastOrder)
  if (newest === undefined) throw new LeftOut('the store has no orders')
  return newest
}

const orderPages: Check = {
  name: 'GET /orders by pages of one',
  routes: ['GET /orders'],
  async run(shop) {
    shop.after(lastOrder)
    const { bought } = purchased(shop)
    const page = await orderPage(shop, 1, bought.order_number + 1)
    if (page.data.length !== 1 || page.data[0]!.number !== bought.order_number)
      throw new Failed(`order ${bought.order_number} alone`, `${page.data.map(({ number }) => number)}`)
    if (page.next === null) return
    const { data } = await orderPage(shop, 1, page.next)
    if (data.length !== 1 || data[0]!.number >= bought.order_number)
      throw new Failed(`one order before ${bought.order_number}`, `${data.map(({ number }) => number)}`)
  },
}

const noOrder: Check = {
  name: 'GET /orders/<number> that is not there, 404',
  routes: ['GET /orders/:number'],
  async run(shop) {
    await refused(shop, { path: `/orders/${numberMax}` }, 404, 'order_not_found')
  },
}

const noNumber: Check = {
  name: 'GET /orders/<number> that is no number, 400',
  routes: ['GET /orders/:number'],
  async run(shop) {
    await refused(shop, { path: '/orders/none' }, 400, 'bad_request')
  },
}

export const orderChecks: readonly Check[] = [oneOrder, orderPages, noOrder, noNumber]
