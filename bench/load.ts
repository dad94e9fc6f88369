/**
 * Load for a benchmark: wrk where there is one, else sessions of our own, which cost more of the same cores. Always: only
 * answers with the wanted status count; all others are told as failed.
 */
import { spawnSync } from 'node:child_process'
import { ask } from '../test/ask.ts'
import { runSessions } from './sessions.ts'
import { runWrk } from './wrk.ts'

export interface Load {
  method: 'GET' | 'POST'
  /** Sent one after the other, then again from the first. */
  requests: readonly { path: string; body?: unknown }[]
  /** `{n}` in the paths is each number from 0 on below this, once; where they run out, what is asked is not there. */
  numbered?: number
  /** Numbered requests are drawn at random instead, again and again: by this seed, from 1, one for each measurement. */
  seed?: () => number
  /** Makes ready what the requests need, before each measurement; nobody's time. */
  prepare?: (url: string) => Promise<void>
  /** Of the answers that count. */
  status: number
}

export interface Round {
  /** Answers with the wanted status. */
  answers: number
  perSecond: number
  p50Ms: number
  p99Ms: number
  /** Other answers, and requests without one. */
  failed: number
}

export const hasWrk = spawnSync('wrk', ['--version']).error === undefined

/** Asks at `url` over so many connections for so many seconds. */
export const loadFor = (url: string, load: Load, connections: number, seconds: number): Promise<Round> =>
  hasWrk ? runWrk(url, load, connections, seconds) : runSessions(url, load, connections, seconds)

/** Throws where the first request is not answered with exactly the wanted status: wrk tells success and failure only. */
export async function checkLoad(url: string, { method, requests, status, prepare }: Load): Promise<void> {
  await prepare?.(url)
  const { path, body } = requests[0]!
  const answer = await ask(url + path.replace('{n}', '0'), body === undefined ? { method } : { method, body })
  if (answer.status !== status)
    throw new Error(`${method} ${path} was answered ${answer.status}, not ${status}: ${answer.text}`)
}
