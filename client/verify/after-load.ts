/**
 * What a load bought and was shown (witness.ts), held against the shop when the load is over, and then the shop against itself.
 *
 * Why each check is sound, also while others buy. `since` are the orders above the newest one before the load; `end` is the
 * stock afterwards, read before those orders are; movements since are taken into account at the moment that suits least.
 *
 * 1. An acknowledged purchase is an order, with what its answer said; no number was given twice, none is left out.
 * 2. Pieces only leave by orders. So what a query showed, and what we had been told we bought before it, was still there at
 *    `end`, or was sold since by anybody: more than that was never there.
 * 3. Where all orders since are ours, nobody else held pieces for a while: a query that showed fewer than `end`, or a refusal
 *    as out of stock of no more than `end`, was wrong, but for the pieces of purchases that failed.
 * 4. The stock fell by at least what we bought.
 *
 * What is still in flight when the load ends may change `end`: what 2 to 4 find counts only where it is found in every look, the
 * last one after longer than a purchase may take.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { noProgress, type Progress } from '../progress.ts'
import { Findings, MovementBook, ordersUp, readToys } from './books.ts'
import { verdictText } from './files.ts'
import { looksMs, verifyLive } from './live.ts'
import { OrdersSince } from './orders-since.ts'
import { readOrder, type ShownToy } from './rows.ts'
import { eachOf, Shop, type ShopOptions } from './shop.ts'
import type { Witness } from './witness.ts'
import { combineShown, type End, shownFaults } from './witness-bounds.ts'

/** A shop as it was before a load. */
export interface Snapshot {
  toys: ReadonlyMap<string, ShownToy>
  /** Null where only the owner may see them. */
  newestOrder: number | null
  newestMovement: number | null
}

export interface AfterLoad {
  /** The verdict in one line. */
  line: string
  balanced: boolean
  differences: string[]
  /** What could not be checked, and why. */
  notes: string[]
}

export interface AfterLoadOptions extends ShopOptions {
  before: Snapshot
  witness: Witness
  progress?: Progress | undefined
  /** How long each look waits for what is in flight, in milliseconds. */
  looksMs?: readonly number[]
}

/** Must be taken before the first purchase. Throws a ShopError where there is no shop that can be read. */
export async function snapshot(url: string, token?: string, timeoutMs?: number): Promise<Snapshot> {
  const shop = new Shop({ url, token, timeoutMs })
  try {
    const findings = new Findings() // what is wrong already is found again afterwards
    const toys = await readToys(shop, findings)
    if ((await shop.refusal()) !== undefined) return { toys, newestOrder: null, newestMovement: null }
    // In this order: what leaves the stock between two of them is an order since, never one that nobody counts.
    const newest = (await shop.orders(undefined, 1)).data[0]
    const movements = new MovementBook(shop, findings)
    await movements.catchUp()
    return {
      toys: await readToys(shop, findings),
      newestOrder: readOrder(newest).row?.number ?? 0,
      newestMovement: movements.last,
    }
  } finally {
    await shop.close()
  }
}

/** Throws a ShopError where the shop cannot be read any more. */
export async function verifyAfterLoad(options: AfterLoadOptions): Promise<AfterLoad> {
  const { before, witness, progress = noProgress, looksMs: waits = looksMs } = options
  const shop = new Shop(options)
  try {
    const findings = new Findings()
    const isOwner = before.newestOrder !== null && (await shop.refusal()) === undefined
    const since = new OrdersSince(witness.purchases, findings, before.newestOrder ?? undefined)
    const notes = isOwner
      ? await holdAgainstAll(shop, since, findings, options, waits)
      : await holdAgainstOwn(shop, since, findings, options)
    priceFaults(witness, before, await readToys(shop, findings), findings)
    const live = await verifyLive({ ...options, progress, looksMs: waits })
    const differences = [...new Set([...findings.all(), ...live.differences])]
    const line = verdictText({
      orders: live.orders ?? since.count,
      accounts: live.toys,
      customers: live.customers ?? 0,
      differences: differences.length,
    })
    return { line, balanced: differences.length === 0, differences, notes: [...notes, ...live.notes] }
  } finally {
    await shop.close()
  }
}

/** The owner's way: all orders since, and what was shown within the bounds that they leave. */
async function holdAgainstAll(
  shop: Shop,
  since: OrdersSince,
  findings: Findings,
  { before, witness, progress = noProgress }: AfterLoadOptions,
  waits: readonly number[],
): Promise<string[]> {
  const movements = new MovementBook(shop, findings, before.newestMovement ?? 0)
  const shown = combineShown(witness.shown)
  let faults: ReadonlySet<string> | undefined
  for (const waitMs of waits) {
    await pause(waitMs)
    await movements.catchUp()
    const moved = movements.last
    const toys = await readToys(shop, findings)
    await movements.catchUp()
    const newest = readOrder((await shop.orders(undefined, 1)).data[0]).row?.number ?? 0
    const from = since.last + 1
    for await (const each of ordersUp(shop, from, newest)) {
      since.take(each)
      progress.tell('orders since the load began', (since.last - from + 1) / (newest - from + 1))
    }
    since.end(newest)
    if (moved !== movements.last) continue // of another moment than the toys
    const end: End = { toys, before: before.toys, movements, since, alone: since.others <= witness.unknown }
    const found = new Set(shownFaults(shown, end))
    faults = faults?.intersection(found) ?? found
    if (faults.size === 0) break
  }
  for (const fault of faults ?? []) findings.add(fault)
  return notesOf(since, witness, faults === undefined)
}

function notesOf(since: OrdersSince, { unknown }: Witness, restless: boolean): string[] {
  const notes: string[] = []
  if (unknown > 0)
    notes.push(`${unknown} purchases ended without an answer: each is an order or none, and none of them was missed.`)
  if (since.others > unknown)
    notes.push(
      `${since.others} orders since are not ours: others bought as well, so whether too few pieces were shown, or some refused that were there, was not checked.`,
    )
  if (restless) notes.push('The stock was changed all the time, so what was shown of it was not checked.')
  return notes
}

/** Anybody's way: the orders from our first to our last, one by one. */
async function holdAgainstOwn(
  shop: Shop,
  since: OrdersSince,
  findings: Findings,
  { before, witness, progress = noProgress }: AfterLoadOptions,
): Promise<string[]> {
  const notes = ['What was shown of the stock was not held against all sales since: only the owner may see them.']
  const [first, last] = since.range()
  if (first === undefined || last === undefined) return notes
  for await (const each of eachOf(numbers(first, last), (number) => shop.order(number))) {
    if (each !== undefined) since.take(each)
    progress.tell('our orders', (since.last - first + 1) / (last - first + 1))
  }
  since.end(last)
  const toys = await readToys(shop, findings)
  for (const [name, pieces] of since.ours) {
    const [was, is] = [before.toys.get(name)?.stock ?? 0, toys.get(name)?.stock ?? 0]
    if (was - is < pieces)
      notes.push(
        `${name}: we bought ${pieces}, but the stock fell from ${was} to ${is}: it was restocked, or it is wrong.`,
      )
  }
  if (witness.unknown > 0) notes.push(`${witness.unknown} purchases ended without an answer: each is an order or none.`)
  return notes
}

function* numbers(first: number, last: number): Generator<number> {
  for (let number = first; number <= last; number++) yield number
}

/** Each price that was paid must have been shown at some time. */
function priceFaults(
  witness: Witness,
  before: Snapshot,
  toys: ReadonlyMap<string, ShownToy>,
  findings: Findings,
): void {
  const shown = combineShown(witness.shown)
  const known = new Map<string, Set<number>>()
  for (let index = 0; index < witness.purchases.length; index++) {
    const { orderNumber, name, price } = witness.purchases.at(index)
    let prices = known.get(name)
    if (prices === undefined) {
      const [was, is] = [before.toys.get(name)?.price, toys.get(name)?.price]
      prices = new Set([...(shown.get(name)?.prices ?? []), ...[was, is].filter((one) => one !== undefined)])
      known.set(name, prices)
    }
    if (!prices.has(price))
      findings.add(
        `order ${orderNumber}: ${name} was sold at ${price / 100}, a price that nobody was shown (${[...prices].map((one) => one / 100).join(', ')})`,
      )
  }
}
