/**
 * One kept-alive connection to the store, used for one request at a time. `ask` never throws: each request ends, within
 * its time, in an answer or in the word for what went wrong.
 */
import { Client } from 'undici'

/** How a request ended. `kind` is the store's `error.reason`, or `timeout`, `connection`, `interrupted` and the like. */
export type Ending = { ok: true; body: JsonObject } | { ok: false; kind: string; retryAfterMs: number }

export type JsonObject = Readonly<Record<string, unknown>>

export interface Question {
  path: string
  /** Present for a POST: its JSON, and the key under which it may be asked again. */
  purchase?: { json: string; key: string }
}

const answerBytesMax = 16 * 1024 * 1024

export class Connection {
  readonly #origin: string
  readonly #timeoutMs: number
  #client: Client | undefined
  #interrupted = false

  constructor(origin: string, timeoutMs: number) {
    this.#origin = origin
    this.#timeoutMs = timeoutMs
  }

  async ask({ path, purchase }: Question): Promise<Ending> {
    this.#client ??= this.#connect()
    let expired = false
    // One timer over the whole request; undici's own run anew with each piece of the body. Throwing the client away ends
    // the request at once, and nothing else can be waiting on its connection.
    const timer = setTimeout(() => {
      expired = true
      this.#discard()
    }, this.#timeoutMs)
    try {
      const { statusCode, headers, body } = await this.#client.request(
        purchase === undefined
          ? { method: 'GET', path }
          : {
              method: 'POST',
              path,
              headers: { 'content-type': 'application/json', 'idempotency-key': purchase.key },
              body: purchase.json,
            },
      )
      return readAnswer(statusCode, await body.text(), retryAfterMs(headers['retry-after']))
    } catch {
      const kind = expired ? 'timeout' : this.#interrupted ? 'interrupted' : 'connection'
      return { ok: false, kind, retryAfterMs: 0 }
    } finally {
      clearTimeout(timer)
    }
  }

  get interrupted(): boolean {
    return this.#interrupted
  }

  /** Closes the connection for good; a request in flight ends as `interrupted`. */
  interrupt(): void {
    this.#interrupted = true
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

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Goes by the body: a store may answer errors with status 200 (`ERROR_STATUS=200`). */
export function readAnswer(status: number, text: string, retryAfterMs: number): Ending {
  const body = parseJson(text)
  if (isObject(body)) {
    const reason = isObject(body.error) ? body.error.reason : undefined
    // Only a plain word is taken over: it is printed on a terminal.
    if (typeof reason === 'string' && /^[a-z0-9_]{1,40}$/.test(reason)) return { ok: false, kind: reason, retryAfterMs }
    if (status < 400 && 'data' in body && !('error' in body)) return { ok: true, body }
  }
  return { ok: false, kind: status >= 400 ? `http_${status}` : 'unreadable_answer', retryAfterMs }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** RFC 9110, 10.2.3, in its form in seconds; a date or nonsense counts as no wish. */
function retryAfterMs(header: string | string[] | undefined): number {
  return typeof header === 'string' && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : 0
}
