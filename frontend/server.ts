/** The public's routes: the shop's only door. It owns no data. */
import type { Logger } from 'pino'
import { z } from 'zod'
import { type CatalogClient, nameFault, nameSchema } from '../catalog/client.ts'
import type { Clock } from '../clock.ts'
import { orThrow } from '../errors.ts'
import { check, hasFields, wholeNumberText } from '../http/check.ts'
import type { Context } from '../http/context.ts'
import type { Limits } from '../http/limits.ts'
import { type Metrics, metricsRoute } from '../http/metrics.ts'
import type { WholeReply } from '../http/reply.ts'
import type { Route } from '../http/routes.ts'
import { createServer, type Server } from '../http/server.ts'
import { isPurchase, keySchema, type OrderClient, purchaseSchema } from '../order/client.ts'
import { checkOwner, mayHaveBought, purchaseFailure, read } from './frontend.ts'
import { mintKey } from './keys.ts'
import { type Products, replyOf } from './products.ts'

const safe = Number.MAX_SAFE_INTEGER
const pageLimit = wholeNumberText(1, 1000).default(50)
const product = z.object({ name: nameSchema })
/** The quick look before that schema. */
const isNamed = (params: unknown): params is z.infer<typeof product> =>
  hasFields(params, 1) && typeof params.name === 'string' && nameFault(params.name) === undefined
const keyHeader = z.object({ 'Idempotency-Key': keySchema })
const productPage = z.object({
  after: z.string({ error: 'must be given once' }).max(800).default(''),
  limit: pageLimit,
})
const order = z.object({ number: wholeNumberText(0, safe) })
const orderPage = z.object({ before: wholeNumberText(0, safe).optional(), limit: pageLimit })
const movementPage = z.object({
  ledger: z.literal('stock', { error: 'must be stock' }).default('stock'),
  after: wholeNumberText(0, safe).default(0),
  limit: pageLimit,
})

export interface FrontendServerOptions {
  catalog: CatalogClient
  orders: OrderClient
  /** What is kept in memory; undefined where every product is asked for. */
  products: Products | undefined
  log: Logger
  clock: Clock
  metrics: Metrics
  /** Why it is not ready, or undefined. */
  notReady: () => string | undefined
  /** How long a purchase may take, in milliseconds. */
  purchaseMs: number
  adminToken?: string | undefined
  /** Answer errors of the original's routes with status 200. */
  errorsAs200: boolean
  limits?: Partial<Limits>
}

/** Builds the server and does not listen. */
export function createFrontendServer(options: FrontendServerOptions): Server {
  const {
    catalog,
    orders,
    products,
    log,
    clock,
    metrics,
    notReady,
    purchaseMs,
    adminToken,
    errorsAs200,
    limits = {},
  } = options
  const call = (context: Context) => ({ traceparent: context.knownTraceparent })

  const buy = async (context: Context) => {
    const given = context.header('idempotency-key')
    const key = given === undefined ? mintKey() : check(keyHeader, { 'Idempotency-Key': given })['Idempotency-Key']
    const purchase = check(purchaseSchema, await context.body(), isPurchase)
    try {
      const options = { ...call(context), deadline: clock.elapsed() + purchaseMs }
      const { bought, at } = await orders.place(purchase, key, options)
      products?.seen(purchase.name, at)
      return { data: bought, headers: { 'idempotency-key': key } }
    } catch (error) {
      const failure = purchaseFailure(error, key)
      if (mayHaveBought(failure)) products?.seen(purchase.name, undefined)
      throw failure
    }
  }

  const askForProduct = (context: Context): Promise<WholeReply> => {
    const { name } = check(product, context.params, isNamed)
    if (products !== undefined) return products.fetch(name, call(context))
    return read(catalog.query(name, call(context))).then(({ toy }) => orThrow(replyOf(toy)))
  }

  const routes: Route[] = [
    // They tell how much is sold, as all orders do.
    metricsRoute(metrics, (context) => checkOwner(context, adminToken)),
    {
      method: 'GET',
      path: '/products/:name',
      errorsAs200,
      handle: (context) => products?.known(context.params.name!) ?? askForProduct(context),
    },
    {
      method: 'GET',
      path: '/products',
      errorsAs200,
      async handle(context) {
        const page = check(productPage, context.query)
        const { data, next } = await read(catalog.list(page.after, page.limit, call(context)))
        return { data, extra: { next } }
      },
    },
    { method: 'POST', path: '/orders', errorsAs200, handle: buy },
    {
      method: 'GET',
      path: '/orders/:number',
      errorsAs200,
      handle: async (context) => ({ data: await read(orders.get(check(order, context.params).number, call(context))) }),
    },
    {
      method: 'GET',
      path: '/orders',
      errorsAs200,
      async handle(context) {
        checkOwner(context, adminToken)
        const page = check(orderPage, context.query)
        const { data, next } = await read(orders.list(page.before, page.limit, call(context)))
        return { data, extra: { next } }
      },
    },
    {
      method: 'GET',
      path: '/movements',
      async handle(context) {
        checkOwner(context, adminToken)
        const page = check(movementPage, context.query)
        const { data, next } = await read(catalog.movements(page.after, page.limit, call(context)))
        return { data, extra: { next } }
      },
    },
  ]
  return createServer({
    log,
    clock,
    metrics,
    ready: notReady,
    limits,
    routes,
  })
}
