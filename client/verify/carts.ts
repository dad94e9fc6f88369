/**
 * Carts against orders, over the files. Always:
 * - An order that a cart says took something out of it is there, of this cart, under this attempt.
 * - What an order bought of a cart has left it: the cart's last attempt is the order's, or a later one. Not yet where the order
 *   is above the mark, taken.csv: while the store runs it may be under way, and else the next start asks the cart again.
 *
 * Where there are no files of carts, they are kept elsewhere, as in tables of Azure, and nothing is said of them.
 *
 * The mark is read first, then the carts, then the orders: what the mark says was known to the carts by then, and what the
 * carts say of orders was durable before these are looked at. Memory is of a fixed size (taken-index.ts); whatever does not fit
 * together is confirmed by a second reading of the carts, by name.
 */
import { cartFormat } from '../../cart/store.ts'
import { attemptId, compareAttempts, isAttemptId, parseAttemptId } from '../../storage/attempt-id.ts'
import { type FileSystem, realFileSystem } from '../../storage/file-system.ts'
import { hasMapRows, type MapRowReader, readMapRows } from './map-rows.ts'
import { readLines, wholeLines } from './order-lines.ts'
import type { OrderRow } from './orders.ts'
import { Hash } from './repeats.ts'
import { TakenIndex, type TakenOf, takenMax } from './taken-index.ts'

/** A row of an order. */
export type CartOrder = Pick<OrderRow, 'line' | 'number' | 'row' | 'cart' | 'attempt'>

export interface CartsRead {
  /** Those that are kept, also where an order has emptied them. */
  carts: number
  /** Orders whose cart does not know yet what they bought, as it may be. */
  untaken: number
  /** Orders of carts that are not kept in the data folder. */
  elsewhere: number
  differences: string[]
}

interface Doubt {
  line: number
  number: number
  attempt: string
}

const differencesMax = 10_000

export class CartBooks {
  readonly #dataDir: string
  readonly #files: FileSystem
  readonly #hash = new Hash()
  readonly #mark: number | undefined
  readonly #differences: string[] = []
  #index: TakenIndex
  /** Whether there are files of carts. */
  #isHere = true
  #carts = 0
  #untaken = 0
  #elsewhere = 0
  /** Orders that have not left their cart, as it seems, by customer. */
  #doubts = new Map<string, Doubt[]>()
  #doubted = 0

  private constructor(dataDir: string, files: FileSystem, mark: number | undefined, index: TakenIndex) {
    this.#dataDir = dataDir
    this.#files = files
    this.#mark = mark
    this.#index = index
    if (mark === undefined) this.#wrong(`${this.#markPath}: this is no order number`)
  }

  /** Reads mark and carts. `max`: so many carts are held at once. */
  static async read(dataDir: string, files: FileSystem = realFileSystem, max = takenMax): Promise<CartBooks> {
    const books = new CartBooks(dataDir, files, await readMark(dataDir, files), new TakenIndex({ max }))
    books.#isHere = await hasMapRows(`${dataDir}/cart`, 'carts', files)
    await books.#read(
      () => {
        books.#index = new TakenIndex({ max })
        books.#differences.length = books.#mark === undefined ? 1 : 0
        books.#carts = 0
      },
      (path, line, what) => books.#wrong(`${path}:${line}: ${what}`),
    )
    return books
  }

  /** To be given each row that was sold, in order, under a right attempt. */
  take({ line, number, row, cart, attempt }: CartOrder): void {
    if (cart === '' || row !== 1) return
    if (!this.#isHere) {
      this.#elsewhere += 1
      return
    }
    const hash = this.#hashOf(cart)
    if (!this.#index.holds(hash)) return
    const taken = this.#index.get(hash)
    const order = taken === undefined ? 1 : compareAttempts(attempt, idOf(taken))
    if (order === 0 && taken!.order === number) this.#index.met(hash)
    if (order <= 0) return
    if (number > (this.#mark ?? 0)) this.#untaken += 1
    else this.#doubt(cart, { line, number, attempt })
  }

  /** When all were taken; `lastNumber` is that of the last one. Reads more where there are very many carts. */
  async end(lastNumber: number): Promise<CartsRead> {
    if (this.#mark !== undefined && this.#mark > lastNumber)
      this.#wrong(
        `${this.#markPath}: carts are to know what the orders up to ${this.#mark} bought, but the last order is ${lastNumber}`,
      )
    await this.#confirm()
    const { parts } = this.#index
    for (let part = 1; part < parts; part++) {
      await this.#read(() => {
        this.#index = new TakenIndex({ part, parts })
      })
      await this.#readOrders()
      await this.#confirm()
    }
    return {
      carts: this.#carts,
      untaken: this.#untaken,
      elsewhere: this.#elsewhere,
      differences: this.#differences,
    }
  }

  get #markPath(): string {
    return markPath(this.#dataDir)
  }

  get #ordersPath(): string {
    return `${this.#dataDir}/order/orders.csv`
  }

  #wrong(sentence: string): void {
    if (this.#differences.length < differencesMax) this.#differences.push(sentence)
  }

  #doubt(cart: string, doubt: Doubt): void {
    if (this.#doubted === differencesMax) return
    this.#doubted += 1
    const doubts = this.#doubts.get(cart)
    if (doubts === undefined) this.#doubts.set(cart, [doubt])
    else doubts.push(doubt)
  }

  /** Into the index; says what is wrong with rows where that is asked for. */
  #read(begin: () => void, wrong?: MapRowReader['wrong']): Promise<void> {
    return this.#eachRow(() => {
      begin()
      return {
        take: (row, path, line) => {
          if (row.change === 'begins') this.#carts = 0
          if (row.change === 'new') this.#carts += 1
          if (row.change === 'deleted') this.#carts -= 1
          const { fields } = row
          const fault = row.change === 'new' || row.change === 'set' ? faultOf(fields) : undefined
          if (fault === undefined) this.#index.set(this.#hashOf(fields[0]!), takenIn(fields) ?? nothing)
          else wrong?.(path, line, fault)
        },
        wrong: wrong ?? (() => {}),
      }
    })
  }

  #eachRow(begin: () => MapRowReader): Promise<void> {
    return readMapRows({ folder: `${this.#dataDir}/cart`, name: 'carts', files: this.#files }, begin)
  }

  async #readOrders(): Promise<void> {
    const file = await this.#files.open(this.#ordersPath, 'read')
    try {
      const take = (line: CartOrder): void => {
        if (isAttemptId(line.attempt)) this.take(line)
      }
      await readLines(file, await wholeLines(file), { take, wrong() {} })
    } finally {
      await file.close()
    }
  }

  /** Names what does not fit together, once it is certain. */
  async #confirm(): Promise<void> {
    if (this.#index.unmet === 0 && this.#doubts.size === 0) return
    const unmet = new Map<string, { where: string; taken: TakenOf }>()
    const known = new Map<string, TakenOf>()
    const clear = (): void => {
      unmet.clear()
      known.clear()
    }
    await this.#eachRow(() => {
      clear()
      return {
        take: ({ fields }, path, line) => {
          const customer = fields[0]!
          const taken = takenIn(fields)
          if (this.#doubts.has(customer)) known.set(customer, taken ?? nothing)
          if (taken !== undefined && unmet.size < differencesMax && this.#index.isUnmet(this.#hashOf(customer)))
            unmet.set(customer, { where: `${path}:${line}`, taken })
        },
        wrong() {},
      }
    })
    for (const [customer, { where, taken }] of unmet)
      this.#wrong(
        `${where}: order ${taken.order} (${idOf(taken)}) has emptied the cart of ${customer}, but there is no such order`,
      )
    for (const [customer, doubts] of this.#doubts)
      for (const { line, number, attempt } of doubts)
        if (compareAttempts(attempt, idOf(known.get(customer) ?? nothing)) > 0)
          this.#wrong(
            `${this.#ordersPath}:${line}: order ${number} has bought the cart of ${customer}, and stays in it`,
          )
    this.#doubts = new Map()
  }

  #hashOf(customer: string): number {
    return this.#hash.ofText(customer).number || 1
  }
}

const nothing: TakenOf = { order: 0, incarnation: 0, seq: 0 }

const idOf = ({ incarnation, seq }: TakenOf): string => attemptId(incarnation, seq)

/** Of a row that is right. */
function takenIn([, , , order, attempt]: readonly string[]): TakenOf | undefined {
  return order && attempt && isAttemptId(attempt) ? { order: Number(order), ...parseAttemptId(attempt) } : undefined
}

function faultOf(fields: readonly string[]): string | undefined {
  try {
    cartFormat.read(fields.slice(2))
    return undefined
  } catch (error) {
    if (error instanceof RangeError) return error.message
    throw error
  }
}

const markPath = (dataDir: string): string => `${dataDir}/order/taken.csv`

/** 0 where there is none yet; undefined where it is damaged. */
async function readMark(dataDir: string, files: FileSystem): Promise<number | undefined> {
  const path = markPath(dataDir)
  if ((await files.stat(path)) === undefined) return 0
  const [header, row] = (await files.readFile(path)).toString('utf8').split(/\r?\n/)
  const found = header === 'format,order_number' ? /^\d+,(\d{1,15})$/.exec(row ?? '') : null
  return found === null ? undefined : Number(found[1])
}
