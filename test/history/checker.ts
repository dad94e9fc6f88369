/**
 * The judge of a history. Pure: it is given a window and what was certain before it, and says what cannot have happened.
 *
 * What the store promises to those who come through the front door, and what is checked:
 *
 * 1. A key is a register that is written once. All answers `bought` to a key tell the same order: the one that the call asked
 *    for, with the toy's price, and the one that stands in orders.csv under that key. After it was told, nobody who begins to
 *    ask is told `out_of_stock`. (`unavailable` he may be told: it speaks of his call alone.) `key_reused` is told only where
 *    another purchase was asked for with that key.
 * 2. Each row of orders.csv belongs to a call that can have bought it: one that was told so, or was told nothing. A purchase
 *    that was only ever refused or `unavailable` has no row. A key has one row, and the numbers are 1, 2, 3 … without a gap.
 * 3. Numbers follow real time. Rows are added in the order of their numbers, each at one moment after the first call that can
 *    have bought it began, and before it was first told to anyone: so a purchase that begins after an answer has a higher number.
 * 4. `GET /orders/<n>` is a read of that growing log: it shows the row as it stands, never one that nobody had asked for yet,
 *    and says 404 only where the order, and all with higher numbers, had not been told to anyone when it began.
 * 5. Stock is a counter with the bound zero, and linearizable: there is one order of moments, one for each purchase (its pieces
 *    leave) and one for each look at the toy or refusal, each between the beginning and the end of its call, in which every look
 *    sees start − what has left, and every `out_of_stock` finds less than was asked for. A purchase's pieces leave after the
 *    first call that can have bought it began, and before its row is told or one with a higher number (3). A purchase that
 *    nobody was told of leaves at any moment after it was asked for: whether it did is told by its row.
 *
 * What weakens 5, because the store reserves pieces before it sells them:
 * - A call that came to nothing may have held its pieces for a while: one that is `unavailable`, until its answer; where the
 *   answer says "given back soon", or there was none, until the next calm. In that time a look may see the stock with or
 *   without them, from one look to the next. That each attempt holds once and in one piece is not checked.
 * - Of two calls with one key at the same time the second is given the first one's answer, so the look behind its
 *   `out_of_stock` may be as old as the first call.
 * What is not covered: two toys are never compared (the store promises nothing across toys); the date of an order; the owner's
 * lists, which are pages of the same reads; a calm is taken to be one, which the recorder sees to (calm.ts).
 *
 * 1 to 4 are decided by comparing times: a log that only grows is linearizable exactly if each row's last sign of absence lies
 * before the first sign of presence of it or of a later one. 5 is a search, toy by toy (stock-search.ts). Both are exact.
 */
import { Books } from './books.ts'
import { asksFor, callsByKey, judgeOrders, type Purchase, type Violation, workBegan } from './orders.ts'
import type { Buy, Call, Toy, Window } from './record.ts'
import { type Found, type Hold, type Sight, searchStock, type Take } from './stock-search.ts'

export interface Judgement {
  violations: Violation[]
  /** Toys whose history had too many possible orders to follow all of them. */
  undecided: string[]
  /** How many ways the search followed at the same time, at most. */
  ways: number
}

/** Judges a window after those before it, and adds its rows to the books. */
export function judgeWindow(books: Books, window: Window): Judgement {
  const { violations, purchases } = judgeOrders(books, window)
  const judgement: Judgement = {
    violations: [...violations, ...judgePrices(books, window.calls)],
    undecided: [],
    ways: 0,
  }
  const parts = stockParts(window, purchases, books)
  for (const [toy, part] of parts) {
    const found = searchStock(books.stockOf(toy), part)
    if (found.fits === true) judgement.ways = Math.max(judgement.ways, found.ways)
    else if (found.fits === undefined) judgement.undecided.push(toy)
    else judgement.violations.push(stockViolation(toy, books.stockOf(toy), part, found, window.calmAt))
  }
  books.add(window.rows)
  return judgement
}

/** Judges a whole history, window by window. */
export function judgeHistory(toys: readonly Toy[], windows: Iterable<Window>): Judgement {
  const books = new Books(toys)
  const all: Judgement = { violations: [], undecided: [], ways: 0 }
  for (const window of windows) {
    const { violations, undecided, ways } = judgeWindow(books, window)
    all.violations.push(...violations)
    all.undecided.push(...undecided)
    all.ways = Math.max(all.ways, ways)
  }
  return all
}

interface TakeOf extends Take {
  purchase: Purchase
}

interface SightOf extends Sight {
  call: Call
}

interface Part {
  takes: TakeOf[]
  holds: Hold[]
  sights: SightOf[]
}

/** What a window says of each toy's stock. */
function stockParts(window: Window, purchases: readonly Purchase[], books: Books): Map<string, Part> {
  const parts = new Map<string, Part>()
  const partOf = (toy: string): Part => {
    const part = parts.get(toy) ?? { takes: [], holds: [], sights: [] }
    parts.set(toy, part)
    return part
  }
  for (const purchase of purchases) {
    const { row, from, until } = purchase
    partOf(row.toy).takes.push({ from, until: Math.min(until, window.calmAt), quantity: row.quantity, purchase })
  }
  for (const call of window.calls) {
    const { asked, answer, start, end } = call
    if (asked.kind === 'product' && answer.kind === 'product')
      partOf(asked.toy).sights.push({ from: start, until: end, saw: answer.stock, call })
  }
  const bought = new Map(purchases.map(({ row }) => [row.key, row]))
  for (const [key, ofKey] of callsByKey(window.calls)) {
    for (const call of ofKey)
      if (call.answer.kind === 'refused' && call.answer.reason === 'out_of_stock') {
        const sight = { from: workBegan(call, ofKey), until: call.end, short: call.asked.quantity, call }
        partOf(call.asked.toy).sights.push(sight)
      }
    if (books.byKey(key) !== undefined) continue // known before: nothing is set aside for it any more
    // Where nobody was told of the purchase, one of the calls without an answer is the purchase itself.
    const row = bought.get(key)
    const untold = row !== undefined && !ofKey.some(({ answer }) => answer.kind === 'bought')
    const last = untold ? ofKey.findLast((call) => call.answer.kind === 'unknown' && asksFor(call, row)) : undefined
    for (const call of ofKey) if (call !== last) partOf(call.asked.toy).holds.push(...holdOf(call, window.calmAt))
  }
  return parts
}

function holdOf({ answer, start, end, asked }: Call<Buy>, calmAt: number): Hold[] {
  if (answer.kind !== 'unavailable' && answer.kind !== 'unknown') return []
  const lasting = answer.kind === 'unknown' || answer.lasting
  return [{ from: start, until: lasting ? Math.max(end, calmAt) : end, quantity: asked.quantity }]
}

/** Everything that a look tells beside the stock, and toys that are not there. */
function judgePrices(books: Books, calls: readonly Call[]): Violation[] {
  return calls.flatMap((call) => {
    const { asked, answer } = call
    if (asked.kind !== 'product') return []
    const toy = books.toys.get(asked.toy)
    if (answer.kind === 'product' && (toy === undefined || answer.price !== toy.price || answer.toy !== asked.toy))
      return [{ sentence: `${asked.toy} was shown otherwise than it is`, calls: [call] }]
    if (answer.kind === 'refused' && toy !== undefined)
      return [{ sentence: `${asked.toy} was called ${answer.reason}`, calls: [call] }]
    return []
  })
}

const shown = 6

/** The sentence for what the search could not fit, and the calls nearest to it. */
function stockViolation(
  toy: string,
  stock: number,
  part: Part,
  found: Found & { fits: false },
  calmAt: number,
): Violation {
  if ('take' in found) {
    const { purchase } = found.take as TakeOf
    const { number, quantity } = purchase.row
    const before = part.takes.filter(({ until }) => until <= purchase.until && until >= purchase.from)
    const sold = part.takes.reduce((sum, take) => sum + take.quantity, 0)
    const sentence =
      sold > stock
        ? `oversold: order ${number} takes ${quantity} ${toy}; with it ${sold} of ${stock} pieces are sold`
        : `no order of the purchases of ${toy} fits what was seen, once order ${number} has taken ${quantity}`
    return {
      sentence,
      calls: callsOf([...before.filter((take) => take.purchase !== purchase).slice(-shown), { purchase }]),
    }
  }
  const { call, from, until, saw, short } = found.sight as SightOf
  const sum = (some: readonly Take[]): number => some.reduce((total, { quantity }) => total + quantity, 0)
  const surely = part.takes.filter((take) => take.until < from)
  const maybe = part.takes.filter((take) => take.until >= from && take.from <= until)
  const held = part.holds.filter((hold) => hold.from <= until && hold.until >= from)
  const [high, low] = [stock - sum(surely), stock - sum(surely) - sum(maybe) - sum(held)]
  const latest = surely.toSorted((a, b) => b.until - a.until)
  const told = callsOf([...latest.slice(0, enough(latest, (saw ?? 0) - high)), ...maybe.slice(0, shown)])
  const calls = [...told.filter(({ id }) => id !== call.id), call]
  if (saw === undefined && low >= short!)
    return { sentence: `${short} ${toy} were refused, and there were at least ${low} at any time in the call`, calls }
  if (saw !== undefined && saw > high) {
    const what = call.start >= calmAt ? 'lost update' : 'stale read'
    return {
      sentence: `${what}: ${saw} ${toy} were shown, and at most ${high} can have been left: ${saw - high} more had been sold before`,
      calls,
    }
  }
  if (saw !== undefined && saw < low)
    return { sentence: `lost stock: ${saw} ${toy} were shown, and at least ${low} must have been left`, calls }
  // It stands against what others saw just before.
  const others = part.sights.filter((sight) => sight.call !== call && sight.from <= until).map((sight) => sight.call)
  const nearest = others.sort((a, b) => a.end - b.end).slice(-shown)
  const what = saw === undefined ? `${short} ${toy} were refused` : `${saw} ${toy} were shown`
  return {
    sentence: `${what}, between ${low} and ${high} left, but no order of the purchases fits all that was seen`,
    calls: [...new Set([...told, ...nearest])].sort((a, b) => a.start - b.start).concat(call),
  }
}

/** How many of the takes come to so many pieces; at least two and at most `shown`, to show what stood just before. */
function enough(takes: readonly Take[], pieces: number): number {
  let sum = 0
  const count = takes.findIndex(({ quantity }) => {
    sum += quantity
    return sum >= pieces
  })
  return Math.min(shown, Math.max(2, count + 1))
}

/** Of each purchase the call that was told of it first, or the first that asked. */
const callsOf = (purchases: readonly { purchase: Purchase }[]): Call[] =>
  purchases
    .flatMap(({ purchase: { calls } }) => {
      const told = calls.filter(({ answer }) => answer.kind === 'bought').sort((a, b) => a.end - b.end)
      return told[0] ?? calls[0] ?? []
    })
    .sort((a, b) => a.start - b.start)
