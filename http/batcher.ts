/**
 * One hop to an internal endpoint, shared: what the process reads in one go leaves together as one JSON array, and while
 * `parallel` requests are under way, further items are collected. Always: an item whose deadline has passed is not sent any
 * more; the queue and a batch are bounded.
 */
import { BatchQueue, type QueueWatch } from '../batch-queue.ts'
import { type Clock, realClock } from '../clock.ts'
import { StoreError } from '../errors.ts'
import type { Caller, CallOptions, CallReply } from './caller.ts'
import { errorFromBody, isRecord, unreadable } from './status.ts'

export interface BatcherOptions {
  caller: Caller
  /** Takes an array and answers it with one `{"data"}` or `{"error"}` each (each.ts). */
  path: string
  /** What an item resolves to, given its `data` and the headers of the reply that brought it; else its `data`. */
  read?: (headers: CallReply['headers']) => (data: unknown) => unknown
  /** An item's share of `batchMax`; 1 where it is not given. */
  weigh?: (item: unknown) => number
  batchMax?: number
  queueMax?: number
  /** Requests under way at the same time. */
  parallel?: number
  watch?: QueueWatch | undefined
  clock?: Clock
}

/** What a client passes on to its batcher. */
export type HopOptions = Pick<BatcherOptions, 'parallel' | 'watch' | 'clock'>

export interface ItemOptions extends Pick<CallOptions, 'deadline' | 'traceparent'> {
  /** It may wait a moment to go with others. */
  patient?: boolean
}

/**
 * Requests at the same time where the neighbour can work on several: with one, all buyers travel together, and each service is
 * idle while another works. More than two, and batches grow too small to share anything.
 */
export const hopsAtOnce = 2

/** How long an item that is in no hurry waits for company, in milliseconds. */
const patienceMs = 5
/** Node calls it when all sockets that had something to read have been read. */
const allRead = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Several items go together, and are answered together. */
interface Waiting extends ItemOptions {
  items: readonly unknown[]
  /** One by itself: its answer is no array. */
  alone: boolean
}

export interface Batcher {
  /**
   * Sends an item with those that are waiting; resolves to its `data`. Errors: the item's own; `unavailable` (it was not sent,
   * or nothing was); `outcome_unknown` (no readable reply to what was sent).
   */
  send(item: unknown, options?: ItemOptions): Promise<unknown>
  /** Items that travel in one request. Resolves to each one's `data` or own error; rejects where it is the request that failed. */
  sendAll(items: readonly unknown[], options?: ItemOptions): Promise<unknown[]>
}

export function createBatcher({
  caller,
  path,
  read = () => (data) => data,
  weigh,
  batchMax = 256,
  queueMax = 5000,
  parallel = 1,
  watch,
  clock = realClock,
}: BatcherOptions): Batcher {
  const isLate = ({ deadline = Number.POSITIVE_INFINITY }: Waiting) => deadline - clock.elapsed() < 1
  const run = async (batch: Waiting[]): Promise<unknown[]> => {
    const sent = batch.filter((waiting) => !isLate(waiting))
    const answers = sent.length === 0 ? [] : await exchange(sent)
    let at = 0
    const inTime = sent.length === batch.length ? undefined : new Set(sent)
    return batch.map((waiting) => {
      if (inTime?.has(waiting) === false) return new StoreError('unavailable', 'it waited too long and was not sent')
      if (waiting.alone) return answers[at++]
      at += waiting.items.length
      return answers.slice(at - waiting.items.length, at)
    })
  }
  const exchange = async (batch: readonly Waiting[]): Promise<unknown[]> => {
    const items: unknown[] = []
    let deadline = 0
    let traceparent: string | undefined
    for (const waiting of batch) {
      for (const item of waiting.items) items.push(item)
      deadline = Math.max(deadline, waiting.deadline ?? Number.POSITIVE_INFINITY)
      traceparent ??= waiting.traceparent
    }
    const { body, headers } = await caller.call('POST', path, { body: items, deadline, traceparent })
    if (!Array.isArray(body) || body.length !== items.length) throw unreadable()
    const readOne = read(headers)
    return body.map((answer: unknown) =>
      isRecord(answer) && 'data' in answer ? readOne(answer.data) : errorFromBody(answer),
    )
  }
  const patience = (over: () => void) => clock.after(patienceMs, over)
  const count = ({ items }: Waiting): number => items.length
  const weight = (waiting: Waiting): number =>
    weigh === undefined ? waiting.items.length : waiting.items.reduce((sum: number, item) => sum + weigh(item), 0)
  const queue = new BatchQueue({
    run,
    batchMax,
    queueMax,
    parallel,
    gather: allRead,
    patience,
    watch,
    count,
    weight,
  })
  return {
    send: (item, options = {}) => queue.submit({ items: [item], alone: true, ...options }, options),
    sendAll: (items, options = {}) => queue.submit({ items, alone: false, ...options }, options) as Promise<unknown[]>,
  }
}
