/** Payment's routes. All of them are internal: the public comes through the front end. */
import type { Logger } from 'pino'
import { z } from 'zod'
import type { Clock } from '../clock.ts'
import { check } from '../http/check.ts'
import type { Limits } from '../http/limits.ts'
import { type Metrics, metricsRoute } from '../http/metrics.ts'
import { createServer, type Server } from '../http/server.ts'
import { commandsOf } from '../ledger-service/commands.ts'
import type { ServedLedger } from '../ledger-service/far-ledger.ts'
import { ledgerRoute, movementsRoute } from '../ledger-service/routes.ts'
import { costMax, orderIdSchema, userSchema } from './client.ts'
import { customerOf, paymentKey, userNotFound } from './payment.ts'

/** What other services ask of the ledger of customers. What is free, too, is held for somebody who is there. */
export const commands = commandsOf({ amount: { min: 0, max: costMax }, attributes: z.array(z.never()) })

const customer = z.object({ user: userSchema })
const payment = z.object({ user: userSchema, order: orderIdSchema })

export interface PaymentServerOptions {
  ledger: ServedLedger
  log: Logger
  clock: Clock
  metrics: Metrics
  internalToken?: string | undefined
  limits?: Partial<Limits>
}

/** Builds the server and does not listen. */
export function createPaymentServer(options: PaymentServerOptions): Server {
  const { ledger, log, clock, metrics, internalToken, limits = {} } = options
  return createServer({
    log,
    clock,
    internalToken,
    metrics,
    limits,
    routes: [
      { ...metricsRoute(metrics), internal: true },
      {
        method: 'GET',
        path: '/customers/:user',
        internal: true,
        async handle({ params }) {
          const { user } = check(customer, params)
          const { account } = await ledger.accountAt(user)
          if (account === undefined) throw userNotFound()
          return { data: customerOf(user, account.balance) }
        },
      },
      {
        method: 'GET',
        path: '/customers/:user/payments/:order',
        internal: true,
        async handle({ params }) {
          const { user, order } = check(payment, params)
          const { account } = await ledger.accountAt(user)
          if (account === undefined) throw userNotFound()
          const made = await ledger.keyed(paymentKey(user, order))
          return { data: { paid: made !== undefined && !made.undone } }
        },
      },
      ledgerRoute(ledger, commands),
      movementsRoute(ledger),
    ],
  })
}
