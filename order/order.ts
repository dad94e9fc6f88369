/**
 * The buying story: a key names a purchase, an attempt at it reserves, the row in the log is the yes.
 *
 * Always: one attempt is in flight per key; a key that is in the log is answered from the log; the same key with another
 * purchase is refused.
 */
import type { Clock } from '../clock.ts'
import { asError, orThrow, StoreError } from '../errors.ts'
import type { HeldItem } from '../storage/ledger.ts'
import type { Log } from '../storage/log.ts'
import { type Held, tooLate } from './attempt.ts'
import { dearerThan, priceChanged } from './cart-wanted.ts'
import type { OrderView, Placed } from './client.ts'
import type { Coordinator } from './coordinator.ts'
import { type Ask, NotWanted, Refusal } from './participant.ts'
import type { Prices } from './prices.ts'
import { boughtOf, costOf, priceOf, refusedItems, sameness, viewOf, type Wanted, wantedAgain } from './purchase.ts'

export interface OrdersOptions {
  log: Log
  coordinator: Pick<Coordinator, 'attempts'>
  prices: Prices
  clock: Clock
}

interface Running {
  wanted: string
  /** Asked for only where somebody joins. */
  placed: () => Promise<Placed>
  /** The log does not know the key, so it is this purchase's; before that, it is only looked up. */
  buying: boolean
}

export class Orders {
  readonly #options: OrdersOptions
  readonly #inFlight = new Map<string, Running>()
  /** Many orders are placed in one millisecond, whose text is made once. */
  #now = { at: Number.NaN, text: '' }

  constructor(options: OrdersOptions) {
    this.#options = options
  }

  /**
   * Buys each once per key, however often it is asked. `deadline` in milliseconds of `clock.elapsed()`. Resolves to each one's
   * order, or to why there is none: `product_not_found`, `user_not_found`, `out_of_stock`, `out_of_credit`, `key_reused`,
   * `unavailable` or `outcome_unknown`; `conflict` where it is not at the price that was shown, `price_changed` where it costs
   * more than it was offered for.
   */
  async placeAll(wanted: readonly Wanted[], deadline: number): Promise<(Placed | Error)[]> {
    const fresh: Wanted[] = []
    const { promise: bought, resolve: tell } = Promise.withResolvers<readonly (Placed | Error)[]>()
    /** Of each its place among the fresh ones, or what becomes of it alone. */
    const found = wanted.map((purchase) => {
      const { key } = purchase
      const isFresh = this.#inFlight.get(key) === undefined && this.#options.log.isNew(key)
      if (!isFresh) return this.place(purchase, deadline).catch(asError)
      const place = fresh.push(purchase) - 1
      const placed = async (): Promise<Placed> => orThrow((await bought)[place]!)
      this.#inFlight.set(key, { wanted: sameness(purchase), placed, buying: true })
      return place
    })
    const all = fresh.length === 0 ? [] : await this.#buy(fresh, deadline)
    for (const { key } of fresh) this.#inFlight.delete(key)
    tell(all)
    const results = found.map((one) => (typeof one === 'number' ? all[one]! : one))
    return fresh.length === wanted.length ? (results as (Placed | Error)[]) : Promise.all(results)
  }

  /** One of them, whose key may be in the log or in flight. Throws what `placeAll` tells. */
  place(purchase: Wanted, deadline: number): Promise<Placed> {
    const wanted = sameness(purchase)
    const running = this.#inFlight.get(purchase.key)
    if (running === undefined) return this.#begin(purchase, wanted, deadline)
    if (running.wanted === wanted) return running.placed()
    if (running.buying) return Promise.reject(keyReused())
    // A look-up for another purchase says nothing of the key yet: ours may be the one that it was used for.
    const turn = (): Promise<Placed> => this.place(purchase, deadline)
    return running.placed().then(turn, turn)
  }

  /** Throws `order_not_found`. */
  async get(number: number): Promise<OrderView> {
    const entry = await this.#options.log.get(number)
    if (entry === undefined) throw new StoreError('order_not_found', 'order not found')
    return viewOf(entry)
  }

  async list(before: number, limit: number): Promise<OrderView[]> {
    return (await this.#options.log.list(before, limit)).map(viewOf)
  }

  #begin(purchase: Wanted, wanted: string, deadline: number): Promise<Placed> {
    const running: Running = { wanted, placed: () => placed, buying: false }
    this.#inFlight.set(purchase.key, running)
    const placed = this.#once(purchase, deadline, running)
    return placed
  }

  async #once(purchase: Wanted, deadline: number, running: Running): Promise<Placed> {
    const { key } = purchase
    try {
      const known = await this.#options.log.byKey(key)
      if (known !== undefined) {
        if (sameness(wantedAgain(known)) !== running.wanted) throw keyReused()
        return { bought: boughtOf(known), at: undefined }
      }
      running.buying = true
      return orThrow((await this.#buy([purchase], deadline))[0]!)
    } finally {
      this.#inFlight.delete(key)
    }
  }

  /** Never rejects. What a customer pays for is tried again where it costs something else than was thought. */
  async #buy(wanted: readonly Wanted[], deadline: number): Promise<(Placed | Error)[]> {
    const results = await this.#try(wanted, deadline)
    for (let tries = 1; tries < triesMax && results.some(isRepriced); tries++) {
      const places = [...results.keys()].filter((place) => isRepriced(results[place]!))
      const again = await this.#try(
        places.map((place) => wanted[place]!),
        deadline,
      )
      for (const [i, place] of places.entries()) results[place] = again[i]!
    }
    return results
  }

  async #try(wanted: readonly Wanted[], deadline: number): Promise<(Placed | Error)[]> {
    const { coordinator, clock } = this.#options
    if (clock.elapsed() > deadline) return wanted.map(tooLate)
    const costs = wanted.map((purchase) => this.#cost(purchase))
    if (costs.includes('unknown')) return this.#learn(wanted, deadline)
    const asks = wanted.map(({ items, user }, i) => {
      const stock: Ask = { of: 'catalog', items }
      return user === undefined
        ? [stock]
        : [stock, { of: 'payment', items: [{ account: user, amount: costs[i] as number }] }]
    })
    const all = await coordinator
      .attempts(asks, deadline, (held) => this.#write(wanted, held))
      .catch((error: unknown) => wanted.map(() => asError(error)))
    return all.map((one, i) => (one instanceof Refusal ? refusalOf(one, wanted[i]!) : one))
  }

  /** In cents, as far as it is known; none where nobody pays by it. */
  #cost({ items, user, prices }: Wanted): number | 'unknown' | undefined {
    if (user === undefined) return undefined
    if (prices === undefined) return this.#options.prices.cost(items) ?? 'unknown'
    return items.reduce((sum, { amount }, i) => sum + amount * prices[i]!, 0)
  }

  /** Those whose price is not known are asked for first; the others do not wait for them. */
  async #learn(wanted: readonly Wanted[], deadline: number): Promise<(Placed | Error)[]> {
    const results = new Array<Placed | Error>(wanted.length)
    const known: number[] = []
    const learned = async (purchase: Wanted, place: number): Promise<void> => {
      try {
        await this.#options.prices.learn(purchase.items, deadline)
        results[place] = (await this.#try([purchase], deadline))[0]!
      } catch (error) {
        results[place] = asError(error)
      }
    }
    const waits = wanted.map((purchase, place) => {
      if (this.#cost(purchase) === 'unknown') return learned(purchase, place)
      known.push(place)
      return undefined
    })
    const bought = await this.#try(
      known.map((place) => wanted[place]!),
      deadline,
    )
    for (const [i, place] of known.entries()) results[place] = bought[i]!
    await Promise.all(waits)
    return results
  }

  async #write(wanted: readonly Wanted[], all: readonly Held[]): Promise<(Placed | Error)[]> {
    const write = ({ index, id: attempt, items: [items, credit] }: Held): Promise<Placed | Error> | Error => {
      const purchase = wanted[index]!
      const { key, user = '', cart = '' } = purchase
      const fault = this.#fault(items!, credit, purchase)
      if (fault !== undefined) return new NotWanted(fault)
      const placed_at = this.#time() // one for all its rows
      const rows = items!.map(({ account, amount, attributes }) => {
        return { name: account, quantity: String(amount), price: attributes[0]!, user, cart, placed_at }
      })
      const placed = (number: number): Placed => ({
        bought: boughtOf({ number, key, attempt, rows }),
        at: items![0]?.at,
      })
      const entry = { key, attempt, rows }
      return (purchase.append?.(entry) ?? this.#options.log.append(entry)).then(placed, asError)
    }
    return Promise.all(all.map(write))
  }

  /** Why what is held shall not be bought. */
  #fault(
    items: readonly HeldItem[],
    credit: readonly HeldItem[] | undefined,
    { prices, offers }: Wanted,
  ): Error | undefined {
    if (items.length === 1 && credit === undefined && offers === undefined) return undefined
    try {
      const cost = costOf(items)
      const dearer = offers === undefined ? [] : dearerThan(offers, items)
      if (dearer.length > 0) return priceChanged(dearer)
      if (credit === undefined) return undefined
      const changed =
        prices === undefined ? cost !== credit[0]!.amount : items.some((item, i) => priceOf(item) !== prices[i])
      if (!changed) return undefined
      if (prices !== undefined) return new StoreError('conflict', 'what it costs has changed since it was shown')
      this.#options.prices.seen(items)
      return new Repriced('unavailable', 'what it costs is changing all the time; try again')
    } catch (error) {
      return asError(error)
    }
  }

  #time(): string {
    const now = this.#options.clock.now()
    if (now !== this.#now.at) this.#now = { at: now, text: new Date(now).toISOString() }
    return this.#now.text
  }
}

/** So often a customer's purchase is begun again because something has another price than was thought. */
const triesMax = 4
class Repriced extends StoreError {}
const isRepriced = (result: Placed | Error): boolean => result instanceof Repriced

export const keyReused = (): StoreError =>
  new StoreError('key_reused', 'this Idempotency-Key was used for another purchase; use a new one')

function refusalOf({ of, outcome: { reason, accounts } }: Refusal, { items }: Wanted): StoreError {
  if (of === 'payment') {
    if (reason === 'not_found') return new StoreError('user_not_found', 'there is no customer of this id')
    if (reason === 'insufficient') return new StoreError('out_of_credit', 'not enough credit')
  }
  if (reason === 'not_found') return refusedItems('product_not_found', accounts, items)
  if (reason === 'insufficient') return refusedItems('out_of_stock', accounts, items)
  return new StoreError('unavailable', 'this attempt was given up; nothing was bought')
}
