/**
 * When the readable file is brought up to date: at once when idle (then for no more than a fifth of the time), soon under load
 * (for no more than a twentieth). A turn that the disk refuses is tried again a second later; meanwhile the journal holds everything.
 */
import type { Clock } from '../../clock.ts'

export interface CatchUpOptions<Snapshot> {
  clock: Clock
  note: (sentence: string) => void
  open: () => Promise<Snapshot>
  publish: (snapshot: Snapshot) => Promise<void>
}

const idleMs = 20
const underLoadMs = 1000
/** How long to rest after a turn, in turns. */
const rests = { idle: 4, underLoad: 20 }

export class CatchUp<Snapshot> {
  readonly #options: CatchUpOptions<Snapshot>
  #cancel: (() => void) | undefined
  #running: Promise<void> | undefined
  #behind = false
  #failed = false
  #closed = false
  /** The first and the last change that the readable file does not show yet. */
  #firstChange = 0
  #lastChange = 0
  #lastEnd = Number.NEGATIVE_INFINITY
  #lastTook = 0

  constructor(options: CatchUpOptions<Snapshot>) {
    this.#options = options
  }

  /** Called after each synced batch. */
  changed(): void {
    this.#lastChange = this.#options.clock.elapsed()
    if (!this.#behind) this.#firstChange = this.#lastChange
    this.#behind = true
    this.#schedule(idleMs)
  }

  /** Does it now, whatever the time. Throws where the disk refuses. */
  async now(): Promise<void> {
    while (this.#running !== undefined) await this.#running
    this.#cancel?.() // no timer may begin a second turn beside this one
    this.#cancel = undefined
    this.#running = this.#turn()
    try {
      await this.#running
    } finally {
      this.#running = undefined
      if (this.#behind) this.#schedule(idleMs)
    }
  }

  /** Brings everything up to date, once and for all. */
  async close(): Promise<void> {
    this.#closed = true
    this.#cancel?.()
    await this.#running?.catch(() => {}) // tried again right here
    if (this.#behind) await this.#turn()
  }

  #schedule(ms: number): void {
    if (this.#closed || this.#cancel !== undefined || this.#running !== undefined) return
    this.#cancel = this.#options.clock.after(ms, () => {
      this.#cancel = undefined
      const wait = this.#waitMs()
      if (wait > 0) return this.#schedule(wait)
      this.#running = this.#turn()
        .catch((error: Error) => this.#refused(error))
        .finally(() => {
          this.#running = undefined
          if (this.#behind) this.#schedule(this.#failed ? underLoadMs : idleMs)
        })
    })
  }

  #waitMs(): number {
    const idle = Math.max(this.#lastChange + idleMs, this.#lastEnd + this.#lastTook * rests.idle)
    const underLoad = Math.max(this.#firstChange + underLoadMs, this.#lastEnd + this.#lastTook * rests.underLoad)
    return Math.ceil(Math.min(idle, underLoad) - this.#options.clock.elapsed())
  }

  async #turn(): Promise<void> {
    const { clock, open, publish } = this.#options
    const began = clock.elapsed()
    this.#behind = false
    try {
      await publish(await open())
      this.#failed = false
    } catch (error) {
      this.#behind = true
      throw error
    } finally {
      this.#lastEnd = clock.elapsed()
      this.#lastTook = this.#lastEnd - began
    }
  }

  #refused(error: Error): void {
    if (!this.#failed)
      this.#options.note(
        `the readable file could not be brought up to date (${error.message}); it is tried again until it works`,
      )
    this.#failed = true
  }
}
