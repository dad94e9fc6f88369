/** What is wrong after all was checked out: what buyers were told, stock, credit and log against each other. Pure. */
import { type Case, costOf, expectedOf, type Order } from './cases.ts'
import type { Told } from './crowd.ts'
import type { Found, LogOrder } from './shop.ts'

/** Each must be 0. */
export interface Wrong {
  /** Successes without an order, orders without a success, and successes too many or too few where their number is certain. */
  answers: number
  /** Pieces too many or too few, of all items. */
  stock: number
  /** Credits too many or too few, of all users. */
  credit: number
  /** Orders of the log that nobody bought, or that are missing, doubled or of another price. */
  log: number
}

export interface Verdict {
  succeeded: number
  /** By word. */
  refused: Record<string, number>
  unanswered: number
  /** How many had to succeed; null where it is not certain. */
  expected: number | null
  wrong: Wrong
  /** The first of what is wrong, in sentences. */
  examples: string[]
}

const examplesMax = 5
/** What a checkout may be refused for; of another store of the course's only the status is known. */
const refusals = /^(out_of_stock|out_of_credit|http_4\d\d)$/

export function judge(size: Case, orders: readonly Order[], told: readonly Told[], found: Found): Verdict {
  const wrong: Wrong = { answers: 0, stock: 0, credit: 0, log: 0 }
  const examples: string[] = []
  const note = (kind: keyof Wrong, amount: number, sentence: string): void => {
    if (amount === 0) return
    wrong[kind] += Math.abs(amount)
    if (examples.length < examplesMax) examples.push(sentence)
  }
  const of = (wanted: Told['outcome']): Told[] => told.filter(({ outcome }) => outcome === wanted)

  const bought =
    found.paid === undefined ? byLog(orders, told, found.log, note) : byDraft(orders, told, found.paid, note)
  for (const { outcome, word } of told)
    if (outcome === 'refused' && !refusals.test(word)) note('answers', 1, `a checkout was refused as ${word}`)
  checkAmounts(size, bought, found, note)
  checkLog(size, bought, found.log, note)

  const expected = of('unanswered').length === 0 ? expectedOf(size, orders) : undefined
  const succeeded = of('done').length
  if (expected !== undefined)
    note('answers', succeeded - expected, `${succeeded} checkouts succeeded, and ${expected} had to`)
  const refused = Object.groupBy(of('refused'), ({ word }) => word)
  return {
    succeeded,
    refused: Object.fromEntries(Object.entries(refused).map(([word, some]) => [word, some!.length])),
    unanswered: of('unanswered').length,
    expected: expected ?? null,
    wrong,
    examples,
  }
}

type Note = (kind: keyof Wrong, amount: number, sentence: string) => void

/** Those that the store says are paid. */
function byDraft(orders: readonly Order[], told: readonly Told[], paid: readonly boolean[], note: Note): Order[] {
  for (const [place, { outcome, word }] of told.entries()) {
    const { draft } = orders[place]!
    if (outcome === 'done' && !paid[place]) note('answers', 1, `draft ${draft} was told as done, and is not paid`)
    if (outcome === 'refused' && paid[place]) note('answers', 1, `draft ${draft} was refused (${word}), and is paid`)
  }
  return orders.filter((_, place) => paid[place])
}

/** Those that are in the log: by the number that was told, and of the rest what nobody was answered for. */
function byLog(orders: readonly Order[], told: readonly Told[], log: readonly LogOrder[], note: Note): Order[] {
  const rest = new Map(log.map((order) => [order.number, order]))
  const bought: Order[] = []
  for (const [place, { outcome, number = 0 }] of told.entries()) {
    if (outcome !== 'done') continue
    const row = rest.get(number)
    if (row !== undefined && contentOf(row) === contentOf(orders[place]!)) {
      bought.push(orders[place]!)
      rest.delete(number)
    } else note('answers', 1, `order ${number} was told as done, and is not there as it was asked for, or told twice`)
  }
  const unanswered = orders.filter((_, place) => told[place]!.outcome === 'unanswered')
  for (const row of rest.values()) {
    const place = unanswered.findIndex((order) => contentOf(order) === contentOf(row))
    if (place >= 0) bought.push(...unanswered.splice(place, 1))
    else {
      note('answers', 1, `order ${row.number} is there, and nobody was told so`)
      bought.push(row)
    }
  }
  return bought
}

function checkAmounts({ pieces, credit, price }: Case, bought: readonly Order[], found: Found, note: Note): void {
  const stock = new Map(found.stock.keys().map((item) => [item, pieces]))
  const credits = new Map(found.credit.keys().map((user) => [user, credit]))
  for (const order of bought) {
    for (const [item, count] of order.items) stock.set(item, (stock.get(item) ?? 0) - count)
    credits.set(order.user, (credits.get(order.user) ?? 0) - costOf(order, price))
  }
  for (const [item, wanted] of stock) {
    const there = found.stock.get(item) ?? 0
    note('stock', there - wanted, `of item ${item} there are ${there}, and ${wanted} had to be`)
    if (there < 0) note('stock', there, `of item ${item} there are ${there}`)
  }
  for (const [user, wanted] of credits) {
    const there = found.credit.get(user) ?? 0
    note('credit', there - wanted, `user ${user} has ${there}, and ${wanted} had to be`)
    if (there < 0) note('credit', there, `user ${user} has ${there}`)
  }
}

/** Each that was bought is there once, at its price. */
function checkLog({ price }: Case, bought: readonly Order[], log: readonly LogOrder[], note: Note): void {
  const open = new Map<string, number>()
  for (const order of bought) open.set(contentOf(order), (open.get(contentOf(order)) ?? 0) + 1)
  const numbers = new Set<number>()
  for (const row of log) {
    const content = contentOf(row)
    const cost = costOf(row, price)
    if (numbers.has(row.number)) note('log', 1, `order ${row.number} is there twice`)
    else if (row.total !== cost) note('log', 1, `order ${row.number} costs ${row.total}, and ${cost} had to be`)
    else if ((open.get(content) ?? 0) === 0) note('log', 1, `order ${row.number} (${content}) was bought by nobody`)
    else open.set(content, open.get(content)! - 1)
    numbers.add(row.number)
  }
  for (const [content, missing] of open) note('log', missing, `an order (${content}) is missing`)
}

const contentOf = ({ user, items }: Pick<Order, 'user' | 'items'>): string =>
  `user ${user}: ${items
    .map(([item, pieces]) => `${pieces} of ${item}`)
    .sort()
    .join(', ')}`
