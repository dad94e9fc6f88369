/**
 * What a handler gets to know of its request. Always true: what the client wrote is decoded once, and nothing is parsed,
 * read or made before it is asked for.
 */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { parse } from 'node:querystring'
import type { Clock } from '../clock.ts'
import { StoreError } from '../errors.ts'

/** The header with which a caller says in how many milliseconds it gives up. */
export const deadlineHeader = 'x-deadline-ms'
const deadlineMsMax = 60_000

/** W3C Trace Context, level 1: version, trace, parent and flags in lower-case hex; no part all zeros, no version ff. */
const traceparentForm = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** One request as the server hands it to the handler. */
export interface Received {
  request: IncomingMessage
  /** The path's parameters by name, percent-decoded once. */
  params: Readonly<Record<string, string>>
  /** What stands behind the `?`, still encoded. */
  queryText: string
  /** Reads the JSON body to its end. */
  receive: () => Promise<unknown>
  clock: Clock
  /** When the request came, in milliseconds of `clock.elapsed()`. */
  arrivedAt: number
}

export class Context {
  readonly params: Readonly<Record<string, string>>
  readonly #received: Received
  #body: Promise<unknown> | undefined
  #madeTraceparent: string | undefined

  constructor(received: Received) {
    this.params = received.params
    this.#received = received
  }

  /** The query's parameters, decoded once. One that is given several times is an array, which validation refuses. */
  get query(): Readonly<Record<string, string | string[] | undefined>> {
    return parse(this.#received.queryText, '&', '=', { maxKeys: 0 })
  }

  /** A header's text, whatever the case of `name`; a repeated one is joined as RFC 9110, 5.3 says. */
  header(name: string): string | undefined {
    const value = this.#received.request.headers[name.toLowerCase()]
    return Array.isArray(value) ? value.join(', ') : value
  }

  /** The parsed JSON body, read on the first call. Errors: `bad_request`, `unsupported_media_type`, `body_too_large`, `unavailable`. */
  body(): Promise<unknown> {
    this.#body ??= this.#received.receive()
    return this.#body
  }

  /** The peer's address: a proxy's, where one is in between. Empty when the client has gone. */
  get remoteAddress(): string {
    return this.#received.request.socket.remoteAddress ?? ''
  }

  /** When the caller gives up, in milliseconds of `clock.elapsed()`; undefined where it did not say. Error: `bad_request`. */
  get deadline(): number | undefined {
    const text = this.header(deadlineHeader)
    if (text === undefined) return undefined
    const leftMs = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : Number.NaN
    if (!(leftMs <= deadlineMsMax))
      throw new StoreError('bad_request', `${deadlineHeader} must be a whole number from 1 to ${deadlineMsMax}`)
    return this.#received.arrivedAt + leftMs
  }

  /** The request's W3C trace id: the one that came, or one made now. For what is logged. */
  get traceparent(): string {
    this.#madeTraceparent ??= this.knownTraceparent ?? makeTraceparent()
    return this.#madeTraceparent
  }

  /** The trace id that came or was made by now: what calls to neighbours pass on. Costs nothing where there is none. */
  get knownTraceparent(): string | undefined {
    if (this.#madeTraceparent !== undefined) return this.#madeTraceparent
    const came = this.header('traceparent')
    return came !== undefined && traceparentForm.test(came) ? came : undefined
  }
}

const makeTraceparent = (): string => `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`
