/** The catalog's routes. All of them are internal: the public comes through the front end. */
import type { Logger } from 'pino'
import { z } from 'zod'
import type { Clock } from '../clock.ts'
import { check, wholeNumber, wholeNumberText } from '../http/check.ts'
import { answerEach } from '../http/each.ts'
import type { Limits } from '../http/limits.ts'
import { type Metrics, metricsRoute } from '../http/metrics.ts'
import { pageReply } from '../http/page.ts'
import { createServer, type Server } from '../http/server.ts'
import { commandsOf } from '../ledger-service/commands.ts'
import type { ServedLedger } from '../ledger-service/far-ledger.ts'
import { ledgerRoute, movementsRoute } from '../ledger-service/routes.ts'
import { isMoney } from '../money.ts'
import { isAttemptId } from '../storage/attempt-id.ts'
import type { Command } from '../storage/ledger.ts'
import { productNotFound, soldOf, toyOf } from './catalog.ts'
import type { Changes } from './changes.ts'
import { changedHeader, nameSchema, piecesMax, positionHeader } from './client.ts'

const pieces = wholeNumber(1, piecesMax)
const price = z.string().refine(isMoney, { error: 'must be a price such as 15.99' })
/** What other services ask of the ledger of toys. */
export const commands = commandsOf({ amount: { min: 1, max: piecesMax }, attributes: z.tuple([price]) })

const id = z.string().refine(isAttemptId, { error: 'must be an attempt id such as a1-1' })
const sale = z.strictObject({ name: nameSchema, quantity: pieces, id: id.optional() })
const commandOf = ({ name, quantity, id: attempt }: z.infer<typeof sale>): Command =>
  attempt === undefined
    ? { op: 'take', account: name, amount: quantity, reason: 'direct sale' }
    : { op: 'reserve', id: attempt, after: 0, items: [{ account: name, amount: quantity }] }
const named = z.object({ name: nameSchema })
/** `or=null`: an answer for a toy that is not there, instead of an error. */
const queried = z.object({ or: z.literal('null', { error: 'must be null' }).optional() })
const productPage = z.object({ after: z.string().default(''), limit: wholeNumberText(1, 1000).default(50) })
export interface CatalogServerOptions {
  ledger: ServedLedger
  changes: Changes
  log: Logger
  clock: Clock
  metrics: Metrics
  internalToken?: string | undefined
  /** Answer errors of the original's routes with status 200. */
  errorsAs200: boolean
  limits?: Partial<Limits>
}

/** Builds the server and does not listen. */
export function createCatalogServer(options: CatalogServerOptions): Server {
  const { ledger, changes, log, clock, metrics, internalToken, errorsAs200, limits = {} } = options
  const at = (sequence?: number) => ({ [positionHeader]: changes.position(sequence) })

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
        path: '/query/:name',
        internal: true,
        errorsAs200,
        async handle({ params, query }) {
          const { name } = check(named, params)
          const { or } = check(queried, query)
          const { account, sequence, changed = changes.lastOf(name) } = await ledger.accountAt(name)
          if (account === undefined && or === undefined) throw productNotFound()
          const data = account === undefined ? null : toyOf(name, account)
          return { data, headers: { ...at(sequence), [changedHeader]: String(changed) } }
        },
      },
      {
        method: 'GET',
        path: '/products',
        internal: true,
        async handle({ query }) {
          const { after, limit } = check(productPage, query)
          const { sequence } = ledger // at least as far as this the read goes
          const rows = await ledger.list(after, limit + 1)
          const page = pageReply(
            rows.map(({ name, ...account }) => toyOf(name, account)),
            limit,
            ({ name }) => name,
          )
          return { ...page, headers: at(sequence) }
        },
      },
      {
        method: 'POST',
        path: '/buy_qty',
        internal: true,
        errorsAs200,
        async handle(context) {
          const reply = await answerEach(await context.body(), sale, async (sales) => {
            const outcomes = await ledger.execute(sales.map(commandOf))
            return sales.map(({ name, quantity }, i) => soldOf(name, quantity, outcomes[i]!))
          })
          return { ...reply, headers: at() }
        },
      },
      ledgerRoute(ledger, commands, at), // what was done was published by now
      {
        method: 'GET',
        path: '/changes',
        internal: true,
        handle: () => ({ events: changes.events }),
      },
      movementsRoute(ledger),
    ],
  })
}
