/**
 * A ledger's state in memory, and how a fact changes it. A state can lie over another one: it reads through to it and
 * keeps what it is told to itself. So a rule tries a batch out without touching what readers see.
 */
import { compareAttempts, noAttempt } from './attempt-id.ts'
import { Frozen } from './frozen.ts'
import {
  type Account,
  type AttemptId,
  changesRemembered,
  type Decision,
  type Fact,
  type KeyedChange,
  type Reservation,
} from './ledger.ts'

class Layer<Value> {
  readonly #own: Map<string, Value | undefined>
  readonly #below: Layer<Value> | undefined
  #frozen: Frozen<Value> | undefined

  constructor(below: Layer<Value> | undefined, own = new Map<string, Value | undefined>()) {
    this.#below = below
    this.#own = own
  }

  get(key: string): Value | undefined {
    return this.#own.has(key) ? this.#own.get(key) : this.#below?.get(key)
  }

  set(key: string, value: Value): void {
    this.#frozen?.changing(key, this.#own.get(key))
    this.#own.set(key, value)
  }

  delete(key: string): void {
    this.#frozen?.removing()
    if (this.#below === undefined) this.#own.delete(key)
    else this.#own.set(key, undefined)
  }

  /** The lowest layer as it is now. */
  freeze(): Frozen<Value> {
    if (this.#below !== undefined) throw new Error('only what is durable can be frozen')
    const frozen = new Frozen(this.#own as Map<string, Value>, () => {
      if (this.#frozen === frozen) this.#frozen = undefined
    })
    this.#frozen = frozen
    return frozen
  }

  /** Of the lowest layer. */
  keys(): Iterable<string> {
    return this.#own.keys()
  }

  /** Of the lowest layer. */
  get size(): number {
    return this.#own.size
  }

  *entries(): Generator<[string, Value]> {
    for (const [key, value] of this.#own) if (value !== undefined) yield [key, value]
    if (this.#below !== undefined) for (const entry of this.#below.entries()) if (!this.#own.has(entry[0])) yield entry
  }
}

export class LedgerState {
  readonly #accounts: Layer<Account>
  readonly #open: Layer<Reservation>
  readonly #decided: Layer<Decision>
  readonly #keyed: Layer<KeyedChange>
  readonly #isRoot: boolean
  #fence: AttemptId
  #lastMovement: number

  /** `accounts`: what it begins with where it lies over none; it is the state's own from here on. */
  constructor(below?: LedgerState, accounts = new Map<string, Account>()) {
    this.#accounts = new Layer(below === undefined ? undefined : below.#accounts, accounts)
    this.#open = new Layer(below === undefined ? undefined : below.#open)
    this.#decided = new Layer(below === undefined ? undefined : below.#decided)
    this.#keyed = new Layer(below === undefined ? undefined : below.#keyed)
    this.#isRoot = below === undefined
    this.#fence = below?.fence ?? noAttempt
    this.#lastMovement = below?.lastMovement ?? 0
  }

  get fence(): AttemptId {
    return this.#fence
  }

  /** The number of the last movement; 0 before the first. */
  get lastMovement(): number {
    return this.#lastMovement
  }

  account(name: string): Account | undefined {
    return this.#accounts.get(name)
  }

  reservation(id: AttemptId): Reservation | undefined {
    return this.#open.get(id)
  }

  decision(id: AttemptId): Decision | undefined {
    return this.belowFence(id) ? undefined : this.#decided.get(id)
  }

  /** The change that was made under this key, while it is remembered. */
  keyed(key: string): KeyedChange | undefined {
    return this.#keyed.get(key)
  }

  belowFence(id: AttemptId): boolean {
    return compareAttempts(id, this.#fence) < 0
  }

  accounts(): Iterable<[string, Account]> {
    return this.#accounts.entries()
  }

  /** Of what is durable: not of a state that lies over another. */
  accountNames(): Iterable<string> {
    return this.#accounts.keys()
  }

  /** The accounts as they are now, whatever becomes of them, until its `end`; an earlier one must have ended. */
  frozenAccounts(): Frozen<Account> {
    return this.#accounts.freeze()
  }

  *reservations(): Generator<Reservation> {
    for (const [, reservation] of this.#open.entries()) yield reservation
  }

  *decisions(): Generator<[AttemptId, Decision]> {
    for (const entry of this.#decided.entries()) if (!this.belowFence(entry[0])) yield entry
  }

  /** Of what is durable, the oldest first. */
  keyedChanges(): Iterable<[string, KeyedChange]> {
    return this.#keyed.entries()
  }

  /** Takes it that movements up to this number were made, where what made them is not applied any more. */
  countMovements(upTo: number): void {
    this.#lastMovement = Math.max(this.#lastMovement, upTo)
  }

  apply(fact: Fact): void {
    switch (fact.fact) {
      case 'account':
        this.#accounts.set(fact.account, { attributes: fact.attributes, balance: fact.balance })
        break
      case 'removed':
        this.#accounts.delete(fact.account)
        break
      case 'open':
        this.#open.set(fact.reservation.id, fact.reservation)
        break
      case 'decided':
        this.#open.delete(fact.id)
        if (!this.belowFence(fact.id)) this.#decided.set(fact.id, fact.decision)
        break
      case 'fence':
        this.#raise(fact.fence)
        break
      case 'movement':
        this.countMovements(fact.movement.number)
        break
      case 'keyed':
        this.#remember(fact.key, fact.keyed)
        break
    }
  }

  /** The newest last, and only the root forgets: a layer is gone before it could matter. */
  #remember(key: string, keyed: KeyedChange): void {
    if (this.#isRoot) this.#keyed.delete(key)
    this.#keyed.set(key, keyed)
    if (!this.#isRoot || this.#keyed.size <= changesRemembered) return
    const [oldest] = this.#keyed.keys()
    this.#keyed.delete(oldest!)
  }

  #raise(fence: AttemptId): void {
    if (compareAttempts(fence, this.#fence) <= 0) return
    this.#fence = fence
    if (!this.#isRoot) return // a layer hides them by the fence; only the root forgets
    for (const [id] of this.#decided.entries()) if (this.belowFence(id)) this.#decided.delete(id)
  }
}
