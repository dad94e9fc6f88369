/**
 * One ledger held against the orders: per account, what all movements add up to = balance now + reserved by purchases in
 * flight + what orders took.
 *
 * The orders are read after the ledger, and count as of the moment at which it was read: an order counts when its attempt
 * lies below the fence or is known there as confirmed; one that is open there is among the reserved; a later one is not counted.
 */
import type { LedgerState } from '../../storage/ledger-state.ts'
import type { LedgerBooks } from './ledger.ts'

type Attempted = { readonly attempt: string }

export class LedgerSums {
  readonly #books: LedgerBooks
  readonly #taken = new Map<string, number>()
  readonly #reserved = new Map<string, number>()
  /** Nothing is reserved, so an attempt below the fence counts: without a look into any map. */
  readonly #isQuiet: boolean

  constructor(books: LedgerBooks) {
    this.#books = books
    for (const { items } of books.state.reservations())
      for (const { account, amount } of items) this.#reserved.set(account, this.reserved(account) + amount)
    this.#isQuiet = this.#reserved.size === 0
  }

  get state(): LedgerState {
    return this.#books.state
  }

  get accounts(): number {
    return [...this.state.accounts()].length
  }

  /** Of all accounts. */
  get allReserved(): number {
    return [...this.#reserved.values()].reduce((sum, amount) => sum + amount, 0)
  }

  reserved(account: string): number {
    return this.#reserved.get(account) ?? 0
  }

  /** An order takes so much of an account. False where the ledger has given it back: then there is no such order. */
  take(order: Attempted, account: string, amount: number): boolean {
    if (!this.counts(order)) return this.state.decision(order.attempt) !== 'voided'
    this.#taken.set(account, (this.#taken.get(account) ?? 0) + amount)
    return true
  }

  /** It has left for good what it takes, as the ledger saw it when it was read. `attempt` is an attempt's id. */
  counts({ attempt }: Attempted): boolean {
    const { state } = this
    if (state.belowFence(attempt)) return this.#isQuiet || state.reservation(attempt) === undefined
    return state.decision(attempt) === 'confirmed'
  }

  /** The accounts whose sums differ, in a sentence each; `say` writes it, given what there is and what should be. */
  differences(
    say: (account: string, found: { moved: number; balance: number; reserved: number; taken: number }) => string,
  ): string[] {
    const { state, moved } = this.#books
    const names = new Set([...moved.keys(), ...this.#taken.keys(), ...[...state.accounts()].map(([name]) => name)])
    return [...names].flatMap((name) => {
      const found = {
        moved: moved.get(name) ?? 0,
        balance: state.account(name)?.balance ?? 0,
        reserved: this.reserved(name),
        taken: this.#taken.get(name) ?? 0,
      }
      return found.moved === found.balance + found.reserved + found.taken ? [] : [say(name, found)]
    })
  }
}
