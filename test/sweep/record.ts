/**
 * What a run's buyers and owners asked for and were told, and when: a time is the number of calls on the disk so far. So
 * the same record tells what was known at any crash before the run's end.
 */

export type Line = readonly [toy: string, quantity: number]

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

export interface AskedOrder extends Asked {
  key: string
  lines: readonly Line[]
}

/** A change of the stock that is no purchase; its reason stands for it. */
export interface AskedChange extends Asked {
  reason: string
  toy: string
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
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  order(key: string, lines: readonly Line[]): AskedOrder {
    const asked = { key, lines, begun: this.#now(), answer: unknown, at: Number.POSITIVE_INFINITY }
    this.orders.push(asked)
    return asked
  }

  again(key: string, lines: readonly Line[]): AskedOrder {
    const asked = { key, lines, begun: this.#now(), answer: unknown, at: Number.POSITIVE_INFINITY }
    this.repeats.push(asked)
    return asked
  }

  change(reason: string, toy: string, by: number | undefined): AskedChange {
    const asked = { reason, toy, by, begun: this.#now(), answer: unknown, at: Number.POSITIVE_INFINITY }
    this.changes.push(asked)
    return asked
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
    then.edits.push(...this.edits.filter(({ begun }) => begun < call))
    return then
  }
}
