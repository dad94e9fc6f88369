/**
 * Whether a running shop's books balance, over its API alone. Anybody may see the toys; the owner also all orders and movements,
 * and so whether, per toy, the movements add up to stock + sold.
 *
 * The three are not of one moment on a shop in use. What is sound all the same, since pieces are set aside before an order
 * is written and a movement is told in the turn in which the stock changes:
 *
 * 1. Orders known before the toys were read had left their stock by then: stock <= movements - sold of those. The sum of the
 *    movements is that of some moment between two readings of them, one before and one after the toys: its highest counts.
 * 2. Whatever had left the stock when the toys were read is an order, once what was in flight is over: stock >= movements
 *    (their lowest) - sold of all orders read a while later. Only a purchase that fails takes pieces for a moment and gives them
 *    back; so too few pieces count only where they are missing in every look, the last one after longer than a purchase may take.
 *
 * Where no number moved during a look, both bounds are one value, and the check is exact.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { noProgress, type Progress } from '../progress.ts'
import { Findings, MovementBook, OrderBook, readToys } from './books.ts'
import type { ShownToy } from './rows.ts'
import { Shop, type ShopOptions } from './shop.ts'
import { checkSingles } from './singles.ts'

export interface LiveVerdict {
  url: string
  toys: number
  /** Null where only the owner may see them and nobody said who we are. */
  orders: number | null
  movements: number | null
  /** Orders of an older store that was taken over: they are not counted as sold. */
  broughtAlong: number
  /** The newest order's number. */
  newest: number | null
  /** Nothing was sold or moved while the toys were read, so that stock + sold was checked to the piece. */
  exact: boolean
  /** Each a sentence. */
  differences: string[]
  /** What could not be checked, or only within bounds. */
  notes: string[]
}

export interface LiveOptions extends ShopOptions {
  progress?: Progress | undefined
  /** How long each look waits for what is in flight, in milliseconds; the last one is longer than a purchase may take. */
  looksMs?: readonly number[]
}

/** So long may a purchase be under way, 5 s, and a little more. */
export const looksMs = [0, 100, 400, 1000, 5500] as const

/** Throws a ShopError where there is no shop that can be read. */
export async function verifyLive({
  progress = noProgress,
  looksMs: waits = looksMs,
  ...options
}: LiveOptions): Promise<LiveVerdict> {
  const shop = new Shop(options)
  try {
    const findings = new Findings()
    const toys = await readToys(shop, findings)
    const refusal = await shop.refusal()
    const owned = refusal === undefined ? await checkSums(shop, findings, progress, waits) : undefined
    await checkSingles(shop, owned?.toys ?? toys, findings, progress)
    return {
      url: shop.url,
      toys: toys.size,
      orders: owned?.orders.orders ?? null,
      movements: owned?.movements.last ?? null,
      broughtAlong: owned?.orders.broughtAlong ?? 0,
      newest: owned?.orders.last ?? null,
      exact: owned?.exact ?? false,
      differences: findings.all(),
      notes: owned?.notes ?? [refusalNote(refusal!)],
    }
  } finally {
    await shop.close()
  }
}

export const refusalNote = (reason: string): string =>
  `Orders, movements and whether stock and sales add up were not checked: they are for the owner (${reason}). Ask from the store's own machine, or give --token or ADMIN_TOKEN.`

interface Look {
  /** By name, what is wrong in it. */
  high: Map<string, string>
  low: Map<string, string>
  exact: boolean
}

interface Owned {
  toys: ReadonlyMap<string, ShownToy>
  orders: OrderBook
  movements: MovementBook
  exact: boolean
  notes: string[]
}

async function checkSums(shop: Shop, findings: Findings, progress: Progress, waits: readonly number[]): Promise<Owned> {
  const [orders, movements] = [new OrderBook(shop, findings), new MovementBook(shop, findings)]
  const told = (share: number) => progress.tell(`orders of ${shop.url}`, share)
  await orders.catchUp(told)
  await movements.catchUp()
  let toys: ReadonlyMap<string, ShownToy> = new Map()
  /** What was too low in every look so far. */
  let suspects: Map<string, string> | undefined
  let exact = false
  for (const waitMs of waits) {
    await orders.catchUp()
    await movements.catchUp()
    toys = await readToys(shop, findings)
    const look = await lookAt(toys, orders, movements, waitMs)
    for (const sentence of look.high.values()) findings.add(sentence)
    suspects = new Map([...look.low].filter(([name]) => suspects?.has(name) ?? true))
    exact = look.exact
    if (suspects.size === 0 && look.high.size === 0 && (exact || waitMs > 0)) break
    if (suspects.size === 0 && look.high.size > 0) break
  }
  for (const sentence of suspects?.values() ?? []) findings.add(sentence)
  const notes = exact
    ? []
    : ['The shop was in use: each toy was checked within what was sold or moved while it was read, not to the piece.']
  return { toys, orders, movements, exact, notes }
}

/** One look at the sums; `toys` have just been read. */
async function lookAt(
  toys: ReadonlyMap<string, ShownToy>,
  orders: OrderBook,
  movements: MovementBook,
  waitMs: number,
): Promise<Look> {
  const [ordered, moved] = [orders.last, movements.last]
  movements.mark()
  await movements.catchUp()
  const names = new Set([...toys.keys(), ...movements.names, ...orders.names])
  const soldBefore = new Map([...names].map((name) => [name, orders.sold(name)]))
  await pause(waitMs)
  await orders.catchUp()
  const exact = orders.last === ordered && movements.last === moved
  const [high, low] = [new Map<string, string>(), new Map<string, string>()]
  for (const name of names) {
    const [stock, range] = [toys.get(name)?.stock ?? 0, movements.range(name)]
    const [before, after] = [soldBefore.get(name) ?? 0, orders.sold(name)]
    if (stock > range.high - before) high.set(name, sumText(name, range.high, stock, before, exact))
    if (stock < range.low - after) low.set(name, sumText(name, range.low, stock, after, exact))
  }
  return { high, low, exact }
}

function sumText(name: string, moved: number, stock: number, sold: number, exact: boolean): string {
  const bound = exact ? '' : stock + sold > moved ? 'at most ' : 'at least '
  return `${name}: movements add up to ${bound}${moved}, but ${stock} in stock + ${sold} sold is ${stock + sold}`
}
