/** What the owner does: toys and their stock, customers and their credit, and what changed them. */
import { z } from 'zod'
import { nameSchema, newProductSchema, restockSchema } from '../catalog/client.ts'
import { check, wholeNumberText } from '../http/check.ts'
import type { Context } from '../http/context.ts'
import type { Reply } from '../http/reply.ts'
import type { Route } from '../http/routes.ts'
import { moneyNumber } from '../money.ts'
import { creditSchema, newCustomerSchema, userSchema } from '../payment/client.ts'
import { type Counter, callOf, keyOf } from './counter.ts'
import { checkOwner, read } from './frontend.ts'
import { mintKey } from './keys.ts'

const product = z.object({ name: nameSchema })
const customer = z.object({ user: userSchema })
const movementPage = z.object({
  ledger: z.enum(['stock', 'credit'], { error: 'must be stock or credit' }).default('stock'),
  after: wholeNumberText(0, Number.MAX_SAFE_INTEGER).default(0),
  limit: wholeNumberText(1, 1000).default(50),
})

export function ownerRoutes({ catalog, payment, products, adminToken }: Counter): Route[] {
  const own = (handle: (context: Context) => Promise<Reply>) => async (context: Context) => {
    checkOwner(context, adminToken)
    return handle(context)
  }
  return [
    {
      method: 'POST',
      path: '/products',
      handle: own(async (context) => {
        const { name, price, quantity } = check(newProductSchema, await context.body())
        try {
          return { data: await catalog.create(name, price, quantity, callOf(context)), status: 201 }
        } finally {
          products?.seen(name, undefined)
        }
      }),
    },
    {
      method: 'POST',
      path: '/products/:name/restock',
      handle: own(async (context) => {
        const { name } = check(product, context.params)
        const { quantity } = check(restockSchema, await context.body())
        try {
          return { data: await catalog.restock(name, quantity, keyOf(context), callOf(context)) }
        } finally {
          products?.seen(name, undefined)
        }
      }),
    },
    {
      method: 'POST',
      path: '/customers',
      handle: own(async (context) => {
        const { user_id = mintKey(), credit } = check(newCustomerSchema, await context.body())
        return { data: await payment.create(user_id, credit, callOf(context)), status: 201 }
      }),
    },
    {
      method: 'GET',
      path: '/customers/:user',
      handle: own(async (context) => {
        const { user } = check(customer, context.params)
        return { data: await read(payment.get(user, callOf(context))) }
      }),
    },
    {
      method: 'POST',
      path: '/customers/:user/credit',
      handle: own(async (context) => {
        const { user } = check(customer, context.params)
        const { amount } = check(creditSchema, await context.body())
        return { data: await payment.credit(user, amount, keyOf(context), callOf(context)) }
      }),
    },
    {
      method: 'GET',
      path: '/movements',
      handle: own(async (context) => {
        const { ledger, after, limit } = check(movementPage, context.query)
        const of = ledger === 'stock' ? catalog : payment
        const { data, next } = await read(of.movements(after, limit, callOf(context)))
        const told = ledger === 'stock' ? data : data.map((row) => ({ ...row, change: moneyNumber(row.change) }))
        return { data: told, extra: { next } }
      }),
    },
  ]
}
