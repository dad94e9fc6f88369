/**
 * What a run's buyers and owners asked for and were told, and when: a time is the number of calls on the disk so far. So
 * the same record tells what was known at any crash before the run's end.
 */

export type Line = readonly [toy: string, quantity: number]

/** What is bought together, and who pays it; nobody where there is no user. */
export interface Basket {
  lines: readonly Line[]
  user?: string | undefined
}

export const sameBasket = (a: Basket, b: Basket): boolean => `${a.lines}` === `${b.lines}` && a.user === b.user

/** What became of a request. `unknown`: nobody was told, or that nobody can know. */
export type Answer =
  | { is: 'unknown' }
  | { is: 'done'; number: number }
  /** Certainly nothing happened. */
  | { is: 'refused'; code: string }

interface Asked {
  begun: number
  answer: Answer
  /** When the answer came. */
  at: number
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

/** A change of the readable file by hand. */
export interface HandEdit {
  begun: number
  /** The stock of these toys was set. */
  stock: ReadonlyMap<string, number>
  /** While the store ran: then it is kept aside. */
  running: boolean
}

const unknown: Answer = { is: 'unknown' }

export class Record {
  readonly orders: AskedOrder[] = []
  /** Keys that were asked for once more. */
  readonly repeats: AskedOrder[] = []
  readonly changes: AskedChange[] = []
  readonly edits: HandEdit[] = []
  /** What a keyed change was told when it was asked for once more. */
  readonly changesAgain: { reason: string; answer: Answer; at: number }[] = []
  /** Reasons of keyed changes that were to be taken back. */
  readonly undone = new Set<string>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  order(key: string, basket: Basket): AskedOrder {
    const asked = { key, ...basket, begun: this.#now(), answer: unknown, at: Number.POSITIVE_INFINITY }
    this.orders.push(asked)
    return asked
  }

  again(key: string, basket: Basket): AskedOrder {
    const asked = { key, ...basket, begun: this.#now(), answer: unknown, at: Number.POSITIVE_INFINITY }
    this.repeats.push(asked)
    return asked
  }

  change(what: Pick<AskedChange, 'books' | 'reason' | 'account' | 'by' | 'keyed'>): AskedChange {
    const asked = { ...what, begun: this.#now(), answer: unknown, at: Number.POSITIVE_INFINITY }
    this.changes.push(asked)
    return asked
  }

  changeAgain(reason: string, answer: Answer): void {
    this.changesAgain.push({ reason, answer, at: this.#now() })
  }

  edit(stock: ReadonlyMap<string, number>, { running }: { running: boolean }): void {
    this.edits.push({ stock, running, begun: this.#now() })
  }

  answer(asked: Asked, answer: Answer): void {
    asked.answer = answer
    asked.at = this.#now()
  }

  /** What was known when the call of this number began; a copy. */
  before(call: number): Record {
    const then = new Record(this.#now)
    const known = <Thing extends Asked>(all: readonly Thing[]): Thing[] =>
      all
        .filter(({ begun }) => begun < call)
        .map((asked) =>
          asked.at < call || call === Number.POSITIVE_INFINITY ? { ...asked } : { ...asked, answer: unknown },
        )
    then.orders.push(...known(this.orders))
    then.repeats.push(...known(this.repeats))
    then.changes.push(...known(this.changes))
    then.changesAgain.push(...this.changesAgain.filter(({ at }) => at < call))
    for (const reason of this.undone) then.undone.add(reason)
    then.edits.push(...this.edits.filter(({ begun }) => begun < call))
    return then
  }
}
