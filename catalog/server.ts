/** The catalog's routes. All of them are internal: the public comes through the front end. */
import type { Logger } from 'pino'
import { z } from 'zod'
import type { Clock } from '../clock.ts'
import { check, hasFields, isWholeNumber, wholeNumber, wholeNumberText } from '../http/check.ts'
import { answerEach } from '../http/each.ts'
import type { Limits } from '../http/limits.ts'
import { type Metrics, metricsRoute } from '../http/metrics.ts'
import { pageReply } from '../http/page.ts'
import { createServer, type Server } from '../http/server.ts'
import { isAttemptId } from '../storage/attempt-id.ts'
import type { Account, Command, Ledger } from '../storage/ledger.ts'
import { productNotFound, soldOf, toyOf } from './catalog.ts'
import type { Changes } from './changes.ts'
import { changedHeader, nameFault, nameSchema, positionHeader } from './client.ts'

const id = z.string().refine(isAttemptId, { error: 'must be an attempt id such as a1-1' })
const piecesMax = 1_000_000
const pieces = wholeNumber(1, piecesMax)
const items = z
  .array(z.strictObject({ account: nameSchema, amount: pieces }))
  .min(1)
  .max(100)
  .refine((all) => new Set(all.map(({ account }) => account)).size === all.length, {
    error: 'must name each account once',
  })
export const commandSchema: z.ZodType<Command> = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('reserve'), id, after: wholeNumber(0, Number.MAX_SAFE_INTEGER), items }),
  z.strictObject({ op: z.literal('confirm'), id }),
  z.strictObject({ op: z.literal('void'), id }),
  z.strictObject({ op: z.literal('open'), fence: id, first: z.boolean() }),
])

/** The quick look before that schema: what each purchase sends. */
export function isCommand(value: unknown): value is Command {
  if (hasFields(value, 2)) return (value.op === 'confirm' || value.op === 'void') && isId(value.id)
  if (!hasFields(value, 4) || value.op !== 'reserve' || !isId(value.id)) return false
  return isWholeNumber(value.after, 0, Number.MAX_SAFE_INTEGER) && isOneItem(value.items)
}

const isId = (value: unknown): boolean => typeof value === 'string' && isAttemptId(value)

function isOneItem(items: unknown): boolean {
  if (!Array.isArray(items) || items.length !== 1 || !hasFields(items[0], 2)) return false
  const { account, amount } = items[0]
  return typeof account === 'string' && nameFault(account) === undefined && isWholeNumber(amount, 1, piecesMax)
}

const sale = z.strictObject({ name: nameSchema, quantity: pieces, id: id.optional() })
const commandOf = ({ name, quantity, id: attempt }: z.infer<typeof sale>): Command =>
  attempt === undefined
    ? { op: 'take', account: name, amount: quantity, reason: 'direct sale' }
    : { op: 'reserve', id: attempt, after: 0, items: [{ account: name, amount: quantity }] }
const named = z.object({ name: nameSchema })
/** `or=null`: an answer for a toy that is not there, instead of an error. */
const queried = z.object({ or: z.literal('null', { error: 'must be null' }).optional() })
const productPage = z.object({ after: z.string().default(''), limit: wholeNumberText(1, 1000).default(50) })
const movementPage = z.object({
  after: wholeNumberText(0, Number.MAX_SAFE_INTEGER).default(0),
  limit: wholeNumberText(1, 1000).default(50),
})

/** What the routes ask of the ledger, which may live in another thread. */
export interface ServedLedger extends Pick<Ledger, 'execute' | 'sequence' | 'list' | 'movements'> {
  /** `changed`: what `Changes.lastOf` tells, where they live in another thread too. */
  accountAt(name: string): Promise<{ account: Account | undefined; sequence: number; changed?: number }>
}

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
      {
        method: 'POST',
        path: '/ledger',
        internal: true,
        bodyBytesMax: 8 << 20,
        async handle(context) {
          const execute = (commands: readonly Command[]) => ledger.execute(commands)
          const reply = await answerEach(await context.body(), commandSchema, execute, isCommand)
          return { ...reply, headers: at() } // what was done was published by now
        },
      },
      {
        method: 'GET',
        path: '/changes',
        internal: true,
        handle: () => ({ events: changes.events }),
      },
      {
        method: 'GET',
        path: '/movements',
        internal: true,
        async handle({ query }) {
          const { after, limit } = check(movementPage, query)
          return pageReply(await ledger.movements(after, limit + 1), limit, ({ number }) => number)
        },
      },
    ],
  })
}
