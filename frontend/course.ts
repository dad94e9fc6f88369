/**
 * The web-scale course's API for stock and payment, so that its own tests and benchmarks run here unchanged. Its items are toys,
 * its users are customers. Amounts are whole credits; failures are 400, and trouble of our own is 503.
 */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { nameSchema } from '../catalog/client.ts'
import { StoreError } from '../errors.ts'
import { check, wholeNumberText } from '../http/check.ts'
import type { Context } from '../http/context.ts'
import { asJson, asText, type Reply } from '../http/reply.ts'
import type { Method, Route } from '../http/routes.ts'
import { centsMax } from '../money.ts'
import { orderIdSchema, userSchema } from '../payment/client.ts'
import { balanceMax } from '../storage/ledger.ts'
import { type Counter, callOf } from './counter.ts'
import { checkOwner, read } from './frontend.ts'
import { mintKey } from './keys.ts'

const cents = 100
/** So many items, customers or drafts one `batch_init` makes. */
const batchMax = 1_000_000
/** So many of them at once, so that others are served in between. */
const batchPart = 500

const item = nameSchema
const pieces = wholeNumberText(1, balanceMax)
export const batchCount = wholeNumberText(1, batchMax)
const credits = (min: number) => wholeNumberText(min, balanceMax / cents)
export const priceCredits = wholeNumberText(1, centsMax / cents)

/** A route of the course: what it takes stands in its path, and is checked by `schema`. */
export const courseRoute = <Given>(
  method: Method,
  path: string,
  schema: z.ZodType<Given>,
  handle: (given: Given, context: Context) => Promise<Reply>,
): Route => ({
  method,
  path,
  failuresAs400: true,
  handle: (context) => handle(check(schema, context.params), context),
})

/** The numbers from 0 to below `n`, in parts. */
export function* partsOf(n: number, atOnce = batchPart): Generator<number[]> {
  for (let from = 0; from < n; from += atOnce)
    yield Array.from({ length: Math.min(atOnce, n - from) }, (_, i) => from + i)
}

export function courseRoutes({ catalog, payment, orders, products, adminToken }: Counter): Route[] {
  /** For the owner. */
  const own =
    <Given>(handle: (given: Given, context: Context) => Promise<Reply>) =>
    (given: Given, context: Context): Promise<Reply> => {
      checkOwner(context, adminToken)
      return handle(given, context)
    }
  const stock = async (name: string, change: number, context: Context): Promise<Reply> => {
    try {
      const { quantity } = await catalog.change(name, change, callOf(context))
      return asText(`Item: ${name} stock updated to: ${quantity}`)
    } finally {
      products?.seen(name, undefined)
    }
  }
  const pay = async (
    { user, amount, order }: { user: string; amount: number; order?: string },
    context: Context,
  ): Promise<Reply> => {
    const { credit } = await payment.pay(user, amount * cents, order, callOf(context))
    return asText(`User: ${user} credit updated to: ${credit}`)
  }
  const status = own(async ({ user, order }: { user: string; order: string }, context) => {
    if (await read(payment.isPaid(user, order, callOf(context)))) return asJson({ paid: true })
    const draft = await read(orders.draft({ op: 'find', id: order }, callOf(context))).catch((error: unknown) => {
      if (error instanceof StoreError && error.code === 'order_not_found') return { user: undefined, paid: false }
      throw error
    })
    return asJson({ paid: draft.paid === true && draft.user === user })
  })
  const itemOf = z.object({ item })
  const someOf = z.object({ item, amount: pieces })
  const userOf = z.object({ user: userSchema })
  const payment1 = z.object({ user: userSchema, amount: credits(1) })
  const payment2 = z.object({ user: userSchema, order: orderIdSchema, amount: credits(1) })
  const paid = z.object({ user: userSchema, order: orderIdSchema })

  return [
    courseRoute(
      'POST',
      '/stock/item/create/:price',
      z.object({ price: priceCredits }),
      own(async ({ price }, context) => {
        const name = `item-${randomBytes(8).toString('hex')}`
        await catalog.create(name, price * cents, 0, callOf(context))
        return asJson({ item_id: name })
      }),
    ),
    courseRoute('GET', '/stock/find/:item', itemOf, async ({ item: name }, context) => {
      const { toy } = await read(catalog.query(name, callOf(context)))
      if (toy === undefined) throw new StoreError('product_not_found', 'product not found')
      return asJson({ stock: toy.stock, price: toy.price })
    }),
    courseRoute(
      'POST',
      '/stock/add/:item/:amount',
      someOf,
      own((given, context) => stock(given.item, given.amount, context)),
    ),
    courseRoute(
      'POST',
      '/stock/subtract/:item/:amount',
      someOf,
      own((given, context) => stock(given.item, -given.amount, context)),
    ),
    courseRoute(
      'POST',
      '/stock/batch_init/:n/:stock/:price',
      z.object({ n: batchCount, stock: wholeNumberText(0, balanceMax), price: priceCredits }),
      own(async ({ n, stock: quantity, price }, context) => {
        for (const part of partsOf(n)) {
          await catalog.setAll(part.map(String), price * cents, quantity, callOf(context))
          for (const number of part) products?.seen(String(number), undefined)
        }
        return asJson({ msg: 'Batch init for stock successful' })
      }),
    ),
    courseRoute(
      'POST',
      '/payment/create_user',
      z.object({}),
      own(async (_, context) => {
        const { user_id } = await payment.create(mintKey(), 0, callOf(context))
        return asJson({ user_id })
      }),
    ),
    courseRoute(
      'GET',
      '/payment/find_user/:user',
      userOf,
      own(async ({ user }, context) => asJson(await read(payment.get(user, callOf(context))))),
    ),
    courseRoute(
      'POST',
      '/payment/add_funds/:user/:amount',
      payment1,
      own(async ({ user, amount }, context) => {
        const { credit } = await payment.credit(user, amount * cents, undefined, callOf(context))
        return asJson({ done: true, msg: `User: ${user} credit updated to: ${credit}` })
      }),
    ),
    courseRoute('POST', '/payment/pay/:user/:amount', payment1, own(pay)),
    courseRoute('POST', '/payment/pay/:user/:order/:amount', payment2, own(pay)),
    courseRoute(
      'POST',
      '/payment/cancel/:user/:order',
      paid,
      own(async ({ user, order }, context) => {
        const { credit } = await payment.cancel(user, order, callOf(context))
        return asText(`User: ${user} credit updated to: ${credit}`)
      }),
    ),
    courseRoute('GET', '/payment/status/:user/:order', paid, status),
    courseRoute('POST', '/payment/status/:user/:order', paid, status),
    courseRoute(
      'POST',
      '/payment/batch_init/:n/:money',
      z.object({ n: batchCount, money: credits(0) }),
      own(async ({ n, money }, context) => {
        for (const part of partsOf(n)) await payment.setAll(part.map(String), money * cents, callOf(context))
        return asJson({ msg: 'Batch init for users successful' })
      }),
    ),
  ]
}
