/**
 * A request of the fuzz: the bytes that are sent, and what its answer must be at the least. Always true: it is a pure
 * function of seed and index, so that any of them can be made and sent again.
 */
import type { Code } from '../../errors.ts'
import type { Answer } from './answers.ts'
import type { Choose } from './choose.ts'

/** A purchase that may stand in orders.csv because of a request. */
export interface Purchase {
  name: string
  quantity: number
  key?: string
}

/** 200, or the code of a refusal. */
export type Outcome = 'ok' | Code

export interface FuzzRequest {
  /** Family and rule, such as `near/quantity`. */
  kind: string
  bytes: Buffer
  /** All that it may be answered: nothing else is right. */
  outcomes: readonly Outcome[]
  /** The words of the refusal, where they are certain. */
  says?: string
  /** Its 200 is bare JSON, without `data` around it. */
  bare?: boolean
  /** What is wrong with a 200, where more is known of it than its form. */
  tells?: (data: never, whole: Answer) => string | undefined
  /** The answer has no body. */
  head?: boolean
  /**
   * What becomes of the connection: it is kept; the store says that it closes, and does; the store says which, and does so;
   * the client ends its side; or it resets in the middle.
   */
  after: 'keep' | 'closed' | 'told' | 'half-close' | 'reset'
  /** So many answers the client waits for before it ends its side; none where it does so at once. */
  waitsFor?: number
  answers: readonly [fewest: number, most: number]
  /** Nothing is sent before it on its connection that has not been answered: what is broken takes answers along. */
  alone: boolean
  /** Where the bytes are several requests: what each answer, in its turn, must be. */
  parts?: readonly FuzzRequest[]
  purchases: readonly Purchase[]
  /**
   * It goes out in one packet: more follows its end, and what comes when the store has closed is answered by a reset, which may
   * take the answers along (RFC 9112, 9.6).
   */
  inOnePacket?: boolean
}

export interface Place {
  seed: number
  index: number
  choose: Choose
}

export type Header = readonly [name: string, value: string]

export interface Wire {
  method?: string
  target: string
  version?: string
  headers?: readonly Header[]
  body?: Buffer | string
  /** Sends the body in chunks, cut by these choices, instead of with its length. */
  chunkedBy?: Choose
}

const ownHost: Header = ['host', '127.0.0.1']
export const jsonType: Header = ['content-type', 'application/json']

/** The bytes of a well-formed request; header texts are Latin-1, and a `host` goes before ours. */
export function wire({ method = 'GET', target, version = '1.1', headers = [], body, chunkedBy }: Wire): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const all = headers.some(([name]) => name.toLowerCase() === 'host') ? [...headers] : [ownHost, ...headers]
  if (bytes !== undefined)
    all.push(chunkedBy === undefined ? ['content-length', String(bytes.length)] : ['transfer-encoding', 'chunked'])
  const head = `${method} ${target} HTTP/${version}\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
  const start = Buffer.from(head, 'latin1')
  if (bytes === undefined) return start
  return Buffer.concat([start, ...(chunkedBy === undefined ? [bytes] : chunksOf(bytes, chunkedBy))])
}

function chunksOf(bytes: Buffer, choose: Choose): Buffer[] {
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + choose.below(Math.min(bytes.length - at, 4096))
    parts.push(Buffer.from(`${size.toString(16)}\r\n`), bytes.subarray(at, at + size), Buffer.from('\r\n'))
    at += size
  }
  return [...parts, Buffer.from('0\r\n\r\n')]
}

/** A request with what most of them share: one answer, on a connection that is kept. */
export const kept = (
  kind: string,
  bytes: Buffer,
  outcomes: readonly Outcome[],
  more: Partial<FuzzRequest> = {},
): FuzzRequest => ({
  kind,
  bytes,
  outcomes,
  after: 'keep',
  answers: [1, 1],
  alone: false,
  purchases: [],
  ...more,
})

/** One that is refused with 400 `bad_request` and leaves its connection open. */
export const refused = (kind: string, bytes: Buffer, more: Partial<FuzzRequest> = {}): FuzzRequest =>
  kept(kind, bytes, ['bad_request'], more)

/** What a read may be answered beside, since another service gives the answer; and what a purchase may be. */
export const readFailures: readonly Outcome[] = ['unavailable']
export const purchaseFailures: readonly Outcome[] = ['unavailable', 'outcome_unknown']

/** Several requests in one packet, each of which is judged by what stands about it here. */
export const together = (kind: string, parts: readonly FuzzRequest[], more: Partial<FuzzRequest> = {}): FuzzRequest =>
  kept(kind, Buffer.concat(parts.map(({ bytes }) => bytes)), [], {
    parts,
    answers: [
      parts.reduce((sum, { answers: [fewest] }) => sum + fewest, 0),
      parts.reduce((sum, { answers: [, most] }) => sum + most, 0),
    ],
    purchases: parts.flatMap(({ purchases }) => purchases),
    ...more,
  })
