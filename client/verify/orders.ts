/** Reads the order log from its first row to its last and checks each: numbers, lines, keys, attempts, amounts. */
import { StringDecoder } from 'node:string_decoder'
import { isAttemptId } from '../../storage/attempt-id.ts'
import { parseRow } from '../../storage/csv/row.ts'
import { type FileSystem, type OpenFile, realFileSystem } from '../../storage/file-system.ts'

/** More than a batch that is being written. */
const tailBytes = 1 << 21
const chunkBytes = 1 << 16

const columns = ['order_number', 'line', 'name', 'quantity', 'price', 'key', 'attempt', 'placed_at']

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
export async function readOrders(
  path: string,
  sold: (row: OrderRow) => void,
  files: FileSystem = realFileSystem,
): Promise<OrdersRead> {
  const file = await files.open(path, 'read')
  try {
    return await readRows(file, path, sold)
  } finally {
    await file.close()
  }
}

async function readRows(file: OpenFile, path: string, sold: (row: OrderRow) => void): Promise<OrdersRead> {
  const result: OrdersRead = { orders: 0, broughtAlong: 0, lastNumber: 0, unfinished: undefined, differences: [] }
  const keys = new Set<string>()
  const attempts = new Set<string>()
  let previous = { number: 0, row: 1, of: 1, attempt: '' }
  let header: string[] | undefined
  for await (const { text, line } of linesOf(file, await wholeLines(file))) {
    const where = `${path}:${line}`
    const wrong = (what: string) => result.differences.push(`${where}: ${what}`)
    if (header === undefined) {
      header = parseRow(text) ?? []
      const missing = columns.filter((column) => !header!.includes(column))
      if (missing.length > 0) wrong(`the header lacks ${missing.join(', ')}`)
      continue
    }
    const fields = parseRow(text)
    if (fields === undefined || fields.length !== header.length) {
      wrong(fields === undefined ? 'the row is damaged' : `the row has ${fields.length} fields, not ${header.length}`)
      continue
    }
    const record = Object.fromEntries(header.map((column, i) => [column, fields[i]!]))
    const { name = '', key = '', attempt = '' } = record
    const number = Number(record.order_number)
    const quantity = Number(record.quantity)
    const place = /^([1-9]\d*) of ([1-9]\d*)$/.exec(record.line ?? '')
    const [row, of] = [Number(place?.[1]), Number(place?.[2])]
    if (!Number.isSafeInteger(number)) wrong(`the order number is "${record.order_number}"`)
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
    if (attempt !== '' && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(record.placed_at ?? ''))
      wrong(`the time is ${JSON.stringify(record.placed_at)}`)
    const one = { number, name, quantity, attempt, where }
    if (attempt !== '') sold(one)
    result.unfinished = row < of ? one : undefined
    previous = { number, row, of, attempt }
    result.lastNumber = number
  }
  return result
}

/** The lines of a file's first `size` bytes, which end with a line end; not read as CSV, so that one bad quote spoils one row. */
async function* linesOf(file: OpenFile, size: number): AsyncGenerator<{ text: string; line: number }> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  let line = 0
  for (let at = 0; at < size; ) {
    const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, size - at))
    const bytes = buffer.subarray(0, await file.read(buffer, at))
    if (bytes.length === 0) return
    at += bytes.length
    const lines = (rest + decoder.write(bytes)).split('\n')
    rest = lines.pop()!
    for (const text of lines) yield { text, line: ++line }
  }
}

/** The bytes up to the last line end: a running store appends while we read. */
async function wholeLines(file: OpenFile): Promise<number> {
  const size = await file.size()
  const tail = Buffer.alloc(Math.min(size, tailBytes))
  const count = await file.read(tail, size - tail.length)
  return size - tail.length + tail.subarray(0, count).lastIndexOf(10) + 1
}
