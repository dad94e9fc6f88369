/** The front end's routes wired to their neighbours: callers, memory, server. Each thread has its own. */
import type { Logger } from 'pino'
import { createCartClient } from '../cart/client.ts'
import { type CatalogClient, createCatalogClient, followChanges } from '../catalog/client.ts'
import { type Clock, sleep } from '../clock.ts'
import { hopsAtOnce } from '../http/batcher.ts'
import { type Caller, createCaller } from '../http/caller.ts'
import type { Limits } from '../http/limits.ts'
import type { Metrics } from '../http/metrics.ts'
import type { Server } from '../http/server.ts'
import { createOrderClient } from '../order/client.ts'
import { createPaymentClient } from '../payment/client.ts'
import { type Settings, timesOf } from '../settings.ts'
import type { Floor } from './floor.ts'
import { read } from './frontend.ts'
import { Products } from './products.ts'
import { createFrontendServer } from './server.ts'

const knockEveryMs = 50

export interface DoorOptions {
  settings: Settings
  log: Logger
  clock: Clock
  metrics: Metrics
  limits?: Partial<Limits>
  /** Shared with the other threads, where there are any. */
  floor?: Floor | undefined
  /** It takes the place of one that had reached every neighbour. */
  again?: boolean
}

export interface Door extends Pick<Server, 'listen' | 'close'> {
  /** Every neighbour was reached; a later outage does not unready it. */
  whenReady: Promise<void>
}

/** Builds it; it does not listen. */
export function createDoor({ settings, log, clock, metrics, limits = {}, floor, again = false }: DoorOptions): Door {
  const { purchaseMs, callMs } = timesOf(settings)
  const callerOf = (origin: string, service: string, timeoutMs: number): Caller =>
    createCaller({ origin, service, token: settings.internalToken, timeoutMs, clock })
  const catalogCaller = callerOf(settings.catalogUrl, 'catalog', callMs)
  const paymentCaller = callerOf(settings.paymentUrl, 'payment', callMs)
  const cartCaller = callerOf(settings.cartUrl, 'cart', callMs)
  const orderCaller = callerOf(settings.orderUrl, 'order', purchaseMs)
  const catalog = createCatalogClient(catalogCaller, { clock })
  const payment = createPaymentClient(paymentCaller, { clock })
  const carts = createCartClient(cartCaller, {
    parallel: settings.threads === 1 ? hopsAtOnce : 1,
    watch: metrics.queue('to_cart'),
    clock,
  })
  const orders = createOrderClient(orderCaller, {
    parallel: settings.threads === 1 ? hopsAtOnce : 1, // of each thread: with more, batches get small
    watch: metrics.queue('to_order'),
    clock,
  })

  const memory = settings.cache ? productsInMemory(catalog, settings, clock, floor) : undefined
  if (memory !== undefined) showProducts(metrics, memory.products)

  const waitingFor = new Set(again ? [] : ['catalog', 'payment', 'cart', 'order'])
  let closed = false
  const reach = async (name: string, ready: () => Promise<void>): Promise<void> => {
    while (waitingFor.has(name) && !closed) {
      try {
        await ready()
        waitingFor.delete(name)
      } catch {
        await sleep(clock, knockEveryMs) // it is still starting
      }
    }
  }
  const whenReady = Promise.all([
    reach('catalog', catalog.ready),
    reach('payment', payment.ready),
    reach('cart', carts.ready),
    reach('order', orders.ready),
  ]).then(() => {})

  const server = createFrontendServer({
    catalog,
    payment,
    carts,
    orders,
    products: memory?.products,
    log,
    clock,
    metrics,
    limits,
    notReady: () => (waitingFor.size === 0 ? undefined : `waiting for ${[...waitingFor].join(' and ')}`),
    purchaseMs,
    adminToken: settings.adminToken,
    errorsAs200: settings.errorsAs200,
  })
  return {
    whenReady,
    listen: server.listen,
    async close(options) {
      closed = true
      memory?.close()
      await server.close(options)
      await Promise.all([catalogCaller, paymentCaller, cartCaller, orderCaller].map((caller) => caller.close()))
    },
  }
}

/** The changes are followed from the first product on that somebody sees: who sells none costs the catalog nothing. */
function productsInMemory(
  catalog: CatalogClient,
  { catalogUrl, internalToken }: Settings,
  clock: Clock,
  floor: Floor | undefined,
): { products: Products; close: () => void } {
  let stop: (() => void) | undefined
  let closed = false
  const products: Products = new Products({
    floor,
    async query(name, options) {
      const found = await read(catalog.query(name, options))
      if (!closed)
        stop ??= followChanges({
          origin: catalogUrl,
          token: internalToken,
          clock,
          begin: (position) => products.begin(position),
          change: (change) => products.change(change),
          down: () => products.down(),
        })
      return found
    },
  })
  const close = (): void => {
    closed = true
    stop?.()
    products.down()
  }
  return { products, close }
}

function showProducts(metrics: Metrics, products: Products): void {
  metrics.gauge('cache_products', 'Names in memory, those that no toy has too', () => products.size)
  metrics.counters('cache_answers_total', 'Products that were asked for, by where the answer came from', 'from', () =>
    Object.entries(products.answers),
  )
}
