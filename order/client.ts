/**
 * Typed calls to the order service, and the shapes of a purchase and an order. The only file of the order service that
 * another service imports.
 */
import { z } from 'zod'
import { customerSchema } from '../cart/client.ts'
import { isName, nameSchema, type Position, parsePosition, piecesMax, positionHeader } from '../catalog/client.ts'
import { createBatcher, type HopOptions } from '../http/batcher.ts'
import type { CallOptions as AnyCallOptions, Caller } from '../http/caller.ts'
import { hasFields, isWholeNumber, wholeNumber } from '../http/check.ts'
import { isRecord } from '../http/status.ts'
import { itemsMax } from '../ledger-service/commands.ts'
import { centsMax } from '../money.ts'
import { userSchema } from '../payment/client.ts'

export interface Line {
  name: string
  quantity: number
}

interface Payer {
  /** The customer who pays. */
  user?: string | undefined
}

/** One toy, or several. */
export type ToyPurchase = (Line | { items: readonly Line[] }) & Payer

/** What a customer's cart holds. `acceptPrices`: also where something costs more than it was offered for. */
export type CartPurchase = { cart: string; acceptPrices?: boolean | undefined } & Payer

/** What a buyer sends. */
export type Purchase = ToyPurchase | CartPurchase

/** What it takes, as far as the buyer said it. */
export const linesOf = (purchase: Purchase): readonly Line[] =>
  'cart' in purchase ? [] : 'name' in purchase ? [purchase] : purchase.items

export type KeyedPurchase = Purchase & { key?: string | undefined }

/** `price` in the shop's currency. */
export interface BoughtItem extends Line {
  price: number
}

/** Of one toy its name, quantity and price; several toys, or a customer's, are `items`. `total` is what all cost together. */
interface Sold extends Partial<BoughtItem> {
  items?: readonly BoughtItem[]
  total: number
  user?: string
}

/** What a buyer gets. */
export interface Bought extends Sold {
  order_number: number
}

/** What the order service answers: `at` is a position of the catalog that what was bought is part of; unknown of a repeat. */
export interface Placed {
  bought: Bought
  at: Position | undefined
}

export interface OrderView extends Sold {
  number: number
  /** ISO 8601, UTC; empty for an order that was taken over from an older file. */
  placed_at: string
}

/** So many pieces of a toy, and so many toys, one purchase may take. */
export const quantityMax = piecesMax
const line = { name: nameSchema, quantity: wholeNumber(1, quantityMax) }
const lines = z
  .array(z.strictObject(line), { error: `must be an array of 1 to ${itemsMax} items` })
  .min(1, { error: `must be 1 to ${itemsMax} items` })
  .max(itemsMax, { error: `must be 1 to ${itemsMax} items` })
const user = userSchema.optional()

const acceptPrices = z.boolean({ error: 'must be true or false' }).optional()

/** A purchase in any form, with these further fields. */
const purchaseWith = <Further extends z.ZodRawShape>(further: Further): z.ZodType<Purchase> =>
  oneForm({
    one: z.strictObject({ ...line, user, ...further }),
    several: z.strictObject({ items: lines, user, ...further }),
    ofCart: z.strictObject({ cart: customerSchema, acceptPrices, user, ...further }),
  })

/** Its fields say which form it has, and it is told what is wrong with that one. */
const oneForm = ({ one, several, ofCart }: Record<'one' | 'several' | 'ofCart', z.ZodType>): z.ZodType<Purchase> =>
  z.unknown().transform((value, context) => {
    const form = !isRecord(value) ? one : 'cart' in value ? ofCart : 'items' in value ? several : one
    const result = form.safeParse(value)
    if (result.success) return result.data as Purchase
    for (const issue of result.error.issues) context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue)
    return z.NEVER
  })

export const purchaseSchema: z.ZodType<Purchase> = purchaseWith({})

/** The quick look before that schema. */
export const isPurchase = (value: unknown): value is Purchase =>
  (hasFields(value, 2) && isBought(value)) || (hasFields(value, 3) && isBought(value) && isName(value.user))
const isBought = ({ name, quantity }: Record<string, unknown>): boolean =>
  isName(name) && isWholeNumber(quantity, 1, quantityMax)

/** A draft of an order. `cents`: the price that the buyer was shown. */
export interface FilledDraft {
  id: string
  user: string
  items: readonly { name: string; quantity: number; cents: number }[]
}

/** What is asked of a draft; `take` takes one piece out, `fill` makes many whatever was there, under an id like no other. */
export type DraftOp =
  | { op: 'create'; id: string; user: string }
  | { op: 'add'; id: string; name: string; quantity: number; cents: number }
  | { op: 'take'; id: string; name: string }
  | { op: 'delete'; id: string }
  | { op: 'find'; id: string }
  | { op: 'checkout'; id: string }
  | { op: 'fill'; id: string; drafts: readonly FilledDraft[] }

/** Of a draft that was looked for all but `names` and `at`; of one that was bought now, what, and a position that is part of. */
export interface DraftAnswer {
  id: string
  user?: string
  items?: readonly (readonly [name: string, quantity: number])[]
  total?: number
  paid?: boolean
  names?: readonly string[]
  at?: string
}

const draftItem = { ...line, cents: wholeNumber(0, centsMax) }
const draft = nameSchema
/** So many drafts one `fill` makes. */
export const fillMax = 500
export const draftOpSchema: z.ZodType<DraftOp> = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('create'), id: draft, user: userSchema }),
  z.strictObject({ op: z.literal('add'), id: draft, ...draftItem }),
  z.strictObject({ op: z.literal('take'), id: draft, name: nameSchema }),
  ...(['delete', 'find', 'checkout'] as const).map((op) => z.strictObject({ op: z.literal(op), id: draft })),
  z.strictObject({
    op: z.literal('fill'),
    id: draft,
    drafts: z
      .array(z.strictObject({ id: draft, user: userSchema, items: z.array(z.strictObject(draftItem)).min(1).max(2) }))
      .max(fillMax),
  }),
])

/** The quick look before that schema: what a checkout sends. */
export const isCheckout = (value: unknown): value is DraftOp =>
  hasFields(value, 2) && value.op === 'checkout' && isName(value.id)

/** Keys are store-wide; those with a leading `~` are the store's own. */
const keyForm = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,254}$/
export const keySchema = z.string({ error: 'must be a string' }).regex(keyForm, {
  error: 'must be 1 to 255 characters of A-Z a-z 0-9 . _ : - beginning with a letter or digit',
})

/** A purchase as the front end hands it on: with its key, which an older caller may leave out. */
export const keyedSchema: z.ZodType<KeyedPurchase> = purchaseWith({ key: keySchema.optional() })

/** The quick look before that schema. */
export const isKeyed = (value: unknown): value is KeyedPurchase =>
  (hasFields(value, 3) || (hasFields(value, 4) && isName(value.user))) &&
  isBought(value) &&
  typeof value.key === 'string' &&
  keyForm.test(value.key)

export type CallOptions = Pick<AnyCallOptions, 'deadline' | 'traceparent'>

export interface OrderClient {
  /**
   * Throws `product_not_found`, `user_not_found`, `out_of_stock`, `out_of_credit`, `key_reused`, `unavailable` (nothing happened) or
   * `outcome_unknown`; of a cart `cart_empty` and `price_changed` too.
   */
  place(purchase: Purchase, key: string, options: CallOptions): Promise<Placed>
  /** Throws `order_not_found`. */
  get(number: number, options: CallOptions): Promise<OrderView>
  /** Throws `order_not_found`, `bad_request`, `conflict`, and of a checkout what `place` throws. */
  draft(op: DraftOp, options: CallOptions): Promise<DraftAnswer>
  /** Newest first, those below `before`; `next` is where to go on, if there is more. */
  list(
    before: number | undefined,
    limit: number,
    options: CallOptions,
  ): Promise<{ data: OrderView[]; next: number | null }>
  /** Throws where it is not ready. */
  ready(): Promise<void>
}

/** Of what a batch of purchases may take, a purchase's share: its items. */
const weightOf = (purchase: unknown): number => (purchase as { items?: readonly unknown[] }).items?.length ?? 1

const draftsOf = (op: unknown): number => (op as { drafts?: readonly unknown[] }).drafts?.length ?? 1

export function createOrderClient(caller: Caller, hop: HopOptions = {}): OrderClient {
  const purchasesTo = (watch: HopOptions['watch']) =>
    createBatcher({
      ...hop,
      watch,
      caller,
      path: '/order',
      weigh: weightOf,
      read(headers) {
        const at = parsePosition(headers[positionHeader])
        return (data): Placed => ({ bought: data as Bought, at })
      },
    })
  // Who is answered together waits together: what needs payment travels by itself, and so does what only looks at a draft.
  const [purchases, customers, carts] = [purchasesTo(hop.watch), purchasesTo(undefined), purchasesTo(undefined)]
  const hopOf = (purchase: Purchase) =>
    'cart' in purchase ? carts : purchase.user === undefined ? purchases : customers
  const draftsTo = () => createBatcher({ ...hop, watch: undefined, caller, path: '/drafts', weigh: draftsOf })
  const [checkouts, drafts] = [draftsTo(), draftsTo()]
  return {
    place: (purchase, key, options) => hopOf(purchase).send({ ...purchase, key }, options) as Promise<Placed>,
    draft: (op, options) => (op.op === 'checkout' ? checkouts : drafts).send(op, options) as Promise<DraftAnswer>,
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
