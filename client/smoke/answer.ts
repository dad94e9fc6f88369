/**
 * One request to the store. Always: it ends within its time, in an answer or in an `Unanswered` that says why there is none,
 * whatever the store does; and no more than `bytesMax` of an answer is kept.
 */
import { Pool } from 'undici'
import { parseJson } from '../json.ts'
import { durationText } from '../options.ts'

const bytesMax = 16 * 1024 * 1024
/** Nobody who is there takes longer to take a call. */
const connectMs = 1000

export interface Asked {
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Sent as it stands, so already escaped. */
  path: string
  headers?: Readonly<Record<string, string>>
  /** Sent as JSON unless the headers name another type. */
  body?: string
}

export interface Answer {
  method: string
  path: string
  status: number
  /** By name in small letters; several of one name are joined. */
  headers: Readonly<Record<string, string>>
  text: string
  /** The text as JSON; undefined where it is none. */
  body: unknown
}

/** Why a request has no answer; the message goes on from "was". */
export class Unanswered extends Error {
  override readonly name = 'Unanswered'
  /** `unreachable`: nobody took the call. `silent`: somebody did, and the time was over. `broken`: what came is no answer. */
  readonly kind: 'unreachable' | 'silent' | 'broken'

  constructor(kind: Unanswered['kind'], message: string, cause?: unknown) {
    super(message, { cause })
    this.kind = kind
  }
}

export interface Connections {
  ask(asked: Asked): Promise<Answer>
  close(): Promise<void>
}

/** Up to eight connections to a store, opened as they are needed. */
export function connectTo(origin: string, timeoutMs: number): Connections {
  const pool = new Pool(origin, {
    connections: 8,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: Math.min(connectMs, timeoutMs) },
  })
  return {
    ask: (asked) => ask(pool, asked, timeoutMs),
    close: () => pool.destroy(),
  }
}

async function ask(
  pool: Pool,
  { method = 'GET', path, headers = {}, body }: Asked,
  timeoutMs: number,
): Promise<Answer> {
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  try {
    const reply = await pool.request({
      method,
      path,
      headers: { ...type, ...headers },
      body: body ?? null,
      // One time over all of it; undici's own begin anew with each piece of the body.
      signal: AbortSignal.timeout(timeoutMs),
    })
    const text = await textOf(reply.body)
    return { method, path, status: reply.statusCode, headers: joined(reply.headers), text, body: parseJson(text) }
  } catch (error) {
    throw error instanceof Unanswered ? error : unanswered(error, timeoutMs)
  }
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > bytesMax) throw new Unanswered('broken', `answered more than ${bytesMax / 1024 / 1024} MiB`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function unanswered(error: unknown, timeoutMs: number): Unanswered {
  const { name, code, message } = error as Error & { code?: string }
  if (name === 'TimeoutError')
    return new Unanswered('silent', `not answered to the end within ${durationText(timeoutMs)}`, error)
  if (name === 'HTTPParserError') return new Unanswered('broken', 'answered with what is no HTTP', error)
  if (code !== undefined && unreachable.has(code)) return new Unanswered('unreachable', `not reached (${code})`, error)
  return new Unanswered('broken', `cut off without a whole answer (${code ?? message})`, error)
}

const unreachable: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
])

const joined = (headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]))
