/**
 * The two ways to load. Closed: each of so many sessions begins its next round when the one before is answered; a slow store
 * is asked less. Open: rounds begin when they are due, whatever became of those before, and their first request counts from
 * then: a store that stalls cannot hide it behind requests that were never sent (Gil Tene: "coordinated omission").
 */
import { sleep } from '../../clock.ts'
import type { Story } from '../scenarios/scenario.ts'
import { Connection } from './connection.ts'
import type { ClosedModel, Job, OpenModel } from './messages.ts'
import { pick, type Random, seededRandom } from './plan.ts'
import { arrivals, endOf, highestOf, levelAt, type Profile } from './profile.ts'
import { type Recording, Visit } from './visit.ts'

/** A session that waits for its turn in a profile looks again after so long. */
const turnMs = 20
/** A session whose requests went unanswered for this long ends, so that a dead store does not hold a counted load for hours. */
const patienceMs = 30_000
const downMs = 50
/** After these a store may be down or overwhelmed: asked again at once, all rounds would be spent before it is back. */
const pausedAfter: ReadonlySet<string> = new Set(['unavailable', 'outcome_unknown', 'timeout', 'cut', 'unreachable'])
const unanswered: ReadonlySet<string> = new Set(['timeout', 'cut', 'unreachable', 'interrupted'])
/** A timer is late by this much of itself, which is neither the store's time nor ours to hide. */
const timerMs = 2
/** Rounds that were due and could not begin before the end are begun for this long after it. */
const lateMs = 5000
/** Stands for the session where rounds belong to none, and for the clock that says when they are due. */
const openSession = 0x40000000
const openClock = 0x40000001
const thinkClock = 0x40000002

export class Sessions {
  readonly arrivals = { due: 0, begun: 0, late: 0 }
  /** In a round just now. */
  busy = 0
  readonly #job: Job
  readonly #stories: readonly Story[]
  readonly #recording: Recording
  readonly #connections: Connection[] = []
  #stopping = false
  #freed: (() => void) | undefined

  constructor(job: Job, stories: readonly Story[], recording: Recording) {
    this.#job = job
    this.#stories = stories
    this.#recording = recording
  }

  /** Resolves when the last round has ended. */
  run(): Promise<unknown> {
    const { model } = this.#job
    return model.type === 'closed' ? this.#runClosed(model) : this.#runOpen(model)
  }

  /** No further round begins. */
  stop(): void {
    this.#stopping = true
    this.#freed?.()
  }

  /** Cuts what is in flight. */
  interrupt(): void {
    for (const connection of this.#connections) connection.interrupt()
  }

  #connect(): Connection {
    const { url, timeoutMs, token } = this.#job
    const connection = new Connection(url, timeoutMs, token)
    this.#connections.push(connection)
    return connection
  }

  async #round(connection: Connection, random: Random, dueAt?: number): Promise<Visit> {
    const { clock, counts, measuredFrom } = this.#recording
    const visit = new Visit(this.#job, connection, this.#recording, random, () => this.#stopping, dueAt)
    const story = this.#stories[pick(this.#job.weights, random)]!
    this.busy += 1
    await story.tell(visit)
    this.busy -= 1
    if (clock.elapsed() >= measuredFrom) counts.rounds += 1
    return visit
  }

  /** Session by session to the processes in turn, as one deals cards. */
  async #runClosed(model: ClosedModel): Promise<void> {
    const { process, processes } = this.#job
    const numbers = Array.from({ length: Math.ceil(highestOf(model.profile)) }, (_, number) => number)
    await Promise.all(
      numbers
        .filter((number) => number % processes === process)
        .map((number) => this.#session(this.#connect(), number, model)),
    )
  }

  async #session(
    connection: Connection,
    number: number,
    { profile, rounds, thinkMs: [least, most] }: ClosedModel,
  ): Promise<void> {
    const { clock, counts, startedAt, jitter } = this.#recording
    const end = endOf(profile)
    const thinks = seededRandom(this.#job.seed, thinkClock, number)
    let answeredAt = clock.elapsed()
    for (let round = 0; (rounds === null || round < rounds) && !this.#stopping; ) {
      const at = clock.elapsed() - startedAt
      if (at >= end) return
      if (number >= levelAt(profile, at)) {
        await sleep(clock, turnMs)
        answeredAt = clock.elapsed()
        continue
      }
      const { last } = await this.#round(connection, seededRandom(this.#job.seed, number, round))
      round += 1
      if (last === undefined || last.ok || !unanswered.has(last.kind)) answeredAt = clock.elapsed()
      else if (rounds !== null && clock.elapsed() - answeredAt > patienceMs) {
        counts.noted.set('gave_up', (counts.noted.get('gave_up') ?? 0) + 1)
        return
      }
      if (last?.ok === false && pausedAfter.has(last.kind)) await this.#rest(downMs * (1 + jitter() / 2))
      if (most > 0) await this.#rest(least + (most - least) * thinks())
    }
  }

  /** Ends early where the load does. */
  async #rest(ms: number): Promise<void> {
    const { clock } = this.#recording
    for (let left = ms; left > 0 && !this.#stopping; left -= 100) await sleep(clock, Math.min(left, 100))
  }

  async #runOpen({ profile, clock: ticks, clients }: OpenModel): Promise<void> {
    const { process, processes, seed } = this.#job
    const { clock, startedAt } = this.#recording
    const own = scaled(profile, 1 / processes)
    const draw = seededRandom(seed, openClock, process)
    let first = true
    const gap = (): number => {
      if (ticks === 'poisson') return -Math.log(1 - draw())
      const ours = first ? (process + 1) / processes : 1
      first = false
      return ours
    }
    const due = arrivals(own, gap)
    const end = endOf(profile)
    const idle = Array.from({ length: share(clients, process, processes) }, () => this.#connect())
    const running = new Set<Promise<unknown>>()
    /** Rounds that were due before this had to wait for a connection: that is the store's time, however short. */
    let waitedUntil = 0
    let next = due.next()
    while (!next.done && !this.#stopping) {
      const dueAt = startedAt + next.value
      if (dueAt > clock.elapsed()) {
        await sleep(clock, Math.max(1, dueAt - clock.elapsed()))
        continue
      }
      if (idle.length === 0) {
        await new Promise<void>((resolve) => {
          this.#freed = resolve
        })
        waitedUntil = clock.elapsed()
        if (waitedUntil - startedAt > end + lateMs) break
        continue
      }
      const connection = idle.pop()!
      const now = clock.elapsed()
      const isLate = now - dueAt > timerMs || dueAt < waitedUntil
      if (isLate) this.arrivals.late += 1
      // Which rounds there are does not depend on the number of processes.
      const number = this.arrivals.begun * processes + process
      this.arrivals.due += 1
      this.arrivals.begun += 1
      const random = seededRandom(seed, openSession, number)
      const round = this.#round(connection, random, isLate ? dueAt : now).then(() => {
        running.delete(round)
        idle.push(connection)
        this.#freed?.()
        this.#freed = undefined
      })
      running.add(round)
      next = due.next()
    }
    if (!this.#stopping) for (; !next.done; next = due.next()) this.arrivals.due += 1
    await Promise.all(running)
  }
}

/** A part of `all` for each process; together they are all. */
const share = (all: number, process: number, processes: number): number =>
  Math.floor(all / processes) + (process < all % processes ? 1 : 0)

const scaled = ({ points }: Profile, by: number): Profile => ({
  points: points.map(({ ms, level }) => ({ ms, level: level * by })),
})
