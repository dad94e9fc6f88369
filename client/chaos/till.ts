/**
 * Sees every purchase pass at the front end's door, and tells who waits of the first one after a moment.
 *
 * A purchase counts from when its key was first asked: one that was asked before a fault may be an order already, and is then
 * answered from the log while half the store is down. The load asks for one thing at a time on a connection and writes a
 * request in one piece; an answer that comes in pieces is not recognised, and the next purchase counts in its place.
 */
import type { Socket } from 'node:net'

interface Waiting {
  since: number
  tell(answeredAt: number | undefined): void
}

/** More purchases than are ever under way: of older ones, the buyer has given up. */
const keysMax = 20_000
const keyHeader = /^POST \/orders .*\r\nidempotency-key: (\S+)\r\n/is

export class Till {
  /** When each was first asked, of those that are not answered yet, in that order. */
  readonly #askedAt = new Map<string, number>()
  #waiting: Waiting | undefined

  /** What passes between a buyer's connection and the front end. */
  readonly watch = (buyer: Socket, frontend: Socket): void => {
    let key: string | undefined
    buyer.on('data', (bytes) => {
      key = keyHeader.exec(bytes.toString('latin1'))?.[1]
      if (key !== undefined) this.#asked(key)
    })
    frontend.on('data', (bytes) => {
      if (key !== undefined && bytes.includes('"order_number"')) this.#answered(key)
      key = undefined
    })
  }

  /**
   * When the first purchase was answered that was asked for at `since` or later, both of `performance.now()`. Undefined after
   * `ms` without one, and when the signal comes. One at a time may wait.
   */
  next(since: number, ms: number, signal: AbortSignal): Promise<number | undefined> {
    return new Promise((resolve) => {
      const tell = (answeredAt: number | undefined): void => {
        this.#waiting = undefined
        clearTimeout(timer)
        signal.removeEventListener('abort', giveUp)
        resolve(answeredAt)
      }
      const giveUp = (): void => tell(undefined)
      const timer = setTimeout(giveUp, ms)
      signal.addEventListener('abort', giveUp)
      this.#waiting = { since, tell }
      if (signal.aborted) giveUp()
    })
  }

  #asked(key: string): void {
    if (this.#askedAt.has(key)) return
    this.#askedAt.set(key, performance.now())
    if (this.#askedAt.size > keysMax) this.#askedAt.delete(this.#askedAt.keys().next().value!)
  }

  #answered(key: string): void {
    const askedAt = this.#askedAt.get(key)
    this.#askedAt.delete(key)
    const waiting = this.#waiting
    if (askedAt !== undefined && waiting !== undefined && askedAt >= waiting.since) waiting.tell(performance.now())
  }
}
