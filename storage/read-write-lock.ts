/**
 * The package rwlock behind promises. A callback that throws would never release it, so the work runs in a try; its
 * `timeout` option is never used (an expiring waiter drops the one ahead of it).
 */
import ReadWriteLock from 'rwlock'
import { StoreError } from '../errors.ts'

/** Ten thousand readers queued behind a writer would overflow the lock's stack. */
const waitersMax = 1000

export class SharedLock {
  readonly #lock = new ReadWriteLock()
  #waiting = 0

  /** Many at a time, never beside a writer. Throws `unavailable` where too many wait already. */
  read<Result>(work: () => Promise<Result> | Result): Promise<Result> {
    if (this.#waiting >= waitersMax)
      return Promise.reject(new StoreError('unavailable', 'too many reads are waiting; try again in a moment'))
    return this.#hold((callback) => this.#lock.readLock(callback), work)
  }

  /** One at a time, never beside a reader; goes before readers that come later. */
  write<Result>(work: () => Promise<Result> | Result): Promise<Result> {
    return this.#hold((callback) => this.#lock.writeLock(callback), work)
  }

  #hold<Result>(
    take: (callback: (release: () => void) => void) => void,
    work: () => Promise<Result> | Result,
  ): Promise<Result> {
    this.#waiting += 1
    return new Promise((resolve, reject) => {
      take(async (release) => {
        this.#waiting -= 1
        try {
          resolve(await work())
        } catch (error) {
          reject(error)
        } finally {
          release()
        }
      })
    })
  }
}
