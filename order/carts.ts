/**
 * Buying what a cart holds. Always:
 * - One purchase at a time looks at a cart and buys; it begins when the cart knows all that was bought of it before.
 * - What an order bought is taken out of its cart after its row is durable, under its attempt, which the cart service does
 *   once; until that is acknowledged it is asked again, and nobody is told of the order.
 * - After a start no cart is bought before the log was read from the mark (taken.ts) on: what its orders bought is asked again.
 */
import type { CartClient, CartItem, CartLook } from '../cart/client.ts'
import { type Clock, sleep } from '../clock.ts'
import { asError, orThrow, StoreError } from '../errors.ts'
import type { Entry, Log, LogEntry } from '../storage/log.ts'
import { wantedOfCart } from './cart-wanted.ts'
import type { CartPurchase, Placed } from './client.ts'
import type { Coordinator } from './coordinator.ts'
import type { NumberFile } from './number-file.ts'
import { keyReused, type Orders } from './order.ts'
import { boughtOf, sameness, samenessOfCart, type Wanted, wantedAgain } from './purchase.ts'
import { TakenMark } from './taken.ts'
import { Takes, takeOf } from './takes.ts'
import { Turns, Waiting } from './waiting.ts'

export type KeyedCart = CartPurchase & { key: string }

export interface CartPurchasesOptions {
  orders: Pick<Orders, 'placeAll'>
  log: Pick<Log, 'append' | 'byKey' | 'lastNumber' | 'since'>
  cart: Pick<CartClient, 'run'>
  coordinator: Pick<Coordinator, 'riseAbove'>
  /** taken.csv */
  taken: NumberFile
  clock: Clock
  /** How long the cart service may take for a call, in milliseconds. */
  callMs: number
  /** Told what the operator should know. */
  note: (sentence: string) => void
}

/** So many orders may be unknown to their carts; with more, no cart is bought. */
const untakenMax = 10_000
/** Who waits is told so long before the deadline that it is still heard, in milliseconds. */
const tellingMs = 50
const readAgainMs = 1000

interface Running {
  wanted: string
  placed: Promise<Placed>
}

export class CartPurchases {
  readonly #options: CartPurchasesOptions
  readonly #inFlight = new Map<string, Running>()
  readonly #turns: Turns
  readonly #takes: Takes
  readonly #mark: TakenMark
  /** Up to which order the log was read since the start; infinite when all was. */
  #read = 0
  readonly #reading: Waiting
  /** Why it cannot be read on. */
  #unreadable: Error | undefined
  /** Rows being written, each with the last number that was durable before. */
  readonly #writing = new Set<{ after: number }>()
  /** Carts of whose order only a new start can tell whether it is in the log. */
  readonly #doubtful = new Set<string>()
  #underWay = 0
  #closed = false

  constructor(options: CartPurchasesOptions) {
    const { clock, taken, note } = options
    this.#options = options
    this.#turns = new Turns(clock)
    this.#takes = new Takes(options)
    this.#reading = new Waiting(clock)
    this.#mark = new TakenMark({
      file: taken,
      clock,
      sound: () => this.#sound(),
      acknowledged: () => this.#takes.acknowledged,
      note,
    })
  }

  /** Orders whose cart does not know yet what was bought of it. */
  get untaken(): number {
    return this.#takes.size
  }

  /** Begins to read the log, and to ask again; resolves at once. */
  start(): void {
    this.#mark.start()
    void this.#readLog()
  }

  /**
   * Buys each once per key, whatever its cart holds meanwhile. `deadline` in milliseconds of `clock.elapsed()`. Resolves to each
   * one's order, or to why there is none: what `Orders.placeAll` tells, `cart_empty` or `price_changed`.
   */
  placeAll(wanted: readonly KeyedCart[], deadline: number): Promise<(Placed | Error)[]> {
    return Promise.all(wanted.map((one) => this.#place(one, deadline - tellingMs).catch(asError)))
  }

  /** Waits a second at most for what is being taken. */
  async close(): Promise<void> {
    const { clock } = this.#options
    const until = clock.elapsed() + 1000
    while (this.#takes.size > 0 && clock.elapsed() < until) await sleep(clock, 10)
    this.#closed = true
    this.#takes.close()
    await this.#mark.close()
  }

  async #place(purchase: KeyedCart, deadline: number): Promise<Placed> {
    const { key } = purchase
    const wanted = samenessOf(purchase)
    const running = this.#inFlight.get(key)
    if (running?.wanted === wanted) return running.placed
    if (running !== undefined) {
      const turn = (): Promise<Placed> => this.#place(purchase, deadline)
      return running.placed.then(turn, turn)
    }
    const placed = this.#once(purchase, deadline).finally(() => this.#inFlight.delete(key))
    this.#inFlight.set(key, { wanted, placed })
    return placed
  }

  async #once(purchase: KeyedCart, deadline: number): Promise<Placed> {
    const { key, cart } = purchase
    const known = await this.#options.log.byKey(key)
    if (known !== undefined && sameness(wantedAgain(known)) !== samenessOf(purchase)) throw keyReused()
    const placed = known === undefined ? await this.#inTurn(purchase, deadline) : repeatOf(known)
    if (!(await this.#areTaken(cart, placed.bought.order_number, deadline))) throw notTaken()
    return placed
  }

  async #inTurn(purchase: KeyedCart, deadline: number): Promise<Placed> {
    const { cart } = purchase
    if (!(await this.#turns.begin(cart, deadline))) throw busy()
    try {
      if (!(await this.#areTaken(cart, Number.POSITIVE_INFINITY, deadline))) throw busy(this.#unreadable)
      if (this.#doubtful.has(cart)) throw doubtful()
      return await this.#buy(purchase, deadline)
    } finally {
      this.#turns.end(cart)
    }
  }

  async #buy(purchase: KeyedCart, deadline: number): Promise<Placed> {
    if (this.#takes.size + this.#underWay >= untakenMax) throw busy()
    this.#underWay += 1
    try {
      const { key, cart } = purchase
      const inCart = await this.#look(cart, deadline)
      const wanted = wantedOfCart(purchase, key, inCart, this.#options.clock.now())
      const append: Log['append'] = (entry) => this.#append(cart, entry)
      const [result] = await this.#options.orders.placeAll([{ ...wanted, append }], deadline)
      return orThrow(naming(result!, wanted))
    } finally {
      this.#underWay -= 1
    }
  }

  async #look(customer: string, deadline: number): Promise<readonly CartItem[]> {
    try {
      const { items, attempt } = (await this.#options.cart.run({ op: 'look', customer }, { deadline })) as CartLook
      // The carts may remember an order service whose folder is gone: what has its attempts would not be taken out.
      if (attempt !== undefined) await this.#options.coordinator.riseAbove(attempt)
      return items
    } catch (cause) {
      throw new StoreError('unavailable', 'the cart cannot be read; nothing was bought', { cause })
    }
  }

  /** Once the row is durable, what it bought leaves the cart. */
  async #append(cart: string, entry: Entry): Promise<number> {
    const { log } = this.#options
    const writing = { after: log.lastNumber }
    this.#writing.add(writing)
    try {
      const number = await log.append(entry)
      this.#takes.add(takeOf({ ...entry, number })!)
      this.#writing.delete(writing)
      return number
    } catch (error) {
      if (error instanceof StoreError && error.code === 'unavailable') this.#writing.delete(writing)
      else this.#doubtful.add(cart)
      throw error
    }
  }

  /** Resolves to whether, before the deadline, a cart knows what orders up to this number have bought of it. */
  async #areTaken(cart: string, order: number, deadline: number): Promise<boolean> {
    while (this.#read < order)
      if (this.#unreadable !== undefined || !(await this.#reading.until(deadline))) return false
    return this.#takes.areTaken(cart, order, deadline)
  }

  /** Reads on where it could not go on: the disk may have refused it once. Never rejects. */
  async #readLog(): Promise<void> {
    const { clock, note } = this.#options
    for (let told = ''; !this.#closed; await sleep(clock, readAgainMs)) {
      try {
        await this.#readOn()
        break
      } catch (error) {
        if (this.#closed) return
        this.#unreadable = asError(error)
        this.#reading.all()
        if (this.#unreadable.message !== told) note(`no cart can be bought: ${this.#unreadable.message}`)
        told = this.#unreadable.message
      }
    }
  }

  async #readOn(): Promise<void> {
    const { log, taken, clock } = this.#options
    // Orders that were brought back from a backup have lower numbers: the next ones shall not count as known.
    if (taken.last > log.lastNumber) await taken.write(log.lastNumber)
    this.#read = Math.max(this.#read, taken.last)
    for await (const entry of log.since(this.#read, 'cart')) {
      const take = takeOf(entry)
      if (take !== undefined) this.#takes.add(take)
      this.#read = entry.number
      while (this.#takes.size >= untakenMax && !this.#closed) await sleep(clock, 100)
      if (this.#closed) return
    }
    this.#read = Number.POSITIVE_INFINITY
    this.#unreadable = undefined
    this.#reading.all()
  }

  /** Every cart knows what orders up to this number bought. */
  #sound(): number {
    let sound = Math.min(this.#options.log.lastNumber, this.#read, this.#takes.lowest - 1)
    for (const { after } of this.#writing) sound = Math.min(sound, after)
    return sound
  }
}

const samenessOf = ({ cart, user }: KeyedCart): string => samenessOfCart(cart, user)

const repeatOf = (known: LogEntry): Placed => ({ bought: boughtOf(known), at: undefined })

/** Who buys a cart has named no toy, so one alone is named too. */
function naming(result: Placed | Error, { items }: Wanted): Placed | Error {
  if (!(result instanceof StoreError) || items.length > 1) return result
  const { code, message } = result
  if (code !== 'product_not_found' && code !== 'out_of_stock') return result
  const name = items[0]!.account
  return new StoreError(code, `${message}: ${name}`, { details: { items: [name] } })
}

const busy = (cause?: Error): StoreError =>
  new StoreError('unavailable', 'the cart still waits for what was bought before; nothing was bought', { cause })
const doubtful = (): StoreError =>
  new StoreError('outcome_unknown', 'it is not known whether this cart was bought; ask again')
const notTaken = (): StoreError =>
  new StoreError('outcome_unknown', 'what was bought is not out of the cart yet; ask again with the same key')
