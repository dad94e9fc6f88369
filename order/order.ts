/**
 * The buying story: a key names a purchase, an attempt at it reserves, the row in the log is the yes.
 *
 * Always: one attempt is in flight per key; a key that is in the log is answered from the log; the same key with another
 * purchase is refused.
 */
import type { Clock } from '../clock.ts'
import { asError, orThrow, StoreError } from '../errors.ts'
import { moneyNumber, parseMoney } from '../money.ts'
import type { HeldItem } from '../storage/ledger.ts'
import type { Log, LogEntry } from '../storage/log.ts'
import { type Held, tooLate } from './attempt.ts'
import type { Bought, OrderView, Placed, Purchase } from './client.ts'
import type { Coordinator } from './coordinator.ts'
import { Refusal } from './participant.ts'

export interface OrdersOptions {
  log: Log
  coordinator: Pick<Coordinator, 'attempts'>
  clock: Clock
}

/** A purchase with its key. */
export interface Wanted extends Purchase {
  key: string
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
   * order, or to why there is none: `product_not_found`, `out_of_stock`, `key_reused`, `unavailable` or `outcome_unknown`.
   */
  async placeAll(wanted: readonly Wanted[], deadline: number): Promise<(Placed | Error)[]> {
    const fresh: Wanted[] = []
    const { promise: bought, resolve: tell } = Promise.withResolvers<readonly (Placed | Error)[]>()
    /** Of each its place among the fresh ones, or what becomes of it alone. */
    const found = wanted.map((purchase) => {
      const { key } = purchase
      const isFresh = this.#inFlight.get(key) === undefined && this.#options.log.isNew(key)
      if (!isFresh) return this.place(purchase, key, deadline).catch(asError)
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
  place(purchase: Purchase, key: string, deadline: number): Promise<Placed> {
    const wanted = sameness(purchase)
    const running = this.#inFlight.get(key)
    if (running === undefined) return this.#begin(purchase, wanted, key, deadline)
    if (running.wanted === wanted) return running.placed()
    if (running.buying) return Promise.reject(keyReused())
    // A look-up for another purchase says nothing of the key yet: ours may be the one that it was used for.
    const turn = (): Promise<Placed> => this.place(purchase, key, deadline)
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

  #begin(purchase: Purchase, wanted: string, key: string, deadline: number): Promise<Placed> {
    const running: Running = { wanted, placed: () => placed, buying: false }
    this.#inFlight.set(key, running)
    const placed = this.#once({ ...purchase, key }, deadline, running)
    return placed
  }

  async #once(purchase: Wanted, deadline: number, running: Running): Promise<Placed> {
    const { key } = purchase
    try {
      const known = await this.#options.log.byKey(key)
      if (known !== undefined) {
        if (sameness(viewOf(known)) !== running.wanted) throw keyReused()
        return { bought: boughtOf(known), at: undefined }
      }
      running.buying = true
      return orThrow((await this.#buy([purchase], deadline))[0]!)
    } finally {
      this.#inFlight.delete(key)
    }
  }

  /** Never rejects. */
  async #buy(wanted: readonly Wanted[], deadline: number): Promise<(Placed | Error)[]> {
    const { coordinator, clock } = this.#options
    if (clock.elapsed() > deadline) return wanted.map(tooLate)
    const asks = wanted.map(({ name, quantity }) => [{ of: 'catalog', items: [{ account: name, amount: quantity }] }])
    const all = await coordinator
      .attempts(asks, deadline, (held) => this.#write(wanted, held))
      .catch((error: unknown) => wanted.map(() => asError(error)))
    return all.map((one) => (one instanceof Refusal ? refusalOf(one) : one))
  }

  async #write(wanted: readonly Wanted[], all: readonly Held[]): Promise<(Placed | Error)[]> {
    const write = ({ index, id: attempt, items: [items] }: Held): Promise<Placed | Error> => {
      const { key } = wanted[index]!
      const rows = items!.map((item) => this.#row(item))
      const placed = (number: number): Placed => ({
        bought: boughtOf({ number, key, attempt, rows }),
        at: items![0]?.at,
      })
      return this.#options.log.append({ key, attempt, rows }).then(placed, asError)
    }
    return Promise.all(all.map(write))
  }

  #row({ account, amount, attributes }: HeldItem): Record<string, string> {
    const now = this.#options.clock.now()
    if (now !== this.#now.at) this.#now = { at: now, text: new Date(now).toISOString() }
    return { name: account, quantity: String(amount), price: attributes[0]!, placed_at: this.#now.text }
  }
}

/** Two purchases under one key are the same when this is. */
const sameness = ({ name, quantity }: Purchase): string => `${quantity} ${name}`

const keyReused = (): StoreError =>
  new StoreError('key_reused', 'this Idempotency-Key was used for another purchase; use a new one')

function refusalOf({ outcome }: Refusal): StoreError {
  if (outcome.reason === 'not_found') return new StoreError('product_not_found', 'product not found')
  if (outcome.reason === 'insufficient') return new StoreError('out_of_stock', 'not enough stock')
  return new StoreError('unavailable', 'this attempt was given up; nothing was bought')
}

function viewOf({ number, rows }: LogEntry): OrderView {
  const { name, quantity, price, placed_at } = rows[0]! as Record<'name' | 'quantity' | 'price' | 'placed_at', string>
  const cents = parseMoney(price)
  return {
    number,
    name,
    quantity: Number(quantity),
    price: moneyNumber(cents),
    total: moneyNumber(cents * Number(quantity)),
    placed_at,
  }
}

function boughtOf(entry: LogEntry): Bought {
  const { number, name, quantity, price, total } = viewOf(entry)
  return { order_number: number, name, quantity, price, total }
}
