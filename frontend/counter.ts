/** What every route of the front end works with. */

import { z } from 'zod'
import type { CartClient } from '../cart/client.ts'
import type { CatalogClient } from '../catalog/client.ts'
import type { Clock } from '../clock.ts'
import { check } from '../http/check.ts'
import type { Context } from '../http/context.ts'
import { keySchema, type OrderClient } from '../order/client.ts'
import type { PaymentClient } from '../payment/client.ts'
import type { Products } from './products.ts'

export interface Counter {
  catalog: CatalogClient
  payment: PaymentClient
  carts: CartClient
  orders: OrderClient
  /** What is kept in memory; undefined where every product is asked for. */
  products: Products | undefined
  clock: Clock
  /** How long a purchase may take, in milliseconds. */
  purchaseMs: number
  adminToken?: string | undefined
  /** Answer errors of the original's routes with status 200. */
  errorsAs200: boolean
}

/** What a call on behalf of a request carries on. */
export const callOf = (context: Context) => ({ traceparent: context.knownTraceparent })

const keyHeader = z.object({ 'Idempotency-Key': keySchema })

/** The key that the caller sent, if any. Throws `bad_request`. */
export function keyOf(context: Context): string | undefined {
  const given = context.header('idempotency-key')
  return given === undefined ? undefined : check(keyHeader, { 'Idempotency-Key': given })['Idempotency-Key']
}
