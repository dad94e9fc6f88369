/** What the front end decides by itself: who the owner is, and what a caller may conclude from a failed purchase. */
import { timingSafeEqual } from 'node:crypto'
import { StoreError } from '../errors.ts'
import type { Bought, Purchase } from '../order/client.ts'

export interface Visitor {
  remoteAddress: string
  header(name: string): string | undefined
}

const loopback = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/

/**
 * Throws where the visitor is not the owner. With a token, who carries it; without one, who comes from this machine itself:
 * not through a proxy, and not from another site's page.
 */
export function checkOwner(visitor: Visitor, adminToken: string | undefined): void {
  const origin = visitor.header('origin')
  if (origin !== undefined && hostOf(origin) !== visitor.header('host'))
    throw new StoreError('forbidden', "this is for the shop's owner, and not from another site's page")
  if (adminToken !== undefined) {
    if (!sameToken(visitor.header('authorization') ?? '', `Bearer ${adminToken}`))
      throw new StoreError('unauthorized', 'this is for the shop\'s owner: send "Authorization: Bearer <ADMIN_TOKEN>"')
    return
  }
  // A page whose own name leads to this machine (DNS rebinding) is another site's page too.
  const named = hostOf(`http://${visitor.header('host') ?? ''}`)?.replace(/:\d+$/, '') ?? ''
  const isHere = named === 'localhost' || named === '[::1]' || loopback.test(named)
  const viaProxy = visitor.header('forwarded') !== undefined || visitor.header('x-forwarded-for') !== undefined
  if (viaProxy || !isHere || !loopback.test(visitor.remoteAddress))
    throw new StoreError('forbidden', "this is for the shop's owner: ask from the machine itself, or set ADMIN_TOKEN")
}

function sameToken(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)]
  return a.length === b.length && timingSafeEqual(a, b)
}

const hostOf = (origin: string): string | undefined => (URL.canParse(origin) ? new URL(origin).host : undefined)

/** A purchase's failure with the key under which it may be asked again. Whatever is no clear answer is `outcome_unknown`. */
export function purchaseFailure(error: unknown, key: string): unknown {
  if (!(error instanceof StoreError) || error.code !== 'outcome_unknown') return error
  return new StoreError(
    'outcome_unknown',
    'it is not known whether the purchase took place; ask again with the same Idempotency-Key',
    {
      cause: error,
      details: { idempotency_key: key },
    },
  )
}

/** Whether a purchase that failed so may have taken place all the same. */
export const mayHaveBought = (failure: unknown): boolean =>
  !(failure instanceof StoreError) || failure.code === 'outcome_unknown' || failure.code === 'internal'

/** A read changes nothing, so whatever became of the call, "try again" is all there is to say. */
export async function read<Data>(call: Promise<Data>): Promise<Data> {
  try {
    return await call
  } catch (error) {
    if (error instanceof StoreError && error.code === 'outcome_unknown')
      throw new StoreError('unavailable', 'a service did not answer; try again', { cause: error })
    throw error
  }
}

/** Who asked for `items` is answered with items, for one as well. */
export function toldAs(purchase: Purchase, bought: Bought): Bought {
  if ('name' in purchase || bought.items !== undefined) return bought
  const { name = '', quantity = 0, price = 0 } = bought
  return { ...bought, items: [{ name, quantity, price }] }
}
