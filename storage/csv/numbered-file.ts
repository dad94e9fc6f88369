/**
 * Reading a CSV file whose rows start with a number that never falls, without holding it in memory: a row is found by a
 * read or two (a guess from what was met before, then from the rows found there, and halving where that does not help), a
 * page is one read. Rows of one number stand together.
 */
import { Landmarks } from './landmarks.ts'
import { PlainRow } from './plain-row.ts'
import { parseRow } from './row.ts'
import { lineAt } from './tail.ts'

/** Where the bytes come from: only synced ones (AppendFile). */
export interface Source {
  readonly path: string
  readonly length: number
  read(buffer: Uint8Array, position: number): Promise<number>
}

interface Place {
  number: number
  /** Where the row starts and where the next one does, in bytes. */
  at: number
  next: number
}

export interface Row extends Place {
  fields: string[]
}

/** Bytes that were read already, and where they stand. */
export interface Seen {
  at: number
  bytes: Buffer
}

interface RowsOptions {
  chunkBytes?: number
  skipDamaged?: boolean
  seen?: Seen | undefined
  pass?: ((row: PlainRow) => boolean) | undefined
}

interface ParseOptions extends Pick<RowsOptions, 'skipDamaged' | 'pass'> {
  damaged?: (line: string) => void
}

const lineBytesMax = 8192
/** What is read at once to look for a row. */
const glance = 4096
const window = 16_384
/** So many damaged rows' lines are remembered; counting one reads all that stands before it. */
const countedMax = 1000

/** A damaged row, before it is known in which line it stands. */
class DamagedRow extends Error {
  readonly at: number

  constructor(at: number) {
    super(`the row at byte ${at} is damaged`)
    this.at = at
  }
}

export class NumberedFile {
  readonly #source: Source
  /** Where the first row starts: behind the header. */
  readonly #first: number
  readonly #columns: number
  readonly #counted = new Map<number, number>()
  readonly #landmarks = new Landmarks()
  readonly #plain: PlainRow

  /** `last`: the number of the last row, as far as it is known. */
  constructor(source: Source, first: number, columns: number, last = 0) {
    this.#source = source
    this.#first = first
    this.#columns = columns
    this.#plain = new PlainRow(columns)
    if (last === 0) return
    this.#landmarks.add(1, first, source.length)
    this.#landmarks.add(last + 1, source.length, source.length)
  }

  /** Where the first row with this number or a higher one starts, damaged ones passed over; the file's length where there is none. */
  async seek(number: number): Promise<number> {
    return (await this.find(number)).at
  }

  /** The same, with what was read there: `rows` needs not read it again. */
  async find(number: number): Promise<{ at: number; seen?: Seen | undefined }> {
    let low = this.#first // every row before it has a lower number
    let high = this.#source.length // no row that starts from here up to `found` has a lower one
    let found = high
    let guess = this.#landmarks.guess(number) ?? (low + high) / 2
    let before = Number.POSITIVE_INFINITY // high - low, two rounds ago
    let last = before
    while (high - low > window) {
      const from = Math.floor(Math.min(high - 1, Math.max(low, guess - glance / 2)))
      const [seen, rows] = await this.#glance(from)
      const first = rows[0] ?? (await this.#rowAfter(Math.max(from, low + 1)))
      if (first === undefined || first.at >= high) high = from
      else if (first.number >= number) [found, high] = [first.at, from]
      else {
        const met = rows.findIndex((row) => row.number >= number)
        if (met !== -1 && rows[met]!.number === number) return { at: rows[met]!.at, seen }
        low = (rows[met === -1 ? rows.length - 1 : met - 1] ?? first).at
        if (met !== -1) break // it is missing, or has another's number: then it stands near
      }
      const near = rows.at(first !== undefined && first.number >= number ? 0 : -1)
      const isSlow = high - low > before / 2
      ;[before, last] = [last, high - low]
      guess = near === undefined || isSlow ? (low + high) / 2 : near.at + (number - near.number) * densityOf(rows)
    }
    let higher: number | undefined
    for await (const row of this.rows(low, { chunkBytes: window, skipDamaged: true })) {
      if (row.number === number) return { at: row.at }
      if (row.number > number) higher ??= row.at // the one behind it may still be it, where a row has another's number
      if (row.at >= high || row.at > (higher ?? row.at) + window) break
    }
    return { at: higher ?? found }
  }

  /**
   * A place before every row with this number or a higher one, also where a row nearby cannot be read or has another's
   * number: behind the last row that is surely lower. For who must not miss any.
   */
  async seekBefore(number: number): Promise<number> {
    const near =
      (await this.#rowAfter(Math.max(this.#first + 1, (await this.seek(number)) - window)))?.at ?? this.#first
    for (const from of [near, this.#first]) {
      let sound = from
      let highest = 0
      for await (const row of this.rows(from, { chunkBytes: window, skipDamaged: true })) {
        if (row.number >= number) break
        if (row.number >= highest) [sound, highest] = [row.next, row.number] // one that falls has another's number
      }
      if (sound > from) return sound // else it begins too high: a wrong number has led astray
    }
    return this.#first
  }

  /**
   * The rows from a row's start on, read in chunks. A damaged one throws when it is reached, or is passed over; so are plain
   * ones of which `pass` says so.
   */
  async *rows(
    from: number,
    { chunkBytes = 1 << 18, skipDamaged = false, seen, pass }: RowsOptions = {},
  ): AsyncGenerator<Row> {
    let within = false // a long damaged row, of which the last chunk held no end
    for (let at = from; at < this.#source.length; ) {
      const known = at === from ? seen?.bytes.subarray(at - seen.at) : undefined
      const bytes = known?.includes(10) ? known : await this.#read(at, Math.max(chunkBytes, lineBytesMax))
      const whole = bytes.lastIndexOf(10) + 1
      if (whole === 0 && !skipDamaged) throw await this.#named(new DamagedRow(at))
      const start = within ? bytes.indexOf(10) + 1 : 0
      try {
        yield* this.#parse(bytes.subarray(start), at + start, { skipDamaged, pass })
      } catch (error) {
        throw await this.#named(error)
      }
      within = whole === 0
      at += whole || bytes.length
    }
  }

  /** The rows that end before `end`, from the last backwards, in chunks. `damaged` is told the text of those passed over. */
  async *rowsBackward(
    end: number,
    chunkBytes: number,
    { skipDamaged = false, damaged = (_line: string): void => {} } = {},
  ): AsyncGenerator<Row> {
    for (let before = end; before > this.#first; ) {
      const from = Math.max(this.#first, before - Math.max(chunkBytes, lineBytesMax))
      const bytes = await this.#read(from, before - from)
      const skipped = from === this.#first ? 0 : bytes.indexOf(10) + 1
      const start = from + skipped
      if (start >= before) {
        if (!skipDamaged) throw await this.#named(new DamagedRow(from))
        before = from
        continue
      }
      let rows: Row[]
      try {
        rows = [...this.#parse(bytes.subarray(skipped), start, { skipDamaged, damaged })]
      } catch (error) {
        throw await this.#named(error)
      }
      yield* rows.reverse()
      before = start
    }
  }

  async #read(at: number, count: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(count)
    return buffer.subarray(0, await this.#source.read(buffer, at))
  }

  /** What stands there, and the sound rows in it, from the first that starts at `from` or behind it. */
  async #glance(from: number): Promise<[Seen, Place[]]> {
    const at = from === this.#first ? from : from - 1
    const bytes = await this.#read(at, glance)
    const places = this.#places(bytes, from === this.#first ? 0 : bytes.indexOf(10) + 1 || bytes.length, at)
    const [first] = places
    if (first !== undefined) this.#landmarks.add(first.number, first.at, this.#source.length)
    return [{ at, bytes }, places]
  }

  #places(bytes: Buffer, from: number, at: number): Place[] {
    const places: Place[] = []
    const plain = this.#plain
    for (let start = from; start < bytes.length; start = plain.next) {
      const isPlain = plain.read(bytes, start)
      const { next } = plain
      if (next === 0) break
      const number = isPlain ? plain.number : this.#row(bytes.toString('utf8', start, next - 1), 0, 0)?.number
      if (number !== undefined) places.push({ number, at: at + start, next: at + next })
    }
    return places
  }

  /** The first sound row that starts behind `position`. */
  async #rowAfter(position: number): Promise<Row | undefined> {
    for (let at = position - 1; at < this.#source.length; ) {
      const bytes = await this.#read(at, 2 * window)
      const start = bytes.indexOf(10) + 1
      const found =
        start === 0 ? undefined : this.#parse(bytes.subarray(start), at + start, { skipDamaged: true }).next().value
      if (found !== undefined) return found
      at += Math.max(1, start === 0 ? bytes.length : bytes.lastIndexOf(10)) // all in it is damaged: on from its last line's end
    }
    return undefined
  }

  /** The whole lines of some bytes. */
  *#parse(
    bytes: Buffer,
    start: number,
    { skipDamaged = false, damaged = (_line: string): void => {}, pass }: ParseOptions,
  ): Generator<Row, undefined> {
    for (let at = 0; ; ) {
      if (pass !== undefined && this.#plain.read(bytes, at) && pass(this.#plain)) {
        at = this.#plain.next
        continue
      }
      const end = bytes.indexOf(10, at)
      if (end === -1) return
      const line = bytes.toString('utf8', at, end)
      const row = this.#row(line, start + at, start + end + 1)
      if (row !== undefined) yield row
      else if (skipDamaged) damaged(line)
      else throw new DamagedRow(start + at)
      at = end + 1
    }
  }

  #row(line: string, at: number, next: number): Row | undefined {
    const fields = parseRow(line)
    const number = Number(fields?.[0] || Number.NaN)
    if (fields === undefined || fields.length !== this.#columns || !Number.isSafeInteger(number)) return undefined
    return { number, fields, at, next }
  }

  /** A damaged row as an error that names its line and says what to do; any other error as it is. */
  async #named(error: unknown): Promise<unknown> {
    if (!(error instanceof DamagedRow)) return error
    const line = this.#counted.get(error.at) ?? (await lineAt(this.#source, error.at))
    if (this.#counted.size < countedMax) this.#counted.set(error.at, line)
    return new Error(
      `${this.#source.path}:${line}: the row is damaged; stop the store and mend the line or restore the file from a backup ` +
        '(`npm run client -- verify` names all that is wrong)',
    )
  }
}

/** Bytes a number, over some rows. */
function densityOf(rows: readonly Place[]): number {
  const [first, last] = [rows[0]!, rows.at(-1)!]
  return last.number > first.number ? (last.at - first.at) / (last.number - first.number) : last.next - last.at
}
