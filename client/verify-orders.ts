/** Reads the order log from its first row to its last and checks each: numbers, lines, keys, attempts, amounts. */
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { parse } from 'csv-parse'
import { isAttemptId } from '../storage/attempt-id.ts'

/** More than a batch that is being written. */
const tailBytes = 1 << 21

export interface OrderRow {
  number: number
  name: string
  quantity: number
  attempt: string
  /** `file:line` */
  where: string
}

export interface OrdersRead {
  orders: number
  /** Rows of an older store's file that was taken over: they are not counted as sold. */
  broughtAlong: number
  lastNumber: number
  /** The last order, where it has fewer rows than it should: being written just now, or damaged. */
  unfinished: OrderRow | undefined
  differences: string[]
}

/** Hands every sold row to `sold`, in order. Throws where the file cannot be read. */
export async function readOrders(path: string, sold: (row: OrderRow) => void): Promise<OrdersRead> {
  const result: OrdersRead = { orders: 0, broughtAlong: 0, lastNumber: 0, unfinished: undefined, differences: [] }
  const keys = new Set<string>()
  const attempts = new Set<string>()
  let previous = { number: 0, row: 1, of: 1, attempt: '' }
  const size = await wholeLines(path)
  if (size === 0) return result
  const rows = createReadStream(path, { end: size - 1 }).pipe(
    parse({ columns: true, info: true, relax_column_count: true }),
  )
  for await (const { record, info } of rows as AsyncIterable<{
    record: Record<string, string>
    info: { lines: number }
  }>) {
    const where = `${path}:${info.lines}`
    const wrong = (what: string) => result.differences.push(`${where}: ${what}`)
    const { name = '', key = '', attempt = '' } = record
    const number = Number(record.order_number)
    const quantity = Number(record.quantity)
    const place = /^([1-9]\d*) of ([1-9]\d*)$/.exec(record.line ?? '')
    const [row, of] = [Number(place?.[1]), Number(place?.[2])]
    if (record.placed_at === undefined) wrong('the row has too few fields')
    else if (!Number.isSafeInteger(number)) wrong(`the order number is "${record.order_number}"`)
    else if (place === null || row > of) wrong(`the line is "${record.line}"`)
    else if (previous.row < previous.of) {
      if (number !== previous.number || row !== previous.row + 1 || of !== previous.of || attempt !== previous.attempt)
        wrong(`row ${previous.row + 1} of ${previous.of} of order ${previous.number} is missing`)
    } else {
      if (row !== 1) wrong(`order ${number} begins with row ${row}`)
      if (attempt === '' ? number < previous.number : number !== previous.number + 1)
        wrong(`order ${number} comes after order ${previous.number}`)
      if (attempt === '') result.broughtAlong += 1
      else {
        result.orders += 1
        if (!isAttemptId(attempt)) wrong(`"${attempt}" is no attempt`)
        if (attempts.has(attempt)) wrong(`attempt ${attempt} has another order`)
        if (keys.has(key)) wrong(`key ${key} has another order`)
        attempts.add(attempt)
        keys.add(key)
      }
    }
    if (!Number.isSafeInteger(quantity) || quantity < 0 || (attempt !== '' && quantity < 1))
      wrong(`the quantity is "${record.quantity}"`)
    if (!/^\d+\.\d\d$/.test(record.price ?? '')) wrong(`the price is "${record.price}"`)
    const one = { number, name, quantity, attempt, where }
    if (attempt !== '') sold(one)
    result.unfinished = row < of ? one : undefined
    previous = { number, row, of, attempt }
    result.lastNumber = number
  }
  return result
}

/** The bytes up to the last line end: a running store appends while we read. */
async function wholeLines(path: string): Promise<number> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const tail = Buffer.alloc(Math.min(size, tailBytes))
    const { bytesRead } = await file.read(tail, 0, tail.length, size - tail.length)
    return size - tail.length + tail.subarray(0, bytesRead).lastIndexOf(10) + 1
  } finally {
    await file.close()
  }
}
