/** Reads that come at the same time share one hold of the read lock, and one simulated delay. */
import { type Clock, sleep } from '../clock.ts'
import type { SharedLock } from './read-write-lock.ts'

export class SharedReads {
  readonly #lock: SharedLock
  readonly #clock: Clock
  readonly #ioDelayMs: number
  #collecting: { run: () => void; reject: (error: unknown) => void }[] | undefined

  constructor(lock: SharedLock, clock: Clock, ioDelayMs: number) {
    this.#lock = lock
    this.#clock = clock
    this.#ioDelayMs = ioDelayMs
  }

  /** `work` runs under the read lock. Throws `unavailable` where too many wait. */
  read<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      const run = () => {
        try {
          resolve(work())
        } catch (error) {
          reject(error)
        }
      }
      if (this.#collecting === undefined) {
        this.#collecting = []
        void this.#serve(this.#collecting)
      }
      this.#collecting.push({ run, reject })
    })
  }

  async #serve(batch: { run: () => void; reject: (error: unknown) => void }[]): Promise<void> {
    await undefined // what came in the same turn goes together
    try {
      await this.#lock.read(async () => {
        this.#collecting = undefined // who comes now would not see the whole delay
        await sleep(this.#clock, this.#ioDelayMs)
        for (const { run } of batch) run()
      })
    } catch (error) {
      if (this.#collecting === batch) this.#collecting = undefined
      for (const { reject } of batch) reject(error)
    }
  }
}
