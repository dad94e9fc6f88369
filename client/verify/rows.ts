/** What the API shows of a toy, an order and a movement: read from JSON, with a sentence for what is wrong in it. */
import { isObject } from '../json.ts'

export interface ShownToy {
  name: string
  /** Cents a piece. */
  price: number
  stock: number
}

export interface ShownOrder {
  number: number
  name: string
  quantity: number
  /** Cents. */
  price: number
  total: number
  /** Empty for an order of an older store that was taken over. */
  placedAt: string
}

export interface ShownMovement {
  number: number
  account: string
  change: number
}

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

export function readOrder(value: unknown): Read<ShownOrder> {
  if (!isObject(value) || !isCount(value.number)) return { fault: `an order has no number: ${shown(value)}` }
  const { number, name, quantity, placed_at: placedAt } = value
  const [price, total] = [centsOf(value.price), centsOf(value.total)]
  const row = {
    number,
    name: typeof name === 'string' ? name : '',
    quantity: isCount(quantity) ? quantity : 0,
    price: price ?? Number.NaN,
    total: total ?? Number.NaN,
    placedAt: typeof placedAt === 'string' ? placedAt : '?',
  }
  const wrong = (what: string) => ({ row, fault: `order ${number}: ${what}` })
  if (row.name === '') return wrong(`its toy is ${shown(name)}`)
  // The older store sold nothing at times.
  if (!isCount(quantity) || (quantity === 0 && placedAt !== '')) return wrong(`the quantity is ${shown(quantity)}`)
  if (price === undefined) return wrong(`the price ${shown(value.price)} is no amount in whole cents`)
  if (total !== price * quantity)
    return wrong(`the total is ${shown(value.total)}, but ${quantity} x ${price / 100} is ${(price * quantity) / 100}`)
  if (placedAt !== '' && !isTime(placedAt)) return wrong(`placed_at is ${shown(placedAt)}, which is no time`)
  return { row }
}

export function readMovement(value: unknown): Read<ShownMovement> {
  if (!isObject(value) || !isCount(value.number)) return { fault: `a movement has no number: ${shown(value)}` }
  const { number, at, account, change, reason } = value
  const wrong = (what: string) => ({ fault: `movement ${number}: ${what}` })
  if (typeof account !== 'string' || account === '') return wrong(`its toy is ${shown(account)}`)
  if (typeof change !== 'number' || !Number.isSafeInteger(change)) return wrong(`the change is ${shown(change)}`)
  if (!isTime(at)) return wrong(`at is ${shown(at)}, which is no time`)
  if (typeof reason !== 'string' || reason === '') return wrong(`the reason is ${shown(reason)}`)
  return { row: { number, account, change } }
}
