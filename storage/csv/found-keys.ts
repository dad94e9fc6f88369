/**
 * The keys of a log's last entries, found again after a start by reading the file from its end back, while the store serves.
 *
 * Always: a key that a sound row in its place holds is in the index when this is done; words of damaged rows and keys of
 * rows out of their order are doubtful, for an order that cannot be found may have one of them as its key. A piece of the
 * file is scanned without a string for each row, and between two pieces everybody else has a turn.
 */
import { batchBytesMax } from './append-file.ts'
import type { KeyIndex } from './key-index.ts'
import type { Source } from './numbered-file.ts'
import { PlainRow } from './plain-row.ts'
import { parseRow } from './row.ts'

export interface FoundKeysOptions {
  source: Source
  /** Where the first row starts. */
  first: number
  columns: number
  keyAt: number
  index: KeyIndex
  /** No more is looked for. */
  stopped: () => boolean
  /** Bytes read at once; more only for a line that is longer. */
  pieceBytes?: number
}

/** Whole lines, and where they start. */
interface Piece {
  bytes: Buffer
  from: number
}

/** What a piece is scanned for in a millisecond or less. */
const usualPieceBytes = 1 << 18
const doubtfulMax = 100_000

export class FoundKeys {
  readonly #options: FoundKeysOptions
  readonly #plain: PlainRow
  readonly #doubtful = new Set<string>()
  #doubts = 0
  /** The row that was last taken: the one above, since they come from the last back. */
  #above = { number: 0, key: undefined as string | undefined }
  /** One whose number was lower than the next one down should have; what follows tells which of the two is wrong. */
  #jumped: { number: number; key: string } | undefined

  constructor(options: FoundKeysOptions) {
    this.#options = options
    this.#plain = new PlainRow(options.columns)
  }

  /** Whether a row that is damaged or out of its order may hold this key. */
  isDoubtful(key: string): boolean {
    return this.#doubtful.has(key)
  }

  /** Takes all numbers from `newest` down to above `oldest`; resolves to how many rows are doubtful. */
  async find(newest: number, oldest: number): Promise<number> {
    this.#doubts = 0
    this.#above = { number: newest, key: undefined }
    this.#jumped = undefined
    for await (const bytes of this.#pieces()) if (this.#options.stopped() || !this.#takePiece(bytes, oldest)) break
    this.#settle(0)
    return this.#doubts
  }

  /** The file in pieces of whole lines, the last first; the next is read while one is scanned. */
  async *#pieces(): AsyncGenerator<Buffer> {
    const { source, first, pieceBytes = usualPieceBytes } = this.#options
    if (source.length <= first) return
    const size = Math.min(pieceBytes, source.length - first)
    let [buffer, other] = [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(size)]
    let reading: Promise<Piece> | undefined = this.#piece(source.length, buffer)
    try {
      while (reading !== undefined) {
        const { bytes, from }: Piece = await reading
        ;[buffer, other] = [other, buffer]
        reading = from > first ? this.#piece(from, buffer) : undefined
        yield bytes
      }
    } finally {
      await reading?.catch(() => {}) // nobody asks for it any more, but the file may be closed only behind it
    }
  }

  /** The lines before a place, and where they start. Nothing of a line that is longer than any batch. */
  async #piece(before: number, into: Buffer): Promise<Piece> {
    const { source, first } = this.#options
    for (let count = into.length; ; count *= 2) {
      const from = Math.max(first, before - count)
      const buffer = count === into.length ? into : Buffer.allocUnsafeSlow(count)
      const bytes = buffer.subarray(0, await source.read(buffer.subarray(0, before - from), from))
      const start = from === first ? 0 : bytes.indexOf(10) + 1
      if (from + start < before) return { bytes: bytes.subarray(start), from: from + start }
      if (count >= batchBytesMax) return { bytes: bytes.subarray(bytes.length), from }
    }
  }

  /** False when a number is reached that is too old. */
  #takePiece(bytes: Buffer, oldest: number): boolean {
    const { index, keyAt } = this.#options
    const plain = this.#plain
    // Where the key of the row above stands, while it is in this piece and nobody needed it as text.
    let [aboveFrom, aboveTo] = [-1, -1]
    const nameAbove = (): void => {
      if (aboveFrom !== -1) this.#above.key = bytes.toString('utf8', aboveFrom, aboveTo)
      aboveFrom = -1
    }
    let goesOn = true
    for (let next = bytes.lastIndexOf(10) + 1; next > 0 && goesOn; ) {
      const isPlain = plain.readBack(bytes, next)
      const [from, to] = [plain.start(keyAt), plain.end(keyAt)]
      const { number } = plain
      const isNext = isPlain && number === this.#above.number - 1 && number > oldest && this.#jumped === undefined
      if (isNext && (from === to || index.addBytes(bytes, from, to, number))) {
        this.#above.number = number
        ;[aboveFrom, aboveTo] = [from, to]
      } else {
        nameAbove()
        goesOn = isPlain
          ? this.#takeOne(number, bytes.toString('utf8', from, to), oldest)
          : this.#takeLine(bytes.toString('utf8', plain.start(0), next - 1), oldest)
      }
      next = plain.start(0)
    }
    nameAbove()
    return goesOn
  }

  /** A line that is no plain row: an unusual one, or a damaged one. */
  #takeLine(line: string, oldest: number): boolean {
    const { columns, keyAt } = this.#options
    const fields = parseRow(line)
    const number = Number(fields?.[0] || Number.NaN)
    if (fields !== undefined && fields.length === columns && Number.isSafeInteger(number))
      return this.#takeOne(number, fields[keyAt]!, oldest)
    this.#doubt(line.split(/[",]/))
    return true
  }

  #takeOne(number: number, key: string, oldest: number): boolean {
    if (number <= oldest) return false
    this.#settle(number)
    const above = this.#above
    const another = number === above.number && above.key !== undefined && key !== above.key
    if (key === '') this.#take(number, key)
    else if (number > above.number || another) this.#doubt(another ? [key, above.key!] : [key])
    else if (number < above.number - 1) this.#jumped = { number, key }
    else this.#take(number, key)
    return true
  }

  #take(number: number, key: string): void {
    if (key !== '') this.#options.index.add(key, number)
    this.#above = { number, key }
  }

  /** Behind a jump down come either still lower numbers, so that rows are missing, or higher ones: then it has another's. */
  #settle(next: number): void {
    const jumped = this.#jumped
    if (jumped === undefined) return
    this.#jumped = undefined
    this.#doubt(next > jumped.number ? [jumped.key] : [])
    if (next <= jumped.number) this.#take(jumped.number, jumped.key)
  }

  #doubt(words: readonly string[]): void {
    this.#doubts += 1
    for (const word of words) if (word !== '' && this.#doubtful.size < doubtfulMax) this.#doubtful.add(word)
  }
}
