/** The cart service's routes. All of them are internal: the public comes through the front end. */
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { answerEach } from '../http/each.ts'
import type { Limits } from '../http/limits.ts'
import { type Metrics, metricsRoute } from '../http/metrics.ts'
import { createServer, type Server } from '../http/server.ts'
import type { Carts } from './carts.ts'
import { cartOpSchema, isUsual } from './client.ts'

/** What the routes ask of the carts, which may live in another thread. */
export type ServedCarts = Pick<Carts, 'runAll'>

export interface CartServerOptions {
  carts: ServedCarts
  log: Logger
  clock: Clock
  metrics: Metrics
  internalToken?: string | undefined
  limits?: Partial<Limits>
}

/** Builds the server and does not listen. */
export function createCartServer(options: CartServerOptions): Server {
  const { carts, log, clock, metrics, internalToken, limits = {} } = options
  return createServer({
    log,
    clock,
    internalToken,
    metrics,
    limits,
    routes: [
      { ...metricsRoute(metrics), internal: true },
      {
        method: 'POST',
        path: '/carts',
        internal: true,
        bodyBytesMax: 4 << 20,
        async handle(context) {
          return answerEach(await context.body(), cartOpSchema, (ops) => carts.runAll(ops), isUsual)
        },
      },
    ],
  })
}
