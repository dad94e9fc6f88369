/** Load by sessions of our own, in this process, where there is no wrk. */
import { Pool } from 'undici'
import { randomFrom } from '../storage/test/random.ts'
import type { Load, Round } from './load.ts'
import { percentile } from './spread.ts'

function all({ requests, numbered = 0 }: Load): Load['requests'] {
  if (numbered === 0) return requests
  return requests.flatMap(({ path, body }) =>
    Array.from({ length: numbered }, (_, n) => ({ path: path.replace('{n}', String(n)), body })),
  )
}

export async function runSessions(url: string, load: Load, connections: number, seconds: number): Promise<Round> {
  const pool = new Pool(url, { connections, pipelining: 1 })
  const requests = all(load).map(({ path, body }) => ({
    method: load.method,
    path,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  }))
  const times: number[] = []
  const random = load.seed === undefined ? undefined : randomFrom(load.seed())
  /** Numbered requests go once each, others in turn from the first. */
  const requestAt = (at: number) => requests[load.numbered === undefined ? at % requests.length : at] ?? gone
  let next = connections
  let failed = 0
  const began = performance.now()
  const until = began + seconds * 1000
  const gone = { method: load.method, path: '/no-more-of-them' }
  const session = async (first: number): Promise<void> => {
    for (let at = first; performance.now() < until; at = load.numbered === undefined ? at + 1 : next++) {
      const asked = performance.now()
      try {
        const reply = await pool.request(
          random === undefined ? requestAt(at) : requests[Math.floor(random() * requests.length)]!,
        )
        await reply.body.dump()
        if (reply.statusCode === load.status) times.push(performance.now() - asked)
        else failed += 1
      } catch {
        failed += 1
      }
    }
  }
  await Promise.all(Array.from({ length: connections }, (_, number) => session(number)))
  const took = (performance.now() - began) / 1000
  await pool.close()
  return {
    answers: times.length,
    perSecond: times.length / took,
    p50Ms: percentile(times, 0.5),
    p99Ms: percentile(times, 0.99),
    failed,
  }
}
