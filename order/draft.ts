/** A draft of an order, and how it changes: pure. Throws what is wrong as `bad_request`. */
import { StoreError } from '../errors.ts'
import { itemsMax } from '../ledger-service/commands.ts'
import { formatMoney, parseMoney } from '../money.ts'
import type { MapFormat } from '../storage/csv/map-turn.ts'
import { quantityMax } from './client.ts'
import { checkCost, type Wanted } from './purchase.ts'

export interface DraftItem {
  name: string
  quantity: number
  /** What the buyer was shown. */
  cents: number
}

export interface Draft {
  /** The customer who will pay. */
  user: string
  items: readonly DraftItem[]
  /** Of its purchase, for ever: no other draft, and no draft of this id before or after it, has it. */
  key: string
  /** The number of its order, where that is known here already. */
  order: number | undefined
}

/** Its row: the items as JSON, `[[name, quantity, price], …]`. */
export const draftFormat: MapFormat<Draft> = {
  columns: ['user', 'items', 'order_key', 'order_number'],
  read([user, items, key, order]) {
    if (order !== '' && !/^\d{1,15}$/.test(order!)) throw new RangeError('order_number must be a number, or empty')
    return { user: user!, items: readItems(items!), key: key!, order: order === '' ? undefined : Number(order) }
  },
  write: ({ user, items, key, order }) => [
    user,
    JSON.stringify(items.map(({ name, quantity, cents }) => [name, quantity, formatMoney(cents)])),
    key,
    order === undefined ? '' : String(order),
  ],
}

function readItems(text: string): DraftItem[] {
  try {
    return (JSON.parse(text) as [string, number, string][]).map(([name, quantity, price]) => {
      if (typeof name !== 'string' || !Number.isSafeInteger(quantity) || quantity < 1) throw new Error('not an item')
      return { name, quantity, cents: parseMoney(price) }
    })
  } catch {
    throw new RangeError('items must be JSON such as [["Tux",2,"25.99"]]')
  }
}

/** One more of an item, at the price that it has now: that is what the buyer is shown from here on. */
export function withItem(draft: Draft, { name, quantity, cents }: DraftItem): Draft {
  const before = draft.items.find((item) => item.name === name)
  const sum = (before?.quantity ?? 0) + quantity
  if (sum > quantityMax) throw new StoreError('bad_request', `quantity: at most ${quantityMax} pieces of an item`)
  if (before === undefined && draft.items.length >= itemsMax)
    throw new StoreError('bad_request', `an order may have at most ${itemsMax} items`)
  const item = { name, quantity: sum, cents }
  const items = before === undefined ? [...draft.items, item] : draft.items.map((one) => (one === before ? item : one))
  const changed = { ...draft, items }
  checkCost(totalOf(changed))
  return changed
}

/** One piece less of an item. */
export function withoutPiece(draft: Draft, name: string): Draft {
  const before = draft.items.find((item) => item.name === name)
  if (before === undefined) throw new StoreError('bad_request', 'this item is not in the order')
  const item = { ...before, quantity: before.quantity - 1 }
  return { ...draft, items: draft.items.flatMap((one) => (one !== before ? one : item.quantity === 0 ? [] : item)) }
}

export const totalOf = ({ items }: Draft): number =>
  items.reduce((sum, { quantity, cents }) => sum + quantity * cents, 0)

/** Its purchase, at the prices that were shown. */
export function wantedByDraft({ user, items, key }: Draft): Wanted {
  if (items.length === 0) throw new StoreError('bad_request', 'the order is empty; add an item first')
  return {
    key,
    user,
    items: items.map(({ name, quantity }) => ({ account: name, amount: quantity })),
    prices: items.map(({ cents }) => cents),
  }
}
