/**
 * One session: rounds of a query and perhaps a purchase, one after the other on one connection. A purchase that the store
 * may not have heard, or whose answer was lost, is asked again under the same key, so it can never be made twice.
 */
import { randomUUID } from 'node:crypto'
import { type Clock, sleep } from '../../clock.ts'
import type { Connection, Ending } from './connection.ts'
import { isObject } from './connection.ts'
import { addKind, type Counts, recordTime, type Tally } from './counts.ts'
import { nextRound, piecesToBuy, type Random } from './plan.ts'

const retriesMax = 5
const pauseMsMin = 50
const pauseMsMax = 1000
/** A session whose requests went unanswered for this long ends, so that a dead store does not hold the client for hours. */
const patienceMs = 30_000

/** After these a purchase may be asked again: it was not made, or nobody knows. */
const askedAgain = new Set(['unavailable', 'outcome_unknown', 'timeout', 'connection'])
const unanswered = new Set(['timeout', 'connection', 'interrupted'])

export interface Session {
  connection: Connection
  toys: readonly string[]
  rounds: number
  buy: number
  quantityMax: number
  /** Decides on toys and buys; draws nothing else, so that a seed repeats them. */
  random: Random
  counts: Counts
  stopping: () => boolean
  clock: Clock
  /** Spreads the pauses; not the seeded generator, since how often it is asked depends on the answers. */
  jitter: Random
}

/** Returns after the last round, or earlier when `stopping` says so or the store has not answered for a long time. */
export async function runSession(session: Session): Promise<void> {
  const { counts, clock, stopping } = session
  let answeredAt = clock.elapsed()
  for (let round = 0; round < session.rounds && !stopping(); round++) {
    const ending = await runRound(session)
    counts.rounds++
    if (ending.ok || !unanswered.has(ending.kind)) answeredAt = clock.elapsed()
    else if (clock.elapsed() - answeredAt > patienceMs) {
      counts.gaveUp++
      return
    }
    // A store that is down refuses at once; without a pause all rounds would be spent before it is back.
    if (!ending.ok && askedAgain.has(ending.kind) && !stopping()) {
      await sleep(clock, pauseMs(0, ending.retryAfterMs, session.jitter()))
    }
  }
}

/** How the round's last request ended. */
async function runRound(session: Session): Promise<Ending> {
  const { counts, toys } = session
  const { toy, buys, share } = nextRound(session.random, toys.length, session.buy)
  const name = toys[toy]!
  const shown = await measured(session, counts.queries, () => query(session, name))
  if (!shown.ok || !buys || session.stopping()) return shown
  const quantity = piecesToBuy(share, quantityShown(shown), session.quantityMax)
  if (quantity === 0) {
    counts.soldOutSeen++
    return shown
  }
  return measured(session, counts.buys, () => purchase(session, name, quantity))
}

async function query({ connection, counts }: Session, name: string): Promise<Ending> {
  counts.queries.requests++
  const ending = await connection.ask({ path: `/products/${encodeURIComponent(name)}` })
  return ending.ok && Number.isNaN(quantityShown(ending)) ? unreadable : ending
}

/** Also while stopping a purchase is asked again until it is settled or the connection is interrupted. */
async function purchase({ connection, counts, clock, jitter }: Session, name: string, quantity: number) {
  const json = JSON.stringify({ name, quantity })
  // Random, not seeded: the same seed run again makes new purchases, not the old ones once more.
  const key = randomUUID()
  for (let again = 0; ; again++) {
    counts.buys.requests++
    const ending = await connection.ask({ path: '/orders', purchase: { json, key } })
    if (ending.ok) return isObject(ending.body.data) && 'order_number' in ending.body.data ? ending : unreadable
    if (!askedAgain.has(ending.kind) || again === retriesMax) return ending
    await sleep(clock, pauseMs(again, ending.retryAfterMs, jitter()))
    if (connection.interrupted) return ending
    counts.buys.retries++
  }
}

const unreadable: Ending = { ok: false, kind: 'unreadable_answer', retryAfterMs: 0 }

async function measured({ clock }: Session, tally: Tally, work: () => Promise<Ending>): Promise<Ending> {
  const start = clock.elapsed()
  const ending = await work()
  if (ending.ok) addKind(tally.answers, 'ok')
  // Sold out is what the store is there to say: an answer, not a failure.
  else if (ending.kind === 'out_of_stock') addKind(tally.answers, ending.kind)
  else addKind(tally.failures, ending.kind)
  // A refused connection tells nothing about how fast the store is; a timeout does.
  if (ending.ok || (ending.kind !== 'connection' && ending.kind !== 'interrupted')) {
    recordTime(tally, clock.elapsed() - start)
  }
  return ending
}

function quantityShown({ body }: Ending & { ok: true }): number {
  const quantity = isObject(body.data) ? body.data.quantity : undefined
  return typeof quantity === 'number' && Number.isSafeInteger(quantity) && quantity >= 0 ? quantity : Number.NaN
}

/** Doubles with each retry, at least what the store asked for, at most a second, and up to a half more for the spread. */
export function pauseMs(again: number, retryAfterMs: number, jitter: number): number {
  const pause = Math.min(Math.max(pauseMsMin * 2 ** again, retryAfterMs), pauseMsMax)
  return pause * (1 + jitter / 2)
}
