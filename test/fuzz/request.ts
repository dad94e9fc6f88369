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

export interface FuzzRequest {
  /** Family and rule, such as `near/quantity`. */
  kind: string
  bytes: Buffer
  /** What it may be answered; 503 is always allowed beside. */
  statuses: readonly number[]
  /** The error's reason, where it is one certain. */
  reason?: Code
  /** What is wrong with a 200, where more is known of it than its form. */
  tells?: (data: never, whole: Answer) => string | undefined
  /** The answer has no body. */
  head?: boolean
  /**
   * What becomes of the connection: it is kept; it may be closed after the answer (the next request takes a new one); the
   * client ends its side after the bytes; or it resets in the middle.
   */
  after: 'keep' | 'close' | 'half-close' | 'reset'
  /** Whether there must be an answer: always, only where no other request shares the connection, or not at all. */
  answered: 'always' | 'alone' | 'perhaps'
  /** How many answers there may be at most. */
  answersMax: number
  purchases: readonly Purchase[]
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
  statuses: readonly number[],
  more: Partial<FuzzRequest> = {},
): FuzzRequest => ({
  kind,
  bytes,
  statuses,
  after: 'keep',
  answered: 'always',
  answersMax: 1,
  purchases: [],
  ...more,
})

/** One that is refused with 400 `bad_request` and leaves its connection open. */
export const refused = (kind: string, bytes: Buffer, more: Partial<FuzzRequest> = {}): FuzzRequest =>
  kept(kind, bytes, [400], { reason: 'bad_request', ...more })
