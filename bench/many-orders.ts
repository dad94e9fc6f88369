/**
 * A data folder that has sold very many orders already, as a store that was stopped leaves it. Always: its books balance. The
 * ledger is made by the store's own engine, which sold all of it under one attempt; the rows are written as the engine would.
 */
import { randomFillSync } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { openToys } from '../catalog/store.ts'
import { realClock } from '../clock.ts'
import { formatMoney } from '../money.ts'
import { openIncarnations } from '../order/incarnations.ts'
import { format } from '../order/store.ts'
import { attemptId } from '../storage/attempt-id.ts'
import { formatRow } from '../storage/csv/row.ts'
import { realFileSystem } from '../storage/file-system.ts'
import type { Item } from '../storage/ledger.ts'
import { stock, toys } from './shop.ts'

/** What a row takes at most, and room for what is bought during the benchmark. */
const rowBytes = 120
const room = 2 << 30
const chunkBytes = 4 << 20
const keyBytes = 16

/** Throws where the disk has no room for it. `tell` is told how large it is. */
export async function makeOrders(folder: string, count: number, tell: (line: string) => void): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const { bavail, bsize } = statfsSync(folder)
  if (bavail * bsize < count * rowBytes + room)
    throw new Error(
      `${count} orders need ${gigabytes(count * rowBytes + room)} in ${folder}, and ${gigabytes(bavail * bsize)} are free`,
    )
  const began = performance.now()
  await sell(folder, count, tell)
  mkdirSync(`${folder}/order`, { recursive: true })
  await openIncarnations(realFileSystem, `${folder}/order`).then((incarnations) => incarnations.take(0))
  const path = `${folder}/order/orders.csv`
  writeRows(path, count)
  const took = ((performance.now() - began) / 1000).toFixed(1)
  tell(`${count.toLocaleString('en-US')} orders made in ${took} s: ${gigabytes(statSync(path).size)}`)
}

/** Takes all their pieces out of the stock. */
async function sell(folder: string, count: number, tell: (line: string) => void): Promise<void> {
  stock(folder)
  const { ledger } = await openToys({
    files: realFileSystem,
    clock: realClock,
    folder: `${folder}/catalog`,
    ioDelayMs: 0,
    note: tell,
    giveUp(error) {
      throw error
    },
  })
  const items: Item[] = toys.flatMap((account, at) => {
    const amount = Math.floor((count + toys.length - 1 - at) / toys.length)
    return amount === 0 ? [] : [{ account, amount }]
  })
  const id = attemptId(1, 1)
  const [held] = await ledger.execute([{ op: 'reserve', id, after: 0, items }])
  if (held?.outcome !== 'held') throw new Error(`the stock was not held: ${JSON.stringify(held)}`)
  await ledger.execute([{ op: 'confirm', id }])
  await ledger.close()
}

function writeRows(path: string, count: number): void {
  const file = openSync(path, 'w')
  const began = Date.UTC(2026, 0, 1)
  const price = formatMoney(2599)
  let text = `${formatRow(format.columns)}\n`
  for (let number = 1; number <= count; number++) {
    const row: Record<string, string> = {
      order_number: String(number),
      line: '1 of 1',
      name: toys[(number - 1) % toys.length]!,
      quantity: '1',
      price,
      key: randomKey(),
      attempt: attemptId(1, number),
      placed_at: new Date(began + number).toISOString(),
    }
    text += `${formatRow(format.columns.map((column) => row[column] ?? ''))}\n`
    if (text.length < chunkBytes && number < count) continue
    writeFileSync(file, text)
    text = ''
  }
  fsyncSync(file)
  closeSync(file)
}

const pool = Buffer.alloc(keyBytes * 4096)
let used = pool.length

/** As the front end mints them. */
function randomKey(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += keyBytes
  return pool.toString('hex', used - keyBytes, used)
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`
