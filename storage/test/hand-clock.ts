/** A clock that stands still until a test lets time pass. */
import type { Clock } from '../../clock.ts'

export class HandClock implements Clock {
  #ms = 0
  #due: { at: number; work: () => void }[] = []

  now(): number {
    return Date.UTC(2026, 0, 1) + this.#ms
  }

  elapsed(): number {
    return this.#ms
  }

  after(ms: number, work: () => void): () => void {
    const timer = { at: this.#ms + ms, work }
    this.#due.push(timer)
    return () => {
      this.#due = this.#due.filter((each) => each !== timer)
    }
  }

  /** What is due is called in its order, and what that begins goes on as far as it can without a file. */
  async pass(ms: number): Promise<void> {
    const end = this.#ms + ms
    for (;;) {
      const next = this.#due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.#due = this.#due.filter((each) => each !== next)
      this.#ms = Math.max(this.#ms, next.at)
      next.work()
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.#ms = end
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** Time leaps, as for a process that could not run: what is due is called once, late; what that sets up counts from now. */
  jump(ms: number): void {
    this.#ms += ms
    for (const timer of this.#due.filter(({ at }) => at <= this.#ms).sort((a, b) => a.at - b.at)) {
      if (!this.#due.includes(timer)) continue // another one has called it off
      this.#due = this.#due.filter((each) => each !== timer)
      timer.work()
    }
  }
}
