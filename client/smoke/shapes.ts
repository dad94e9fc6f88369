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

export const boughtShape = z.strictObject({ order_number: pieces, name, quantity: pieces, price: cents, total: cents })
export type Bought = z.infer<typeof boughtShape>

export const orderShape = z.strictObject({
  number: count,
  name,
  quantity: pieces,
  price: cents,
  total: cents,
  /** Empty for an order that was taken over from an older store. */
  placed_at: time.or(z.literal('')),
})
export type Order = z.infer<typeof orderShape>

export const movementShape = z.strictObject({
  number: pieces,
  at: time,
  account: name,
  change: z.int(),
  reason: z.string().min(1),
})

export const nameCursor = name
export const numberCursor = count
