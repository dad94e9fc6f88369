/**
 * A participant as the coordinator sees it: whether it can be asked, and what it has not acknowledged yet. Always: an attempt
 * leaves `unsettled` only where the participant has acknowledged it, or answered an `open` above it without listing it.
 */
import type { Answer } from '../catalog/client.ts'
import type { Clock } from '../clock.ts'
import { asError } from '../errors.ts'
import { compareAttempts } from '../storage/attempt-id.ts'
import type { AttemptId, Command } from '../storage/ledger.ts'
import type { Participant } from './participant.ts'

/** What settles an attempt. */
export type Settling = Command & { op: 'confirm' | 'void' }

export interface SideOptions {
  clock: Clock
  /** How long the participant may take for a call, in milliseconds. */
  callMs: number
  /** Told what the operator should know. */
  note: (sentence: string) => void
}

const settleAtOnce = 500

export class Side {
  readonly #participant: Participant
  readonly #options: SideOptions
  readonly unsettled = new Set<AttemptId>()
  /** It has answered this incarnation's first open. */
  opened = false
  down = false
  /** An open is under way. */
  asking = false
  nextOpenAt = 0

  constructor(participant: Participant, options: SideOptions) {
    this.#participant = participant
    this.#options = options
  }

  get name(): string {
    return this.#participant.name
  }

  /** Throws what `Participant.send` throws; a call that failed marks it as down. */
  async call(
    commands: readonly Command[],
    { deadline = Number.POSITIVE_INFINITY, patient = false }: { deadline?: number; patient?: boolean } = {},
  ): Promise<(Answer | Error)[]> {
    const { clock, callMs } = this.#options
    try {
      return await this.#participant.send(commands, { deadline: Math.min(deadline, clock.elapsed() + callMs), patient })
    } catch (error) {
      if (asError(error).cause !== undefined) this.down = true
      throw error
    }
  }

  /**
   * Sends confirms or voids that are marked unsettled; what is not acknowledged stays so. True when all were. Never rejects.
   */
  async settle(commands: readonly Settling[]): Promise<boolean> {
    let all = true
    for (let from = 0; from < commands.length; from += settleAtOnce)
      if (!(await this.#settleSome(commands.slice(from, from + settleAtOnce)))) all = false
    return all
  }

  /** It has answered an `open` at this fence, which lists those that are open there. */
  forget(fence: AttemptId, listed: ReadonlySet<AttemptId>): void {
    for (const id of this.unsettled) if (compareAttempts(id, fence) < 0 && !listed.has(id)) this.unsettled.delete(id)
  }

  async #settleSome(commands: readonly Settling[]): Promise<boolean> {
    try {
      const outcomes = await this.call(commands, { patient: commands[0]?.op === 'confirm' })
      for (const [i, outcome] of outcomes.entries()) {
        const { op, id } = commands[i]!
        if (outcome instanceof Error) throw outcome
        if (outcome.outcome === 'conflict')
          this.#options.note(
            `${this.name} was asked to ${op} ${id}, which it has ${outcome.decided}: its books are wrong, run verify`,
          )
        this.unsettled.delete(id)
      }
      return true
    } catch {
      return false // the next open finds it again
    }
  }
}
