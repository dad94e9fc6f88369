/**
 * One kept-alive connection to the store, used for one request at a time. `ask` never throws: each request ends, within
 * its time, in an answer or in the word for what went wrong.
 */
import { Client, type Dispatcher } from 'undici'
import { isObject, type JsonObject, parseJson } from '../json.ts'

/**
 * How a request ended. `kind` is the store's `error.reason`, or `timeout`, `cut` (the connection broke after the request was
 * sent), `unreachable` (nothing was sent), `interrupted` (by us) and the like.
 */
export type Ending =
  | { ok: true; body: JsonObject }
  | { ok: false; kind: string; retryAfterMs: number /** Under which to ask again. */; key?: string }

export interface Question {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  path: string
  /** The body, as JSON. */
  json?: string
  /** The key under which it may be asked again. */
  key?: string
  /** It is done once however often it is asked, so it may be asked again as it stands. */
  repeatable?: true
  /** Its answer is not `{"data"}`: JSON or text as it stands, which becomes the ending's `data`. */
  plain?: true
}

const answerBytesMax = 16 * 1024 * 1024
const jsonHeaders = { 'content-type': 'application/json' }

export class Connection {
  readonly #origin: string
  readonly #timeoutMs: number
  readonly #authorization: Readonly<Record<string, string>>
  #client: Client | undefined
  #timer: NodeJS.Timeout | undefined
  /** Of the request in flight. */
  #exchange: Exchange | undefined
  #interrupted = false

  /** With a token, all is asked as the shop's owner. */
  constructor(origin: string, timeoutMs: number, token?: string) {
    this.#origin = origin
    this.#timeoutMs = timeoutMs
    this.#authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  }

  ask({ method, path, json, key, plain }: Question): Promise<Ending> {
    this.#client ??= this.#connect()
    const client = this.#client
    // One timer over the whole request; undici's own run anew with each piece of the body. It is the connection's, and only
    // started again for each request, which costs a tenth of a new one.
    this.#timer ??= setTimeout(() => this.#expire(), this.#timeoutMs).unref()
    this.#timer.refresh()
    return new Promise((resolve) => {
      const exchange = new Exchange((ending) => {
        this.#exchange = undefined
        resolve(this.#interrupted && !ending.ok && lost.has(ending.kind) ? interrupted : ending)
      }, plain === true)
      this.#exchange = exchange
      const own = key === undefined ? this.#authorization : { ...this.#authorization, 'idempotency-key': key }
      const headers = json === undefined ? own : { ...jsonHeaders, ...own }
      client.dispatch({ method, path, headers, body: json ?? null }, exchange)
    })
  }

  /** Throwing the client away ends the request at once, and nothing else can be waiting on its connection. */
  #expire(): void {
    if (this.#exchange === undefined) return
    this.#exchange.expired = true
    this.#discard()
  }

  get interrupted(): boolean {
    return this.#interrupted
  }

  /** Closes the connection for good; a request in flight ends as `interrupted`. */
  interrupt(): void {
    this.#interrupted = true
    clearTimeout(this.#timer)
    this.#discard()
  }

  #connect(): Client {
    return new Client(this.#origin, {
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      connectTimeout: this.#timeoutMs,
      maxResponseSize: answerBytesMax,
    })
  }

  #discard(): void {
    this.#client?.destroy().catch(() => {})
    this.#client = undefined
  }
}

const lost: ReadonlySet<string> = new Set(['cut', 'unreachable'])
const interrupted: Ending = { ok: false, kind: 'interrupted', retryAfterMs: 0 }

/** Undici's own `request` makes a stream of each answer, which costs half as much again as all the rest. */
class Exchange implements Dispatcher.DispatchHandler {
  expired = false
  readonly #end: (ending: Ending) => void
  #sent = false
  #status = 0
  #retryAfter: string | string[] | undefined
  #text = ''
  /** Of an answer that came in several pieces: a character may be cut in two. */
  #pieces: Buffer[] | undefined
  #first: Buffer | undefined
  readonly #plain: boolean

  constructor(end: (ending: Ending) => void, plain: boolean) {
    this.#end = end
    this.#plain = plain
  }

  onRequestStart(): void {
    this.#sent = true
  }

  onResponseStart(_: unknown, status: number, headers: Record<string, string | string[] | undefined>): void {
    this.#status = status
    this.#retryAfter = headers['retry-after']
  }

  onResponseData(_: unknown, piece: Buffer): void {
    if (this.#first === undefined) {
      this.#first = piece
      this.#text = piece.toString()
    } else {
      this.#pieces ??= [this.#first]
      this.#pieces.push(piece)
    }
  }

  onResponseEnd(): void {
    const text = this.#pieces === undefined ? this.#text : Buffer.concat(this.#pieces).toString()
    this.#end(readAnswer(this.#status, text, retryAfterMs(this.#retryAfter), { plain: this.#plain }))
  }

  onResponseError(): void {
    const kind = this.expired ? 'timeout' : this.#sent ? 'cut' : 'unreachable'
    this.#end({ ok: false, kind, retryAfterMs: 0 })
  }
}

/** Goes by the body: a store may answer errors with status 200 (`ERROR_STATUS=200`). */
export function readAnswer(
  status: number,
  text: string,
  retryAfterMs: number,
  { plain = false }: { plain?: boolean } = {},
): Ending {
  const body = parseJson(text)
  if (isObject(body)) {
    const error = isObject(body.error) ? body.error : undefined
    // Only a plain word is taken over: it is printed on a terminal.
    if (typeof error?.reason === 'string' && /^[a-z0-9_]{1,40}$/.test(error.reason)) {
      const key = typeof error.idempotency_key === 'string' ? { key: error.idempotency_key } : {}
      return { ok: false, kind: error.reason, retryAfterMs, ...key }
    }
    if (status < 400 && 'data' in body && !('error' in body)) return { ok: true, body }
  }
  if (plain && status < 300) return { ok: true, body: { data: body ?? text } }
  return { ok: false, kind: status >= 400 ? `http_${status}` : 'unreadable_answer', retryAfterMs }
}

/** RFC 9110, 10.2.3, in its form in seconds; a date or nonsense counts as no wish. */
function retryAfterMs(header: string | string[] | undefined): number {
  return typeof header === 'string' && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : 0
}
