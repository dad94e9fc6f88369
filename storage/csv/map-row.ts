/**
 * The rows of a map's segments: `key,change,<columns…>,checksum`, one change a row, sealed.
 *
 * - `new`: the key has this value, and had none. `set`: it had another. So a start that finds one place for a hash knows
 *   whose it is, and reads no row twice.
 * - `deleted`: the key has none any more.
 * - `begins`, without a key: what older segments say counts no more.
 *
 * A row that a spreadsheet saved is taken as long as its fields still fit the checksum, whatever became of quotes and line ends.
 */
import { crc32 } from 'node:zlib'
import { checksumOf, formatRow, parseRow, sealRow, unsealRow } from './row.ts'

export type Change = 'begins' | 'new' | 'set' | 'deleted'

export const headerOf = (columns: readonly string[]): string => `${formatRow(columnsOf(columns))}\n`
const columnsOf = (columns: readonly string[]): string[] => ['key', 'change', ...columns, 'checksum']

/** Whether a file's first line is the header, in our form or in a spreadsheet's. */
export const isHeader = (line: string, columns: readonly string[]): boolean =>
  parseRow(line.replace(/^\uFEFF|\r$/g, ''))?.join('\n') === columnsOf(columns).join('\n')

/** With its line end. Throws a RangeError where a field cannot stand in a row. */
export const mapLine = (key: string, change: Change, fields: readonly string[]): string =>
  `${sealRow([key, change, ...fields])}\n`

export const emptyLine = (key: string, change: 'begins' | 'deleted', columns: readonly string[]): string =>
  mapLine(
    key,
    change,
    columns.map(() => ''),
  )

/** The key, the change and the columns of a line without its line end; undefined where it is damaged. */
export function parseMapRow(line: string): string[] | undefined {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line
  const sealed = unsealRow(text)
  if (sealed !== undefined || text.includes('\r')) return sealed
  const fields = parseRow(text)
  const checksum = fields?.pop()?.toLowerCase().padStart(8, '0') // a spreadsheet takes digits for a number
  return fields !== undefined && checksumOf(formatRow(fields)) === checksum ? fields : undefined
}

const [lineEnd, comma, quote] = [10, 44, 34] as const
const sealBytes = 9
const words = (['begins', 'new', 'set', 'deleted'] as const).map((change) => ({
  change,
  bytes: Buffer.from(`,${change},`),
}))

/** A row in a file's bytes, found without making a string of any field: for who reads very many. */
export class MapRow {
  /** Undefined where the line is damaged. */
  change: Change | undefined
  /** Where the line starts, where its line end stands, and where the next line starts. */
  at = 0
  end = 0
  next = 0
  #keyEnd = 0
  /** Of a line that is not in our form: a quoted key, a spreadsheet's line end. */
  #fields: string[] | undefined
  #bytes: Buffer = Buffer.alloc(0)

  /** Reads the line that starts at `at`. */
  read(bytes: Buffer, at: number): void {
    const end = bytes.indexOf(lineEnd, at)
    this.#bytes = bytes
    this.at = at
    this.end = end === -1 ? bytes.length : end
    this.next = end === -1 ? bytes.length : end + 1
    this.#fields = undefined
    this.#keyEnd = bytes[at] === quote ? -1 : bytes.indexOf(comma, at)
    this.change = this.#isPlain() ? this.#word() : undefined
    if (this.change === undefined) this.#readUnusual()
  }

  get key(): string {
    return this.#fields?.[0] ?? this.#bytes.toString('utf8', this.at, this.#keyEnd)
  }

  /** The key, the change and the columns. */
  get fields(): string[] {
    return this.#fields ?? parseMapRow(this.#bytes.toString('utf8', this.at, this.end))!
  }

  /** The index is about this row's key now. */
  takeKey(index: {
    take: (key: string) => void
    takeBytes: (bytes: Buffer, from: number, to: number) => boolean
  }): void {
    if (this.#fields !== undefined || !index.takeBytes(this.#bytes, this.at, this.#keyEnd)) index.take(this.key)
  }

  /** The same row as that of a key that had no value; with its line end. */
  asNew(): Buffer {
    if (this.#fields !== undefined) return Buffer.from(mapLine(this.#fields[0]!, 'new', this.#fields.slice(2)))
    const line = Buffer.allocUnsafe(this.end + 1 - this.at)
    this.#bytes.copy(line, 0, this.at, this.end)
    if (this.change === 'set') {
      line.write('new', this.#keyEnd + 1 - this.at, 'latin1')
      const sealed = line.length - 1 - sealBytes
      line.write(checksumOf(line.subarray(0, sealed)), sealed + 1, 'latin1')
    }
    line[line.length - 1] = lineEnd
    return line
  }

  /** How many bytes `asNew` has. */
  get newBytes(): number {
    return this.#fields === undefined ? this.end + 1 - this.at : this.asNew().length
  }

  #isPlain(): boolean {
    const seal = this.end - sealBytes
    if (this.#keyEnd === -1 || seal <= this.#keyEnd || this.#bytes[seal] !== comma) return false
    return hexAt(this.#bytes, seal + 1) === crc32(this.#bytes.subarray(this.at, seal))
  }

  #word(): Change | undefined {
    for (const { change, bytes } of words) if (startsWith(this.#bytes, this.#keyEnd, bytes)) return change
    return undefined
  }

  #readUnusual(): void {
    const fields = parseMapRow(this.#bytes.toString('utf8', this.at, this.end))
    this.change = words.find(({ change }) => change === fields?.[1])?.change
    if (this.change !== undefined) this.#fields = fields
  }
}

function startsWith(bytes: Buffer, at: number, word: Buffer): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false
  return true
}

/** The number that eight hexadecimal digits write; -1 where they are none. */
function hexAt(bytes: Buffer, at: number): number {
  let number = 0
  for (let i = at; i < at + 8; i++) {
    const byte = bytes[i]!
    const digit = byte <= 57 ? byte - 48 : byte - 87
    if (digit < 0 || digit > 15 || (byte > 57 && byte < 97)) return -1
    number = number * 16 + digit
  }
  return number
}
