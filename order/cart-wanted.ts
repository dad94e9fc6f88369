/** What a cart holds as a purchase, and what it was offered for: pure. */
import { type CartItem, expirationMs } from '../cart/client.ts'
import { StoreError } from '../errors.ts'
import { itemsMax } from '../ledger-service/commands.ts'
import { moneyNumber } from '../money.ts'
import type { HeldItem } from '../storage/ledger.ts'
import type { CartPurchase } from './client.ts'
import { priceOf, summed, type Wanted } from './purchase.ts'

/** A number's item is the toy that its digits name. */
const nameOf = ({ itemId }: CartItem): string => String(itemId)

/** The purchase of a cart, at `now` in milliseconds since 1970. Throws `cart_empty` or `bad_request`. */
export function wantedOfCart(
  { cart, user, acceptPrices = false }: CartPurchase,
  key: string,
  inCart: readonly CartItem[],
  now: number,
): Wanted {
  if (inCart.length === 0) throw new StoreError('cart_empty', 'the cart is empty; add an item first')
  const items = summed(inCart.map((item) => ({ name: nameOf(item), quantity: item.unitCount })))
  if (items.length > itemsMax)
    throw new StoreError('bad_request', `the cart holds ${items.length} toys; one purchase takes at most ${itemsMax}`)
  const wanted: Wanted = { key, items, user, cart }
  return acceptPrices ? wanted : { ...wanted, offers: offersOf(items, inCart, now) }
}

/** Of each toy the lowest price that it is still offered for. */
function offersOf(items: Wanted['items'], inCart: readonly CartItem[], now: number): (number | undefined)[] {
  const lowest = new Map<string, number>()
  for (const item of inCart) {
    const { offeredPrice, saleExpiration } = item
    if (offeredPrice === undefined || (saleExpiration !== undefined && expirationMs(saleExpiration) < now)) continue
    const name = nameOf(item)
    lowest.set(name, Math.min(offeredPrice, lowest.get(name) ?? offeredPrice))
  }
  return items.map(({ account }) => lowest.get(account))
}

/** What costs more than it was offered for, in the shop's currency. */
export type Dearer = { name: string; old: number; new: number }

export function dearerThan(offers: readonly (number | undefined)[], items: readonly HeldItem[]): Dearer[] {
  return items.flatMap((item, i) => {
    const [offer, price] = [offers[i], moneyNumber(priceOf(item))]
    return offer !== undefined && price > offer ? [{ name: item.account, old: offer, new: price }] : []
  })
}

export const priceChanged = (items: readonly Dearer[]): StoreError =>
  new StoreError('price_changed', `costs more than it was offered for: ${items.map(({ name }) => name).join(', ')}`, {
    details: { items },
  })
