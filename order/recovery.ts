/**
 * What earlier lives left open and this one settles: counted per participant, told once, when all of it is settled
 * everywhere. And a fault that keeps it from being settled: told once, and again every minute while it lasts.
 */
import type { Clock } from '../clock.ts'
import { parseAttemptId } from '../storage/attempt-id.ts'
import type { AttemptId } from '../storage/ledger.ts'

/** How many purchases of earlier lives were finished, because their row is in the log, and how many were given back. */
export interface Recovered {
  finished: number
  givenBack: number
}

export interface RecoveryOptions {
  clock: Clock
  participants: readonly string[]
  /** Told what the operator should know. */
  note: (sentence: string) => void
  recovered?: ((settled: Recovered) => void) | undefined
}

const tellAgainMs = 60_000

export class Recovery {
  readonly #options: RecoveryOptions
  /** Participants where something of earlier lives may still be open. */
  readonly #pending: Set<string>
  readonly #finished = new Set<AttemptId>()
  readonly #givenBack = new Set<AttemptId>()
  readonly #faults = new Map<string, { sentence: string; at: number }>()

  constructor(options: RecoveryOptions) {
    this.#options = options
    this.#pending = new Set(options.participants)
  }

  isPending(participant: string): boolean {
    return this.#pending.has(participant)
  }

  /** This is settled so at a participant, by however many messages; what this life began itself does not count. */
  count(participant: string, op: 'confirm' | 'void', id: AttemptId, incarnation: number): void {
    if (!this.#pending.has(participant) || parseAttemptId(id).incarnation >= incarnation) return
    if (op === 'confirm') this.#finished.add(id)
    else this.#givenBack.add(id)
  }

  /** A participant has acknowledged all that it listed, or lists nothing any more. */
  complete(participant: string): void {
    this.#faults.delete(participant)
    if (!this.#pending.delete(participant) || this.#pending.size > 0) return
    this.#options.recovered?.({ finished: this.#finished.size, givenBack: this.#givenBack.size })
  }

  failed(participant: string, { message }: Error): void {
    const { clock, note } = this.#options
    const sentence = `what is open at ${participant} cannot be settled, and no purchase is taken before it is: ${message}`
    const last = this.#faults.get(participant)
    const at = clock.elapsed()
    if (last?.sentence === sentence && at - last.at < tellAgainMs) return
    this.#faults.set(participant, { sentence, at })
    note(sentence)
  }
}
