/**
 * The purchase protocol (DESIGN.md, "The purchase"): one attempt after another, each with an id of its own, over
 * participants that hold what it asks for. Presumed abort: the row that `commit` makes durable is the only yes there is.
 *
 * States of an attempt:
 *   undecided  from its first reserve until its row is synced or it is given up; the fence never rises above it
 *   unsettled  decided, but a participant has not acknowledged its confirm or void yet, nor answered an `open` above it
 *              without listing it
 *   settled    forgotten here
 *
 * Time and the participants are arguments; nothing here knows a toy.
 */
import type { Answer, HeldAt } from '../catalog/client.ts'
import type { Clock } from '../clock.ts'
import { StoreError } from '../errors.ts'
import { attemptId, compareAttempts, parseAttemptId } from '../storage/attempt-id.ts'
import type { AttemptId, Command } from '../storage/ledger.ts'
import type { Log } from '../storage/log.ts'
import type { Incarnations } from './incarnations.ts'
import { type Ask, type Participant, Refusal } from './participant.ts'
import { type Recovered, Recovery } from './recovery.ts'

export interface CoordinatorOptions {
  clock: Clock
  log: Pick<Log, 'lastNumber' | 'attemptsAfter'>
  incarnations: Incarnations
  participants: readonly Participant[]
  /** How long a participant may take for a call, in milliseconds. */
  callMs: number
  /** Told what the operator should know. */
  note: (sentence: string) => void
  /** Told once: every participant has answered, and all that earlier lives left open is settled. */
  recovered?: (settled: Recovered) => void
  /** Another order service uses the same participants: stop with exit code 2. */
  rival: (sentence: string) => void
}

interface Side {
  participant: Participant
  /** It has answered this incarnation's first open. */
  opened: boolean
  down: boolean
  /** An open is under way. */
  asking: boolean
  nextOpenAt: number
  unsettled: Set<AttemptId>
}

const beatMs = 100
const openEveryMs = 1000
const settleAtOnce = 500

export class Coordinator {
  readonly #options: CoordinatorOptions
  readonly #sides: ReadonlyMap<string, Side>
  /** In the order of their ids. */
  readonly #undecided = new Set<AttemptId>()
  readonly #recovery: Recovery
  #incarnation = 0
  #firstIncarnation = 0
  #seq = 0
  #renewing = false
  #stopBeat: (() => void) | undefined
  #closed = false

  constructor(options: CoordinatorOptions) {
    this.#options = options
    this.#recovery = new Recovery({ ...options, participants: options.participants.map(({ name }) => name) })
    this.#sides = new Map(
      options.participants.map((participant) => [
        participant.name,
        { participant, opened: false, down: false, asking: false, nextOpenAt: 0, unsettled: new Set() },
      ]),
    )
  }

  /** Takes an incarnation and begins to open; resolves without waiting for the participants. */
  async start(): Promise<void> {
    this.#incarnation = await this.#options.incarnations.take(0)
    this.#firstIncarnation = this.#incarnation
    this.#beat()
  }

  /** Why it cannot buy now; undefined when it can. */
  get notReady(): string | undefined {
    for (const { participant, opened } of this.#sides.values())
      if (!opened) return `${participant.name} has not answered yet`
    return undefined
  }

  /** Attempts that are decided and not known to be settled, by participant. */
  get unsettled(): Record<string, number> {
    return Object.fromEntries([...this.#sides].map(([name, { unsettled }]) => [name, unsettled.size]))
  }

  /**
   * One attempt: reserves everywhere at the same time, then commits, or gives everything back.
   * `commit` makes the row durable. It may throw `unavailable` when the row is certainly not there; any other error leaves
   * the attempt undecided, for the next life of this service to settle.
   * Throws a Refusal after every participant asked has acknowledged that it gave back, or a StoreError.
   */
  async attempt<Result>(
    asks: readonly Ask[],
    deadline: number,
    commit: (id: AttemptId, held: ReadonlyMap<string, readonly HeldAt[]>) => Promise<Result>,
  ): Promise<Result> {
    const asked = asks.map((ask) => ({ ...ask, side: this.#available(ask.of) }))
    const sides = asked.map(({ side }) => side)
    const id = attemptId(this.#incarnation, ++this.#seq)
    this.#undecided.add(id)
    const after = this.#options.log.lastNumber
    const answers = await Promise.all(
      asked.map(({ side, items }) =>
        this.#send(side, { op: 'reserve', id, after, items }, deadline).catch((error: unknown) => asError(error)),
      ),
    )

    const held = new Map<string, readonly HeldAt[]>()
    for (const [i, answer] of answers.entries())
      if ('outcome' in answer && answer.outcome === 'held') held.set(asked[i]!.of, answer.items)
    if (held.size < asked.length) return this.#giveUp(id, sides, this.#why(answers))
    if (this.#options.clock.elapsed() > deadline)
      return this.#giveUp(id, sides, new StoreError('unavailable', 'the purchase took too long; nothing was bought'))

    let result: Result
    try {
      result = await commit(id, held)
    } catch (error) {
      if (error instanceof StoreError && error.code === 'unavailable') return this.#giveUp(id, sides, error)
      throw error
    }
    for (const side of sides) side.unsettled.add(id)
    this.#undecided.delete(id)
    for (const side of sides) void this.#settle(side, [{ op: 'confirm', id }])
    return result
  }

  /** Resolves when nothing is unsettled, at the latest after so many milliseconds. */
  async settled(ms: number): Promise<void> {
    const until = this.#options.clock.elapsed() + ms
    while (
      this.#options.clock.elapsed() < until &&
      [...this.#sides.values()].some(({ unsettled }) => unsettled.size > 0)
    )
      await new Promise<void>((resolve) => this.#options.clock.after(beatMs / 10, resolve))
  }

  /** Stops asking; what is unsettled is settled at the next start. */
  close(): void {
    this.#closed = true
    this.#stopBeat?.()
  }

  #available(name: string): Side {
    const side = this.#sides.get(name)
    if (side === undefined) throw new Error(`no such participant: ${name}`)
    if (this.#closed || this.#renewing || !side.opened || side.down)
      throw new StoreError('unavailable', `the ${name} service cannot be reached; nothing was bought`)
    return side
  }

  /** Everyone asked gives back, the refuser too; `why` is told only when all have acknowledged it. */
  async #giveUp(id: AttemptId, sides: readonly Side[], why: Error): Promise<never> {
    for (const side of sides) side.unsettled.add(id)
    this.#undecided.delete(id)
    const acknowledged = await Promise.all(sides.map((side) => this.#settle(side, [{ op: 'void', id }])))
    if (acknowledged.every(Boolean)) throw why
    throw new StoreError('unavailable', 'nothing was bought; what was set aside for it is given back soon', {
      cause: why,
    })
  }

  #why(answers: readonly (Answer | Error)[]): Error {
    for (const answer of answers) {
      if (answer instanceof Error) continue
      if (answer.outcome === 'stale') this.#checkRival(answer.fence)
      if (answer.outcome === 'refused') return new Refusal(answer)
    }
    const failed = answers.find((answer) => answer instanceof Error)
    if (failed instanceof StoreError && failed.code === 'bad_request') return failed
    return new StoreError('unavailable', 'a service that the purchase needs did not answer; nothing was bought', {
      cause: failed,
    })
  }

  async #send(side: Side, command: Command, deadline: number): Promise<Answer> {
    const [outcome] = await this.#call(
      side,
      [command],
      Math.min(deadline, this.#options.clock.elapsed() + this.#options.callMs),
    )
    return outcome!
  }

  async #call(side: Side, commands: readonly Command[], deadline: number, patient = false): Promise<Answer[]> {
    try {
      return await side.participant.send(commands, { deadline, patient })
    } catch (error) {
      if (asError(error).cause !== undefined) side.down = true
      throw error
    }
  }

  /** Sends confirms or voids that are marked unsettled; what is not acknowledged stays so. True when all were. */
  async #settle(side: Side, commands: readonly (Command & { op: 'confirm' | 'void' })[]): Promise<boolean> {
    try {
      const deadline = this.#options.clock.elapsed() + this.#options.callMs
      const outcomes = await this.#call(side, commands, deadline, commands[0]?.op === 'confirm')
      for (const [i, outcome] of outcomes.entries()) {
        const { op, id } = commands[i]!
        if (outcome.outcome === 'conflict')
          this.#options.note(
            `${side.participant.name} was asked to ${op} ${id}, which it has ${outcome.decided}: its books are wrong, run verify`,
          )
        side.unsettled.delete(id)
      }
      return true
    } catch {
      return false // the next open finds it again
    }
  }

  /** The lowest attempt that is not decided: everything below it can be settled by the log. */
  #fence(): AttemptId {
    const [lowest] = this.#undecided
    return lowest ?? attemptId(this.#incarnation, this.#seq + 1)
  }

  #beat(): void {
    if (this.#closed) return
    const now = this.#options.clock.elapsed()
    for (const side of this.#sides.values()) {
      const urgent = !side.opened || side.down
      if (side.asking || this.#renewing || (!urgent && (side.unsettled.size === 0 || now < side.nextOpenAt))) continue
      side.nextOpenAt = now + openEveryMs
      void this.#open(side)
    }
    this.#stopBeat = this.#options.clock.after(beatMs, () => this.#beat())
  }

  async #open(side: Side): Promise<void> {
    const incarnation = this.#incarnation
    const fence = this.#fence()
    const first = !side.opened
    const { name } = side.participant
    side.asking = true
    try {
      const [answer] = await this.#call(
        side,
        [{ op: 'open', fence, first }],
        this.#options.clock.elapsed() + this.#options.callMs,
      )
      if (incarnation !== this.#incarnation || this.#renewing) return // an answer to an earlier life
      if (answer?.outcome === 'seen') return await this.#renew(parseAttemptId(answer.fence).incarnation)
      if (answer?.outcome !== 'opened') return
      if (!first) this.#checkRival(answer.fence)
      const listed = new Set(answer.open.map(({ id }) => id))
      for (const id of side.unsettled) if (compareAttempts(id, fence) < 0 && !listed.has(id)) side.unsettled.delete(id)
      const told = this.#recovery.isPending(name) || !(first || side.down)
      const settled = await this.#settleByLog(side, answer.open)
      if (!told && settled !== undefined) this.#options.note(`${name}: ${settled}`)
      side.down = false
      side.opened = true
    } catch (error) {
      if (!(error instanceof StoreError)) this.#recovery.failed(name, asError(error))
    } finally {
      side.asking = false
    }
  }

  /** What `open` lists is settled by the log alone: its id has a row → confirm, else → void. */
  async #settleByLog(side: Side, open: readonly { id: AttemptId; after: number }[]): Promise<string | undefined> {
    const after = Math.min(...open.map((reservation) => reservation.after))
    const ids = new Set(open.map(({ id }) => id))
    const ordered = open.length === 0 ? ids : await this.#options.log.attemptsAfter(ids, after)
    const commands = open.map(({ id }) => ({ op: ordered.has(id) ? ('confirm' as const) : ('void' as const), id }))
    for (const { op, id } of commands) {
      side.unsettled.add(id)
      this.#recovery.count(side.participant.name, op, id, this.#firstIncarnation)
    }
    let all = true
    for (let from = 0; from < commands.length; from += settleAtOnce)
      if (!(await this.#settle(side, commands.slice(from, from + settleAtOnce)))) all = false
    if (all) this.#recovery.complete(side.participant.name)
    return open.length === 0
      ? undefined
      : `${ordered.size} purchases finished, ${open.length - ordered.size} given back`
  }

  /** A participant has seen this incarnation or a higher one: a higher one is taken, and everyone is opened anew. */
  async #renew(seen: number): Promise<void> {
    this.#renewing = true
    try {
      for (const side of this.#sides.values()) side.opened = false
      while (this.#undecided.size > 0)
        await new Promise<void>((resolve) => this.#options.clock.after(beatMs / 10, resolve))
      this.#incarnation = await this.#options.incarnations.take(seen)
      this.#seq = 0
    } finally {
      this.#renewing = false
    }
  }

  /** A fence of a higher incarnation than ours, after we had opened, is another order service's. */
  #checkRival(fence: AttemptId): void {
    if (parseAttemptId(fence).incarnation > this.#incarnation)
      this.#options.rival(
        'another order service uses the same catalog; run only one, or give this one a catalog of its own',
      )
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
