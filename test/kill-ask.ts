/** One request of a buyer in a store whose services are being killed: what the answer, or none, says about what happened. */
import { setTimeout as pause } from 'node:timers/promises'
import { Agent, request } from 'undici'

/** A well answer's body, the reason of a refusal, or whether anything happened. A starved machine's `request_timeout` began nothing. */
export type Reply = { body: unknown } | { reason: string } | 'nothing' | 'unknown'

/** One that is clear. */
export type Clear = Exclude<Reply, string>

export interface Asking {
  headers?: Readonly<Record<string, string>>
  body?: unknown
}

const nothing: ReadonlySet<string> = new Set(['unavailable', 'request_timeout'])
const triesMax = 1000

export class Asker {
  /** Answers that were asked for again. */
  askedAgain = 0
  readonly #url: string
  readonly #random: () => number
  readonly #patience = {
    dispatcher: new Agent({ connections: 64, pipelining: 1 }),
    headersTimeout: 8000,
    bodyTimeout: 8000,
  }

  constructor(url: string, random: () => number) {
    this.#url = url
    this.#random = random
  }

  async once(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    { headers = {}, body }: Asking = {},
  ): Promise<Reply> {
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    const sent = body === undefined ? null : JSON.stringify(body)
    try {
      const reply = await request(this.#url + path, {
        method,
        headers: { ...type, ...headers },
        body: sent,
        ...this.#patience,
      })
      const text = await reply.body.text()
      if (reply.statusCode < 300) return { body: /^[{[]|^null$/.test(text) ? JSON.parse(text) : text }
      const { error } = JSON.parse(text) as { error?: { reason: string } }
      const reason = error?.reason ?? `nothing, with the status ${reply.statusCode}`
      if (nothing.has(reason)) return 'nothing'
      return reason === 'outcome_unknown' ? 'unknown' : { reason }
    } catch (error) {
      // The front end was killed: before it was asked, or while it was.
      return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED' ? 'nothing' : 'unknown'
    }
  }

  /** Posts until the answer is clear; undefined where it never is, which is wrong. */
  async untilClear(path: string, asking: (tries: number) => Asking): Promise<Clear | undefined> {
    for (let tries = 0; tries < triesMax; tries++) {
      if (tries > 0) this.askedAgain += 1
      const reply = await this.once('POST', path, asking(tries))
      if (typeof reply !== 'string') return reply
      await this.rest(tries)
    }
    return undefined
  }

  /** Before one asks again: 10 to 30 ms, and up to five times as long after some tries, for who starts has work to do. */
  async rest(tries = 0): Promise<void> {
    await pause((10 + this.#random() * 20) * Math.min(1 + tries / 4, 5))
  }
}
