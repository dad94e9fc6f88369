/**
 * Keys and numbers of one window, held against the rows that orders.csv gained in it (the rules 1 to 4 of checker.ts). Pure.
 * Hands on when each purchase can have happened, for the search over the stock.
 */
import type { Books } from './books.ts'
import { type Buy, type Call, isBuy, type Order, type Row, type Window } from './record.ts'

/** What is wrong: a sentence, and the calls that show it. */
export interface Violation {
  sentence: string
  calls: readonly Call[]
}

/** A row, and when its purchase can have happened. */
export interface Purchase {
  row: Row
  /** The beginning of the first call that can have bought it, */
  from: number
  /** and when it was certain at the latest: the order, or one with a higher number, had been told to someone. */
  until: number
  /** The calls that can have bought it. */
  calls: readonly Call<Buy>[]
}

/** What shows that an order was not there yet at `at`, or was there. */
interface Sign {
  at: number
  call: Call
}

/** The calls of a window by key; those of one key in the order of their beginning. */
export function callsByKey(calls: readonly Call[]): Map<string, Call<Buy>[]> {
  const byKey = new Map<string, Call<Buy>[]>()
  for (const call of calls.filter(isBuy)) {
    const others = byKey.get(call.asked.key)
    if (others === undefined) byKey.set(call.asked.key, [call])
    else others.push(call)
  }
  for (const list of byKey.values()) list.sort((a, b) => a.start - b.start)
  return byKey
}

/**
 * When the work that a refused call was told of can have begun: with the first call of its key that was still under way when
 * it began, since the second of two such calls is given the first one's answer. One attempt is under way per key, so it
 * is no older than the last call that was answered meanwhile, and after `bought` there is none.
 */
export function workBegan(call: Call<Buy>, ofKey: readonly Call<Buy>[]): number {
  const alike = ofKey.filter((other) => other.start <= call.start && !differs(other, call))
  let began = call.start
  for (const { start, end, answer } of alike)
    if (answer.kind === 'unknown' || (answer.kind === 'refused' && end >= call.start)) began = Math.min(began, start)
  for (const { start, end, answer } of alike) {
    if (end >= call.start) continue
    if (answer.kind === 'bought') return call.start
    if (answer.kind === 'refused') began = Math.max(began, start)
  }
  return began
}

export function judgeOrders(books: Books, { calls, rows }: Window): { violations: Violation[]; purchases: Purchase[] } {
  const byKey = callsByKey(calls)
  const violations: Violation[] = [...judgeRows(books, rows, byKey)]
  const rowOf = new Map(rows.map((row) => [row.key, row]))
  const byNumber = new Map(rows.map((row) => [row.number, row]))
  const [notYet, there] = [new Map<number, Sign>(), new Map<number, Sign>()]
  const say = (sentence: string, ...shown: readonly Call[]): void => void violations.push({ sentence, calls: shown })
  const wasThere = (number: number, call: Call): void => {
    if (call.end < (there.get(number)?.at ?? Number.POSITIVE_INFINITY)) there.set(number, { at: call.end, call })
  }
  const wasNotThere = (number: number, at: number, call: Call): void => {
    if (at > (notYet.get(number)?.at ?? Number.NEGATIVE_INFINITY)) notYet.set(number, { at, call })
  }

  for (const [key, ofKey] of byKey) {
    const row = rowOf.get(key) ?? books.byKey(key)
    const [first, ...others] = ofKey.filter(({ answer }) => answer.kind === 'bought')
    for (const call of ofKey) {
      const { answer } = call
      if (answer.kind === 'bought') {
        const other = others.find((one) => numberIn(one) !== numberIn(first!))
        if (other !== undefined) {
          say(
            `doubled order: key ${key} was told two orders, ${numberIn(first!)} and ${numberIn(other)}`,
            first!,
            other,
          )
          break
        }
        if (row === undefined)
          say(`lost order: ${answer.number} was acknowledged, and orders.csv has no row for it`, call)
        else if (!sameOrder(answer, row))
          say(`the answer to key ${key} is not the order that stands in orders.csv: ${orderText(row)}`, call)
        else if (!asksFor(call, row)) say(`key ${key} was told an order that this call did not ask for`, call)
        else wasThere(row.number, call)
      } else if (answer.kind === 'refused') {
        if (answer.reason === 'key_reused') {
          if (!ofKey.some((other) => differs(other, call) && other.start <= call.end) && !differsFrom(call, row))
            say(`key ${key} was called reused, and nobody had used it for another purchase`, call)
        } else if (answer.reason !== 'out_of_stock') {
          if (books.toys.has(call.asked.toy)) say(`a purchase of a toy that there is was ${answer.reason}`, call)
        } else if (row !== undefined) wasNotThere(row.number, workBegan(call, ofKey), call)
      }
    }
  }

  for (const call of calls) {
    const { asked, answer } = call
    if (asked.kind !== 'order') continue
    const row = byNumber.get(asked.number) ?? books.byNumber(asked.number)
    if (answer.kind === 'order') {
      if (row === undefined) say(`order ${asked.number} was shown, and orders.csv has no such row`, call)
      else if (!sameOrder(answer, row))
        say(`order ${asked.number} was shown otherwise than it stands in orders.csv: ${orderText(row)}`, call)
      else wasThere(row.number, call)
    } else if (answer.kind === 'refused' && row !== undefined) wasNotThere(row.number, call.start, call)
  }

  const purchases = rows.map((row) => purchaseOf(row, byKey.get(row.key) ?? []))
  for (const purchase of purchases)
    if (purchase.calls.length === 0)
      say(
        `order ${purchase.row.number} stands in orders.csv, and no call of key ${purchase.row.key} can have bought it`,
        ...(byKey.get(purchase.row.key) ?? []),
      )
  for (const [number, sign] of notYet) {
    if (number > books.lastNumber) continue
    say(
      `vanished order: ${number} (key ${books.byNumber(number)!.key}) was bought before the last calm, and is not there any more`,
      sign.call,
    )
  }
  violations.push(...judgeNumbers(purchases, notYet, there))
  return { violations, purchases }
}

/**
 * Rows are added one by one in the order of their numbers, so an order is there once a higher one is. `until` of each
 * purchase is made the first sign that it is there.
 */
function judgeNumbers(
  purchases: readonly Purchase[],
  notYet: ReadonlyMap<number, Sign>,
  there: ReadonlyMap<number, Sign>,
): Violation[] {
  const violations: Violation[] = []
  let first: { sign: Sign; number: number } | undefined
  for (const purchase of purchases.toReversed()) {
    const { number, key } = purchase.row
    const own = there.get(number)
    if (own !== undefined && (first === undefined || own.at <= first.sign.at)) first = { sign: own, number }
    if (first === undefined) continue
    const { sign, number: seen } = first
    const missing = notYet.get(number)
    if (missing !== undefined && missing.at > sign.at)
      violations.push({
        sentence: `vanished order: ${number} (key ${key}) was not there, after order ${seen} had been told`,
        calls: [sign.call, missing.call],
      })
    if (purchase.from > sign.at)
      violations.push({
        sentence: `order ${number} was begun after order ${seen} had been told: its number had to be higher`,
        calls: [sign.call, ...purchase.calls.slice(0, 1)],
      })
    purchase.until = Math.max(purchase.from, sign.at)
  }
  return violations
}

function judgeRows(books: Books, rows: readonly Row[], byKey: ReadonlyMap<string, readonly Call[]>): Violation[] {
  const violations: Violation[] = []
  const keys = new Map<string, Row>()
  for (const [i, row] of rows.entries()) {
    const calls = byKey.get(row.key) ?? []
    const say = (sentence: string): void => void violations.push({ sentence, calls })
    if (row.number !== books.lastNumber + 1 + i)
      say(`orders.csv has the number ${row.number} where ${books.lastNumber + 1 + i} belongs`)
    const earlier = keys.get(row.key) ?? books.byKey(row.key)
    if (earlier !== undefined) say(`doubled order: key ${row.key} has two rows, ${earlier.number} and ${row.number}`)
    keys.set(row.key, row)
    if (row.price !== books.toys.get(row.toy)?.price) say(`order ${row.number} has a wrong price: ${orderText(row)}`)
  }
  return violations
}

function purchaseOf(row: Row, ofKey: readonly Call<Buy>[]): Purchase {
  const calls = ofKey.filter((call) => ['bought', 'unknown'].includes(call.answer.kind) && asksFor(call, row))
  return { row, calls, from: calls[0]?.start ?? 0, until: Number.POSITIVE_INFINITY }
}

const numberIn = ({ answer }: Call): number => (answer.kind === 'bought' ? answer.number : 0)
const orderText = ({ number, quantity, toy, price }: Order): string => `order ${number}: ${quantity} ${toy} at ${price}`
const sameOrder = (a: Order, b: Order): boolean =>
  a.number === b.number && a.toy === b.toy && a.quantity === b.quantity && a.price === b.price
export const asksFor = ({ asked }: Call<Buy>, { toy, quantity }: Order): boolean =>
  asked.toy === toy && asked.quantity === quantity
const differs = (a: Call<Buy>, b: Call<Buy>): boolean =>
  a.asked.toy !== b.asked.toy || a.asked.quantity !== b.asked.quantity
const differsFrom = (call: Call<Buy>, row: Row | undefined): boolean => row !== undefined && !asksFor(call, row)
