/** Requests over many connections for a while, each timed. Always: an answer other than 200 ends the run with an error. */
import { Pool } from 'undici'

export interface Question {
  path: string
  /** A POST of this as JSON. */
  body?: unknown
}

export interface Round {
  answers: number
  perSecond: number
  /** When each was asked and answered, in milliseconds of `performance.now()`. */
  times: { from: number; to: number }[]
}

export async function askFor(url: string, connections: number, ms: number, question: () => Question): Promise<Round> {
  const pool = new Pool(url, { connections, pipelining: 1 })
  const times: Round['times'] = []
  const began = performance.now()
  const until = began + ms
  const session = async (): Promise<void> => {
    while (performance.now() < until) {
      const from = performance.now()
      await askOnce(pool, question())
      times.push({ from, to: performance.now() })
    }
  }
  try {
    await Promise.all(Array.from({ length: connections }, session))
  } finally {
    await pool.close()
  }
  return { answers: times.length, perSecond: times.length / ((performance.now() - began) / 1000), times }
}

/** Throws where the answer is not 200. */
export async function askOnce(pool: Pool, { path, body }: Question): Promise<void> {
  const given =
    body === undefined
      ? { method: 'GET' as const, path }
      : {
          method: 'POST' as const,
          path,
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json' },
        }
  const reply = await pool.request(given)
  if (reply.statusCode === 200) return reply.body.dump()
  throw new Error(`${path} was answered ${reply.statusCode}: ${await reply.body.text()}`)
}

export const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

/** The share (0 to 1) of values that are at most this. */
export const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))] ?? 0
