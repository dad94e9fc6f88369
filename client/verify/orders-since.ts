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
  readonly #waiting: Iterator<Bought>
  readonly #sold = new Map<string, number>()
  /** Pieces by toy that were acknowledged to us. */
  readonly ours = new Map<string, number>()
  #next: Bought | undefined
  #previous: Bought | undefined
  #last: number | undefined
  count = 0
  /** Orders that are none of the purchases: of others, or of purchases that ended without an answer. */
  others = 0

  /** `after`: the newest order before the load; undefined where it is not known. */
  constructor(purchases: Purchases, findings: Findings, after: number | undefined) {
    this.#purchases = purchases
    this.#findings = findings
    this.#waiting = purchases.sorted()
    this.#last = after
    this.#step()
    while (this.#next !== undefined && after !== undefined && this.#next.orderNumber <= after) {
      const { orderNumber } = this.#next
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
    if (this.#next?.orderNumber === number) this.#match(row)
    else this.others += 1
  }

  /** There are none above `newest` by now. */
  end(newest: number): void {
    this.#last = Math.max(this.#last ?? 0, newest)
    // What was acknowledged is there at once.
    for (; this.#next !== undefined; this.#step()) this.#lost(this.#next)
  }

  #missing(below: number): void {
    for (; this.#next !== undefined && this.#next.orderNumber < below; this.#step()) this.#lost(this.#next)
  }

  #lost({ orderNumber, ...bought }: Bought): void {
    this.#findings.add(`order ${orderNumber} (${textOf(bought)}) was acknowledged, but the shop has no such order`)
  }

  #match(row: ShownOrder): void {
    const { orderNumber: _, ...bought } = this.#next!
    const [told, kept] = [textOf(bought), orderText(row)]
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
      const { orderNumber, name, quantity, price, total } = this.#next
      this.ours.set(name, (this.ours.get(name) ?? 0) + quantity)
      if (total !== price * quantity)
        this.#findings.add(
          `order ${orderNumber}: ${quantity} x ${formatMoney(price)} were to cost ${formatMoney(total)}`,
        )
      if (this.#previous?.orderNumber !== orderNumber) return
      this.#findings.add(
        `order number ${orderNumber} was given twice, for ${textOf(this.#previous)} and for ${textOf(this.#next)}`,
      )
    }
  }
}

const textOf = ({ name, quantity, price, total }: Omit<Bought, 'orderNumber'>): string =>
  `${quantity} ${name} at ${formatMoney(price)}, ${formatMoney(total)} in all`

/** An order as a purchase of ours would be told, and whatever more it is. */
function orderText({ items, user, total }: ShownOrder): string {
  const each = items.map(({ name, quantity, price }) => `${quantity} ${name} at ${formatMoney(price)}`)
  return `${each.join(' and ')}, ${formatMoney(total)} in all${user === '' ? '' : `, paid by ${user}`}`
}
