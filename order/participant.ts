/** Who takes part in a purchase by holding something for it: the catalog holds pieces, payment holds credit. */
import type { Answer } from '../catalog/client.ts'
import type { Command, Item, Outcome } from '../storage/ledger.ts'

export interface Participant {
  name: string
  /**
   * Answers in the order of the commands, with an error for one that it does not understand. Rejects with `unavailable` (certainly not done) or `outcome_unknown`; a `cause`
   * says that the call itself failed: the participant is down. `patient`: nobody waits for it; it may go with others.
   */
  send(commands: readonly Command[], options: { deadline: number; patient?: boolean }): Promise<(Answer | Error)[]>
}

export interface Ask {
  /** A participant's name. */
  of: string
  items: readonly Item[]
}

/** What an attempt comes to where a participant says no. */
export class Refusal extends Error {
  /** The participant's name. */
  readonly of: string
  readonly outcome: Outcome & { outcome: 'refused' }

  constructor(of: string, outcome: Outcome & { outcome: 'refused' }) {
    super(`refused: ${outcome.reason}`)
    this.of = of
    this.outcome = outcome
  }
}

/** What a commit comes to that wrote nothing, and never will: what was held is given back, and `why` is told. */
export class NotWanted extends Error {
  readonly why: Error

  constructor(why: Error) {
    super(`not wanted: ${why.message}`)
    this.why = why
  }
}
