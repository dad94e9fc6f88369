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
    for await (const row of this.rows(low, window)) {
      if (row.number >= number) return row.at
      if (row.at >= high) break
    }
    return found
  }

  /** The rows from a row's start on, read in chunks of so many bytes. */
  async *rows(from: number, chunkBytes = 1 << 18): AsyncGenerator<Row> {
    for (let at = from; at < this.#source.length; ) {
      const text = await this.#read(at, Math.max(chunkBytes, lineBytesMax))
      const rows = this.#parse(text, at)
      if (rows.length === 0) throw this.#damaged(at)
      yield* rows
      at = rows.at(-1)!.next
    }
  }

  /** The rows that end before `end`, from the last backwards, in chunks. */
  async *rowsBackward(end: number, chunkBytes: number): AsyncGenerator<Row> {
    for (let before = end; before > this.#first; ) {
      const from = Math.max(this.#first, before - Math.max(chunkBytes, lineBytesMax))
      const bytes = await this.#read(from, before - from)
      const skipped = from === this.#first ? 0 : bytes.indexOf(10) + 1
      const rows = this.#parse(bytes.subarray(skipped), from + skipped)
      if (rows.length === 0) throw this.#damaged(from)
      yield* rows.reverse()
      before = rows.at(-1)!.at
    }
  }

  async #read(at: number, count: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(count)
    return buffer.subarray(0, await this.#source.read(buffer, at))
  }

  /** The first row that starts behind `position`. */
  async #rowAfter(position: number): Promise<Row | undefined> {
    const bytes = await this.#read(position - 1, 2 * lineBytesMax)
    const lineEnd = bytes.indexOf(10)
    if (lineEnd === -1 && position - 1 + bytes.length < this.#source.length) throw this.#damaged(position)
    if (lineEnd === -1) return undefined
    const at = position + lineEnd
    const end = bytes.indexOf(10, lineEnd + 1)
    return end === -1 ? undefined : this.#row(bytes.toString('utf8', lineEnd + 1, end), at, at + end - lineEnd)
  }

  /** The whole lines of some bytes. */
  #parse(bytes: Buffer, start: number): Row[] {
    const rows: Row[] = []
    for (let at = 0; ; ) {
      const end = bytes.indexOf(10, at)
      if (end === -1) return rows
      rows.push(this.#row(bytes.toString('utf8', at, end), start + at, start + end + 1))
      at = end + 1
    }
  }

  #row(line: string, at: number, next: number): Row {
    const fields = parseRow(line)
    const number = Number(fields?.[0] || Number.NaN)
    if (fields === undefined || fields.length !== this.#columns || !Number.isSafeInteger(number))
      throw this.#damaged(at)
    return { number, fields, at, next }
  }

  #damaged(at: number): Error {
    return new Error(
      `${this.#source.path}: the row at byte ${at} is damaged; \`npm run client -- verify\` names its line`,
    )
  }
}
