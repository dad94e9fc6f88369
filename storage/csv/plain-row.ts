/**
 * Where a row's fields stand in a file's bytes, found without making a string of any of them: for who reads very many rows.
 *
 * Always: it takes only rows that parseRow (row.ts) and NumberedFile would take as the very same fields; every other line,
 * damaged or only unusual (a quote in it, a number that is not written in plain digits), is left to them.
 */

const [lineEnd, comma, quote, nul, zero, nine] = [10, 44, 34, 0, 48, 57] as const
/** So many digits are a safe integer. */
const digitsMax = 15

export class PlainRow {
  readonly #columns: number
  /** Where each field starts; one more for the end. */
  readonly #starts: Int32Array
  #number = 0
  #next = 0

  constructor(columns: number) {
    this.#columns = columns
    this.#starts = new Int32Array(columns + 1)
  }

  /** Behind the line end of the line last read; 0 where it has none. */
  get next(): number {
    return this.#next
  }

  /** The first field of the row last read. */
  get number(): number {
    return this.#number
  }

  /** Where a field of the row last read starts. */
  start(column: number): number {
    return this.#starts[column]!
  }

  /** Where a field of the row last read ends. */
  end(column: number): number {
    return this.#starts[column + 1]! - 1
  }

  /** Whether the line that starts at `at` is a plain row with all its columns. */
  read(bytes: Uint8Array, at: number): boolean {
    const starts = this.#starts
    const columns = this.#columns
    let field = 0
    let plain = true
    let end = at
    starts[0] = at
    for (; end < bytes.length; end++) {
      const byte = bytes[end]!
      if (byte > comma) continue
      if (byte === comma) {
        field += 1
        if (field < columns) starts[field] = end + 1
      } else if (byte === lineEnd) break
      else if (byte === quote || byte === nul) plain = false
    }
    const ended = end < bytes.length
    this.#next = ended ? end + 1 : 0
    starts[columns] = end + 1
    return ended && plain && field === columns - 1 && this.#readNumber(bytes)
  }

  /** The same of the line that ends, with its line end, at `next`. */
  readBack(bytes: Uint8Array, next: number): boolean {
    const starts = this.#starts
    const columns = this.#columns
    let field = columns - 1
    let plain = true
    let at = next - 1
    for (; at > 0; at--) {
      const byte = bytes[at - 1]!
      if (byte > comma) continue
      if (byte === comma) {
        if (field > 0) starts[field] = at
        field -= 1
      } else if (byte === lineEnd) break
      else if (byte === quote || byte === nul) plain = false
    }
    this.#next = next
    starts[0] = at
    starts[columns] = next
    return plain && field === 0 && this.#readNumber(bytes)
  }

  #readNumber(bytes: Uint8Array): boolean {
    const end = this.end(0)
    const at = this.#starts[0]!
    if (end === at || end - at > digitsMax) return false
    let number = 0
    for (let i = at; i < end; i++) {
      const digit = bytes[i]!
      if (digit < zero || digit > nine) return false
      number = number * 10 + (digit - zero)
    }
    this.#number = number
    return true
  }
}
