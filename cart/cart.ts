/** A customer's cart, and what each change makes of it. Pure; nothing of a cart is ever changed in place. */
import { StoreError } from '../errors.ts'
import { compareAttempts } from '../storage/attempt-id.ts'
import {
  type CartAnswer,
  type CartItem,
  type CartOp,
  cartCharsMax,
  countMax,
  itemCharsMax,
  type Offer,
} from './client.ts'

export interface Cart {
  items: readonly CartItem[]
  /** The last order that took something out: what its attempt, or an earlier one, asks for is out already. */
  taken?: { order: number; attempt: string } | undefined
}

export type CartChange = Exclude<CartOp, { op: 'get' | 'look' }>

export interface Changed {
  /** Undefined where nothing is left to keep; the very same where nothing changed. */
  cart: Cart | undefined
  answer: CartAnswer
}

const nothing = {}

/** `at`: the time, ISO 8601. Throws `cart_full`, `bad_request`. */
export function changeCart(cart: Cart | undefined, change: CartChange, at: string): Changed {
  const items = cart?.items ?? []
  const found = 'item' in change ? items.find(({ itemId }) => itemId === change.item) : undefined
  switch (change.op) {
    case 'add': {
      const item = added(found, change, at)
      return {
        cart: withItems(cart, checkRoom(found === undefined ? [...items, item] : swapped(items, item))),
        answer: item,
      }
    }
    case 'set': {
      if (found === undefined) return { cart, answer: null }
      const item = counted(found, change.count, at)
      return { cart: withItems(cart, checkRoom(swapped(items, item))), answer: item }
    }
    case 'remove': {
      const left = items.filter((item) => item !== found)
      return { cart: found === undefined ? cart : withItems(cart, left), answer: nothing }
    }
    case 'clear':
    case 'checkout':
      return {
        cart: items.length === 0 ? cart : withItems(cart, []),
        answer: change.op === 'checkout' ? items : nothing,
      }
    case 'take':
      return { cart: withoutTaken(cart, change, at), answer: nothing }
  }
}

/** One that was emptied is kept where an order took something out: who asks for that again must find it. */
const withItems = (cart: Cart | undefined, items: readonly CartItem[]): Cart | undefined =>
  items.length === 0 && cart?.taken === undefined ? undefined : { ...cart, items }

const swapped = (items: readonly CartItem[], item: CartItem): CartItem[] =>
  items.flatMap((one) => (one.itemId !== item.itemId ? one : item.unitCount === 0 ? [] : item))

/** Counts add up, and what is said anew counts. */
function added(
  before: CartItem | undefined,
  { item, count, named, offer }: CartChange & { op: 'add' },
  at: string,
): CartItem {
  const sum = (before?.unitCount ?? 0) + count
  if (sum > countMax) throw new StoreError('bad_request', `${named}: at most ${countMax} pieces of an item in a cart`)
  const isRepeated = named === 'itemCount' || before?.itemCount !== undefined
  return itemOf({ ...before, ...offer, itemId: item }, sum, isRepeated, at)
}

const counted = (item: CartItem, count: number, at: string): CartItem =>
  itemOf(item, count, item.itemCount !== undefined, at)

/** Its fields in the order in which they are told. */
function itemOf(
  { itemId, offeredPrice, specialSale, saleExpiration }: Pick<CartItem, 'itemId'> & Offer,
  count: number,
  isRepeated: boolean,
  at: string,
): CartItem {
  return {
    itemId,
    unitCount: count,
    ...(isRepeated ? { itemCount: count } : {}),
    ...(offeredPrice === undefined ? {} : { offeredPrice }),
    ...(specialSale === undefined ? {} : { specialSale }),
    ...(saleExpiration === undefined ? {} : { saleExpiration }),
    timestamp: at,
  }
}

function checkRoom(items: readonly CartItem[]): readonly CartItem[] {
  if (items.length * itemCharsMax > cartCharsMax && JSON.stringify(items).length > cartCharsMax)
    throw new StoreError('cart_full', 'the cart is full; take something out, or buy what is in it first')
  return items
}

/** What was bought, as far as it is still there. */
function withoutTaken(
  cart: Cart | undefined,
  { attempt, order, lines }: CartChange & { op: 'take' },
  at: string,
): Cart | undefined {
  if (cart?.taken !== undefined && compareAttempts(attempt, cart.taken.attempt) <= 0) return cart
  // An order names toys: a number's item is the toy that its digits name.
  const left = new Map(lines.map(({ itemId, count }) => [String(itemId), count]))
  const items = (cart?.items ?? []).flatMap((item) => {
    const name = String(item.itemId)
    const count = Math.min(left.get(name) ?? 0, item.unitCount)
    if (count === 0) return item
    left.set(name, left.get(name)! - count)
    return count === item.unitCount ? [] : counted(item, item.unitCount - count, at)
  })
  return { items, taken: { order, attempt } }
}
