/**
 * What a run's buyers and owners asked for and were told, and when: a time is the number of calls on the disk so far. So
 * the same record tells what was known at any crash before the run's end.
 */
import type { CartOp } from '../../cart/client.ts'

export type Line = readonly [toy: string, quantity: number]

/** What is bought together, and who pays it; nobody where there is no user. */
export interface Basket {
  lines: readonly Line[]
  user?: string | undefined
  /** Whose cart is bought, with what it holds then; who asks for it names no lines. */
  cart?: string | undefined
}

export const sameBasket = (a: Basket, b: Basket): boolean =>
  a.user === b.user && a.cart === b.cart && (a.cart !== undefined || `${a.lines}` === `${b.lines}`)

/** What became of a request. `unknown`: nobody was told, or that nobody can know. */
export type Answer =
  | { is: 'unknown' }
  | { is: 'done'; number: number }
  /** Certainly nothing happened. */
  | { is: 'refused'; code: string }

/** The same of a cart: `shown` is what the answer says, as `shownOf` in carts.ts writes it. */
export type CartAnswered = Exclude<Answer, { is: 'done' }> | { is: 'done'; shown: string }

interface Asked<Told = Answer> {
  begun: number
  answer: Told
  /** When the answer came. */
  at: number
  /** Its places among all that was asked and answered: many of them may come between two calls. */
  from: number
  to: number
}

export interface AskedOrder extends Asked, Basket {
  key: string
}

/** Whose ledger: pieces of toys, or cents of customers. */
export type Books = 'catalog' | 'payment'

/** A change of stock or credit that is no purchase; its reason stands for it. */
export interface AskedChange extends Asked {
  books: Books
  reason: string
  /** A toy, or a customer. */
  account: string
  /** It is asked for under its reason as the key: once more is the same. */
  keyed: boolean
  /** What was to be added; undefined where it depends on what was there. */
  by: number | undefined
}

/** What was asked of a customer's cart. */
export interface AskedCart extends Asked<CartAnswered> {
  op: CartOp
}

/** A change of the readable file by hand. */
export interface HandEdit {
  begun: number
  /** The stock of these toys was set. */
  stock: ReadonlyMap<string, number>
  /** While the store ran: then it is kept aside. */
  running: boolean
}

const unknown = { is: 'unknown' } as const

export class Record {
  readonly orders: AskedOrder[] = []
  /** Keys that were asked for once more. */
  readonly repeats: AskedOrder[] = []
  readonly changes: AskedChange[] = []
  readonly carts: AskedCart[] = []
  readonly edits: HandEdit[] = []
  /** What a keyed change was told when it was asked for once more. */
  readonly changesAgain: { reason: string; answer: Answer; at: number }[] = []
  /** Reasons of keyed changes that were to be taken back. */
  readonly undone = new Set<string>()
  readonly #now: () => number
  #events = 0

  constructor(now: () => number) {
    this.#now = now
  }

  order(key: string, basket: Basket): AskedOrder {
    const asked = { key, ...basket, ...this.#begun() }
    this.orders.push(asked)
    return asked
  }

  again(key: string, basket: Basket): AskedOrder {
    const asked = { key, ...basket, ...this.#begun() }
    this.repeats.push(asked)
    return asked
  }

  change(what: Pick<AskedChange, 'books' | 'reason' | 'account' | 'by' | 'keyed'>): AskedChange {
    const asked = { ...what, ...this.#begun() }
    this.changes.push(asked)
    return asked
  }

  cart(op: CartOp): AskedCart {
    const asked = { op, ...this.#begun() }
    this.carts.push(asked)
    return asked
  }

  changeAgain(reason: string, answer: Answer): void {
    this.changesAgain.push({ reason, answer, at: this.#now() })
  }

  edit(stock: ReadonlyMap<string, number>, { running }: { running: boolean }): void {
    this.edits.push({ stock, running, begun: this.#now() })
  }

  answer<Told>(asked: Asked<Told>, answer: Told): void {
    asked.answer = answer
    asked.at = this.#now()
    asked.to = ++this.#events
  }

  /** What was known when the call of this number began; a copy. */
  before(call: number): Record {
    const then = new Record(this.#now)
    then.#events = this.#events
    const known = <Thing extends Asked<unknown>>(all: readonly Thing[]): Thing[] =>
      all
        .filter(({ begun }) => begun < call)
        .map((asked) =>
          asked.at < call || call === Number.POSITIVE_INFINITY ? { ...asked } : { ...asked, answer: unknown },
        )
    then.orders.push(...known(this.orders))
    then.repeats.push(...known(this.repeats))
    then.changes.push(...known(this.changes))
    then.carts.push(...known(this.carts))
    then.changesAgain.push(...this.changesAgain.filter(({ at }) => at < call))
    for (const reason of this.undone) then.undone.add(reason)
    then.edits.push(...this.edits.filter(({ begun }) => begun < call))
    return then
  }

  #begun() {
    const never = Number.POSITIVE_INFINITY
    return { begun: this.#now(), answer: unknown, at: never, from: ++this.#events, to: never }
  }
}
