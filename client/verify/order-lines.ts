/**
 * Reads the lines of orders.csv, one after the other, in memory of a fixed size. A plain row (nothing unusual
 * in any field) is read from its bytes; every other line is taken apart as text, which also says what is wrong with it.
 * Both ways tell the same of the same line.
 */

import { centsMax } from '../../money.ts'
import { PlainRow } from '../../storage/csv/plain-row.ts'
import { parseRow } from '../../storage/csv/row.ts'
import type { OpenFile } from '../../storage/file-system.ts'

/** More than a batch that is being written. */
const tailBytes = 1 << 21
const chunkBytes = 1 << 20

const columns = ['order_number', 'line', 'name', 'quantity', 'price', 'key', 'attempt', 'placed_at']
const usual = 'order_number,line,name,quantity,price,user,cart,key,attempt,placed_at'
const [
  lineColumn,
  nameColumn,
  quantityColumn,
  priceColumn,
  userColumn,
  cartColumn,
  keyColumn,
  attemptColumn,
  timeColumn,
] = [1, 2, 3, 4, 5, 6, 7, 8, 9]

/** One line; the next one takes its place in the same object. */
export interface OrderLine {
  /** Counted from 1. */
  line: number
  /** NaN where it is none. */
  number: number
  /** `row` of `of`; NaN where the field `line` is none. */
  row: number
  of: number
  name: string
  quantity: number
  /** Cents; NaN where it is none. */
  price: number
  /** The customer who pays; empty where nobody does by credit. */
  user: string
  /** Whose cart was bought; empty where none was. */
  cart: string
  /** Empty for an order of an older store that was taken over. */
  attempt: string
  /** The time as it stands there. */
  placedAt(): string
  /** The key's bytes: `bytes` from `keyStart` to `keyEnd`. */
  bytes: Uint8Array
  keyStart: number
  keyEnd: number
  /** What is wrong with the number or the place in its order; undefined where nothing is. */
  placeFault: string | undefined
  /** What is wrong with the other fields. */
  faults: readonly string[]
  /** Where its line ends, in bytes of the file. */
  endsAt: number
}

export interface LineReader {
  /** For each row that has all its fields. */
  take(line: OrderLine): void
  /** For each line that has not, and for a header that lacks columns. */
  wrong(line: number, what: string): void
  /** How many bytes have been read. */
  progress?: ((bytes: number) => void) | undefined
  /** Awaited after each mebibyte or so, for who does slow work with what was taken. */
  settle?(): Promise<void>
}

/** Reads the file's first `size` bytes, which end with a line end. */
export async function readLines(
  file: OpenFile,
  size: number,
  { take, wrong, progress, settle }: LineReader,
): Promise<void> {
  let buffer = Buffer.allocUnsafe(Math.min(chunkBytes, size))
  let kept = 0
  let number = 0
  let parser: LineParser | undefined
  for (let at = 0; at < size; progress?.(at)) {
    if (kept === buffer.length) buffer = Buffer.concat([buffer, Buffer.allocUnsafe(buffer.length)])
    const part = buffer.subarray(kept, Math.min(buffer.length, kept + size - at))
    const read = await file.read(part, at)
    if (read === 0) return
    at += read
    const bytes = buffer.subarray(0, kept + read)
    const bytesAt = at - bytes.length
    let start = 0
    for (let end: number; ; start = end + 1) {
      if (parser?.readPlain(bytes, start)) {
        end = parser.end
        parser.line.line = ++number
        parser.line.endsAt = bytesAt + end + 1
        take(parser.line)
        continue
      }
      end = bytes.indexOf(10, start)
      if (end === -1) break
      number += 1
      const text = bytes.toString('utf8', start, end)
      if (parser === undefined) {
        const header = parseRow(text) ?? []
        const missing = columns.filter((column) => !header.includes(column))
        if (missing.length > 0) wrong(number, `the header lacks ${missing.join(', ')}`)
        parser = new LineParser(header)
        continue
      }
      const fault = parser.readText(text)
      parser.line.line = number
      parser.line.endsAt = bytesAt + end + 1
      if (fault === undefined) take(parser.line)
      else wrong(number, fault)
    }
    kept = bytes.length - start
    buffer.copyWithin(0, start, bytes.length)
    await settle?.()
  }
}

/** The bytes up to the last line end: a running store appends while we read. */
export async function wholeLines(file: OpenFile): Promise<number> {
  const size = await file.size()
  const tail = Buffer.alloc(Math.min(size, tailBytes))
  const count = await file.read(tail, size - tail.length)
  return size - tail.length + tail.subarray(0, count).lastIndexOf(10) + 1
}

class LineParser {
  readonly line: OrderLine
  readonly #header: readonly string[]
  /** Undefined where the columns are not the usual ones. */
  readonly #plain: PlainRow | undefined
  readonly #names = new Names()
  readonly #users = new Names()
  #placedAt: string | undefined

  constructor(header: readonly string[]) {
    this.#header = header
    this.#plain = header.join() === usual ? new PlainRow(header.length) : undefined
    this.line = {
      ...{ line: 0, number: 0, row: 1, of: 1, name: '', quantity: 0, price: 0, user: '', cart: '' },
      ...{ attempt: '', bytes: Buffer.alloc(0), keyStart: 0, keyEnd: 0, placeFault: undefined, faults: [], endsAt: 0 },
      placedAt: () => this.#placedAt ?? this.#text(timeColumn),
    }
  }

  /** Where the plain row last read ends: its line end. */
  get end(): number {
    return this.#plain!.next - 1
  }

  /** Whether a plain row starts there; `line` is it then. */
  readPlain(bytes: Buffer, start: number): boolean {
    const plain = this.#plain
    if (plain === undefined || !plain.read(bytes, start)) return false
    const { line } = this
    const quantity = digits(bytes, plain.start(quantityColumn), plain.end(quantityColumn))
    const price = money(bytes, plain.start(priceColumn), plain.end(priceColumn))
    if (
      !(quantity > 0 && price >= 0) ||
      !this.#readPlace(bytes, plain.start(lineColumn), plain.end(lineColumn)) ||
      !isTime(bytes, plain.start(timeColumn), plain.end(timeColumn)) ||
      plain.start(attemptColumn) === plain.end(attemptColumn)
    )
      return false
    line.number = plain.number
    line.name = this.#names.of(bytes, plain.start(nameColumn), plain.end(nameColumn))
    line.quantity = quantity
    line.price = price
    line.bytes = bytes
    const [userStart, userEnd] = [plain.start(userColumn), plain.end(userColumn)]
    line.user = userStart === userEnd ? '' : this.#users.of(bytes, userStart, userEnd)
    line.cart = plain.start(cartColumn) === plain.end(cartColumn) ? '' : this.#text(cartColumn)
    line.attempt = this.#text(attemptColumn)
    line.keyStart = plain.start(keyColumn)
    line.keyEnd = plain.end(keyColumn)
    line.placeFault = undefined
    line.faults = none
    this.#placedAt = undefined
    return true
  }

  /** Takes any row; says what is wrong where it has not all its fields. */
  readText(text: string): string | undefined {
    const fields = parseRow(text)
    const header = this.#header
    if (fields === undefined) return 'the row is damaged'
    if (fields.length !== header.length) return `the row has ${fields.length} fields, not ${header.length}`
    const record = Object.fromEntries(header.map((column, i) => [column, fields[i]!]))
    const { name = '', key = '', attempt = '', price = '', user = '', cart = '' } = record
    const place = /^([1-9]\d*) of ([1-9]\d*)$/.exec(record.line ?? '')
    const [number, quantity] = [Number(record.order_number), Number(record.quantity)]
    const [row, of] = [Number(place?.[1]), Number(place?.[2])]
    const faults: string[] = []
    if (!Number.isSafeInteger(quantity) || quantity < 0 || (attempt !== '' && quantity < 1))
      faults.push(`the quantity is "${record.quantity}"`)
    if (!/^\d+\.\d\d$/.test(price)) faults.push(`the price is "${record.price}"`)
    if (attempt !== '' && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(record.placed_at ?? ''))
      faults.push(`the time is ${JSON.stringify(record.placed_at)}`)
    let placeFault: string | undefined
    if (!Number.isSafeInteger(number)) placeFault = `the order number is "${record.order_number}"`
    else if (place === null || row > of) placeFault = `the line is "${record.line}"`
    const bytes = Buffer.from(key)
    const cents = Number(price.replace('.', ''))
    Object.assign(this.line, { number, row, of, name, quantity, price: cents, user, cart, attempt })
    Object.assign(this.line, { bytes, placeFault, faults })
    this.line.keyStart = 0
    this.line.keyEnd = bytes.length
    this.#placedAt = record.placed_at ?? ''
    return undefined
  }

  /** Whether these bytes are `1 of 3` or the like; the line's place is that then. */
  #readPlace(bytes: Uint8Array, start: number, end: number): boolean {
    const { line } = this
    if (isOneOfOne(bytes, start, end)) {
      line.row = 1
      line.of = 1
      return true
    }
    let middle = start
    while (middle < end && bytes[middle] !== space) middle += 1
    const [row, of] = [digits(bytes, start, middle), digits(bytes, middle + 4, end)]
    const isPlace = row >= 1 && row <= of && bytes[start] !== zero && bytes[middle + 4] !== zero
    if (!isPlace || bytes[middle + 1] !== o || bytes[middle + 2] !== f || bytes[middle + 3] !== space) return false
    line.row = row
    line.of = of
    return true
  }

  #text(column: number): string {
    return (this.line.bytes as Buffer).toString('utf8', this.#plain!.start(column), this.#plain!.end(column))
  }
}

const none: readonly string[] = []

/** The names of toys and customers come again and again: each is made a string once. */
class Names {
  readonly #known = new Map<number, { bytes: Buffer; name: string }>()

  of(bytes: Buffer, start: number, end: number): string {
    let hash = end - start
    for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0
    const known = this.#known.get(hash)
    if (known !== undefined && isSame(known.bytes, bytes, start, end)) return known.name
    const name = bytes.toString('utf8', start, end)
    this.#known.set(hash, { bytes: Buffer.from(bytes.subarray(start, end)), name })
    return name
  }
}

function isSame(known: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (known.length !== end - start) return false
  for (let i = 0; i < known.length; i++) if (known[i] !== bytes[start + i]) return false
  return true
}

/** A whole number in plain digits that is surely safe; else NaN. */
function digits(bytes: Uint8Array, start: number, end: number): number {
  if (end <= start || end - start > 15) return Number.NaN
  let number = 0
  for (let i = start; i < end; i++) {
    const digit = bytes[i]! - 48
    if (digit < 0 || digit > 9) return Number.NaN
    number = number * 10 + digit
  }
  return number
}

/** Cents of `15.99`; else NaN. */
function money(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 4 || bytes[end - 3] !== 46) return Number.NaN
  const cents = digits(bytes, start, end - 3) * 100 + digits(bytes, end - 2, end)
  return cents <= centsMax ? cents : Number.NaN
}

const [space, zero, o, f, one] = [32, 48, 111, 102, 49] as const

/** `1 of 1` */
const isOneOfOne = (bytes: Uint8Array, at: number, end: number): boolean =>
  end - at === 6 &&
  bytes[at] === one &&
  bytes[at + 1] === space &&
  bytes[at + 2] === o &&
  bytes[at + 3] === f &&
  bytes[at + 4] === space &&
  bytes[at + 5] === one

const timeForm = Buffer.from('0000-00-00T00:00:00.000Z')

function isTime(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== timeForm.length) return false
  for (let i = 0; i < timeForm.length; i++) {
    const [wanted, byte] = [timeForm[i]!, bytes[start + i]!]
    if (wanted === 48 ? byte < 48 || byte > 57 : byte !== wanted) return false
  }
  return true
}
