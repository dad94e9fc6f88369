/**
 * What a handler gets to know of its request. Always true: what the client wrote is decoded once, and nothing is parsed,
 * read or made before it is asked for.
 */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { parse } from 'node:querystring'
import { StoreError } from '../errors.ts'
import type { Match } from './routes.ts'

/** The header with which a caller says in how many milliseconds it gives up. */
export const deadlineHeader = 'x-deadline-ms'
const deadlineMsMax = 60_000

/** W3C Trace Context, level 1: version, trace, parent and flags in lower-case hex; no part all zeros, no version ff. */
const traceparentForm = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** Reads the JSON body of a request to its end. */
export type Receive = (response: ServerResponse, match: Match) => Promise<unknown>

export class Context {
  readonly #response: ServerResponse
  readonly #match: Match
  readonly #receive: Receive
  readonly #arrivedAt: number
  #body: Promise<unknown> | undefined
  #madeTraceparent: string | undefined

  /** `arrivedAt`: when the request came, in milliseconds of `clock.elapsed()`. */
  constructor(response: ServerResponse, match: Match, receive: Receive, arrivedAt: number) {
    this.#response = response
    this.#match = match
    this.#receive = receive
    this.#arrivedAt = arrivedAt
  }

  get #request(): IncomingMessage {
    return this.#response.req
  }

  /** The path's parameters by name, percent-decoded once. */
  get params(): Readonly<Record<string, string>> {
    return this.#match.params
  }

  /** The query's parameters, decoded once. One that is given several times is an array, which validation refuses. */
  get query(): Readonly<Record<string, string | string[] | undefined>> {
    return parse(this.#match.queryText, '&', '=', { maxKeys: 0 })
  }

  /** A header's text, whatever the case of `name`; a repeated one is joined as RFC 9110, 5.3 says. */
  header(name: string): string | undefined {
    const value = this.#request.headers[name.toLowerCase()]
    return Array.isArray(value) ? value.join(', ') : value
  }

  /** The parsed JSON body, read on the first call. Errors: `bad_request`, `unsupported_media_type`, `body_too_large`, `unavailable`. */
  body(): Promise<unknown> {
    this.#body ??= this.#receive(this.#response, this.#match)
    return this.#body
  }

  /** Whether the request says that it has a body. */
  get hasBody(): boolean {
    return (this.header('content-length') ?? '0') !== '0' || this.header('transfer-encoding') !== undefined
  }

  /** The peer's address: a proxy's, where one is in between. Empty when the client has gone. */
  get remoteAddress(): string {
    return this.#request.socket.remoteAddress ?? ''
  }

  /** When the caller gives up, in milliseconds of `clock.elapsed()`; undefined where it did not say. Error: `bad_request`. */
  get deadline(): number | undefined {
    const text = this.header(deadlineHeader)
    if (text === undefined) return undefined
    const leftMs = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : Number.NaN
    if (!(leftMs <= deadlineMsMax))
      throw new StoreError('bad_request', `${deadlineHeader} must be a whole number from 1 to ${deadlineMsMax}`)
    return this.#arrivedAt + leftMs
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
