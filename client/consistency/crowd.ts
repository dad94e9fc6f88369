/**
 * Many connections that ask at once. Always: a buyer who got no clear answer asks again for the same order, which the store
 * sells once; and a look is asked for until it is answered.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { Connection, type Ending, type Question } from '../load/connection.ts'
import { pauseMs } from '../load/visit.ts'

export interface Told {
  /** `unanswered`: nobody said in the end what became of it. */
  outcome: 'done' | 'refused' | 'unanswered'
  /** Why not; `ok` of what is done. */
  word: string
  /** Of the order, where the answer says it. */
  number?: number
  /** How often it was asked again. */
  retries: number
}

/** The store does not answer what this needs; the message is a sentence. */
export class ConsistencyError extends Error {
  override readonly name = 'ConsistencyError'
}

/** After these nobody has said what became of it, or that nothing did: both are asked again. */
const unclear: ReadonlySet<string> = new Set([
  'unavailable',
  'request_timeout',
  'outcome_unknown',
  'timeout',
  'cut',
  'unreachable',
  'internal',
  'unreadable_answer',
])
/** A look is asked for so often: longer than a service takes to come back. */
const looksMax = 60

export interface CrowdOptions {
  url: string
  token: string | undefined
  timeoutMs: number
  /** Connections. */
  size: number
  retries: number
}

export class Crowd {
  readonly #connections: Connection[]
  readonly #retries: number

  constructor({ url, token, timeoutMs, size, retries }: CrowdOptions) {
    this.#connections = Array.from({ length: size }, () => new Connection(url, timeoutMs, token))
    this.#retries = retries
  }

  /** All of them, as many at once as there are connections. Throws what `work` throws. */
  async each<Item, Result>(
    items: readonly Item[],
    work: (connection: Connection, item: Item, place: number) => Promise<Result>,
  ): Promise<Result[]> {
    const results: Result[] = []
    let next = 0
    const go = async (connection: Connection): Promise<void> => {
      while (next < items.length) {
        const place = next++
        results[place] = await work(connection, items[place]!, place)
      }
    }
    await Promise.all(this.#connections.map(go))
    return results
  }

  /** Asks as one buyer does. */
  async buy(connection: Connection, question: Question): Promise<Told> {
    for (let retries = 0; ; retries++) {
      const ending = await connection.ask(question)
      if (ending.ok) return { outcome: 'done', word: 'ok', retries, ...numberOf(ending) }
      if (!isUnclear(ending.kind)) return { outcome: 'refused', word: ending.kind, retries }
      if (retries === this.#retries) return { outcome: 'unanswered', word: ending.kind, retries }
      await pause(pauseMs(retries, ending.retryAfterMs, Math.random()))
    }
  }

  /** What was answered. Throws a ConsistencyError where it is refused, or never answered. */
  async look(connection: Connection, question: Question): Promise<unknown> {
    for (let looks = 1; ; looks++) {
      const ending = await connection.ask(question)
      if (ending.ok) return ending.body.data
      if (!isUnclear(ending.kind) || looks === looksMax)
        throw new ConsistencyError(`${question.method} ${question.path} was answered ${ending.kind}.`)
      await pause(pauseMs(looks, ending.retryAfterMs, Math.random()))
    }
  }

  close(): void {
    for (const connection of this.#connections) connection.interrupt()
  }
}

const isUnclear = (kind: string): boolean => unclear.has(kind) || /^http_5\d\d$/.test(kind)

function numberOf({ body }: Ending & { ok: true }): { number?: number } {
  const { order_number: number } = (body.data ?? {}) as { order_number?: unknown }
  return typeof number === 'number' ? { number } : {}
}
