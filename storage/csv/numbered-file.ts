/**
 * Reading a CSV file whose rows start with a number that never falls, without holding it in memory: a row is found by a
 * few reads (a guess by interpolation, then halving), a page is one read. Rows of one number stand together.
 */
import { parseRow } from './row.ts'

/** Where the bytes come from: only synced ones (AppendFile). */
export interface Source {
  readonly path: string
  readonly length: number
  read(buffer: Uint8Array, position: number): Promise<number>
}

export interface Row {
  number: number
  fields: string[]
  /** Where the row starts and where the next one does, in bytes. */
  at: number
  next: number
}

const lineBytesMax = 8192
const window = 16_384

export class NumberedFile {
  readonly #source: Source
  /** Where the first row starts: behind the header. */
  readonly #first: number
  readonly #columns: number

  constructor(source: Source, first: number, columns: number) {
    this.#source = source
    this.#first = first
    this.#columns = columns
  }

  /** Where the first row with this number or a higher one starts; the file's length where there is none. */
  async seek(number: number): Promise<number> {
    let low = this.#first // every row before it has a lower number
    let high = this.#source.length // no row that starts from here up to `found` has a lower one
    let found = high
    let lowNumber = 0
    let highNumber = Number.POSITIVE_INFINITY
    for (let round = 0; high - low > window; round++) {
      const share =
        round % 2 === 0 && highNumber < Number.POSITIVE_INFINITY ? (number - lowNumber) / (highNumber - lowNumber) : 0.5
      const guess = Math.min(high - 1, Math.max(low + 1, Math.floor(low + share * (high - low)) - lineBytesMax / 2))
      const row = await this.#rowAfter(guess)
      if (row === undefined || row.at >= high) high = guess
      else if (row.number < number) [low, lowNumber] = [row.at, row.number]
      else [found, high, highNumber] = [row.at, guess, row.number]
    }
    for await (const row of this.rows(low, { chunkBytes: window, skipDamaged: true })) {
      if (row.number >= number) return row.at
      if (row.at >= high) break
    }
    return found
  }

  /** The rows from a row's start on, read in chunks. A damaged one throws when it is reached, or is passed over. */
  async *rows(from: number, { chunkBytes = 1 << 18, skipDamaged = false } = {}): AsyncGenerator<Row> {
    for (let at = from; at < this.#source.length; ) {
      const bytes = await this.#read(at, Math.max(chunkBytes, lineBytesMax))
      const whole = bytes.lastIndexOf(10) + 1
      if (whole === 0) throw this.#damaged(at)
      yield* this.#parse(bytes, at, skipDamaged)
      at += whole
    }
  }

  /** The rows that end before `end`, from the last backwards, in chunks. */
  async *rowsBackward(end: number, chunkBytes: number, { skipDamaged = false } = {}): AsyncGenerator<Row> {
    for (let before = end; before > this.#first; ) {
      const from = Math.max(this.#first, before - Math.max(chunkBytes, lineBytesMax))
      const bytes = await this.#read(from, before - from)
      const skipped = from === this.#first ? 0 : bytes.indexOf(10) + 1
      const start = from + skipped
      if (start >= before) throw this.#damaged(from)
      yield* [...this.#parse(bytes.subarray(skipped), start, skipDamaged)].reverse()
      before = start
    }
  }

  async #read(at: number, count: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(count)
    return buffer.subarray(0, await this.#source.read(buffer, at))
  }

  /** The first sound row that starts behind `position`, within two windows. */
  async #rowAfter(position: number): Promise<Row | undefined> {
    const bytes = await this.#read(position - 1, 2 * window)
    const start = bytes.indexOf(10) + 1
    if (start === 0 && position - 1 + bytes.length < this.#source.length) throw this.#damaged(position)
    return start === 0 ? undefined : this.#parse(bytes.subarray(start), position - 1 + start, true).next().value
  }

  /** The whole lines of some bytes. */
  *#parse(bytes: Buffer, start: number, skipDamaged: boolean): Generator<Row, undefined> {
    for (let at = 0; ; ) {
      const end = bytes.indexOf(10, at)
      if (end === -1) return
      const row = this.#row(bytes.toString('utf8', at, end), start + at, start + end + 1)
      if (row !== undefined) yield row
      else if (!skipDamaged) throw this.#damaged(start + at)
      at = end + 1
    }
  }

  #row(line: string, at: number, next: number): Row | undefined {
    const fields = parseRow(line)
    const number = Number(fields?.[0] || Number.NaN)
    if (fields === undefined || fields.length !== this.#columns || !Number.isSafeInteger(number)) return undefined
    return { number, fields, at, next }
  }

  #damaged(at: number): Error {
    return new Error(
      `${this.#source.path}: the row at byte ${at} is damaged; \`npm run client -- verify\` names its line`,
    )
  }
}
