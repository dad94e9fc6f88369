/** Typed calls to the cart service, and the shapes of a cart. The only file of the cart service that another service imports. */
import { z } from 'zod'
import { isName, nameSchema, piecesMax } from '../catalog/client.ts'
import { createBatcher, type HopOptions } from '../http/batcher.ts'
import type { CallOptions as AnyCallOptions, Caller } from '../http/caller.ts'
import { hasFields, isWholeNumber, wholeNumber } from '../http/check.ts'
import { centsMax } from '../money.ts'
import { isAttemptId } from '../storage/attempt-id.ts'

/** A number (a UPC, without its leading zeros), or a toy's name. */
export type ItemId = number | string

/** What a shop may have said of an item when it was put in. */
export interface Offer {
  /** In the shop's currency. */
  offeredPrice?: number | undefined
  specialSale?: boolean | number | string | undefined
  /** Until when the price is offered: ISO 8601, or Unix time in seconds or milliseconds. */
  saleExpiration?: number | string | undefined
}

/** Of a cart; in the order first added. `itemCount` repeats `unitCount` where the item was given by that name. */
export interface CartItem extends Offer {
  itemId: ItemId
  unitCount: number
  itemCount?: number
  /** When it was last changed: ISO 8601, UTC. */
  timestamp: string
}

/** So many pieces of an item a cart may hold. */
export const countMax = piecesMax
/** So many characters the JSON of a cart's items may have: more do not fit a property of a table in Azure. */
export const cartCharsMax = 32_768
/** What one item has of them at most: names and texts may be written with escapes. */
export const itemCharsMax = 1500

/** What an order took out of a cart. */
export interface Taken {
  itemId: ItemId
  count: number
}

/**
 * What is asked of a customer's cart, and the answer:
 * - `get`: its items. `look`: the same with the last attempt that took something. `add`: the item; `named` is how its count was called.
 * - `set`: the item as it is now, or null where it is not in the cart; a count of 0 takes it out.
 * - `remove`, `clear`: {}, whatever was there. `checkout`: the items; the cart is empty then.
 * - `take`: {}; what an order has bought goes out as far as it is there, once per attempt. The attempts of one cart must come in
 *   their order.
 */
export type CartOp =
  | { op: 'get'; customer: string }
  | { op: 'look'; customer: string }
  | { op: 'add'; customer: string; item: ItemId; count: number; named: 'unitCount' | 'itemCount'; offer: Offer }
  | { op: 'set'; customer: string; item: ItemId; count: number }
  | { op: 'remove'; customer: string; item: ItemId }
  | { op: 'clear'; customer: string }
  | { op: 'checkout'; customer: string }
  | { op: 'take'; customer: string; attempt: string; order: number; lines: readonly Taken[] }

/** `attempt`: the last one that took something out of it. */
export interface CartLook {
  items: readonly CartItem[]
  attempt?: string
}

export type CartAnswer = readonly CartItem[] | CartLook | CartItem | null | Readonly<Record<string, never>>

export const customerSchema = nameSchema
const offeredMax = centsMax / 100
const priceError = `must be a price such as 15.99, from 0 to ${offeredMax}`
const saleError = 'must be true or false, a number, or a short text'
const timeError = 'must be a time such as 2026-11-22T12:00:00Z'
const timeText = /^[0-9A-Za-z][\x20-\x7e]{0,39}$/
export const offerSchema = {
  offeredPrice: z
    .number({ error: priceError })
    .min(0, { error: priceError })
    .max(offeredMax, { error: priceError })
    .optional(),
  specialSale: z.union([z.boolean(), z.number(), z.literal(''), nameSchema], { error: saleError }).optional(),
  saleExpiration: z
    .union([z.number().min(0).max(8.64e15), z.string().regex(timeText)], { error: timeError })
    .refine((time) => !Number.isNaN(expirationMs(time)), { error: timeError })
    .optional(),
}

/** Below it, a number that says when is seconds; above it, milliseconds. */
const secondsMax = 1e11

/** In milliseconds since 1970; not a number where the text is no time. */
export const expirationMs = (time: number | string): number => {
  if (typeof time === 'string') return Date.parse(time)
  return time < secondsMax ? time * 1000 : time
}

/** As it is known inside: a number stays one. */
const item: z.ZodType<ItemId> = z.union([wholeNumber(0, Number.MAX_SAFE_INTEGER), nameSchema])
const attempt = z.string().refine(isAttemptId, { error: 'must be an attempt id such as a1-1' })
const of = <Op extends CartOp['op'], Further extends z.ZodRawShape>(op: Op, further: Further) =>
  z.strictObject({ op: z.literal(op), customer: customerSchema, ...further })
export const cartOpSchema: z.ZodType<CartOp> = z.discriminatedUnion('op', [
  of('get', {}),
  of('look', {}),
  of('add', {
    item,
    count: wholeNumber(1, countMax),
    named: z.enum(['unitCount', 'itemCount']),
    offer: z.strictObject(offerSchema),
  }),
  of('set', { item, count: wholeNumber(0, countMax) }),
  of('remove', { item }),
  of('clear', {}),
  of('checkout', {}),
  of('take', {
    attempt,
    order: wholeNumber(0, Number.MAX_SAFE_INTEGER),
    lines: z.array(z.strictObject({ itemId: item, count: wholeNumber(1, countMax) })).max(1000),
  }),
])

/** The quick look before that schema: what most send. */
export const isUsual = (value: unknown): value is CartOp => {
  if (hasFields(value, 2)) return value.op === 'get' && isName(value.customer)
  if (!hasFields(value, 6) || value.op !== 'add' || !isName(value.customer) || value.named !== 'unitCount') return false
  return isItemId(value.item) && isWholeNumber(value.count, 1, countMax) && isUsualOffer(value.offer)
}
const isUsualOffer = (offer: unknown): boolean =>
  hasFields(offer, 0) || (hasFields(offer, 1) && isOfferedPrice(offer.offeredPrice))
/** The quick look before that field's schema. */
export const isOfferedPrice = (price: unknown): price is number =>
  typeof price === 'number' && price >= 0 && price <= offeredMax
/** The quick look before its schema. */
export const isItemId = (value: unknown): value is ItemId =>
  isWholeNumber(value, 0, Number.MAX_SAFE_INTEGER) || isName(value)

export type CallOptions = Pick<AnyCallOptions, 'deadline' | 'traceparent'>

export interface CartClient {
  /** Throws `cart_full`, `bad_request`, `unavailable` (nothing happened) or `outcome_unknown`. */
  run(op: CartOp, options: CallOptions): Promise<CartAnswer>
  /** Throws where it is not ready. */
  ready(): Promise<void>
}

export function createCartClient(caller: Caller, hop: HopOptions = {}): CartClient {
  const ops = createBatcher({ ...hop, caller, path: '/carts' })
  return {
    run: (op, options) => ops.send(op, options) as Promise<CartAnswer>,
    async ready() {
      await caller.call('GET', '/readyz')
    },
  }
}
