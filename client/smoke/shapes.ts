/** What the store tells, as docs/api.md says: exactly these fields. Money is turned into whole cents. */
import { z } from 'zod'

const name = z
  .string()
  .min(1)
  .refine((text) => text.isWellFormed(), 'is no whole Unicode text')
const count = z.int().nonnegative()
const pieces = z.int().positive()
const time = z.iso.datetime()

/** An amount like 15.99; a third decimal is a fault. */
const cents = z
  .number()
  .nonnegative()
  .refine((amount) => Math.round(amount * 100) / 100 === amount, 'is no amount of whole cents')
  .transform((amount) => Math.round(amount * 100))

export const toyShape = z
  .strictObject({ name, price: cents, quantity: count, stock: count })
  .refine(({ quantity, stock }) => quantity === stock, 'quantity and stock differ')
export type Toy = z.infer<typeof toyShape>

export const customerShape = z.strictObject({ user_id: name, credit: cents })
export type Customer = z.infer<typeof customerShape>

const itemsShape = z.array(z.strictObject({ name, quantity: pieces, price: cents })).min(1)

export const boughtShape = z.strictObject({ order_number: pieces, name, quantity: pieces, price: cents, total: cents })
export type Bought = z.infer<typeof boughtShape>

/** Of one toy, as a customer gets it. */
export const boughtByShape = boughtShape.extend({ items: itemsShape, user: name })

/** Of what a cart held: one toy, or several. */
export const boughtCartShape = z.union([
  boughtShape.extend({ items: itemsShape }),
  z.strictObject({ order_number: pieces, total: cents, items: itemsShape.min(2) }),
])

/** `placed_at` is empty for an order that was taken over from an older store. */
const anyOrder = { number: count, total: cents, placed_at: time.or(z.literal('')) }
const oneToy = { name, quantity: pieces, price: cents }

/** Of one toy, with `items` where a customer paid, or of several. */
export const orderShape = z.union([
  z.strictObject({ ...anyOrder, ...oneToy }),
  z.strictObject({ ...anyOrder, ...oneToy, items: itemsShape, user: name }),
  z.strictObject({ ...anyOrder, items: itemsShape.min(2), user: name.optional() }),
])
export type Order = z.infer<typeof orderShape>

const movement = { number: pieces, at: time, account: name, reason: z.string().min(1) }
/** Of stock, in pieces. */
export const movementShape = z.strictObject({ ...movement, change: z.int() })
/** Of credit, in money: below zero where it was paid. */
export const creditMovementShape = z.strictObject({ ...movement, change: z.number() })

export const nameCursor = name
export const numberCursor = count
