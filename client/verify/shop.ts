/**
 * A running shop as its owner or anybody can read it over HTTP. It only reads. Always: what is no answer of a toy store is
 * a ShopError with a sentence; what a store answers with a wrong value in it is left to those who check.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'
import { systemCode } from '../../errors.ts'
import { isObject, type JsonObject, parseJson } from '../json.ts'
import type { ShownLedger } from './rows.ts'

/** Why nothing can be read, in a sentence. */
export class ShopError extends Error {
  override readonly name = 'ShopError'
}

export interface ShopOptions {
  /** Its origin. */
  url: string
  /** The owner's. */
  token?: string | undefined
  /** For each request. */
  timeoutMs?: number | undefined
}

/** One page; `next` as it was told. */
export interface Page {
  data: readonly unknown[]
  next: unknown
}

interface Answer {
  status: number
  body: JsonObject
}

const answerBytesMax = 16 << 20
/** A service that was killed is back within a second or two. */
const pausesMs = [100, 200, 400, 800, 1600, 3200]
export const pageRows = 1000
const notFound: ReadonlySet<string> = new Set(['product_not_found', 'order_not_found', 'user_not_found'])
/** So many requests for single things are sent at a time. */
const atOnce = 16

export class Shop {
  readonly url: string
  readonly #pool: Pool
  readonly #timeoutMs: number
  readonly #headers: Record<string, string>
  /** Once it has answered, a silence is an outage that may pass. */
  #answered = false

  constructor({ url, token, timeoutMs = 10_000 }: ShopOptions) {
    this.url = url
    this.#timeoutMs = timeoutMs
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    this.#pool = new Pool(url, {
      connections: atOnce,
      headersTimeout: 0,
      bodyTimeout: 0,
      connectTimeout: timeoutMs,
      maxResponseSize: answerBytesMax,
    })
  }

  async products(after: string | undefined, limit = pageRows): Promise<Page> {
    const from = after === undefined ? '' : `&after=${encodeURIComponent(after)}`
    return this.#page(`/products?limit=${limit}${from}`)
  }

  /** Undefined where there is no such toy. */
  product(name: string): Promise<unknown> {
    return this.#one(`/products/${encodeURIComponent(name)}`)
  }

  /** Newest first. */
  orders(before: number | undefined, limit = pageRows): Promise<Page> {
    return this.#page(`/orders?limit=${limit}${before === undefined ? '' : `&before=${before}`}`)
  }

  /** Undefined where there is no such order. */
  order(number: number): Promise<unknown> {
    return this.#one(`/orders/${number}`)
  }

  movements(after: number, ledger: ShownLedger): Promise<Page> {
    return this.#page(`/movements?ledger=${ledger}&limit=${pageRows}&after=${after}`)
  }

  /** For the owner. Undefined where there is no such customer. */
  customer(user: string): Promise<unknown> {
    return this.#one(`/customers/${encodeURIComponent(user)}`)
  }

  /** Why the owner's part is refused; undefined where it is not. */
  async refusal(): Promise<string | undefined> {
    const { status, body } = await this.#ask('/orders?limit=1')
    const reason = reasonOf(body)
    if (status !== 401 && status !== 403 && reason !== 'unauthorized' && reason !== 'forbidden') return undefined
    return `${reason ?? status}`
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }

  async #page(path: string): Promise<Page> {
    const { status, body } = await this.#ask(path)
    if (reasonOf(body) !== undefined || status !== 200) throw this.#unwilling(path, status, body)
    if (!Array.isArray(body.data) || !('next' in body))
      throw new ShopError(`What answers at ${this.url} is no toy store: GET ${path} has no page in it.`)
    return { data: body.data, next: body.next }
  }

  async #one(path: string): Promise<unknown> {
    const { status, body } = await this.#ask(path)
    const reason = reasonOf(body)
    if (reason !== undefined && notFound.has(reason)) return undefined
    if (reason !== undefined || status !== 200) throw this.#unwilling(path, status, body)
    return body.data ?? null
  }

  /** Asks again while the store is there but cannot answer. */
  async #ask(path: string): Promise<Answer> {
    for (let tries = 0; ; tries++) {
      const answer = await this.#once(path).catch((error: unknown) => asShopError(error))
      const isOut = answer instanceof ShopError ? this.#answered : answer.status === 503
      if (!(answer instanceof ShopError)) this.#answered = true
      if (!isOut || tries === pausesMs.length) {
        if (answer instanceof ShopError) throw answer
        return answer
      }
      await pause(pausesMs[tries]!)
    }
  }

  async #once(path: string): Promise<Answer> {
    const signal = AbortSignal.timeout(this.#timeoutMs)
    let text: string
    let status: number
    try {
      const { statusCode, body } = await this.#pool.request({ method: 'GET', path, headers: this.#headers, signal })
      status = statusCode
      text = await body.text()
    } catch (cause) {
      throw new ShopError(this.#silence(cause, signal.aborted), { cause })
    }
    const body = parseJson(text)
    if (isObject(body)) return { status, body }
    throw new ShopError(`What answers at ${this.url} is no toy store: its answer to GET ${path} is no JSON object.`)
  }

  #silence(cause: unknown, expired: boolean): string {
    const code = systemCode(cause) ?? (cause instanceof Error ? cause.name : '')
    if (expired || code === 'UND_ERR_CONNECT_TIMEOUT')
      return `The store at ${this.url} did not answer within ${this.#timeoutMs / 1000} s.`
    if (/^HPE_|HTTPParserError|UND_ERR_RES_EXCEEDED_MAX_SIZE/.test(code))
      return `What answers at ${this.url} is no toy store: it does not speak HTTP as one does (${code}).`
    return `The store at ${this.url} cannot be reached (${code}). Is it running (npm start)?`
  }

  #unwilling(path: string, status: number, body: JsonObject): ShopError {
    const reason = reasonOf(body)
    if (reason === undefined)
      return new ShopError(`What answers at ${this.url} is no toy store: GET ${path} is answered with ${status}.`)
    return new ShopError(`The store at ${this.url} did not answer GET ${path}: ${status} ${reason}.`)
  }
}

function asShopError(error: unknown): ShopError {
  if (error instanceof ShopError) return error
  throw error
}

/** Only a plain word is taken over: it is printed on a terminal. */
function reasonOf({ error }: JsonObject): string | undefined {
  if (error === undefined) return undefined
  const reason = isObject(error) ? error.reason : undefined
  return typeof reason === 'string' && /^[a-z0-9_]{1,40}$/.test(reason) ? reason : 'error'
}

/** What `work` makes of each, in their order, so many at a time that the shop is busy and the memory is not. */
export async function* eachOf<Item, Result>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const running: Promise<Result>[] = []
  try {
    for (const item of items) {
      running.push(work(item))
      if (running.length === atOnce) yield await running.shift()!
    }
    while (running.length > 0) yield await running.shift()!
  } finally {
    await Promise.allSettled(running)
  }
}
