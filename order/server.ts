/** The order service's routes. All of them are internal: the public comes through the front end. */
import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { z } from 'zod'
import { type Position, positionHeader, positionText } from '../catalog/client.ts'
import type { Clock } from '../clock.ts'
import { asError } from '../errors.ts'
import { check, wholeNumberText } from '../http/check.ts'
import { answerEach } from '../http/each.ts'
import { type Metrics, metricsRoute } from '../http/metrics.ts'
import { pageReply } from '../http/page.ts'
import { createServer, type Server, type ServerOptions } from '../http/server.ts'
import type { CartPurchases, KeyedCart } from './carts.ts'
import {
  type Bought,
  type DraftOp,
  draftOpSchema,
  isCheckout,
  isKeyed,
  type KeyedPurchase,
  keyedSchema,
  type Placed,
} from './client.ts'
import type { Drafts } from './drafts.ts'
import type { Orders } from './order.ts'
import { type Wanted, wantedOf } from './purchase.ts'

const numbers = z.object({ number: wholeNumberText(0, Number.MAX_SAFE_INTEGER) })
const page = z.object({
  before: wholeNumberText(0, Number.MAX_SAFE_INTEGER).default(Number.MAX_SAFE_INTEGER),
  limit: wholeNumberText(1, 1000).default(50),
})

/** What the routes ask of the orders, which may live in another thread. */
export type ServedOrders = Pick<Orders, 'placeAll' | 'get' | 'list'>

export type ServedDrafts = Pick<Drafts, 'runAll'>

export type ServedCarts = Pick<CartPurchases, 'placeAll'>

export interface OrderServerOptions {
  orders: ServedOrders
  drafts: ServedDrafts
  carts: ServedCarts
  log: Logger
  clock: Clock
  metrics: Metrics
  /** Why it cannot buy, or undefined. */
  notReady: NonNullable<ServerOptions['ready']>
  /** How long a purchase may take where the caller does not say, in milliseconds. */
  purchaseMs: number
  internalToken?: string | undefined
  /** Answer errors of the original's routes with status 200. */
  errorsAs200: boolean
  limits?: ServerOptions['limits']
}

/** Builds the server and does not listen. */
export function createOrderServer(options: OrderServerOptions): Server {
  const { log, clock, metrics, notReady, purchaseMs, internalToken, errorsAs200, limits = {} } = options
  const { orders, drafts } = options
  return createServer({
    log,
    clock,
    internalToken,
    ready: notReady,
    metrics,
    limits,
    routes: [
      { ...metricsRoute(metrics), internal: true },
      {
        method: 'POST',
        path: '/order',
        internal: true,
        errorsAs200,
        bodyBytesMax: 1 << 20,
        async handle(context) {
          const deadline = context.deadline ?? clock.elapsed() + purchaseMs
          let last: Position | undefined
          const place = async (wanted: readonly KeyedPurchase[]): Promise<(Bought | Error)[]> => {
            const all = await placeRight(options, wanted, deadline)
            last = lastOf(all)
            return all.map((one) => (one instanceof Error ? one : one.bought))
          }
          const reply = await answerEach(await context.body(), keyedSchema, place, isKeyed)
          return last === undefined ? reply : { ...reply, headers: { [positionHeader]: positionText(last) } }
        },
      },
      {
        method: 'POST',
        path: '/drafts',
        internal: true,
        bodyBytesMax: 4 << 20,
        async handle(context) {
          const deadline = context.deadline ?? clock.elapsed() + purchaseMs
          const run = (ops: readonly DraftOp[]) => drafts.runAll(ops, deadline)
          return answerEach(await context.body(), draftOpSchema, run, isCheckout)
        },
      },
      {
        method: 'GET',
        path: '/orders/:number',
        internal: true,
        errorsAs200,
        handle: async ({ params }) => ({ data: await orders.get(check(numbers, params).number) }),
      },
      {
        method: 'GET',
        path: '/orders',
        internal: true,
        async handle({ query }) {
          const { before, limit } = check(page, query)
          return pageReply(await orders.list(before, limit + 1), limit, ({ number }) => number)
        },
      },
    ],
  })
}

/** What its items make too large a purchase is refused by itself; carts are bought beside the others. */
async function placeRight(
  { orders, carts }: Pick<OrderServerOptions, 'orders' | 'carts'>,
  given: readonly KeyedPurchase[],
  deadline: number,
): Promise<readonly (Placed | Error)[]> {
  const faults = new Map<number, Error>()
  const wanted: Wanted[] = []
  const ofCarts: KeyedCart[] = []
  for (const [place, purchase] of given.entries()) {
    const key = purchase.key ?? randomUUID()
    if ('cart' in purchase) {
      ofCarts.push({ ...purchase, key })
      continue
    }
    try {
      wanted.push(wantedOf(purchase, key))
    } catch (error) {
      faults.set(place, asError(error))
    }
  }
  if (ofCarts.length === 0 && faults.size === 0) return orders.placeAll(wanted, deadline)
  const [ofItems, fromCarts] = await Promise.all([
    wanted.length === 0 ? [] : orders.placeAll(wanted, deadline),
    ofCarts.length === 0 ? [] : carts.placeAll(ofCarts, deadline),
  ])
  let [next, nextCart] = [0, 0]
  return given.map((purchase, place) =>
    'cart' in purchase ? fromCarts[nextCart++]! : (faults.get(place) ?? ofItems[next++]!),
  )
}

/** One position for all of a batch, that of its last reservation; none where one is unknown or of another epoch. */
function lastOf(all: readonly (Placed | Error)[]): Position | undefined {
  let last: Position | undefined
  for (const one of all) {
    if (one instanceof Error) continue
    const { at } = one
    if (at === undefined || (last !== undefined && at.epoch !== last.epoch)) return undefined
    if (last === undefined || at.sequence > last.sequence) last = at
  }
  return last
}
