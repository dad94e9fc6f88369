/**
 * The orders since a load began, by rising number, with the purchases that were acknowledged to it: each must be there, and
 * be what was said. It keeps sums by toy, and no order.
 */
import { formatMoney } from '../../money.ts'
import { type Findings, gapText } from './books.ts'
import { readOrder, type ShownOrder } from './rows.ts'
import type { Bought, Purchases } from './witness.ts'

export class OrdersSince {
  readonly #findings: Findings
  readonly #purchases: Purchases
  readonly #waiting: Iterator<readonly Bought[]>
  readonly #sold = new Map<string, number>()
  /** Pieces by toy that were acknowledged to us. */
  readonly ours = new Map<string, number>()
  /** The toys of one order. */
  #next: readonly Bought[] | undefined
  #previous: readonly Bought[] | undefined
  #last: number | undefined
  count = 0
  /** Orders that are none of the purchases: of others, or of purchases that ended without an answer. */
  others = 0

  /** `after`: the newest order before the load; undefined where it is not known. */
  constructor(purchases: Purchases, findings: Findings, after: number | undefined) {
    this.#purchases = purchases
    this.#findings = findings
    this.#waiting = purchases.orders()
    this.#last = after
    this.#step()
    while (this.#next !== undefined && after !== undefined && numberOf(this.#next) <= after) {
      const orderNumber = numberOf(this.#next)
      findings.add(`order ${orderNumber} was given to us as a new one, but order ${after} was there before we began`)
      this.#step()
    }
  }

  /** The number up to which all have been taken. */
  get last(): number {
    return this.#last ?? 0
  }

  /** The first and the last number of our purchases. */
  range(): [first?: number, last?: number] {
    let [first, last] = [Number.POSITIVE_INFINITY, 0]
    for (let index = 0; index < this.#purchases.length; index++) {
      const { orderNumber } = this.#purchases.at(index)
      first = Math.min(first, orderNumber)
      last = Math.max(last, orderNumber)
    }
    return last === 0 ? [] : [first, last]
  }

  /** Pieces that were sold since, to anybody. */
  sold(name: string): number {
    return this.#sold.get(name) ?? 0
  }

  take(each: unknown): void {
    const { row, fault } = readOrder(each)
    if (fault !== undefined) this.#findings.add(fault)
    if (row === undefined) return
    const { number, items } = row
    if (this.#last !== undefined && number <= this.#last) {
      this.#findings.add(`order ${number} comes twice`)
      return
    }
    if (this.#last !== undefined && number !== this.#last + 1) this.#findings.add(gapText(this.#last, number))
    this.#missing(number)
    this.#last = number
    this.count += 1
    for (const { name, quantity } of items) this.#sold.set(name, this.sold(name) + quantity)
    if (this.#next !== undefined && numberOf(this.#next) === number) this.#match(row)
    else this.others += 1
  }

  /** There are none above `newest` by now. */
  end(newest: number): void {
    this.#last = Math.max(this.#last ?? 0, newest)
    // What was acknowledged is there at once.
    for (; this.#next !== undefined; this.#step()) this.#lost(this.#next)
  }

  #missing(below: number): void {
    for (; this.#next !== undefined && numberOf(this.#next) < below; this.#step()) this.#lost(this.#next)
  }

  #lost(bought: readonly Bought[]): void {
    this.#findings.add(`order ${numberOf(bought)} (${textOf(bought)}) was acknowledged, but the shop has no such order`)
  }

  #match(row: ShownOrder): void {
    const [told, kept] = [textOf(this.#next!), orderText(row)]
    if (told !== kept) this.#findings.add(`order ${row.number} was acknowledged as ${told}, but the shop shows ${kept}`)
    this.#step()
  }

  /** To the next purchase; one number that was given to two is told here. */
  #step(): void {
    for (;;) {
      this.#previous = this.#next
      const { value, done } = this.#waiting.next()
      this.#next = done ? undefined : value
      if (this.#next === undefined) return
      const orderNumber = numberOf(this.#next)
      for (const { name, quantity } of this.#next) this.ours.set(name, (this.ours.get(name) ?? 0) + quantity)
      const { total } = this.#next[0]!
      if (this.#next.some((each) => each.total !== total) || total !== costOf(this.#next))
        this.#findings.add(
          `order ${orderNumber}: ${this.#next.map(({ quantity, price }) => `${quantity} x ${formatMoney(price)}`).join(' and ')} were to cost ${formatMoney(total)}`,
        )
      if (this.#previous === undefined || numberOf(this.#previous) !== orderNumber) return
      this.#findings.add(
        `order number ${orderNumber} was given twice, for ${textOf(this.#previous)} and for ${textOf(this.#next)}`,
      )
    }
  }
}

const numberOf = (bought: readonly Bought[]): number => bought[0]!.orderNumber

const costOf = (bought: readonly Bought[]): number =>
  bought.reduce((sum, { price, quantity }) => sum + price * quantity, 0)

const textOf = (bought: readonly Bought[]): string =>
  `${bought.map(({ name, quantity, price }) => `${quantity} ${name} at ${formatMoney(price)}`).join(' and ')}, ${formatMoney(bought[0]!.total)} in all`

/** An order as a purchase of ours would be told, and whatever more it is. */
function orderText({ items, user, total }: ShownOrder): string {
  const each = items.map(({ name, quantity, price }) => `${quantity} ${name} at ${formatMoney(price)}`)
  return `${each.join(' and ')}, ${formatMoney(total)} in all${user === '' ? '' : `, paid by ${user}`}`
}
