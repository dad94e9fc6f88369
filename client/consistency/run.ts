/**
 * One run of one case: set up, all checked out at once, then looked at. Always: every buyer has had the last answer before the
 * first look.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Question } from '../load/connection.ts'
import { seededRandom } from '../load/plan.ts'
import { type Case, type Order, ordersOf } from './cases.ts'
import { Crowd, type Told } from './crowd.ts'
import { judge, type Verdict } from './judge.ts'
import { ConsistencyShop } from './shop.ts'

/** After a kill, what was set aside for nobody is given back within seconds: so long the books may still move. */
const settleMs = 10_000
const settleStepMs = 250
/** A kill comes after this share of the answers, at most, and more often after few: most is bought by the first. */
const killShareMax = 0.5
/** Answers come batch by batch; a kill must not only come between two of them. */
const killDelayMsMax = 20

export interface RunOptions {
  url: string
  token: string | undefined
  timeoutMs: number
  concurrency: number
  retries: number
  /** Purchases instead of drafts. */
  direct: boolean
  seed: number
  /** Which of the runs, from 0: each draws its own orders. */
  number: number
  /** Kills a service, at once; none: nothing is killed. */
  kill: (() => void) | undefined
  /** `share` from 0 to 1. */
  progress(what: string, share: number): void
}

export interface Ran extends Verdict {
  /** Of the checkouts alone. */
  seconds: number
  /** Times that buyers asked again. */
  retries: number
  /** Answers before the kill; null where there was none. */
  killedAfter: number | null
}

/** Throws a ConsistencyError where the store cannot be set up or looked at. */
export async function runCase(size: Case, options: RunOptions): Promise<Ran> {
  const { url, token, timeoutMs, concurrency, retries, direct, seed, number, progress } = options
  const crowd = new Crowd({ url, token, timeoutMs, size: Math.min(concurrency, size.checkouts), retries })
  try {
    const shop = new ConsistencyShop(crowd)
    const random = seededRandom(seed, number)
    progress(`${size.name}: setting up`, 0)
    await shop.stockUp(size)
    const wanted = ordersOf(size, random)
    const orders = direct ? wanted.map((order) => ({ ...order, key: randomUUID() })) : await shop.draft(size, wanted)
    const since = await shop.lastNumber()
    const killAt = {
      answers: Math.floor(random() ** 2 * killShareMax * orders.length),
      delayMs: random() * killDelayMsMax,
    }
    const { told, ...bought } = await checkOutAll(crowd, orders, killAt, options, size)
    progress(`${size.name}: looking`, 0)
    let verdict = judge(size, orders, told, await shop.look(size, orders, since))
    const until = performance.now() + settleMs
    while (bought.killedAfter !== null && isWrong(verdict) && performance.now() < until) {
      await pause(settleStepMs)
      verdict = judge(size, orders, told, await shop.look(size, orders, since))
    }
    return { ...verdict, ...bought }
  } finally {
    crowd.close()
  }
}

async function checkOutAll(
  crowd: Crowd,
  orders: readonly Order[],
  killAt: { answers: number; delayMs: number },
  { kill, progress }: RunOptions,
  { name }: Case,
): Promise<Pick<Ran, 'seconds' | 'retries' | 'killedAfter'> & { told: Told[] }> {
  let answered = 0
  let killedAfter: number | null = null
  let killing: Promise<void> | undefined
  const killSoon = async (kill: () => void): Promise<void> => {
    await pause(killAt.delayMs)
    killedAfter = answered
    kill()
  }
  const began = performance.now()
  const told = await crowd.each(orders, async (connection, order) => {
    const one = await crowd.buy(connection, questionOf(order))
    answered += 1
    if (kill !== undefined && answered > killAt.answers) killing ??= killSoon(kill)
    if (answered % 50 === 0) progress(`${name}: checking out`, answered / orders.length)
    return one
  })
  const seconds = (performance.now() - began) / 1000
  await killing
  return { told, seconds, retries: told.reduce((sum, one) => sum + one.retries, 0), killedAfter }
}

function questionOf({ user, items, draft, key }: Order): Question {
  if (draft !== undefined)
    return { method: 'POST', path: `/orders/checkout/${encodeURIComponent(draft)}`, plain: true, repeatable: true }
  const json = JSON.stringify({ items: items.map(([name, quantity]) => ({ name, quantity })), user })
  return { method: 'POST', path: '/orders', json, ...(key === undefined ? {} : { key }) }
}

export const isWrong = ({ wrong, unanswered }: Verdict): boolean =>
  unanswered > 0 || Object.values(wrong).some((figure) => figure !== 0)
