/** What the API shows of a toy, a customer, an order and a movement: read from JSON, with a sentence for what is wrong in it. */
import { isObject } from '../json.ts'

export interface ShownToy {
  name: string
  /** Cents a piece. */
  price: number
  stock: number
}

export interface ShownItem {
  name: string
  quantity: number
  /** Cents a piece; NaN where it is no amount. */
  price: number
}

export interface ShownOrder {
  number: number
  items: readonly ShownItem[]
  /** The customer who paid; empty where nobody did by credit. */
  user: string
  /** Cents. */
  total: number
  /** Empty for an order of an older store that was taken over. */
  placedAt: string
}

export interface ShownMovement {
  number: number
  account: string
  /** Pieces, or cents of credit. */
  change: number
}

/** Which movements: of toys or of customers. */
export type ShownLedger = 'stock' | 'credit'

/** A row and what is wrong with it; no row where so much is wrong that nothing can be done with it. */
export interface Read<Row> {
  row?: Row
  fault?: string
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
const isTime = (value: unknown): value is string =>
  typeof value === 'string' &&
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) &&
  !Number.isNaN(Date.parse(value))
/** JSON with its length limited: it is printed on a terminal. */
export const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 200)

/** Undefined where the number has parts of a cent. */
export function centsOf(value: unknown): number | undefined {
  if (typeof value !== 'number' || !(value >= 0)) return undefined
  const cents = Math.round(value * 100)
  return Number.isSafeInteger(cents) && cents / 100 === value ? cents : undefined
}

function signedCentsOf(value: unknown): number | undefined {
  const cents = centsOf(typeof value === 'number' ? Math.abs(value) : value)
  return cents === undefined || (value as number) >= 0 ? cents : -cents
}

export function readToy(value: unknown): Read<ShownToy> {
  if (!isObject(value) || typeof value.name !== 'string' || value.name === '')
    return { fault: `a toy has no name: ${shown(value)}` }
  const { name, quantity, stock } = value
  const price = centsOf(value.price)
  if (price === undefined) return { fault: `${name}: the price ${shown(value.price)} is no amount in whole cents` }
  if (!isCount(quantity)) return { fault: `${name}: the stock ${shown(quantity)} is no whole number from 0` }
  if (stock !== quantity) return { fault: `${name}: stock is ${shown(stock)} where quantity is ${quantity}` }
  return { row: { name, price, stock: quantity } }
}

/** Cents of credit, of what is shown of this customer. */
export function readCustomer(value: unknown, user: string): Read<number> {
  const credit = isObject(value) ? centsOf(value.credit) : undefined
  if (credit === undefined)
    return { fault: `customer ${user}: the credit is no amount in whole cents: ${shown(value)}` }
  if (isObject(value) && value.user_id === user) return { row: credit }
  return { row: credit, fault: `customer ${user}: another one is shown: ${shown(value)}` }
}

export function readOrder(value: unknown): Read<ShownOrder> {
  if (!isObject(value) || !isCount(value.number)) return { fault: `an order has no number: ${shown(value)}` }
  const { number, placed_at: placedAt, user, items: list } = value
  const faults: string[] = []
  const isOlder = placedAt === ''
  const given = list === undefined ? [value] : Array.isArray(list) ? list : []
  const items = given.map((each) => readItem(each, isOlder, faults))
  const cost = items.reduce((sum, { quantity, price }) => sum + quantity * price, 0)
  if (items.length === 0) faults.push(`its items are ${shown(list)}`)
  const twice = items.find(({ name }, i) => items.findIndex((item) => item.name === name) < i)
  if (twice !== undefined) faults.push(`${twice.name} is in it twice`)
  if (list !== undefined && (items.length === 1) !== 'name' in value) faults.push('it has one toy beside several')
  if (list !== undefined && 'name' in value && itemText(readItem(value, isOlder, [])) !== itemText(items[0]!))
    faults.push(`its item is ${shown(given[0])}, but ${shown(value.name)} is told beside it`)
  if (user !== undefined && (typeof user !== 'string' || user === '')) faults.push(`its customer is ${shown(user)}`)
  if (faults.length === 0 && centsOf(value.total) !== cost)
    faults.push(`the total is ${shown(value.total)}, but ${items.map(costText).join(' + ')} is ${cost / 100}`)
  if (!isOlder && !isTime(placedAt)) faults.push(`placed_at is ${shown(placedAt)}, which is no time`)
  const row = {
    number,
    items,
    user: typeof user === 'string' ? user : '',
    total: centsOf(value.total) ?? Number.NaN,
    placedAt: typeof placedAt === 'string' ? placedAt : '?',
  }
  return faults.length === 0 ? { row } : { row, fault: `order ${number}: ${faults.join('; ')}` }
}

function readItem(value: unknown, isOlder: boolean, faults: string[]): ShownItem {
  const { name, quantity, price } = isObject(value) ? value : {}
  const cents = centsOf(price)
  if (typeof name !== 'string' || name === '') faults.push(`its toy is ${shown(name)}`)
  // The older store sold nothing at times.
  else if (!isCount(quantity) || (quantity === 0 && !isOlder)) faults.push(`the quantity is ${shown(quantity)}`)
  else if (cents === undefined) faults.push(`the price ${shown(price)} is no amount in whole cents`)
  return {
    name: typeof name === 'string' ? name : '',
    quantity: isCount(quantity) ? quantity : 0,
    price: cents ?? Number.NaN,
  }
}

const costText = ({ quantity, price }: ShownItem): string => `${quantity} x ${price / 100}`
const itemText = (item: ShownItem): string => `${costText(item)} ${item.name}`

export function readMovement(value: unknown, ledger: ShownLedger = 'stock'): Read<ShownMovement> {
  if (!isObject(value) || !isCount(value.number)) return { fault: `a movement has no number: ${shown(value)}` }
  const { number, at, account, reason } = value
  const wrong = (what: string) => ({ fault: `movement ${number}${ledger === 'stock' ? '' : ' of credit'}: ${what}` })
  const change = ledger === 'stock' ? value.change : signedCentsOf(value.change)
  if (typeof account !== 'string' || account === '')
    return wrong(`its ${ledger === 'stock' ? 'toy' : 'customer'} is ${shown(account)}`)
  if (typeof change !== 'number' || !Number.isSafeInteger(change)) return wrong(`the change is ${shown(value.change)}`)
  if (!isTime(at)) return wrong(`at is ${shown(at)}, which is no time`)
  if (typeof reason !== 'string' || reason === '') return wrong(`the reason is ${shown(reason)}`)
  return { row: { number, account, change } }
}
