/**
 * The orders of a copy: those before the first that one of its ledgers does not know. Always: the file's beginning, in whole
 * orders; memory is by what came since the ledgers were read, never by all orders.
 */
import { isAttemptId } from '../../storage/attempt-id.ts'
import { type OpenFile, realFileSystem } from '../../storage/file-system.ts'
import type { LedgerState } from '../../storage/ledger-state.ts'
import { type OrderLine, readLines, wholeLines } from '../verify/order-lines.ts'
import { copyStart } from './copy-start.ts'
import { hasSold, knows } from './ledger-copy.ts'

interface Late {
  number: number
  attempt: string
  /** Where its order begins, in bytes. */
  from: number
  isPaid: boolean
}

/** More are never under way: in a store that is right, those since the ledgers were read. */
const lateMax = 1_000_000

export class OrdersCopy {
  readonly #file: OpenFile
  readonly #stock: LedgerState
  readonly #credit: LedgerState | undefined
  /** Orders that one of their ledgers did not know, by number. */
  readonly #late: Late[] = []
  #lastSold = 0
  /** Behind the last order that is whole. */
  #end = 0

  private constructor(file: OpenFile, stock: LedgerState, credit: LedgerState | undefined) {
    this.#file = file
    this.#stock = stock
    this.#credit = credit
  }

  /** Reads them as they are now. `credit` is undefined where no ledger of customers is copied; it may move on later. */
  static async open(path: string, stock: LedgerState, credit: LedgerState | undefined): Promise<OrdersCopy> {
    const file = await realFileSystem.open(path, 'read')
    const copy = new OrdersCopy(file, stock, credit)
    try {
      await copy.#read()
      return copy
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** The attempts of paid orders up to the last one that the stock has sold, which the credit did not know. */
  get unpaid(): string[] {
    return this.#late.filter(({ number, isPaid }) => isPaid && number <= this.#lastSold).map(({ attempt }) => attempt)
  }

  /** Into a new file. */
  write(to: string): Promise<void> {
    const first = this.#late.find((late) => !this.#isKnown(late))
    return copyStart(this.#file, first === undefined ? this.#end : first.from, to)
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  async #read(): Promise<void> {
    const size = await wholeLines(this.#file)
    /** Behind the last order so far. */
    let end = await this.#headerBytes()
    let isWhole = true
    const take = (line: OrderLine): void => {
      this.#meet(line, end)
      isWhole = !(line.row < line.of)
      if (isWhole) end = line.endsAt
    }
    await readLines(this.#file, size, { take, wrong() {} })
    // What is damaged is copied with the rest: the check of the copy tells where it is.
    this.#end = isWhole ? size : end
  }

  #meet({ number, attempt, user }: OrderLine, from: number): void {
    if (!isAttemptId(attempt) || this.#late.length === lateMax) return
    const isPaid = user !== '' && this.#credit !== undefined
    if (hasSold(this.#stock, attempt)) this.#lastSold = number
    const late = { number, attempt, from, isPaid }
    if (!this.#isKnown(late)) this.#late.push(late)
  }

  #isKnown({ attempt, isPaid }: Late): boolean {
    return knows(this.#stock, attempt) && (!isPaid || knows(this.#credit!, attempt))
  }

  async #headerBytes(): Promise<number> {
    const bytes = Buffer.alloc(4096)
    return bytes.subarray(0, await this.#file.read(bytes, 0)).indexOf(10) + 1
  }
}
