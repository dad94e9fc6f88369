/**
 * A customer's cart. Its routes are those that the shopping-cart service has, `/items/…`, and those that it documents, `/item/…`; its
 * answers are bare JSON, as there.
 */
import { z } from 'zod'
import { type CartOp, countMax, customerSchema, type ItemId, isOfferedPrice, offerSchema } from '../cart/client.ts'
import { isName, nameFault } from '../catalog/client.ts'
import { StoreError } from '../errors.ts'
import { check, hasFields, isWholeNumber, wholeNumber } from '../http/check.ts'
import type { Context } from '../http/context.ts'
import { asJson, type Reply } from '../http/reply.ts'
import type { Method, Route } from '../http/routes.ts'
import { type Counter, callOf } from './counter.ts'
import { read } from './frontend.ts'

const whose = z.looseObject({ customer: customerSchema })
const isWhose = (params: unknown): params is z.infer<typeof whose> => isName((params as { customer: unknown }).customer)
const count = wholeNumber(1, countMax).optional()
export const additionSchema = z
  .strictObject({ unitCount: count, itemCount: count, ...offerSchema })
  .refine(({ unitCount, itemCount }) => unitCount === undefined || itemCount === undefined || unitCount === itemCount, {
    error: 'unitCount and itemCount are two names of one count; give one of them',
  })
/** The quick look before that schema. */
export const isAddition = (body: unknown): body is z.infer<typeof additionSchema> =>
  (hasFields(body, 1) || (hasFields(body, 2) && isOfferedPrice(body.offeredPrice))) &&
  isWholeNumber(body.unitCount, 1, countMax)
const change = z.strictObject({ newCount: wholeNumber(0, countMax) })

/** Digits are a number, such as a UPC, whose leading zeros say nothing; anything else is a toy's name. Throws `bad_request`. */
export function itemOf(text: string): ItemId {
  const isNumber = /^\d+$/.test(text)
  const fault = isNumber ? numberFault(Number(text)) : nameFault(text)
  if (fault !== undefined) throw new StoreError('bad_request', `item: ${fault}`)
  return isNumber ? Number(text) : text
}

const numberFault = (number: number): string | undefined =>
  Number.isSafeInteger(number) ? undefined : `a number must be at most ${Number.MAX_SAFE_INTEGER}`

export function cartRoutes({ carts }: Counter): Route[] {
  const run = async (op: CartOp, context: Context): Promise<Reply> => asJson(await carts.run(op, callOf(context)))
  const ofCustomer = ({ params }: Context): string => check(whose, params, isWhose).customer
  const item = ({ params }: Context): ItemId => itemOf(params.item!)

  const add = async (context: Context): Promise<Reply> => {
    const customer = ofCustomer(context)
    const { unitCount, itemCount, ...offer } = check(
      additionSchema,
      context.hasBody ? await context.body() : {},
      isAddition,
    )
    const named = itemCount === undefined ? 'unitCount' : 'itemCount'
    return run({ op: 'add', customer, item: item(context), count: unitCount ?? itemCount ?? 1, named, offer }, context)
  }
  const set = async (context: Context): Promise<Reply> => {
    const customer = ofCustomer(context)
    const { newCount } = check(change, await context.body())
    return run({ op: 'set', customer, item: item(context), count: newCount }, context)
  }
  const both = (method: Method, path: string, handle: Route['handle']): Route[] =>
    ['/items', '/item'].map((prefix) => ({ method, path: `${prefix}/:customer${path}`, handle }))
  return [
    ...both('GET', '', async (context) =>
      asJson(await read(carts.run({ op: 'get', customer: ofCustomer(context) }, callOf(context)))),
    ),
    ...both('POST', '/:item', add),
    ...both('PUT', '/:item', set),
    ...both('DELETE', '/:item', (context) =>
      run({ op: 'remove', customer: ofCustomer(context), item: item(context) }, context),
    ),
    ...both('DELETE', '', (context) => run({ op: 'clear', customer: ofCustomer(context) }, context)),
    {
      method: 'POST',
      path: '/checkout/:customer',
      handle: (context) => run({ op: 'checkout', customer: ofCustomer(context) }, context),
    },
  ]
}
