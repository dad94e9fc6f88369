/** Those who wait for something, each until a deadline of its own at most; who has gone leaves nothing behind. */
import type { Clock } from '../clock.ts'

export class Waiting {
  readonly #clock: Clock
  /** The one who came first is first. */
  readonly #all = new Set<(came: boolean) => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves to whether it came before the deadline, in milliseconds of `clock.elapsed()`. */
  until(deadline: number): Promise<boolean> {
    return new Promise((resolve) => {
      const tell = (came: boolean): void => {
        stop()
        this.#all.delete(tell)
        resolve(came)
      }
      const stop = this.#clock.after(Math.max(0, deadline - this.#clock.elapsed()), () => tell(false))
      this.#all.add(tell)
    })
  }

  /** It came for all of them. */
  all(): void {
    for (const tell of [...this.#all]) tell(true)
  }

  /** It came for the first of them; false where nobody waits. */
  first(): boolean {
    const [tell] = this.#all
    tell?.(true)
    return tell !== undefined
  }
}

/** One at a time for each name, in the order in which they came. */
export class Turns {
  readonly #clock: Clock
  /** Who waits for the end of the one whose turn it is. */
  readonly #taken = new Map<string, Waiting>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves to whether its turn came before the deadline; then `end` must follow. */
  async begin(name: string, deadline: number): Promise<boolean> {
    const waiting = this.#taken.get(name)
    if (waiting !== undefined) return waiting.until(deadline)
    this.#taken.set(name, new Waiting(this.#clock))
    return true
  }

  end(name: string): void {
    if (!this.#taken.get(name)!.first()) this.#taken.delete(name)
  }
}
