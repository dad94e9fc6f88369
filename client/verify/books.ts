/**
 * A shop's books as they are read over its API, piece by piece: each reader goes on from where it was, so that a second look
 * costs what came since. Memory is by toys and customers, never by orders.
 */
import {
  readCustomer,
  readMovement,
  readOrder,
  readToy,
  type ShownLedger,
  type ShownOrder,
  type ShownToy,
  shown,
} from './rows.ts'
import { eachOf, type Page, pageRows, type Shop } from './shop.ts'

/** Takes sentences; keeps so many as a person can read. */
export class Findings {
  readonly #told: string[] = []
  readonly #known = new Set<string>()
  #more = 0

  add(sentence: string): void {
    if (this.#known.has(sentence)) return
    if (this.#told.length === 1000) {
      this.#more += 1
      return
    }
    this.#known.add(sentence)
    this.#told.push(sentence)
  }

  all(): string[] {
    return this.#more === 0
      ? [...this.#told]
      : [...this.#told, `${this.#more.toLocaleString('en-US')} more differences`]
  }
}

/** All toys by name, page by page. */
export async function readToys(shop: Shop, findings: Findings): Promise<Map<string, ShownToy>> {
  const toys = new Map<string, ShownToy>()
  for (let after: string | undefined; ; ) {
    const { data, next } = await shop.products(after)
    for (const each of data) {
      const { row, fault } = readToy(each)
      if (fault !== undefined) findings.add(fault)
      if (row === undefined) continue
      if (toys.has(row.name)) findings.add(`${row.name}: it is listed twice`)
      else toys.set(row.name, row)
    }
    if (next === null) return toys
    if (typeof next !== 'string' || next === after || data.length === 0) {
      findings.add(`the list of toys cannot be read on after ${shown(after)}: next is ${shown(next)}`)
      return toys
    }
    after = next
  }
}

/** The credit of each of these customers, in cents; without those that there are none of. */
export async function readCredits(
  shop: Shop,
  users: Iterable<string>,
  findings: Findings,
): Promise<Map<string, number>> {
  const credits = new Map<string, number>()
  const all = eachOf(users, async (user) => ({ user, value: await shop.customer(user) }))
  for await (const { user, value } of all) {
    if (value === undefined) continue
    const { row, fault } = readCustomer(value, user)
    if (fault !== undefined) findings.add(fault)
    if (row !== undefined) credits.set(user, row)
  }
  return credits
}

/** Movements in the order of their numbers, and what they add up to. */
export class MovementBook {
  readonly #shop: Shop
  readonly #findings: Findings
  readonly #ledger: ShownLedger
  readonly #sums = new Map<string, number>()
  /** Of the accounts that moved since `mark`: the lowest and the highest sum since. */
  readonly #since = new Map<string, { first: number; low: number; high: number }>()
  #last: number

  /** `after`: movements up to this number are left out. */
  constructor(shop: Shop, findings: Findings, after = 0, ledger: ShownLedger = 'stock') {
    this.#shop = shop
    this.#findings = findings
    this.#ledger = ledger
    this.#last = after
  }

  get last(): number {
    return this.#last
  }

  /** Accounts that have one. */
  get names(): Iterable<string> {
    return this.#sums.keys()
  }

  sum(name: string): number {
    return this.#sums.get(name) ?? 0
  }

  /** From here on `range` counts. */
  mark(): void {
    this.#since.clear()
  }

  /** The sum at the mark, and the lowest and the highest from then on. */
  range(name: string): { first: number; low: number; high: number } {
    const sum = this.sum(name)
    return this.#since.get(name) ?? { first: sum, low: sum, high: sum }
  }

  async catchUp(): Promise<void> {
    for (;;) {
      const { data, next } = await this.#shop.movements(this.#last, this.#ledger)
      const before = this.#last
      for (const each of data) this.#take(each)
      if (next === null) return
      if (this.#last === before) {
        this.#findings.add(`the list of movements${this.#of} cannot be read on after ${before}: next is ${shown(next)}`)
        return
      }
    }
  }

  get #of(): string {
    return this.#ledger === 'stock' ? '' : ' of credit'
  }

  #take(each: unknown): void {
    const { row, fault } = readMovement(each, this.#ledger)
    if (fault !== undefined) this.#findings.add(fault)
    const number = row?.number ?? this.#last + 1
    if (number !== this.#last + 1) this.#findings.add(`movement ${number}${this.#of} comes after ${this.#last}`)
    this.#last = Math.max(number, this.#last)
    if (row === undefined) return
    const { first, low, high } = this.range(row.account)
    const sum = this.sum(row.account) + row.change
    this.#sums.set(row.account, sum)
    this.#since.set(row.account, { first, low: Math.min(low, sum), high: Math.max(high, sum) })
  }
}

/**
 * Orders from the newest back to where the last look ended, what they sold and who paid. Numbers follow on without a gap; below them,
 * at the very beginning, may be those of an older store that were taken over: they have no time, may leave numbers out, and
 * their pieces had left before the first movement.
 */
export class OrderBook {
  readonly #shop: Shop
  readonly #findings: Findings
  readonly #sold = new Map<string, number>()
  readonly #spent = new Map<string, number>()
  /** -1 before the first look: an older store may have had an order 0. */
  #last = -1
  orders = 0
  broughtAlong = 0

  constructor(shop: Shop, findings: Findings) {
    this.#shop = shop
    this.#findings = findings
  }

  /** The newest number that is known; 0 where there is none. */
  get last(): number {
    return Math.max(0, this.#last)
  }

  get names(): Iterable<string> {
    return this.#sold.keys()
  }

  /** Pieces of a toy. */
  sold(name: string): number {
    return this.#sold.get(name) ?? 0
  }

  /** Customers who paid one. */
  get users(): Iterable<string> {
    return this.#spent.keys()
  }

  /** Cents that a customer paid. */
  spent(user: string): number {
    return this.#spent.get(user) ?? 0
  }

  /** `progress`: which part of the numbers is read, 0 to 1. */
  async catchUp(progress?: (share: number) => void): Promise<void> {
    const floor = this.#last
    let newest: number | undefined
    let above: ShownOrder | undefined
    for await (const page of pagesDown(this.#shop, this.#findings)) {
      for (const each of page) {
        const { row, fault } = readOrder(each)
        if (fault !== undefined) this.#findings.add(fault)
        if (row === undefined) continue
        newest ??= row.number
        if (row.number <= floor) return this.#end(above, floor, newest)
        this.#follow(row, above)
        this.#count(row)
        above = row
      }
      if (above !== undefined) progress?.(1 - (above.number - floor) / Math.max(1, newest! - floor))
    }
    this.#end(above, floor, newest)
  }

  #follow({ number, placedAt }: ShownOrder, above: ShownOrder | undefined): void {
    if (above === undefined) return
    if (number >= above.number)
      this.#findings.add(`order ${number} is listed below order ${above.number}: it comes twice, or out of its order`)
    else if (above.placedAt === '' && placedAt !== '')
      this.#findings.add(`order ${number} has a time, and order ${above.number} after it is one of an older store`)
    else if (above.placedAt !== '' && number !== above.number - 1) this.#findings.add(gapText(number, above.number))
  }

  #count({ items, user, placedAt }: ShownOrder): void {
    if (placedAt === '') {
      this.broughtAlong += 1
      return
    }
    this.orders += 1
    for (const { name, quantity, price } of items) {
      this.#sold.set(name, this.sold(name) + quantity)
      if (user !== '') this.#spent.set(user, this.spent(user) + (quantity * price || 0))
    }
  }

  /** `above`: the lowest that was read. */
  #end(above: ShownOrder | undefined, floor: number, newest: number | undefined): void {
    if (above !== undefined && above.placedAt !== '' && above.number !== Math.max(1, floor + 1))
      this.#findings.add(gapText(Math.max(0, floor), above.number))
    if (floor > 0 && (newest ?? 0) < floor)
      this.#findings.add(`order ${floor} was the newest, and now order ${newest ?? 0} is: orders were lost`)
    this.#last = Math.max(floor, newest ?? 0)
  }
}

/** Orders above one number and below another are not there. */
export function gapText(below: number, above: number): string {
  const [from, to] = [below + 1, above - 1]
  return from === to
    ? `order ${from} is missing: order ${above} comes after order ${below}`
    : `orders ${from} to ${to} are missing: order ${above} comes after order ${below}`
}

/** Pages of orders from the newest to the first; while one is read, the next is on its way. */
async function* pagesDown(shop: Shop, findings: Findings): AsyncGenerator<readonly unknown[]> {
  let page: Page = await shop.orders(undefined)
  for (let before = Number.POSITIVE_INFINITY; ; ) {
    const { data, next } = page
    if (next === null) return yield data
    if (typeof next !== 'number' || !(next < before) || data.length === 0) {
      findings.add(`the list of orders cannot be read on before ${shown(before)}: next is ${shown(next)}`)
      return yield data
    }
    before = next
    const coming = shop.orders(before)
    coming.catch(() => {}) // told where it is awaited
    yield data
    page = await coming
  }
}

/** Orders by rising number, `from` to `to`, page by page; what is not there is left out. For numbers without wide gaps. */
export async function* ordersUp(shop: Shop, from: number, to: number): AsyncGenerator<unknown> {
  const page = async (low: number): Promise<unknown[]> => {
    const high = Math.min(to, low + pageRows - 1)
    const { data } = await shop.orders(high + 1, high - low + 1)
    return data.filter((each) => !((readOrder(each).row?.number ?? low) < low)).toReversed()
  }
  for (let low = from; low <= to; low += pageRows) yield* await page(low)
}
