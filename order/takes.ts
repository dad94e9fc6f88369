/**
 * What orders have bought out of carts, and the cart service has not acknowledged yet. Always: what was bought of one cart is
 * asked for in the order of its attempts, the next when the one before is acknowledged; and asked again until it is.
 */
import type { CartClient, Taken } from '../cart/client.ts'
import type { Clock } from '../clock.ts'
import { asError, StoreError } from '../errors.ts'
import { isAttemptId } from '../storage/attempt-id.ts'
import type { LogEntry } from '../storage/log.ts'
import { Waiting } from './waiting.ts'

export interface Take {
  customer: string
  attempt: string
  /** Its number. */
  order: number
  lines: readonly Taken[]
}

/** Of an order; undefined where it was no cart's. Throws where its attempt is none. */
export function takeOf({ number, attempt, rows }: LogEntry): Take | undefined {
  const customer = rows[0]!.cart
  if (!customer) return undefined
  if (!isAttemptId(attempt))
    throw new Error(`order ${number} comes from a cart, but ${JSON.stringify(attempt)} is no attempt`)
  const lines = rows.map(({ name, quantity }) => ({ itemId: name!, count: Number(quantity) }))
  return { customer, attempt, order: number, lines }
}

export interface TakesOptions {
  cart: Pick<CartClient, 'run'>
  clock: Clock
  /** How long the cart service may take for a call, in milliseconds. */
  callMs: number
  /** Told what the operator should know. */
  note: (sentence: string) => void
}

/** Of one cart, the oldest first, which is the one that is asked for. */
interface Open {
  takes: Take[]
  acknowledged: Waiting
}

const againMs = 300
/** So many are asked for again at once. */
const againMax = 500

export class Takes {
  readonly #options: TakesOptions
  readonly #carts = new Map<string, Open>()
  /** Carts of which the first take was not acknowledged. */
  readonly #failed = new Set<Open>()
  #size = 0
  #acknowledged = 0
  #stopTimer: (() => void) | undefined
  /** The cart service has refused one, and the operator was told. */
  #told = false
  #closed = false

  constructor(options: TakesOptions) {
    this.#options = options
  }

  /** Orders whose cart has not acknowledged what they bought. */
  get size(): number {
    return this.#size
  }

  /** How many were acknowledged in all. */
  get acknowledged(): number {
    return this.#acknowledged
  }

  /** The lowest number of such an order; infinite where there is none. */
  get lowest(): number {
    let lowest = Number.POSITIVE_INFINITY
    for (const { takes } of this.#carts.values()) lowest = Math.min(lowest, takes[0]!.order)
    return lowest
  }

  /** Its attempt must be above all that were added of its cart before. */
  add(take: Take): void {
    const { customer } = take
    const open = this.#carts.get(customer) ?? { takes: [], acknowledged: new Waiting(this.#options.clock) }
    this.#carts.set(customer, open)
    this.#size += 1
    if (open.takes.push(take) === 1) void this.#ask(open)
  }

  /** Resolves to whether a cart knows, before the deadline, what orders up to this number have bought of it. */
  async areTaken(customer: string, order: number, deadline: number): Promise<boolean> {
    for (;;) {
      const open = this.#carts.get(customer)
      if (open === undefined || open.takes[0]!.order > order) return true
      if (!(await open.acknowledged.until(deadline))) return false
    }
  }

  /** Asks no more. */
  close(): void {
    this.#closed = true
    this.#stopTimer?.()
  }

  /** Never rejects. */
  async #ask(open: Open): Promise<void> {
    const { cart, clock, callMs } = this.#options
    const take = open.takes[0]!
    try {
      await cart.run({ op: 'take', ...take }, { deadline: clock.elapsed() + callMs })
    } catch (error) {
      this.#tell(take, asError(error))
      this.#failed.add(open)
      this.#again()
      return
    }
    this.#told = false
    this.#size -= 1
    this.#acknowledged += 1
    open.takes.shift()
    if (open.takes.length === 0) this.#carts.delete(take.customer)
    else void this.#ask(open)
    open.acknowledged.all()
  }

  #again(): void {
    if (this.#closed || this.#stopTimer !== undefined) return
    this.#stopTimer = this.#options.clock.after(againMs, () => {
      this.#stopTimer = undefined
      for (const open of [...this.#failed].slice(0, againMax)) {
        this.#failed.delete(open)
        void this.#ask(open)
      }
      if (this.#failed.size > 0) this.#again()
    })
  }

  /** That it cannot be reached is seen elsewhere; that it refuses is a fault. */
  #tell({ order }: Take, error: Error): void {
    if (error instanceof StoreError && ['unavailable', 'outcome_unknown'].includes(error.code)) return
    if (!this.#told) this.#options.note(`cart: what order ${order} bought stays in its cart: ${error.message}`)
    this.#told = true
  }
}
