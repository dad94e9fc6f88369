/** The web-scale course's API for orders: drafts that are filled, looked at and checked out. Failures are 400. */
import { randomBytes, randomInt } from 'node:crypto'
import { z } from 'zod'
import { nameSchema, parsePosition, type Toy } from '../catalog/client.ts'
import { StoreError } from '../errors.ts'
import { wholeNumberText } from '../http/check.ts'
import type { Context } from '../http/context.ts'
import { asJson, asText } from '../http/reply.ts'
import type { Route } from '../http/routes.ts'
import { type DraftOp, type FilledDraft, fillMax, quantityMax } from '../order/client.ts'
import { userSchema } from '../payment/client.ts'
import { type Counter, callOf } from './counter.ts'
import { batchCount, courseRoute, partsOf, priceCredits } from './course.ts'
import { checkOwner, read } from './frontend.ts'
import { mintKey } from './keys.ts'

const draft = z.object({ id: nameSchema })
const someOf = z.object({ id: nameSchema, item: nameSchema, quantity: wholeNumberText(1, quantityMax) })
const itemOf = z.object({ id: nameSchema, item: nameSchema })
const fills = z.object({ n: batchCount, items: batchCount, users: batchCount, price: priceCredits })

export function draftRoutes({ catalog, payment, orders, products, clock, purchaseMs, adminToken }: Counter): Route[] {
  const ask = (op: DraftOp, context: Context) =>
    orders.draft(op, { ...callOf(context), deadline: clock.elapsed() + purchaseMs })

  const toyOf = async (name: string, context: Context): Promise<Toy> => {
    if (products === undefined) {
      const { toy } = await read(catalog.query(name, callOf(context)))
      if (toy === undefined) throw new StoreError('product_not_found', 'product not found')
      return toy
    }
    const reply = products.known(name) ?? (await products.fetch(name, callOf(context)))
    return (JSON.parse((reply as { text: string }).text) as { data: Toy }).data
  }
  const add = async (id: string, name: string, quantity: number, context: Context) => {
    const { price } = await toyOf(name, context)
    await ask({ op: 'add', id, name, quantity, cents: Math.round(price * 100) }, context)
    return asText(`Item: ${name} added to: ${id}`)
  }
  const checkOut = async (id: string, context: Context) => {
    try {
      const { names = [], at } = await ask({ op: 'checkout', id }, context)
      for (const name of names) products?.seen(name, parsePosition(at))
      return asText('Checkout successful')
    } catch (error) {
      if (error instanceof StoreError && error.code === 'outcome_unknown')
        throw new StoreError('outcome_unknown', 'it is not known whether the order was paid; check it out again', {
          cause: error,
        })
      throw error
    }
  }
  return [
    courseRoute('POST', '/orders/create/:user', z.object({ user: userSchema }), async ({ user }, context) => {
      await read(payment.get(user, callOf(context)))
      const { id } = await ask({ op: 'create', id: mintKey(), user }, context)
      return asJson({ order_id: id })
    }),
    courseRoute('POST', '/orders/addItem/:id/:item/:quantity', someOf, ({ id, item, quantity }, context) =>
      add(id, item, quantity, context),
    ),
    courseRoute('POST', '/orders/addItem/:id/:item', itemOf, ({ id, item }, context) => add(id, item, 1, context)),
    courseRoute('DELETE', '/orders/removeItem/:id/:item', itemOf, async ({ id, item }, context) => {
      await ask({ op: 'take', id, name: item }, context)
      return asText(`Item: ${item} removed from: ${id}`)
    }),
    courseRoute('DELETE', '/orders/remove/:id', draft, async ({ id }, context) => {
      await ask({ op: 'delete', id }, context)
      return asText(`Order: ${id} removed`)
    }),
    courseRoute('GET', '/orders/find/:id', draft, async ({ id }, context) => {
      const { user, items, total, paid } = await read(ask({ op: 'find', id }, context))
      return asJson({ order_id: id, paid, items, user_id: user, total_cost: total })
    }),
    courseRoute('POST', '/orders/checkout/:id', draft, ({ id }, context) => checkOut(id, context)),
    courseRoute('POST', '/orders/batch_init/:n/:items/:users/:price', fills, async (given, context) => {
      checkOwner(context, adminToken)
      const batch = randomBytes(8).toString('hex')
      for (const part of partsOf(given.n, fillMax))
        await ask({ op: 'fill', id: batch, drafts: part.map((number) => filled(number, given)) }, context)
      return asJson({ msg: 'Batch init for orders successful' })
    }),
  ]
}

/** One piece each of two random items, for a random customer. */
function filled(number: number, { items, users, price }: z.infer<typeof fills>): FilledDraft {
  const names = [randomInt(items), randomInt(items)].map(String)
  const cents = price * 100
  const lines = names[0] === names[1] ? [[names[0]!, 2] as const] : names.map((name) => [name, 1] as const)
  return {
    id: String(number),
    user: String(randomInt(users)),
    items: lines.map(([name, quantity]) => ({ name, quantity, cents })),
  }
}
