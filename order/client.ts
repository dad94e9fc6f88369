/**
 * Typed calls to the order service, and the shapes of a purchase and an order. The only file of the order service that
 * another service imports.
 */
import { z } from 'zod'
import { nameFault, nameSchema, type Position, parsePosition, positionHeader } from '../catalog/client.ts'
import { createBatcher, type HopOptions } from '../http/batcher.ts'
import type { CallOptions as AnyCallOptions, Caller } from '../http/caller.ts'
import { hasFields, isWholeNumber, wholeNumber } from '../http/check.ts'

/** What a buyer sends. */
export interface Purchase {
  name: string
  quantity: number
}

export interface KeyedPurchase extends Purchase {
  key?: string | undefined
}

/** What a buyer gets: `total` is `quantity` × `price`, in the shop's currency. */
export interface Bought {
  order_number: number
  name: string
  quantity: number
  price: number
  total: number
}

/** What the order service answers: `at` is a position of the catalog that what was bought is part of; unknown of a repeat. */
export interface Placed {
  bought: Bought
  at: Position | undefined
}

export interface OrderView {
  number: number
  name: string
  quantity: number
  price: number
  total: number
  /** ISO 8601, UTC; empty for an order that was taken over from an older file. */
  placed_at: string
}

const quantityMax = 1_000_000
const purchaseFields = { name: nameSchema, quantity: wholeNumber(1, quantityMax) }
export const purchaseSchema: z.ZodType<Purchase> = z.strictObject(purchaseFields)

/** The quick look before that schema. */
export const isPurchase = (value: unknown): value is Purchase => hasFields(value, 2) && isBought(value)
const isBought = ({ name, quantity }: Record<string, unknown>): boolean =>
  typeof name === 'string' && nameFault(name) === undefined && isWholeNumber(quantity, 1, quantityMax)

/** Keys are store-wide; those with a leading `~` are the store's own. */
const keyForm = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,254}$/
export const keySchema = z.string({ error: 'must be a string' }).regex(keyForm, {
  error: 'must be 1 to 255 characters of A-Z a-z 0-9 . _ : - beginning with a letter or digit',
})

/** A purchase as the front end hands it on: with its key, which an older caller may leave out. */
export const keyedSchema: z.ZodType<KeyedPurchase> = z.strictObject({ ...purchaseFields, key: keySchema.optional() })

/** The quick look before that schema. */
export const isKeyed = (value: unknown): value is KeyedPurchase =>
  hasFields(value, 3) && isBought(value) && typeof value.key === 'string' && keyForm.test(value.key)

export type CallOptions = Pick<AnyCallOptions, 'deadline' | 'traceparent'>

export interface OrderClient {
  /** Throws `product_not_found`, `out_of_stock`, `key_reused`, `unavailable` (nothing happened) or `outcome_unknown`. */
  place(purchase: Purchase, key: string, options: CallOptions): Promise<Placed>
  /** Throws `order_not_found`. */
  get(number: number, options: CallOptions): Promise<OrderView>
  /** Newest first, those below `before`; `next` is where to go on, if there is more. */
  list(
    before: number | undefined,
    limit: number,
    options: CallOptions,
  ): Promise<{ data: OrderView[]; next: number | null }>
  /** Throws where it is not ready. */
  ready(): Promise<void>
}

export function createOrderClient(caller: Caller, hop: HopOptions = {}): OrderClient {
  const hops = createBatcher({
    ...hop,
    caller,
    path: '/order',
    read(headers) {
      const at = parsePosition(headers[positionHeader])
      return (data): Placed => ({ bought: data as Bought, at })
    },
  })
  return {
    place: (purchase, key, options) =>
      hops.send({ name: purchase.name, quantity: purchase.quantity, key }, options) as Promise<Placed>,
    get: async (number, options) => (await caller.call('GET', `/orders/${number}`, options)).data as OrderView,
    async list(before, limit, options) {
      const from = before === undefined ? '' : `&before=${before}`
      const { body } = await caller.call('GET', `/orders?limit=${limit}${from}`, options)
      return body as { data: OrderView[]; next: number | null }
    },
    async ready() {
      await caller.call('GET', '/readyz')
    },
  }
}
