/** A purchase as the order service works on it, and as it is told: pure, and the same however often it is asked for. */
import { StoreError } from '../errors.ts'
import { formatMoney, moneyNumber, parseMoney } from '../money.ts'
import type { HeldItem, Item } from '../storage/ledger.ts'
import type { Log, LogEntry } from '../storage/log.ts'
import { type Bought, type BoughtItem, type Line, type OrderView, quantityMax, type ToyPurchase } from './client.ts'

/** A purchase with its key: each toy once. */
export interface Wanted {
  key: string
  items: readonly Item[]
  /** The customer who pays. */
  user?: string | undefined
  /** What the buyer was shown of each item, in cents: at another price it is not bought. */
  prices?: readonly number[] | undefined
  /** Whose cart the items come from. */
  cart?: string | undefined
  /** What each item was offered for, in the shop's currency: where it costs more, nothing is bought. */
  offers?: readonly (number | undefined)[] | undefined
  /** Writes its rows, where the log alone is not enough. */
  append?: Log['append'] | undefined
}

/** Equal names are summed. Throws `bad_request` where that is more than a purchase may take. */
export function wantedOf(purchase: ToyPurchase, key: string): Wanted {
  const { user } = purchase
  if ('name' in purchase) return { key, items: [{ account: purchase.name, amount: purchase.quantity }], user }
  return { key, items: summed(purchase.items), user }
}

/** Throws `bad_request`. */
export function summed(lines: readonly Line[]): Item[] {
  const sums = new Map<string, number>()
  for (const { name, quantity } of lines) sums.set(name, (sums.get(name) ?? 0) + quantity)
  const items = [...sums].map(([account, amount]) => ({ account, amount }))
  const over = items.find(({ amount }) => amount > quantityMax)
  if (over !== undefined)
    throw new StoreError('bad_request', `items: at most ${quantityMax} pieces of "${over.account}" in one purchase`)
  return items
}

/** Two purchases under one key are the same when this is: of a cart, whatever was in it. A name holds no line break. */
export function sameness({ items, user, cart }: Pick<Wanted, 'items' | 'user' | 'cart'>): string {
  if (cart !== undefined) return samenessOfCart(cart, user)
  if (items.length === 1 && user === undefined) return lineOf(items[0]!)
  const lines = items.map(lineOf).sort()
  return `${user === undefined ? '' : `${user}\n`}\n${lines.join('\n')}`
}

/** The second line of any other is empty. */
export const samenessOfCart = (cart: string, user = ''): string => `cart\n${cart}\n${user}`

const lineOf = ({ account, amount }: Item): string => `${amount} ${account}`

/** What was bought, as it stands in the log. */
export const wantedAgain = ({ key, rows }: LogEntry): Wanted => ({
  key,
  items: rows.map(({ name, quantity }) => ({ account: name!, amount: Number(quantity) })),
  user: rows[0]!.user || undefined,
  cart: rows[0]!.cart || undefined,
})

/** `names`: which of its items. One item needs no name. */
export const refusedItems = (
  code: 'product_not_found' | 'out_of_stock',
  names: readonly string[],
  items: readonly Item[],
): StoreError => {
  const what = code === 'product_not_found' ? 'product not found' : 'not enough stock'
  return items.length === 1
    ? new StoreError(code, what)
    : new StoreError(code, `${what}: ${names.join(', ')}`, { details: { items: names } })
}

export const priceOf = ({ attributes }: HeldItem): number => parseMoney(attributes[0]!)

/** What the held items cost together, in cents. Throws `bad_request` where that is more than money can be. */
export function costOf(items: readonly HeldItem[]): number {
  let cents = 0
  for (const item of items) cents += item.amount * priceOf(item)
  checkCost(cents)
  return cents
}

/** Throws `bad_request` where it is more than can be counted in cents. */
export function checkCost(cents: number): void {
  if (!Number.isSafeInteger(cents))
    throw new StoreError('bad_request', `a purchase may cost at most ${formatMoney(Number.MAX_SAFE_INTEGER)}`)
}

export function viewOf({ number, rows }: LogEntry): OrderView {
  const { placed_at } = rows[0]! as { placed_at: string }
  const { user, ...order } = described(rows)
  return { number, ...order, ...(user === undefined ? {} : { user }), placed_at }
}

export const boughtOf = ({ number, rows }: LogEntry): Bought => ({ order_number: number, ...described(rows) })

/** One item by itself, several or a customer's as a list too. */
function described(rows: LogEntry['rows']): Omit<Bought, 'order_number'> {
  const [first] = rows
  if (rows.length === 1 && !first!.user) {
    const { item, cents } = itemOf(first!)
    return { ...item, total: moneyNumber(cents) }
  }
  const lines = rows.map(itemOf)
  const total = moneyNumber(lines.reduce((sum, { cents }) => sum + cents, 0))
  const items = lines.map(({ item }) => item)
  const user = first!.user ? { user: first!.user } : {}
  return { ...(items.length === 1 ? items[0]! : {}), total, items, ...user }
}

function itemOf(row: LogEntry['rows'][number]): { item: BoughtItem; cents: number } {
  const { name, quantity, price } = row as Record<'name' | 'quantity' | 'price', string>
  const cents = parseMoney(price)
  return { item: { name, quantity: Number(quantity), price: moneyNumber(cents) }, cents: cents * Number(quantity) }
}
