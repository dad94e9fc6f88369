/** The order service's threads, as the one that owns log and coordinator sees them. */
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Metrics } from '../http/metrics.ts'
import { fromShared, type Told, toldOf } from '../http/thread-calls.ts'
import { createThreads, type Threads } from '../http/threads.ts'
import type { Settings } from '../settings.ts'
import type { KeyedCart } from './carts.ts'
import type { DraftAnswer, DraftOp, Placed } from './client.ts'
import type { Wanted } from './purchase.ts'
import type { ServedCarts, ServedDrafts, ServedOrders } from './server.ts'

/** What a thread is given. */
export interface OrderGiven extends Pick<Settings, 'internalToken' | 'errorsAs200'> {
  purchaseMs: number
}

/** What the owner does for a thread. */
export type OrderOwner = ReturnType<typeof workOf>

interface OrderThreadsOptions {
  orders: ServedOrders
  drafts: ServedDrafts
  carts: ServedCarts
  notReady: () => string | undefined
  purchaseMs: number
  settings: Settings
  log: Logger
  clock: Clock
  metrics: Metrics
  end: (error: unknown) => void
}

/** In the place of the order service's server. */
export function createOrderThreads(options: OrderThreadsOptions): Threads {
  const { orders, drafts, carts, notReady, purchaseMs, settings, ...rest } = options
  const { internalToken, errorsAs200 } = settings
  const given: OrderGiven = { internalToken, errorsAs200, purchaseMs }
  return createThreads<OrderGiven>({
    ...rest,
    program: new URL('./thread.ts', import.meta.url),
    count: settings.threads,
    service: 'order',
    given,
    work: () => workOf({ orders, drafts, carts, notReady }, rest.clock),
  })
}

function workOf(
  { orders, drafts, carts, notReady }: Pick<OrderThreadsOptions, 'orders' | 'drafts' | 'carts' | 'notReady'>,
  clock: Clock,
) {
  return {
    /** `until`: the deadline, in the time that threads share. */
    async placeAll(wanted: readonly Wanted[], until: number): Promise<Told<Placed>[]> {
      return toldOf(await orders.placeAll(wanted, fromShared(until, clock)))
    },
    async placeCarts(wanted: readonly KeyedCart[], until: number): Promise<Told<Placed>[]> {
      return toldOf(await carts.placeAll(wanted, fromShared(until, clock)))
    },
    async runDrafts(ops: readonly DraftOp[], until: number): Promise<Told<DraftAnswer>[]> {
      return toldOf(await drafts.runAll(ops, fromShared(until, clock)))
    },
    get: (number: number) => orders.get(number),
    list: (before: number, limit: number) => orders.list(before, limit),
    notReady,
  }
}
