/**
 * Reads the order log from its first row to its last and checks each: numbers, lines, keys, attempts, amounts. Its memory is
 * the same for ten orders and for ten million: what came twice is found by a filter and a second reading (repeats.ts).
 */
import { isAttemptId } from '../../storage/attempt-id.ts'
import { type FileSystem, type OpenFile, realFileSystem } from '../../storage/file-system.ts'
import { type LineReader, type OrderLine, readLines, wholeLines } from './order-lines.ts'
import { Filter, Hash, type RepeatLimits, repeatLimits } from './repeats.ts'

/** Sentences about so many rows are kept; of the others only how many there are. */
const differencesMax = 10_000

/** One row that was sold; the next one takes its place in the same object. */
export type OrderRow = Pick<
  OrderLine,
  'number' | 'row' | 'name' | 'quantity' | 'price' | 'user' | 'cart' | 'attempt' | 'line'
>

export interface OrdersRead {
  orders: number
  /** Rows of an older store's file that was taken over: they are not counted as sold. */
  broughtAlong: number
  lastNumber: number
  /** The last order, where it has fewer rows than it should: being written just now, or damaged. */
  unfinished: OrderRow | undefined
  differences: string[]
}

export interface OrderReader {
  /** Every sold row, in order. */
  sold(row: OrderRow): void
  /** Which part of the work is done, 0 to 1. */
  progress?: ((share: number) => void) | undefined
}

/** Throws where the file cannot be read. */
export async function readOrders(
  path: string,
  { sold, progress }: OrderReader,
  files: FileSystem = realFileSystem,
  { filterBytes, partBytes }: RepeatLimits = repeatLimits,
): Promise<OrdersRead> {
  const file = await files.open(path, 'read')
  try {
    const size = await wholeLines(file)
    const differences = new Differences(path)
    const parts = Math.max(1, Math.ceil(size / partBytes))
    const hash = new Hash()
    let result: Omit<OrdersRead, 'differences'> | undefined
    for (let part = 0; part < parts; part++) {
      const repeats = new Repeats(new Filter(size, filterBytes), hash, part, parts)
      const told = (offset: number) => (bytes: number) =>
        progress?.((part + (offset + bytes / Math.max(1, size)) / 2) / parts)
      const check = { sold, differences, began: (line: OrderLine) => repeats.meet(line), progress: told(0) }
      if (part === 0) result = await readRows(file, size, check)
      else await readRows(file, size, { ...check, sold() {}, differences: undefined })
      if (repeats.candidates === 0) continue
      const confirm = (line: OrderLine) => repeats.confirm(line, differences)
      await readRows(file, size, { sold() {}, differences: undefined, began: confirm, progress: told(1) })
    }
    progress?.(1)
    return { ...result!, differences: differences.all() }
  } finally {
    await file.close()
  }
}

interface RowsReader extends Pick<OrderReader, 'sold'>, Pick<LineReader, 'progress'> {
  /** The first row of each order that was sold here. */
  began(line: OrderLine): void
  /** Undefined where they have been told before. */
  differences: Differences | undefined
}

async function readRows(
  file: OpenFile,
  size: number,
  { sold, began, differences, progress }: RowsReader,
): Promise<Omit<OrdersRead, 'differences'>> {
  const result: Omit<OrdersRead, 'differences'> = { orders: 0, broughtAlong: 0, lastNumber: 0, unfinished: undefined }
  const previous = { number: 0, row: 1, of: 1 }
  const order = new SameOrder()
  const wrong = (line: number, what: string): void => differences?.add(line, what)
  const begin = (one: OrderLine): void => {
    const { line, number, row, attempt } = one
    if (row !== 1) wrong(line, `order ${number} begins with row ${row}`)
    if (attempt === '' ? number < previous.number : number !== previous.number + 1)
      wrong(line, `order ${number} comes after order ${previous.number}`)
    order.begin(one)
    if (attempt === '') {
      result.broughtAlong += 1
      return
    }
    result.orders += 1
    if (!isAttemptId(attempt)) wrong(line, `"${attempt}" is no attempt`)
    began(one)
  }
  const take = (one: OrderLine): void => {
    const { line, number, row, of, attempt } = one
    if (one.placeFault !== undefined) wrong(line, one.placeFault)
    else {
      const lacks = previous.row < previous.of
      const goesOn = lacks && number === previous.number
      if (lacks && !(goesOn && row === previous.row + 1 && of === previous.of))
        wrong(line, `row ${previous.row + 1} of ${previous.of} of order ${previous.number} is missing`)
      if (!goesOn) begin(one)
      else for (const fault of order.faultsOf(one)) wrong(line, `row ${row} of order ${number} ${fault}`)
    }
    for (const fault of one.faults) wrong(line, fault)
    if (attempt !== '') sold(one)
    const { name, quantity, price, user, cart } = one
    result.unfinished = row < of ? { line, number, row, name, quantity, price, user, cart, attempt } : undefined
    previous.number = number
    previous.row = row
    previous.of = of
    result.lastNumber = number
  }
  await readLines(file, size, { take, wrong, progress })
  return result
}

/** What the rows of one order of several share, and the toys that it has had so far. */
class SameOrder {
  readonly #toys = new Set<string>()
  #first = { key: '', attempt: '', user: '', cart: '', placedAt: '' }

  begin(line: OrderLine): void {
    if (line.of === 1) return
    this.#first = sharedOf(line)
    this.#toys.clear()
    this.#toys.add(line.name)
  }

  faultsOf(line: OrderLine): string[] {
    const here = sharedOf(line)
    const faults = shared
      .filter(([field]) => here[field] !== this.#first[field])
      .map(([field, word]) => `has ${word} "${here[field]}", its first row "${this.#first[field]}"`)
    if (this.#toys.has(line.name)) faults.push(`is the second one of ${line.name}`)
    this.#toys.add(line.name)
    return faults
  }
}

const shared = [
  ['key', 'the key'],
  ['attempt', 'the attempt'],
  ['user', 'the user'],
  ['cart', 'the cart'],
  ['placedAt', 'the time'],
] as const

const sharedOf = ({ bytes, keyStart, keyEnd, attempt, user, cart, placedAt }: OrderLine) => ({
  key: Buffer.from(bytes.subarray(keyStart, keyEnd)).toString(),
  attempt,
  user,
  cart,
  placedAt: placedAt(),
})

/** The keys and attempts of one part: those whose hash falls into it. */
class Repeats {
  readonly #part: number
  readonly #parts: number
  readonly #filter: Filter
  /** One for all parts, since it says which part a text belongs to. */
  readonly #hash: Hash
  readonly #candidates = new Set<number>()
  readonly #seen = new Set<string>()

  constructor(filter: Filter, hash: Hash, part: number, parts: number) {
    this.#filter = filter
    this.#hash = hash
    this.#part = part
    this.#parts = parts
  }

  get candidates(): number {
    return this.#candidates.size
  }

  meet(line: OrderLine): void {
    this.#meet(this.#hash.ofText(line.attempt))
    this.#meet(this.#hash.ofBytes(line.bytes, line.keyStart, line.keyEnd))
  }

  #meet(hash: Hash): void {
    if (hash.low % this.#parts === this.#part && this.#filter.add(hash)) this.#candidates.add(hash.number)
  }

  /** In the second reading: exact, by the texts themselves. */
  confirm(line: OrderLine, differences: Differences): void {
    const { attempt, bytes, keyStart, keyEnd } = line
    const repeated = (text: string): void => {
      if (this.#seen.has(text)) differences.add(line.line, `${text} has another order`)
      this.#seen.add(text)
    }
    if (this.#candidates.has(this.#hash.ofText(attempt).number)) repeated(`attempt ${attempt}`)
    if (this.#candidates.has(this.#hash.ofBytes(bytes, keyStart, keyEnd).number))
      repeated(`key ${Buffer.from(bytes.subarray(keyStart, keyEnd))}`)
  }
}

/** Sentences with file and line, so many that a person can read them. */
class Differences {
  readonly #path: string
  readonly #told: string[] = []
  #more = 0

  constructor(path: string) {
    this.#path = path
  }

  add(line: number, what: string): void {
    if (this.#told.length < differencesMax) this.#told.push(`${this.#path}:${line}: ${what}`)
    else this.#more += 1
  }

  all(): string[] {
    if (this.#more === 0) return this.#told
    return [...this.#told, `${this.#path}: ${this.#more.toLocaleString('en-US')} more differences in this file`]
  }
}
