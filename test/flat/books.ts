/**
 * Books of any size as a store would have left them after a clean stop: `orders.csv` is streamed row by row, and the catalog's
 * files fit it, so that `verify` balances them before and after.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { columns } from '../../catalog/store.ts'
import { formatMoney } from '../../money.ts'
import { format } from '../../order/store.ts'
import { sealBase } from '../../storage/csv/base.ts'
import { baseName, factsLine, headLine, journalFormat, segmentName, stopLine } from '../../storage/csv/journal.ts'
import { movementsHeader } from '../../storage/csv/movements.ts'
import { formatAccounts } from '../../storage/csv/readable.ts'
import { formatRow } from '../../storage/csv/row.ts'
import { LedgerState } from '../../storage/ledger-state.ts'

export interface Books {
  orders: number
  toys: number
}

const firstPieces = 1_000_000_000
const began = Date.UTC(2026, 0, 1)
const chunkBytes = 1 << 20
const usual = ['Tux', 'Whale', 'Elephant', 'Fox', 'Python', 'Dolphin']

/** The name of a toy, from 0: the six of a new store, then numbered ones. */
export const toyName = (toy: number): string => usual[toy] ?? `Toy ${(toy * 7919) % 1_000_003} of the catalog`
const priceOf = (toy: number): string => formatMoney(999 + ((toy * 37) % 5000))
const toyOf = (order: number, toys: number): number => (order * 31) % toys
const quantityOf = (order: number): number => 1 + (order % 3)

/** The key of an order, from 1: 32 hexadecimal digits, as those that the front end mints. */
export function keyOf(order: number): string {
  let key = ''
  for (let i = 1; i <= 4; i++) {
    const mixed = Math.imul(order ^ Math.imul(i, 0x9e3779b9), 0x85ebca6b) ^ (order >>> (i + 3))
    key += (mixed >>> 0).toString(16).padStart(8, '0')
  }
  return `${key.slice(0, 24)}${order.toString(16).padStart(8, '0')}`
}

/** Writes `<dataDir>/catalog` and `<dataDir>/order`. */
export async function writeBooks(dataDir: string, { orders, toys }: Books): Promise<void> {
  mkdirSync(`${dataDir}/order`, { recursive: true })
  const sold = await writeOrders(`${dataDir}/order/orders.csv`, orders, toys)
  writeFileSync(`${dataDir}/order/incarnation.csv`, 'format,incarnation\n1,1\n')
  writeCatalog(`${dataDir}/catalog`, orders, sold)
}

/** Returns how many pieces of each toy were sold. */
async function writeOrders(path: string, orders: number, toys: number): Promise<number[]> {
  const sold: number[] = new Array(toys).fill(0)
  const file = await open(path, 'w')
  try {
    let text = `${formatRow(format.columns)}\n`
    for (let order = 1; order <= orders; order++) {
      const toy = toyOf(order, toys)
      const quantity = quantityOf(order)
      sold[toy]! += quantity
      const placedAt = new Date(began + order).toISOString()
      text += `${order},1 of 1,${toyName(toy)},${quantity},${priceOf(toy)},,,${keyOf(order)},a1-${order},${placedAt}\n`
      if (text.length < chunkBytes) continue
      await file.write(text)
      text = ''
    }
    await file.write(text)
    await file.sync()
  } finally {
    await file.close()
  }
  return sold
}

function writeCatalog(folder: string, orders: number, sold: readonly number[]): void {
  const state = new LedgerState()
  const movements: string[] = []
  const at = new Date(began).toISOString()
  for (const [toy, pieces] of sold.entries()) {
    const account = toyName(toy)
    state.apply({ fact: 'account', account, attributes: [priceOf(toy)], balance: firstPieces - pieces })
    movements.push(`${formatRow([String(toy + 1), at, account, String(firstPieces), 'start'])}\n`)
  }
  const written = movementsHeader + movements.join('')
  const head = {
    format: journalFormat,
    segment: 1,
    movementBytes: Buffer.byteLength(written),
    lastMovement: sold.length,
  }
  const fence = factsLine([{ fact: 'fence', fence: `a1-${orders + 1}` }])
  const bytes = formatAccounts(columns, state)
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}/movements.csv`, written)
  writeFileSync(`${folder}/toys_db.csv`, bytes)
  writeFileSync(`${folder}/${segmentName(1)}`, headLine(head) + fence + stopLine)
  writeFileSync(`${folder}/${baseName(1)}`, sealBase(bytes))
}
