/**
 * Calls to one neighbour. Always true: a call ends by its timeout, waiting for a connection included; it is sent at most once,
 * and never after it ended; and `unavailable` is said only where nothing was sent.
 */
import Pool from 'undici/lib/dispatcher/pool.js'
import { type Clock, realClock } from '../clock.ts'
import { StoreError } from '../errors.ts'
import { deadlineHeader } from './context.ts'
import { type Answer, type Exchange, exchange, type SendOptions } from './exchange.ts'
import type { Method } from './routes.ts'
import { errorFromBody, isRecord, unreadable } from './status.ts'

/** What a reply may have, in bytes. */
const replyBytesMax = 8 * 1024 * 1024
const deadlineMsMax = 60_000

export interface CallerOptions {
  /** As `http://127.0.0.1:8081`. */
  origin: string
  /** What errors call the neighbour: `the catalog service …`. */
  service: string
  /** The internal token. */
  token?: string | undefined
  timeoutMs?: number
  /** How many connections are kept at most; calls beyond them wait. */
  connections?: number
  clock?: Clock
}

export interface CallOptions {
  /** Sent as JSON; none where undefined. */
  body?: unknown
  headers?: Readonly<Record<string, string>>
  /** When the caller itself must answer, in milliseconds of `clock.elapsed()`. */
  deadline?: number | undefined
  /** Of the request that the call is made for, where it came with one. */
  traceparent?: string | undefined
}

export interface CallReply {
  /** The body's `data`; undefined where the body is no object. */
  data: unknown
  status: number
  /** Names in lower case. */
  headers: Answer['headers']
  /** The whole parsed body. */
  body: unknown
}

export interface Caller {
  /**
   * Errors: the neighbour's own, whatever the status of its reply; `unavailable` (nothing was sent); `outcome_unknown` (no
   * readable reply to what was sent).
   */
  call(method: Method, path: string, options?: CallOptions): Promise<CallReply>
  /** Lets the calls under way end, then closes the connections. */
  close(): Promise<void>
}

export function createCaller(options: CallerOptions): Caller {
  const { origin, service, token, timeoutMs = 3_000, connections = 64, clock = realClock } = options
  const pool = new Pool(origin, {
    connections,
    pipelining: 1,
    allowH2: false,
    connectTimeout: timeoutMs,
    // Each call has one timer of its own, which counts the waiting too.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: replyBytesMax,
  })

  return {
    async call(method, path, { body, headers, deadline, traceparent } = {}) {
      const leftMs = Math.floor(
        Math.min(timeoutMs, deadlineMsMax, (deadline ?? Number.POSITIVE_INFINITY) - clock.elapsed()),
      )
      if (leftMs < 1) throw new StoreError('unavailable', `no time is left to ask the ${service} service`)
      const sent: SendOptions = { method, path, headers: { ...headers, [deadlineHeader]: String(leftMs) } }
      if (token !== undefined) sent.headers.authorization = `Bearer ${token}`
      if (traceparent !== undefined) sent.headers.traceparent = traceparent
      if (body !== undefined) {
        sent.headers['content-type'] = 'application/json'
        sent.body = JSON.stringify(body)
      }
      return read(await exchange(pool, sent, { leftMs, clock }), service)
    },
    close: () => pool.close(),
  }
}

/** Goes by the body's `error`, never by the status alone: a neighbour may answer errors with 200. */
function read(outcome: Exchange, service: string): CallReply {
  if (outcome.failed) {
    const { cause } = outcome
    if (!outcome.started) throw new StoreError('unavailable', `the ${service} service cannot be reached`, { cause })
    const message = `the ${service} service gave no answer: the outcome is unknown`
    throw new StoreError('outcome_unknown', message, { cause })
  }
  const { status, headers, text } = outcome.answer
  const body = parse(text)
  if (isRecord(body) && body.error !== undefined) {
    const error = errorFromBody(body)
    // Not the caller's fault but the shop's: its services must share one token.
    if (error.code === 'unauthorized')
      throw new StoreError('unavailable', `the ${service} service refuses our INTERNAL_TOKEN`, { cause: error })
    throw error
  }
  if (status < 200 || status > 299) throw unreadable()
  return { data: isRecord(body) ? body.data : undefined, status, headers, body }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw unreadable(cause)
  }
}
