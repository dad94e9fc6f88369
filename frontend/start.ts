/** The front end wired together: callers and server. Given the world, so that a test can hold it. */
import { createCatalogClient } from '../catalog/client.ts'
import { sleep } from '../clock.ts'
import { type Caller, createCaller } from '../http/caller.ts'
import { createMetrics } from '../http/metrics.ts'
import type { Running } from '../http/run.ts'
import { createOrderClient } from '../order/client.ts'
import { type Settings, timesOf } from '../settings.ts'
import type { World } from '../world.ts'
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
    parallel: Number(process.env.PAR1 ?? 2),
    watch: metrics.queue('to_order'),
    clock,
  })

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
      await server.close({ graceMs: closeMs })
      await Promise.all([catalogCaller.close(), orderCaller.close()])
    },
  }
}
