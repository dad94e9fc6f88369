/** The public's routes: the shop's only door. It owns no data. */
import type { Logger } from 'pino'
import type { Limits } from '../http/limits.ts'
import { type Metrics, metricsRoute } from '../http/metrics.ts'
import { createServer, type Server } from '../http/server.ts'
import { cartRoutes } from './cart.ts'
import type { Counter } from './counter.ts'
import { courseRoutes } from './course.ts'
import { draftRoutes } from './drafts.ts'
import { checkOwner } from './frontend.ts'
import { ownerRoutes } from './owner.ts'
import { shopRoutes } from './shop.ts'

export interface FrontendServerOptions extends Counter {
  log: Logger
  metrics: Metrics
  /** Why it is not ready, or undefined. */
  notReady: () => string | undefined
  limits?: Partial<Limits>
}

/** Builds the server and does not listen. */
export function createFrontendServer({
  log,
  metrics,
  notReady,
  limits = {},
  ...counter
}: FrontendServerOptions): Server {
  return createServer({
    log,
    clock: counter.clock,
    metrics,
    ready: notReady,
    limits,
    routes: [
      // They tell how much is sold, as all orders do.
      metricsRoute(metrics, (context) => checkOwner(context, counter.adminToken)),
      ...shopRoutes(counter),
      ...ownerRoutes(counter),
      ...courseRoutes(counter),
      ...draftRoutes(counter),
      ...cartRoutes(counter),
    ],
  })
}
