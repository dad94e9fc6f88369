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
import type { Answer } from '../catalog/client.ts'
import type { Clock } from '../clock.ts'
import { asError, StoreError } from '../errors.ts'
import { attemptId, compareAttempts, parseAttemptId } from '../storage/attempt-id.ts'
import type { AttemptId, Command } from '../storage/ledger.ts'
import type { Log } from '../storage/log.ts'
import { type Attempt, commandsOf, type Held, heldOf, tooLate } from './attempt.ts'
import type { Incarnations } from './incarnations.ts'
import { type Ask, NotWanted, type Participant, Refusal } from './participant.ts'
import { type Recovered, Recovery } from './recovery.ts'
import { type Settling, Side } from './side.ts'

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

const beatMs = 100
const openEveryMs = 200

export class Coordinator {
  readonly #options: CoordinatorOptions
  readonly #sides: ReadonlyMap<string, Side>
  /** Of this incarnation, in their order. */
  readonly #undecided = new Set<number>()
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
    this.#sides = new Map(options.participants.map((participant) => [participant.name, new Side(participant, options)]))
  }

  /** Takes an incarnation and begins to open; resolves without waiting for the participants. */
  async start(): Promise<void> {
    this.#incarnation = await this.#options.incarnations.take(0)
    this.#firstIncarnation = this.#incarnation
    this.#beat()
  }

  /** Why it cannot buy now; undefined when it can. */
  get notReady(): string | undefined {
    for (const { name, opened } of this.#sides.values()) if (!opened) return `${name} has not answered yet`
    return undefined
  }

  /** Attempts that are decided and not known to be settled, by participant. */
  get unsettled(): Record<string, number> {
    return Object.fromEntries([...this.#sides].map(([name, { unsettled }]) => [name, unsettled.size]))
  }

  /**
   * Attempts side by side: each reserves everywhere at the same time, and then commits or gives everything back, whatever becomes
   * of the others; what they ask of a participant travels together.
   * `commit` makes rows durable and answers for each. An `unavailable` or NotWanted says that the row is certainly not there; any other error
   * leaves its attempt undecided, for the next life of this service to settle.
   * Resolves to each one's result, or why there is none: a Refusal, after every participant asked has acknowledged that it gave
   * back, or another error.
   */
  async attempts<Result>(
    wanted: readonly (readonly Ask[])[],
    deadline: number,
    commit: (held: readonly Held[]) => Promise<readonly (Result | Error)[]>,
  ): Promise<(Result | Error)[]> {
    const results = new Array<Result | Error>(wanted.length)
    const asked = this.#begin(wanted, results)
    const after = this.#options.log.lastNumber
    await Promise.all([...this.#sides.values()].map((side) => this.#reserve(side, asked, after, deadline)))

    const late = this.#options.clock.elapsed() > deadline
    const held: Attempt[] = []
    const refused: [Attempt, Error][] = []
    for (const attempt of asked) {
      const why = this.#why(attempt) ?? (late ? tooLate() : undefined)
      if (why === undefined) held.push(attempt)
      else refused.push([attempt, why])
    }
    await Promise.all([this.#commit(held, commit, results), this.#giveUp(refused, results)])
    return results
  }

  /**
   * From here on attempts are above this one, that another life has made and somebody remembers. Where that takes a higher
   * incarnation, nothing is bought until everyone is opened anew.
   */
  async riseAbove(attempt: AttemptId): Promise<void> {
    if (this.#renewing || compareAttempts(attempt, attemptId(this.#incarnation, this.#seq)) <= 0) return
    await this.#renew(parseAttemptId(attempt).incarnation)
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

  /** Those that can be asked now, each with an id of its own; the others' results say why not. */
  #begin(wanted: readonly (readonly Ask[])[], results: unknown[]): Attempt[] {
    const asked: Attempt[] = []
    for (const [index, asks] of wanted.entries()) {
      try {
        const sides = asks.map(({ of }) => this.#available(of))
        const seq = ++this.#seq
        const id = attemptId(this.#incarnation, seq)
        this.#undecided.add(seq)
        asked.push({ index, id, seq, asks, sides, answers: [] })
      } catch (error) {
        results[index] = error
      }
    }
    return asked
  }

  #available(name: string): Side {
    const side = this.#sides.get(name)
    if (side === undefined) throw new Error(`no such participant: ${name}`)
    if (this.#closed || this.#renewing || !side.opened || side.down)
      throw new StoreError('unavailable', `the ${name} service cannot be reached; nothing was bought`)
    return side
  }

  /** Never rejects: each attempt gets its answer of this side, or the error. */
  async #reserve(side: Side, attempts: readonly Attempt[], after: number, deadline: number): Promise<void> {
    const asked: [Attempt, place: number][] = []
    const commands: Command[] = []
    for (const attempt of attempts) {
      const place = attempt.sides.indexOf(side)
      if (place < 0) continue
      asked.push([attempt, place])
      commands.push({ op: 'reserve', id: attempt.id, after, items: attempt.asks[place]!.items })
    }
    if (asked.length === 0) return
    let answers: readonly (Answer | Error)[]
    try {
      answers = await side.call(commands, { deadline })
    } catch (error) {
      answers = commands.map(() => asError(error))
    }
    for (const [i, [attempt, place]] of asked.entries()) attempt.answers[place] = answers[i]!
  }

  async #commit<Result>(
    held: readonly Attempt[],
    commit: (held: readonly Held[]) => Promise<readonly (Result | Error)[]>,
    results: (Result | Error)[],
  ): Promise<void> {
    if (held.length === 0) return
    const rows = await commit(held.map(heldOf)).catch((error: unknown) => held.map(() => asError(error)))
    const bought: Attempt[] = []
    const unwritten: [Attempt, Error][] = []
    for (const [i, attempt] of held.entries()) {
      const row = rows[i]!
      if (row instanceof NotWanted) unwritten.push([attempt, row.why])
      else if (row instanceof StoreError && row.code === 'unavailable') unwritten.push([attempt, row])
      else {
        results[attempt.index] = row
        if (!(row instanceof Error)) bought.push(attempt)
      }
    }
    this.#decide(bought)
    for (const side of this.#sides.values()) void side.settle(commandsOf('confirm', side, bought))
    await this.#giveUp(unwritten, results)
  }

  /** Everyone asked gives back, the refuser too; why is told only when all have acknowledged it. */
  async #giveUp(refused: readonly [Attempt, Error][], results: unknown[]): Promise<void> {
    if (refused.length === 0) return
    const attempts = refused.map(([attempt]) => attempt)
    this.#decide(attempts)
    const failed = new Set<Side>()
    const settle = async (side: Side): Promise<void> => {
      if (!(await side.settle(commandsOf('void', side, attempts)))) failed.add(side)
    }
    await Promise.all([...this.#sides.values()].map(settle))
    for (const [{ index, sides }, why] of refused)
      results[index] = sides.some((side) => failed.has(side)) ? givenBackSoon(why) : why
  }

  /** They are unsettled now: an `open` that lists them is answered by the log. */
  #decide(attempts: readonly Attempt[]): void {
    for (const { id, seq, sides } of attempts) {
      for (const side of sides) side.unsettled.add(id)
      this.#undecided.delete(seq)
    }
  }

  /** Why it does not hold all that it asked for; undefined where it does. */
  #why({ answers, sides }: Attempt): Error | undefined {
    if (answers.every((answer) => 'outcome' in answer && answer.outcome === 'held')) return undefined
    for (const [place, answer] of answers.entries()) {
      const { name } = sides[place]!
      if (answer instanceof Error) continue
      if (answer.outcome === 'stale') this.#checkRival(name, answer.fence)
      if (answer.outcome === 'refused') return new Refusal(name, answer)
    }
    const failed = answers.find((answer) => answer instanceof Error)
    if (failed instanceof StoreError && failed.code === 'bad_request') return failed
    return new StoreError('unavailable', 'a service that the purchase needs did not answer; nothing was bought', {
      cause: failed,
    })
  }

  /** The lowest attempt that is not decided: everything below it can be settled by the log. */
  #fence(): AttemptId {
    const [lowest] = this.#undecided
    return attemptId(this.#incarnation, lowest ?? this.#seq + 1)
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
    const { name } = side
    side.asking = true
    try {
      const [answer] = await side.call([{ op: 'open', fence, first }])
      if (incarnation !== this.#incarnation || this.#renewing) return // an answer to an earlier life
      if (answer instanceof Error) throw answer
      if (answer?.outcome === 'seen') return await this.#renew(parseAttemptId(answer.fence).incarnation)
      if (answer?.outcome !== 'opened') return
      if (!first) this.#checkRival(name, answer.fence)
      side.forget(fence, new Set(answer.open.map(({ id }) => id)))
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
    const commands: Settling[] = open.map(({ id }) => ({
      op: ordered.has(id) ? ('confirm' as const) : ('void' as const),
      id,
    }))
    for (const { op, id } of commands) {
      side.unsettled.add(id)
      this.#recovery.count(side.name, op, id, this.#firstIncarnation)
    }
    if (await side.settle(commands)) this.#recovery.complete(side.name)
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
  #checkRival(name: string, fence: AttemptId): void {
    if (parseAttemptId(fence).incarnation > this.#incarnation)
      this.#options.rival(
        `another order service uses the same ${name}; run only one, or give this one a ${name} of its own`,
      )
  }
}

const givenBackSoon = (cause: Error): StoreError =>
  new StoreError('unavailable', 'nothing was bought; what was set aside for it is given back soon', { cause })
