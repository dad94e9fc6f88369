/**
 * Makes calls through the front door and records each with its beginning, end and answer. Always: what the store may have
 * done for a call is not before its `start`, and what its answer tells is not after its `end`.
 */
import { Pool } from 'undici'
import type { Answer, Asked, Call, Order } from './record.ts'

interface Body {
  data?: {
    order_number?: number
    number?: number
    name: string
    quantity: number
    price: number
    total?: number
    stock?: number
  }
  error?: { reason: string; message: string }
}

/** How long a call waits for its answer, in milliseconds; a paused service is continued long before. */
const patienceMs = 15_000
const clearly = new Set(['out_of_stock', 'product_not_found', 'order_not_found', 'key_reused'])

export class Recorder {
  /** Answers that no call may be given, a sentence each. */
  readonly wrong: string[] = []
  readonly #pool: Pool
  readonly #keep: (call: Call) => void
  #lastId = 0

  /** `keep` is given each call when it has ended. */
  constructor(url: string, connections: number, keep: (call: Call) => void) {
    this.#pool = new Pool(url, { connections, pipelining: 1, headersTimeout: patienceMs, bodyTimeout: patienceMs })
    this.#keep = keep
  }

  async call<Question extends Asked>(session: number, asked: Question): Promise<Call<Question>> {
    const id = ++this.#lastId
    const start = performance.now()
    const answer = await this.#send(asked).catch(answerOfFailure)
    const call = { id, session, start, end: performance.now(), asked, answer }
    this.#keep(call)
    return call
  }

  close(): Promise<void> {
    return this.#pool.close()
  }

  async #send(asked: Asked): Promise<Answer> {
    const isBuy = asked.kind === 'buy'
    const reply = await this.#pool.request({
      method: isBuy ? 'POST' : 'GET',
      path: pathOf(asked),
      ...(isBuy && {
        headers: { 'content-type': 'application/json', 'idempotency-key': asked.key },
        body: JSON.stringify({ name: asked.toy, quantity: asked.quantity }),
      }),
    })
    const text = await reply.body.text()
    const answer = answerOf(asked, JSON.parse(text) as Body)
    if (answer === undefined) this.wrong.push(`${JSON.stringify(asked)} was answered ${reply.statusCode} ${text}`)
    return answer ?? { kind: 'unknown' }
  }
}

function pathOf(asked: Asked): string {
  if (asked.kind === 'buy') return '/orders'
  return asked.kind === 'product' ? `/products/${encodeURIComponent(asked.toy)}` : `/orders/${asked.number}`
}

/** Undefined for an answer that this question can never have. */
function answerOf(asked: Asked, { data, error }: Body): Answer | undefined {
  if (error !== undefined) {
    if (clearly.has(error.reason)) return { kind: 'refused', reason: error.reason }
    if (error.reason === 'unavailable') return { kind: 'unavailable', lasting: /given back soon/.test(error.message) }
    return error.reason === 'outcome_unknown' ? { kind: 'unknown' } : undefined
  }
  if (data === undefined) return undefined
  const { name: toy, quantity, price, total, stock } = data
  if (asked.kind === 'product') return stock === quantity ? { kind: 'product', toy, price, stock } : undefined
  const number = asked.kind === 'buy' ? data.order_number! : data.number!
  const order: Order = { number, toy, quantity, price }
  if (Math.round(price * 100) * quantity !== Math.round(total! * 100)) return undefined
  return { kind: asked.kind === 'buy' ? 'bought' : 'order', ...order }
}

/** Who refuses the connection was sent nothing. */
function answerOfFailure(error: unknown): Answer {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return { kind: code === 'ECONNREFUSED' ? 'unsent' : 'unknown' }
}
