/** The carts' map: which engine, which columns, and what of it people may open. */
import { isWholeNumber } from '../http/check.ts'
import { isAttemptId } from '../storage/attempt-id.ts'
import type { TableFormat } from '../storage/azure/rows.ts'
import type { TableMap, TableMapOptions } from '../storage/azure/table-map.ts'
import { MapCopy, type MapCopyOptions } from '../storage/csv/map-copy.ts'
import { CsvMap, type MapOptions } from '../storage/csv/map-engine.ts'
import type { MapFormat } from '../storage/csv/map-turn.ts'
import { hashOfKey, shardOf } from '../storage/shards.ts'
import type { Cart } from './cart.ts'
import { type CartItem, countMax, expirationMs, isItemId } from './client.ts'

/** Its row: the items as JSON; who was here before this store wrote nothing else. */
export const cartFormat: MapFormat<Cart> = {
  columns: ['items', 'last_order', 'last_attempt'],
  read([items, order, attempt]) {
    if (!order && !attempt) return { items: readItems(items!) }
    if (!/^\d{1,15}$/.test(order!) || !isAttemptId(attempt!))
      throw new RangeError('last_order must be a number, and last_attempt one such as a1-1')
    return { items: readItems(items!), taken: { order: Number(order), attempt: attempt! } }
  },
  write: ({ items, taken }) => [
    JSON.stringify(items),
    taken === undefined ? '' : String(taken.order),
    taken === undefined ? '' : taken.attempt,
  ],
}

/** Throws a RangeError where the text is no cart's items. */
function readItems(text: string): CartItem[] {
  let items: unknown
  try {
    items = JSON.parse(text)
  } catch {
    throw new RangeError('items must be JSON')
  }
  if (!Array.isArray(items)) throw new RangeError('items must be an array')
  const read = items.map(readItem)
  // The shopping-cart service appends an item that is added again, with the sum of both: the last one counts.
  return read.length < 2 ? read : [...new Map(read.map((item) => [item.itemId, item])).values()]
}

/** What is not known of an item is left out; another program may know more. */
function readItem(item: Record<string, unknown> | null): CartItem {
  const { itemId, unitCount, itemCount, offeredPrice, specialSale, saleExpiration, timestamp } = item ?? {}
  const count = unitCount ?? itemCount
  if (!isItemId(itemId) || !isWholeNumber(count, 1, countMax))
    throw new RangeError('an item must have its itemId, and a unitCount from 1')
  return {
    itemId,
    unitCount: count,
    ...(itemCount === undefined || itemCount === null ? {} : { itemCount: count }),
    ...(typeof offeredPrice === 'number' ? { offeredPrice } : {}),
    ...(isSale(specialSale) ? { specialSale } : {}),
    ...(isTime(saleExpiration) ? { saleExpiration } : {}),
    timestamp: timeOf(timestamp),
  }
}

const isSale = (value: unknown): value is boolean | number | string =>
  typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string'
const isTime = (value: unknown): value is number | string =>
  (typeof value === 'number' || typeof value === 'string') && !Number.isNaN(expirationMs(value))

/** The shopping-cart service writes a number. */
function timeOf(timestamp: unknown): string {
  if (typeof timestamp === 'string') return timestamp
  return typeof timestamp === 'number' && isTime(timestamp) ? new Date(expirationMs(timestamp)).toISOString() : ''
}

/** So many items and carts are kept in memory, about 100 MB; the others are read from the disk when they are asked for. */
const inMemory = 524_288

/** Opens the carts on files. Throws a StartError where a person must mend something. */
export const openCarts = (options: Omit<MapOptions<Cart>, 'name' | 'format'>): ReturnType<typeof CsvMap.open<Cart>> =>
  CsvMap.open({
    cacheMax: inMemory,
    weigh: ({ items }) => 1 + items.length,
    ...options,
    name: 'carts',
    format: cartFormat,
  })

/** `carts.csv`, a row an item, for people. */
const copyColumns = (shards: number): string[] => [
  'customer',
  `shard_of_${shards}`,
  'item',
  'count',
  'offered_price',
  'special_sale',
  'sale_expiration',
  'changed_at',
]

const copyRows =
  (shards: number) =>
  (customer: string, { items }: Cart): string[][] => {
    if (items.length === 0) return []
    const shard = String(shardOf(hashOfKey(customer), shards))
    return items.map(({ itemId, unitCount, offeredPrice, specialSale, saleExpiration, timestamp }) =>
      [customer, shard, itemId, unitCount, offeredPrice, specialSale, saleExpiration, timestamp].map((field) =>
        String(field ?? ''),
      ),
    )
  }

/** Opens that copy: before anything is changed in the map. */
export const openCopy = (
  shards: number,
  options: Omit<MapCopyOptions<Cart>, 'name' | 'columns' | 'rowsOf'>,
): Promise<MapCopy<Cart>> =>
  MapCopy.open({ ...options, name: 'carts.csv', columns: copyColumns(shards), rowsOf: copyRows(shards) })

/** A row there, as the shopping-cart service writes and reads it; it knows nothing of the last two columns. */
const tableFormat: TableFormat<Cart> = {
  keyColumn: 'CustomerId',
  columns: ['ProductItems', 'LastOrder', 'LastAttempt'],
  read: ([items, order = '', attempt = '']) => cartFormat.read([items ?? '[]', order, attempt]),
  write: cartFormat.write,
}

/**
 * Opens the carts on a table in Azure; what speaks with Azure is loaded only here. Throws a StartError. A cart that was emptied
 * keeps its row: the making of a row whose answer was lost, and that comes late, finds it there, and brings nothing back.
 */
export async function openTable(
  options: Omit<TableMapOptions<Cart>, 'table' | 'partition' | 'format'>,
): Promise<Pick<TableMap<Cart>, 'get' | 'update' | 'close'>> {
  const { TableMap } = await import('../storage/azure/table-map.ts')
  const map = await TableMap.open({
    ...options,
    table: 'ShoppingCartTable',
    partition: 'ShoppingCart',
    format: tableFormat,
  })
  return {
    get: (customer) => map.get(customer),
    update: (customer, change) =>
      map.update(
        customer,
        (cart) => change(cart) ?? (cart === undefined || cart.items.length === 0 ? cart : { items: [] }),
      ),
    close: () => map.close(),
  }
}
