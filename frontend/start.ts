/** The front end wired together: callers and server. Given the world, so that a test can hold it. */
import { type CatalogClient, createCatalogClient, followChanges } from '../catalog/client.ts'
import { type Clock, sleep } from '../clock.ts'
import { hopsAtOnce } from '../http/batcher.ts'
import { type Caller, createCaller } from '../http/caller.ts'
import { createMetrics, type Metrics } from '../http/metrics.ts'
import type { Running } from '../http/run.ts'
import { createOrderClient } from '../order/client.ts'
import { type Settings, timesOf } from '../settings.ts'
import type { World } from '../world.ts'
import { Products } from './products.ts'
import { createFrontendServer } from './server.ts'

const knockEveryMs = 50

/** Resolves when it serves; ready once it has reached every neighbour, and a later outage does not unready it. */
export async function startFrontend(settings: Settings, { clock, log }: World): Promise<Running> {
  const { purchaseMs, callMs, closeMs } = timesOf(settings)
  const metrics = createMetrics('frontend')
  const callerOf = (origin: string, service: string, timeoutMs: number): Caller =>
    createCaller({ origin, service, token: settings.internalToken, timeoutMs, clock })
  const catalogCaller = callerOf(settings.catalogUrl, 'catalog', callMs)
  const orderCaller = callerOf(settings.orderUrl, 'order', purchaseMs)
  const catalog = createCatalogClient(catalogCaller, { clock })
  const orders = createOrderClient(orderCaller, {
    parallel: hopsAtOnce,
    watch: metrics.queue('to_order'),
    clock,
  })

  const memory = settings.cache ? productsInMemory(catalog, settings, clock) : undefined
  if (memory !== undefined) showProducts(metrics, memory.products)

  const waitingFor = new Set(['catalog', 'order'])
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
  const whenReady = Promise.all([reach('catalog', catalog.ready), reach('order', orders.ready)]).then(() => {})

  const server = createFrontendServer({
    catalog,
    orders,
    products: memory?.products,
    log,
    clock,
    metrics,
    notReady: () => (waitingFor.size === 0 ? undefined : `waiting for ${[...waitingFor].join(' and ')}`),
    purchaseMs,
    adminToken: settings.adminToken,
    errorsAs200: settings.errorsAs200,
  })
  const { url } = await server.listen({ host: settings.host, port: settings.port, setting: 'PORT' })
  return {
    url,
    whenReady,
    async close() {
      closed = true
      memory?.close()
      await server.close({ graceMs: closeMs })
      await Promise.all([catalogCaller.close(), orderCaller.close()])
    },
  }
}

/** The changes are followed from the first product on that somebody sees: who sells none costs the catalog nothing. */
function productsInMemory(
  catalog: CatalogClient,
  { catalogUrl, internalToken }: Settings,
  clock: Clock,
): { products: Products; close: () => void } {
  let stop: (() => void) | undefined
  let closed = false
  const products: Products = new Products({
    async query(name, options) {
      const found = await catalog.query(name, options)
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
  metrics.gauge('cache_products', 'Products in memory', () => products.size)
  metrics.counters('cache_answers_total', 'Products that were asked for, by where the answer came from', 'from', () =>
    Object.entries(products.answers),
  )
}
