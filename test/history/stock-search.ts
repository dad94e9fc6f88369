/**
 * Whether there is an order of the purchases of one toy in which every caller saw what he says he saw. Pure.
 *
 * A just-in-time search (Lowe, "Testing for linearizability", 2017): it walks through the beginnings and ends in time and
 * keeps all states the stock can be in (`Way`s). A purchase takes effect only when the end of something demands it: delaying
 * it loses nothing. Three things keep the ways few:
 * - what was seen is noted as soon as it fits, since seeing it sooner never does harm;
 * - of open purchases of the same quantity, the one that must happen first goes first: exchanging two of them changes no stock;
 * - of two ways with the same purchases done, the one that has seen less is dropped.
 */

/** Pieces that leave at one moment, for good. */
export interface Take {
  from: number
  until: number
  quantity: number
}

/** Pieces that may be missing at any moments between the two, or at none. */
export interface Hold {
  from: number
  until: number
  quantity: number
}

/** At some moment between the two the stock was `saw`, or was too low for `short` pieces. */
export interface Sight {
  from: number
  until: number
  saw?: number
  short?: number
}

export type Found =
  | { fits: true; ways: number }
  /** What had to be so at its end, and cannot. */
  | { fits: false; take: Take }
  | { fits: false; sight: Sight }
  /** There were too many ways to follow: neither yes nor no. */
  | { fits: undefined }

interface Way {
  /** Open purchases that have happened, a bit each. */
  done: bigint
  /** Open sights that have been seen, a bit each. */
  seen: bigint
  /** Pieces that have left since the beginning. */
  taken: number
}

type Event = { at: number; ends: boolean } & ({ take: Take } | { hold: Hold } | { sight: Sight })

/** `waysMax`: how many ways are followed at most. */
export function searchStock(
  stock: number,
  { takes, holds, sights }: { takes: readonly Take[]; holds: readonly Hold[]; sights: readonly Sight[] },
  waysMax = 20_000,
): Found {
  const search = new StockSearch(stock, waysMax)
  let most = 1
  for (const event of eventsOf(takes, holds, sights)) {
    if ('hold' in event) search.holdEvent(event.hold, event.ends)
    else if (!event.ends) search.begin(event)
    else if (!search.end(event))
      return 'take' in event ? { fits: false, take: event.take } : { fits: false, sight: event.sight }
    if (search.ways.length > waysMax) return { fits: undefined }
    most = Math.max(most, search.ways.length)
  }
  return { fits: true, ways: most }
}

/** In time; at the same moment beginnings go first, so that what touches overlaps. */
function eventsOf(takes: readonly Take[], holds: readonly Hold[], sights: readonly Sight[]): Event[] {
  const events: Event[] = []
  for (const take of takes) events.push({ at: take.from, ends: false, take }, { at: take.until, ends: true, take })
  for (const hold of holds) events.push({ at: hold.from, ends: false, hold }, { at: hold.until, ends: true, hold })
  for (const sight of sights)
    events.push({ at: sight.from, ends: false, sight }, { at: sight.until, ends: true, sight })
  return events.sort((a, b) => a.at - b.at || Number(a.ends) - Number(b.ends))
}

class StockSearch {
  ways: Way[] = [{ done: 0n, seen: 0n, taken: 0 }]
  readonly #stock: number
  readonly #waysMax: number
  readonly #takes = new Slots<Take>()
  readonly #sights = new Slots<Sight>()
  readonly #held = new HeldSums()

  constructor(stock: number, waysMax: number) {
    this.#stock = stock
    this.#waysMax = waysMax
  }

  begin(event: { take: Take } | { sight: Sight }): void {
    if ('take' in event) return void this.#takes.add(event.take)
    this.#sights.add(event.sight)
    for (const way of this.ways) this.#look(way)
  }

  /** False where it is in no way so. */
  end(event: { take: Take } | { sight: Sight }): boolean {
    const isTake = 'take' in event
    const bit = isTake ? this.#takes.bitOf(event.take) : this.#sights.bitOf(event.sight)
    const so = (way: Way): boolean => ((isTake ? way.done : way.seen) & bit) !== 0n
    const ways = this.#each(so)
    for (const way of ways) {
      if (isTake) way.done &= ~bit
      else way.seen &= ~bit
    }
    if (isTake) this.#takes.remove(event.take)
    else this.#sights.remove(event.sight)
    this.ways = best(ways)
    return this.ways.length > 0
  }

  holdEvent(hold: Hold, ends: boolean): void {
    if (!ends) {
      this.#held.add(hold.quantity)
      for (const way of this.ways) this.#look(way)
      return
    }
    // What can be seen only with these pieces missing must be seen now. What shows nothing new can also happen later.
    const more = this.ways.flatMap((way) =>
      this.#allSeen(way) ? [] : this.#after(way, () => false).filter(({ seen }) => seen !== way.seen),
    )
    this.ways = best([...this.ways, ...more])
    this.#held.remove(hold.quantity)
  }

  #allSeen(way: Way): boolean {
    return way.seen === this.#sights.used
  }

  /** Each way as it is where it is so already, else all the shortest ways on in which it is. */
  #each(so: (way: Way) => boolean): Way[] {
    if (this.ways.length === 1 && so(this.ways[0]!)) return this.ways
    return this.ways.flatMap((way) => (so(way) ? [way] : this.#after(way, so).filter(so)))
  }

  /** All ways on from one by purchases that are open; none goes on beyond where `enough` holds. */
  #after(from: Way, enough: (way: Way) => boolean): Way[] {
    const known = new Map<string, Way>()
    const ahead = [from]
    for (let way = ahead.pop(); way !== undefined; way = ahead.pop()) {
      for (const [bit, { quantity }] of this.#next(way)) {
        const next = { done: way.done | bit, seen: way.seen, taken: way.taken + quantity }
        this.#look(next)
        const name = `${next.done} ${next.seen}`
        if (known.has(name)) continue
        known.set(name, next)
        if (!enough(next)) ahead.push(next)
      }
      if (known.size > this.#waysMax) break
    }
    return [...known.values()]
  }

  /** What may happen next: of each quantity the open purchase that must happen first. */
  #next(way: Way): Iterable<[bigint, Take]> {
    const first = new Map<number, [bigint, Take]>()
    for (const [bit, take] of this.#takes.entries()) {
      if ((way.done & bit) !== 0n || way.taken + take.quantity > this.#stock) continue
      const other = first.get(take.quantity)
      if (other === undefined || take.until < other[1].until) first.set(take.quantity, [bit, take])
    }
    return first.values()
  }

  /** Notes every open sight that fits now. */
  #look(way: Way): void {
    if (this.#allSeen(way)) return
    const left = this.#stock - way.taken
    for (const [bit, { saw, short }] of this.#sights.entries()) {
      if ((way.seen & bit) !== 0n) continue
      const fits = saw === undefined ? left - this.#held.most < short! : this.#held.canBe(left - saw)
      if (fits) way.seen |= bit
    }
  }
}

/** What is open now, each with a bit of its own. */
class Slots<Open> {
  used = 0n
  readonly #entries = new Map<bigint, Open>()
  readonly #bits = new Map<Open, bigint>()

  add(open: Open): void {
    let bit = 1n
    while ((this.used & bit) !== 0n) bit <<= 1n
    this.used |= bit
    this.#entries.set(bit, open)
    this.#bits.set(open, bit)
  }

  bitOf(open: Open): bigint {
    return this.#bits.get(open)!
  }

  remove(open: Open): void {
    const bit = this.bitOf(open)
    this.used &= ~bit
    this.#entries.delete(bit)
    this.#bits.delete(open)
  }

  entries(): Iterable<[bigint, Open]> {
    return this.#entries
  }
}

/** How many pieces the holds that are open now can keep together. */
class HeldSums {
  most = 0
  readonly #counts = new Map<number, number>()
  /** Bit n is set where some of them come to n. */
  #sums: bigint | undefined = 1n

  add(quantity: number): void {
    this.most += quantity
    this.#counts.set(quantity, (this.#counts.get(quantity) ?? 0) + 1)
    if (this.#sums !== undefined) this.#sums |= this.#sums << BigInt(quantity)
  }

  remove(quantity: number): void {
    this.most -= quantity
    this.#counts.set(quantity, this.#counts.get(quantity)! - 1)
    this.#sums = undefined
  }

  canBe(pieces: number): boolean {
    if (pieces <= 0 || pieces > this.most) return pieces === 0
    if (this.#sums === undefined) {
      this.#sums = 1n
      for (const [quantity, count] of this.#counts)
        for (let i = 0; i < count; i++) this.#sums |= this.#sums << BigInt(quantity)
    }
    return (this.#sums & (1n << BigInt(pieces))) !== 0n
  }
}

/** Without those that are no better than another one. */
function best(ways: readonly Way[]): Way[] {
  if (ways.length < 2) return [...ways]
  const byDone = new Map<bigint, Way[]>()
  for (const way of ways) {
    const others = byDone.get(way.done) ?? []
    if (others.some(({ seen }) => (seen & way.seen) === way.seen)) continue
    byDone.set(way.done, [...others.filter(({ seen }) => (seen & way.seen) !== seen), way])
  }
  return [...byDone.values()].flat()
}
