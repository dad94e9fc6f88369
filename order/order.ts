/**
 * The buying story: a key names a purchase, an attempt at it reserves, the row in the log is the yes.
 *
 * Always: one attempt is in flight per key; a key that is in the log is answered from the log; the same key with another
 * purchase is refused.
 */
import type { Position } from '../catalog/client.ts'
import type { Clock } from '../clock.ts'
import { StoreError } from '../errors.ts'
import { moneyNumber, parseMoney } from '../money.ts'
import type { HeldItem } from '../storage/ledger.ts'
import type { Log, LogEntry } from '../storage/log.ts'
import type { Bought, OrderView, Purchase } from './client.ts'
import type { Coordinator } from './coordinator.ts'
import { Refusal } from './participant.ts'

export interface OrdersOptions {
  log: Log
  coordinator: Pick<Coordinator, 'attempt'>
  clock: Clock
}

/** `at`: a position of the catalog that the reservation is part of; unknown where the answer comes from the log. */
export type NewOrder = Bought & { at?: Position }

interface Running {
  wanted: string
  bought: Promise<NewOrder> | undefined
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
   * Buys once per key, however often it is asked. `deadline` in milliseconds of `clock.elapsed()`.
   * Throws `product_not_found`, `out_of_stock`, `key_reused`, `unavailable` or `outcome_unknown`.
   */
  place(purchase: Purchase, key: string, deadline: number): Promise<NewOrder> {
    const wanted = sameness(purchase)
    const running = this.#inFlight.get(key)
    if (running?.bought === undefined) return this.#begin(purchase, wanted, key, deadline)
    if (running.wanted === wanted) return running.bought
    if (running.buying) return Promise.reject(keyReused())
    // A look-up for another purchase says nothing of the key yet: ours may be the one that it was used for.
    const turn = (): Promise<NewOrder> => this.place(purchase, key, deadline)
    return running.bought.then(turn, turn)
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

  #begin(purchase: Purchase, wanted: string, key: string, deadline: number): Promise<NewOrder> {
    const running: Running = { wanted, bought: undefined, buying: false }
    this.#inFlight.set(key, running)
    running.bought = this.#once(purchase, key, deadline, running)
    return running.bought
  }

  async #once(purchase: Purchase, key: string, deadline: number, running: Running): Promise<NewOrder> {
    try {
      const { log } = this.#options
      const known = await log.byKey(key)
      if (known !== undefined) {
        if (sameness(viewOf(known)) !== running.wanted) throw keyReused()
        return boughtOf(known)
      }
      running.buying = true
      return await this.#buy(purchase, key, deadline)
    } finally {
      this.#inFlight.delete(key)
    }
  }

  async #buy(purchase: Purchase, key: string, deadline: number): Promise<NewOrder> {
    const { log, coordinator, clock } = this.#options
    if (clock.elapsed() > deadline)
      throw new StoreError('unavailable', 'the purchase took too long; nothing was bought')
    const asks = [{ of: 'catalog', items: [{ account: purchase.name, amount: purchase.quantity }] }]
    try {
      return await coordinator.attempt(asks, deadline, async (attempt, held) => {
        const items = held.get('catalog')!
        const at = items[0]?.at
        const rows = items.map((item) => this.#row(item))
        const number = await log.append({ key, attempt, rows })
        return { ...boughtOf({ number, key, attempt, rows }), ...(at !== undefined && { at }) }
      })
    } catch (error) {
      throw error instanceof Refusal ? refusalOf(error) : error
    }
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
