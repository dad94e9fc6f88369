/** What a buyer does: look at products, buy, and see an order. And the owner's list of all orders. */
import { z } from 'zod'
import type { CartItem } from '../cart/client.ts'
import { isName, nameSchema } from '../catalog/client.ts'
import { orThrow } from '../errors.ts'
import { check, hasFields, wholeNumberText } from '../http/check.ts'
import type { Context } from '../http/context.ts'
import type { WholeReply } from '../http/reply.ts'
import type { Route } from '../http/routes.ts'
import { isPurchase, linesOf, type Purchase, purchaseSchema } from '../order/client.ts'
import { type Counter, callOf, keyOf } from './counter.ts'
import { checkOwner, mayHaveBought, purchaseFailure, read, toldAs } from './frontend.ts'
import { mintKey } from './keys.ts'
import { replyOf } from './products.ts'

const safe = Number.MAX_SAFE_INTEGER
const pageLimit = wholeNumberText(1, 1000).default(50)
const product = z.object({ name: nameSchema })
/** The quick look before that schema. */
const isNamed = (params: unknown): params is z.infer<typeof product> => hasFields(params, 1) && isName(params.name)
const productPage = z.object({
  after: z.string({ error: 'must be given once' }).max(800).default(''),
  limit: pageLimit,
})
const order = z.object({ number: wholeNumberText(0, safe) })
const orderPage = z.object({ before: wholeNumberText(0, safe).optional(), limit: pageLimit })
/** Of a purchase: so that one of far too many items is told so, and not that its body is too large. */
const purchaseBytesMax = 512 * 1024

/** A refusal of one toy alone has held nothing. */
const isHeldFirst = (purchase: Purchase): boolean => !('name' in purchase) || purchase.user !== undefined

export function shopRoutes(counter: Counter): Route[] {
  const { catalog, carts, orders, products, clock, purchaseMs, adminToken, errorsAs200 } = counter

  const buy = async (context: Context) => {
    const key = keyOf(context) ?? mintKey()
    const purchase = check(purchaseSchema, await context.body(), isPurchase)
    try {
      const options = { ...callOf(context), deadline: clock.elapsed() + purchaseMs }
      const { bought, at } = await orders.place(purchase, key, options)
      const told = toldAs(purchase, bought)
      for (const { name } of 'cart' in purchase ? told.items! : linesOf(purchase)) products?.seen(name, at)
      return { data: told, headers: { 'idempotency-key': key } }
    } catch (error) {
      const failure = purchaseFailure(error, key)
      // What was set aside and given back shall not look as if it were still set aside.
      if (products !== undefined && (mayHaveBought(failure) || isHeldFirst(purchase)))
        for (const name of await namesOf(purchase, context)) products.seen(name, undefined)
      throw failure
    }
  }

  /** What it takes. A cart whose service is away may have held anything: what is shown of it is as old as the last change that was told. */
  const namesOf = async (purchase: Purchase, context: Context): Promise<readonly string[]> => {
    if (!('cart' in purchase)) return linesOf(purchase).map(({ name }) => name)
    const items = await carts.run({ op: 'get', customer: purchase.cart }, callOf(context)).catch(() => [])
    return (items as readonly CartItem[]).map(({ itemId }) => String(itemId))
  }

  const askForProduct = (context: Context): Promise<WholeReply> => {
    const { name } = check(product, context.params, isNamed)
    if (products !== undefined) return products.fetch(name, callOf(context))
    return read(catalog.query(name, callOf(context))).then(({ toy }) => orThrow(replyOf(toy)))
  }

  return [
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
        const { data, next } = await read(catalog.list(page.after, page.limit, callOf(context)))
        return { data, extra: { next } }
      },
    },
    { method: 'POST', path: '/orders', errorsAs200, bodyBytesMax: purchaseBytesMax, handle: buy },
    {
      method: 'GET',
      path: '/orders/:number',
      errorsAs200,
      handle: async (context) => ({
        data: await read(orders.get(check(order, context.params).number, callOf(context))),
      }),
    },
    {
      method: 'GET',
      path: '/orders',
      errorsAs200,
      async handle(context) {
        checkOwner(context, adminToken)
        const page = check(orderPage, context.query)
        const { data, next } = await read(orders.list(page.before, page.limit, callOf(context)))
        return { data, extra: { next } }
      },
    },
  ]
}
