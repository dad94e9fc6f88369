/**
 * Whether a running shop's books balance, over its API alone. Anybody may see the toys; the owner also all orders and movements,
 * and so whether, per toy, the movements add up to stock + sold, and per customer to credit + spent.
 *
 * The three are not of one moment on a shop in use. What is sound all the same, since pieces and credit are set aside before an
 * order is written and a movement is told in the turn in which the balance changes (said of toys here, of pieces and stock; it
 * is the same of customers, who are read one by one in the place of the list):
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
import { Findings, OrderBook, readToys } from './books.ts'
import { Shop, type ShopOptions } from './shop.ts'
import { checkSingles } from './singles.ts'
import { creditSums, type Sums, stockSums } from './sums.ts'

export interface LiveVerdict {
  url: string
  toys: number
  /** Null where only the owner may see them and nobody said who we are. */
  orders: number | null
  movements: number | null
  /** Those who ever had a movement of credit, or paid. */
  customers: number | null
  creditMovements: number | null
  /** Orders of an older store that was taken over: they are not counted as sold. */
  broughtAlong: number
  /** The newest order's number. */
  newest: number | null
  /** Nothing was sold or moved while toys and customers were read: all was checked to the piece and the cent. */
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
    await checkSingles(shop, owned === undefined ? toys : await readToys(shop, findings), findings, progress)
    return {
      url: shop.url,
      toys: toys.size,
      orders: owned?.orders.orders ?? null,
      movements: owned?.stock.movements.last ?? null,
      customers: owned?.customers ?? null,
      creditMovements: owned?.credit.movements.last ?? null,
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
  `Orders, movements and whether stock and sales, credit and payments add up were not checked: they are for the owner (${reason}). Ask from the store's own machine, or give --token or ADMIN_TOKEN.`

interface Look {
  /** What is wrong in it; by the account's name where that may pass. */
  high: string[]
  low: Map<string, string>
}

interface Owned {
  orders: OrderBook
  stock: Sums
  credit: Sums
  customers: number
  exact: boolean
  notes: string[]
}

async function checkSums(shop: Shop, findings: Findings, progress: Progress, waits: readonly number[]): Promise<Owned> {
  const orders = new OrderBook(shop, findings)
  const [stock, credit] = [stockSums(shop, orders, findings), creditSums(shop, orders, findings)]
  const all = [stock, credit]
  const told = (share: number) => progress.tell(`orders of ${shop.url}`, share)
  await orders.catchUp(told)
  for (const { movements } of all) await movements.catchUp()
  /** What was too low in every look so far, of each ledger. */
  let suspects: Map<string, string>[] | undefined
  let exact = false
  for (const waitMs of waits) {
    await orders.catchUp()
    const [ordered, moved] = [orders.last, all.map(({ movements }) => movements.last)]
    const begun: Begun[] = []
    for (const sums of all) begun.push(await begin(sums))
    await pause(waitMs)
    await orders.catchUp()
    exact = orders.last === ordered && all.every(({ movements }, i) => movements.last === moved[i])
    const looks = begun.map((one) => end(one, exact))
    const high = looks.flatMap((look) => look.high)
    for (const sentence of high) findings.add(sentence)
    suspects = looks.map(({ low }, i) => new Map([...low].filter(([name]) => suspects?.[i]?.has(name) ?? true)))
    if (suspects.every(({ size }) => size === 0) && (high.length > 0 || exact || waitMs > 0)) break
  }
  for (const of of suspects ?? []) for (const sentence of of.values()) findings.add(sentence)
  const notes = exact
    ? []
    : [
        'The shop was in use: each toy and customer was checked within what was sold or moved while it was read, not exactly.',
      ]
  const customers = new Set([...credit.movements.names, ...orders.users]).size
  return { orders, stock, credit, customers, exact, notes }
}

/** A look at one ledger, before the orders are read on: what it showed, and what the orders known by then took. */
interface Begun {
  sums: Sums
  there: ReadonlyMap<string, number>
  taken: ReadonlyMap<string, number>
}

/** `orders` have just been read. */
async function begin(sums: Sums): Promise<Begun> {
  const { movements } = sums
  await movements.catchUp()
  movements.mark()
  const there = await sums.read()
  await movements.catchUp()
  const names = new Set([...there.keys(), ...movements.names, ...sums.ordered()])
  return { sums, there, taken: new Map([...names].map((name) => [name, sums.taken(name)])) }
}

/** `orders` have been read on. */
function end({ sums, there, taken }: Begun, exact: boolean): Look {
  const look: Look = { high: [], low: new Map() }
  for (const [name, before] of taken) {
    const [balance, range, after] = [there.get(name) ?? 0, sums.movements.range(name), sums.taken(name)]
    const say = (moved: number, gone: number): string =>
      sums.say(name, exact ? '' : balance + gone > moved ? 'at most ' : 'at least ', moved, balance, gone)
    if (balance > range.high - before) look.high.push(say(range.high, before))
    if (balance < range.low - after) look.low.set(name, say(range.low, after))
  }
  return look
}
