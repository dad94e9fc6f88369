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

interface Waiting extends ItemOptions {
  item: unknown
}

/**
 * Sends an item with those that are waiting; resolves to its `data`. Errors: the item's own; `unavailable` (it was not sent, or
 * nothing was); `outcome_unknown` (no readable reply to what was sent).
 */
export type Batcher = (item: unknown, options?: ItemOptions) => Promise<unknown>

export function createBatcher({
  caller,
  path,
  read = () => (data) => data,
  batchMax = 256,
  queueMax = 5000,
  parallel = 1,
  watch,
  clock = realClock,
}: BatcherOptions): Batcher {
  const isLate = ({ deadline = Number.POSITIVE_INFINITY }: Waiting) => deadline - clock.elapsed() < 1
  const run = async (batch: Waiting[]): Promise<unknown[]> => {
    const sent = batch.filter((waiting) => !isLate(waiting))
    const answers = sent.length === 0 ? [] : await send(sent)
    if (sent.length === batch.length) return answers
    const left = answers[Symbol.iterator]()
    const inTime = new Set(sent)
    return batch.map((waiting) =>
      inTime.has(waiting) ? left.next().value : new StoreError('unavailable', 'it waited too long and was not sent'),
    )
  }
  const send = async (batch: Waiting[]): Promise<unknown[]> => {
    const deadline = Math.max(...batch.map((waiting) => waiting.deadline ?? Number.POSITIVE_INFINITY))
    const traceparent = batch.find((waiting) => waiting.traceparent !== undefined)?.traceparent
    const { body, headers } = await caller.call('POST', path, {
      body: batch.map(({ item }) => item),
      deadline,
      traceparent,
    })
    if (!Array.isArray(body) || body.length !== batch.length) throw unreadable()
    const readOne = read(headers)
    return body.map((answer: unknown) =>
      isRecord(answer) && 'data' in answer ? readOne(answer.data) : errorFromBody(answer),
    )
  }
  const patience = (over: () => void) => clock.after(patienceMs, over)
  const queue = new BatchQueue({ run, batchMax, queueMax, parallel, gather: allRead, patience, watch })
  return (item, options = {}) => queue.submit({ item, ...options }, options)
}
