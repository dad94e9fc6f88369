/** What customers were told of their carts, against the orders in the log's file and the carts' own. Each fault is a sentence. */

import { openCarts } from '../cart/store.ts'
import { realClock } from '../clock.ts'
import { realFileSystem } from '../storage/file-system.ts'
import { type CartCall, type Counts, sum, textOf } from './kill-cart-calls.ts'
import { judgeStates } from './kill-cart-states.ts'
import { judgeSums } from './kill-cart-sums.ts'
import { type Row, rowsOf } from './kill-judge.ts'

interface CartOrder {
  cart: string
  counts: Counts
  /** Its number and attempt. */
  order: number
  attempt: string
}

/** By key. */
function cartOrders(dataDir: string): Map<string, CartOrder> {
  const rows = rowsOf(`${dataDir}/order/orders.csv`).filter(({ cart }) => cart !== '')
  return new Map([...Map.groupBy(rows, ({ key }) => key!)].map(([key, lines]) => [key, orderOf(lines)]))
}

const orderOf = (lines: readonly Row[]): CartOrder => ({
  cart: lines[0]!.cart!,
  counts: sum(lines.map(({ name, quantity }) => [name!, Number(quantity)])),
  order: Number(lines[0]!.order_number),
  attempt: lines[0]!.attempt!,
})

/** `calls` end with a look at each cart, in which nothing was under way. `own`: those that only one session used. */
export function judgeCarts(dataDir: string, calls: readonly CartCall[], own: ReadonlySet<string>): string[] {
  const orders = cartOrders(dataDir)
  const wrong = judgeOrders(orders, calls)
  const bought = new Map([...orders].map(([key, { counts }]) => [key, counts]))
  for (const [cart, ofCart] of Map.groupBy(calls, (call) => call.cart)) {
    const fault = own.has(cart) ? judgeStates(ofCart) : judgeSums(ofCart, bought)
    if (fault !== undefined) wrong.push(fault)
  }
  return wrong
}

/** An order of a cart is one that its customer was told of, as it was told. */
function judgeOrders(orders: ReadonlyMap<string, CartOrder>, calls: readonly CartCall[]): string[] {
  const told = new Map(calls.flatMap((call) => (call.what.op === 'buy' ? [[call.what.key, call] as const] : [])))
  return [...orders].flatMap(([key, { cart, counts, order }]) => {
    const call = told.get(key)
    if (call === undefined || call.cart !== cart) return [`${cart}: nobody asked for order ${order} (${key})`]
    if (call.told instanceof Map && textOf(call.told) === textOf(counts)) return []
    return [`${cart}: order ${order} (${key}) bought ${textOf(counts)}, and its customer was not told so`]
  })
}

/** By the files of a stopped store: each cart holds what its last look found, and knows the last order that bought of it. */
export async function judgeTaken(dataDir: string, calls: readonly CartCall[]): Promise<string[]> {
  const lastLook = new Map(calls.flatMap(({ cart, what, told }) => (what.op === 'look' ? [[cart, told] as const] : [])))
  const lastOrder = new Map([...cartOrders(dataDir).values()].map((order) => [order.cart, order])) // the file is in their order
  const { map } = await openCarts({
    files: realFileSystem,
    clock: realClock,
    folder: `${dataDir}/cart`,
    ioDelayMs: 0,
    giveUp: (error) => {
      throw error
    },
  })
  const wrong: string[] = []
  for (const cart of new Set([...lastLook.keys(), ...lastOrder.keys()])) {
    const { items = [], taken } = (await map.get(cart)) ?? {}
    const [last, look] = [lastOrder.get(cart), lastLook.get(cart)]
    const held = textOf(sum(items.map(({ itemId, unitCount }) => [String(itemId), unitCount])))
    if (look instanceof Map && held !== textOf(look))
      wrong.push(`${cart}: its file holds ${held}, and the last look found ${textOf(look)}`)
    if (taken?.order !== last?.order || taken?.attempt !== last?.attempt)
      wrong.push(
        `${cart}: its last order is ${last?.order} (${last?.attempt}), and the cart knows ${taken?.order} (${taken?.attempt})`,
      )
  }
  await map.close()
  return wrong
}
