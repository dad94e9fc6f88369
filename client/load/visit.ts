/**
 * One round of a session as a story sees it: it looks and buys, and what came of it is counted and timed. A purchase that
 * the store may not have heard, or whose answer was lost, is asked again under its key, so it can never be made twice.
 */

import { randomUUID } from 'node:crypto'
import { type Clock, sleep } from '../../clock.ts'
import { isObject } from '../json.ts'
import type { Connection, Ending, Question } from './connection.ts'
import { addWord, type Counts, recordMs, tallyOf } from './counts.ts'
import type { Random } from './plan.ts'
import type { Seconds } from './seconds.ts'
import type { Watch } from './watch.ts'

const retriesMax = 5
const pauseMsMin = 50
const pauseMsMax = 1000

/** Nobody knows what has become of the request. */
const unknown: ReadonlySet<string> = new Set(['outcome_unknown', 'timeout', 'cut', 'interrupted'])
/** The store says that it did nothing, and that it may be asked again. */
const undone: ReadonlySet<string> = new Set(['unavailable', 'request_timeout'])
/** After these a request with a key may be asked again: it was not done, or nobody knows. */
const askedAgain: ReadonlySet<string> = new Set([...undone, 'outcome_unknown', 'timeout', 'cut', 'unreachable'])
/** What the store is there to say: answers, not failures. */
const refusals: ReadonlySet<string> = new Set(['out_of_stock', 'out_of_credit'])
/** These tell nothing about how fast the store is. */
const untimed: ReadonlySet<string> = new Set(['unreachable', 'interrupted'])

/** What a story says of a request, so that a wrong outcome is counted as what it is. */
export interface Expected {
  /** By this name it is told. */
  story: string
  /** The refusal that it must get; none: it must not be refused. */
  refusal?: string | undefined
  /** The failure where the answer is not what was asked for. */
  wrong?: string | undefined
}

/** What all rounds of a process share. */
export interface Recording {
  clock: Clock
  counts: Counts
  seconds: Seconds
  /** Of `clock.elapsed()`: when the load began, and from when on it is measured. */
  startedAt: number
  measuredFrom: number
  /** Spreads the pauses; not a seeded generator, since how often it is asked depends on the answers. */
  jitter: Random
  withKeys: boolean
  /** Keeps what sessions buy and see, where it is asked for. */
  watch: Watch | undefined
}

export class Visit {
  readonly toys: readonly string[]
  readonly quantityMax: number
  /** This round's own, so that a story may draw as often as it wants. */
  readonly random: Random
  /** What the scenario's `prepare` gave. */
  readonly prepared: unknown
  /** How the last request of the round ended; undefined before the first. */
  last: Ending | undefined
  /** Of the last request: how often it was asked again, and of how many tries nobody told what became of them. */
  #tries = { retries: 0, unknowns: 0 }
  readonly #connection: Connection
  readonly #recording: Recording
  readonly #stopping: () => boolean
  /** When the first request was due; undefined once that is used. */
  #dueAt: number | undefined

  constructor(
    { toys, quantityMax, prepared }: { toys: readonly string[]; quantityMax: number; prepared: unknown },
    connection: Connection,
    recording: Recording,
    random: Random,
    stopping: () => boolean,
    dueAt?: number,
  ) {
    this.toys = toys
    this.quantityMax = quantityMax
    this.prepared = prepared
    this.random = random
    this.#connection = connection
    this.#recording = recording
    this.#stopping = stopping
    this.#dueAt = dueAt
  }

  /** The load ends: nothing more need be begun. */
  get stopping(): boolean {
    return this.#stopping()
  }

  /** Counts something that happened beside the requests, such as `sold_out_seen`. */
  note(word: string): void {
    addWord(this.#recording.counts.noted, word)
  }

  /** Pieces and cents that a query shows; undefined where it fails. */
  async query(name: string): Promise<{ quantity: number; price: number } | undefined> {
    const { watch } = this.#recording
    const heard = watch?.heard(name) ?? 0
    const ending = await this.ask('query', { method: 'GET', path: `/products/${encodeURIComponent(name)}` }, isProduct)
    if (!ending.ok) return undefined
    const { quantity, price } = ending.body.data as { quantity: number; price: number }
    const cents = Math.round(price * 100)
    watch?.shown(name, quantity, cents, heard)
    return { quantity, price: cents }
  }

  async buy(name: string, quantity: number): Promise<Ending> {
    const question: Question = { method: 'POST', path: '/orders', json: JSON.stringify({ name, quantity }) }
    const ending = await this.ask('buy', this.keyed(question), (data) => isReceipt(data, name, quantity))
    const { watch } = this.#recording
    if (watch === undefined) return ending
    const { retries, unknowns } = this.#tries
    // The store may find out only later that nothing came of an earlier try, whatever came of the last one.
    if (retries > 0) watch.setAside(name, retries * quantity)
    if (ending.ok) {
      const { order_number, price, total } = ending.body.data as Record<string, number>
      watch.bought({
        orderNumber: order_number!,
        name,
        quantity,
        price: Math.round(price! * 100),
        total: Math.round(total! * 100),
      })
    } else if (ending.kind === 'out_of_stock') watch.refused(name, quantity)
    // `unavailable` in the end speaks of the last try alone.
    else watch.unsettled(name, quantity, unknowns > 0)
    return ending
  }

  /** Buys what a customer's cart holds: `pieces` of each toy, in this order. */
  async buyCart(cart: string, pieces: ReadonlyMap<string, number>): Promise<Ending> {
    const question: Question = { method: 'POST', path: '/orders', json: JSON.stringify({ cart }) }
    const ending = await this.ask('buy cart', this.keyed(question), (data) => isReceiptOf(data, pieces))
    const { watch } = this.#recording
    if (watch === undefined) return ending
    const { retries, unknowns } = this.#tries
    if (retries > 0) for (const [name, quantity] of pieces) watch.setAside(name, retries * quantity)
    if (ending.ok) {
      const { order_number: orderNumber, total, items } = ending.body.data as unknown as CartReceipt
      for (const { name, quantity, price } of items)
        watch.bought({ orderNumber, name, quantity, price: cents(price), total: cents(total), of: items.length })
    } else if (ending.kind === 'out_of_stock' && pieces.size === 1)
      for (const [name, quantity] of pieces) watch.refused(name, quantity)
    // Of several toys those that were there were set aside until one was not.
    else watch.unsettledOrder(pieces, unknowns > 0)
    return ending
  }

  /** With a key of its own, unless the load is asked to send none. Random: the same seed run again makes new purchases. */
  keyed(question: Question): Question {
    return this.#recording.withKeys ? { ...question, key: randomUUID() } : question
  }

  /**
   * Asks until the outcome is known, or six times, and counts it under the kind. `isRight` looks at the answer's `data`: where
   * it is not what was asked for, the request has failed as `wrong_answer`. With `expected`, a refusal is only right where it is
   * the one that must come; then the ending is that refusal, and counted as an answer.
   */
  async ask(
    kind: string,
    question: Question,
    isRight: (data: unknown) => boolean,
    expected?: Expected,
  ): Promise<Ending> {
    const { clock, counts, seconds, measuredFrom, startedAt, jitter } = this.#recording
    const sentAt = clock.elapsed()
    const from = this.#dueAt ?? sentAt
    this.#dueAt = undefined
    let retries = 0
    let unknowns = 0
    let { key } = question
    let ending: Ending
    for (;;) {
      ending = await this.#connection.ask(key === question.key || key === undefined ? question : { ...question, key })
      if (ending.ok) {
        if (!isRight(ending.body.data)) ending = wrong(expected)
        break
      }
      if (unknown.has(ending.kind)) unknowns += 1
      key ??= ending.key
      const repeatable =
        question.method === 'GET' ? false : key !== undefined || question.repeatable === true || undone.has(ending.kind)
      if (!repeatable || !askedAgain.has(ending.kind) || retries === retriesMax) break
      await sleep(clock, pauseMs(retries, ending.retryAfterMs, jitter()))
      if (this.#connection.interrupted) break
      retries += 1
    }
    if (expected !== undefined) ending = judged(ending, expected)
    const now = clock.elapsed()
    this.last = ending
    this.#tries = { retries, unknowns }
    const how = ending.ok ? 'ok' : refusals.has(ending.kind) ? 'refused' : 'failures'
    const ms = ending.ok || !untimed.has(ending.kind) ? now - from : undefined
    seconds.ended(now - startedAt, kind, how, retries, ms)
    if (from < measuredFrom) return ending
    const tally = tallyOf(counts, kind)
    tally.requests += 1 + retries
    tally.retries += retries
    tally.unknown += unknowns
    addWord(how === 'failures' ? tally.failures : tally.answers, ending.ok ? 'ok' : ending.kind)
    if (ms !== undefined) recordMs(tally.times, ms)
    return ending
  }
}

function wrong(expected: Expected | undefined): Ending {
  const kind = expected?.wrong ?? 'wrong_answer'
  return failed(expected === undefined ? kind : `${kind} (${expected.story})`)
}

const failed = (kind: string): Ending => ({ ok: false, kind, retryAfterMs: 0 })

/** A refusal of another store of the course's has a status and no word. */
const unworded = /^http_4\d\d$/

function judged(ending: Ending, { story, refusal }: Expected): Ending {
  if (ending.ok) return refusal === undefined ? ending : failed(`not_${refusal} (${story})`)
  if (refusal !== undefined && unworded.test(ending.kind)) return failed(refusal)
  return refusals.has(ending.kind) && ending.kind !== refusal ? failed(`wrongly_${ending.kind} (${story})`) : ending
}

function isProduct(data: unknown): boolean {
  return isObject(data) && isPieces(data.quantity) && isMoney(data.price)
}

/** An order's answer must say what was bought, and what it cost. */
function isReceipt(data: unknown, name: string, quantity: number): boolean {
  if (!isObject(data)) return false
  const { order_number, price, total } = data
  if (!Number.isSafeInteger(order_number) || !isMoney(price) || !isMoney(total)) return false
  return (
    data.name === name && data.quantity === quantity && Math.round(price * 100) * quantity === Math.round(total * 100)
  )
}

interface CartReceipt {
  order_number: number
  total: number
  items: { name: string; quantity: number; price: number }[]
}

const cents = (amount: number): number => Math.round(amount * 100)

/** The same of what a cart held: each of its toys, and what all of it cost. */
function isReceiptOf(data: unknown, pieces: ReadonlyMap<string, number>): boolean {
  if (!isObject(data) || !Number.isSafeInteger(data.order_number) || !isMoney(data.total)) return false
  const { items, total } = data
  const wanted = [...pieces]
  if (!Array.isArray(items) || items.length !== wanted.length) return false
  let sum = 0
  for (const [i, item] of items.entries()) {
    const [name, quantity] = wanted[i]!
    if (!isObject(item) || item.name !== name || item.quantity !== quantity || !isMoney(item.price)) return false
    sum += cents(item.price) * quantity
  }
  return sum === cents(total)
}

const isPieces = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const isMoney = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0

/** Doubles with each retry, at least what the store asked for, at most a second, and up to a half more for the spread. */
export function pauseMs(again: number, retryAfterMs: number, jitter: number): number {
  const pause = Math.min(Math.max(pauseMsMin * 2 ** again, retryAfterMs), pauseMsMax)
  return pause * (1 + jitter / 2)
}
