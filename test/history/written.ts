/** Histories written by hand: one toy, Tux at 2.50, ten pieces, and a calm at time 1,000. Each call takes the next session. */
import { judgeHistory } from './checker.ts'
import type { Answer, Asked, Call, Row, Window } from './record.ts'

export const tux = { name: 'Tux', price: 2.5, stock: 10 }
export const calmAt = 1000

type Told = number | 'out_of_stock' | 'key_reused' | 'unavailable' | 'given back soon' | 'unknown'

export class Written {
  readonly #calls: Call[] = []
  readonly #rows: Row[] = []

  /** A purchase, and the number that it was told, or why there is none. */
  buy(start: number, end: number, key: string, quantity: number, told: Told): this {
    return this.#call(start, end, { kind: 'buy', key, toy: 'Tux', quantity }, answerOf(told, quantity))
  }

  look(start: number, end: number, stock: number): this {
    const answer = { kind: 'product', toy: 'Tux', price: tux.price, stock } as const
    return this.#call(start, end, { kind: 'product', toy: 'Tux' }, answer)
  }

  /** A read of an order: what quantity it shows, or undefined where it is not found. */
  read(start: number, end: number, number: number, quantity?: number): this {
    const order = { kind: 'order', number, toy: 'Tux', quantity: quantity ?? 0, price: tux.price } as const
    const answer: Answer = quantity === undefined ? { kind: 'refused', reason: 'order_not_found' } : order
    return this.#call(start, end, { kind: 'order', number }, answer)
  }

  /** The next row of orders.csv. */
  row(key: string, quantity: number, number: number = this.#rows.length + 1): this {
    this.#rows.push({ number, key, toy: 'Tux', quantity, price: tux.price })
    return this
  }

  get window(): Window {
    return { calls: this.#calls, calmAt, rows: this.#rows }
  }

  /** What the judge says, the sentences one after the other; empty where all can have happened. */
  get sentences(): string {
    const { violations, undecided } = judgeHistory([tux], [this.window])
    return [...violations.map(({ sentence }) => sentence), ...undecided].join('; ')
  }

  #call(start: number, end: number, asked: Asked, answer: Answer): this {
    const id = this.#calls.length + 1
    this.#calls.push({ id, session: id, start, end, asked, answer })
    return this
  }
}

function answerOf(told: Told, quantity: number): Answer {
  if (typeof told === 'number') return { kind: 'bought', number: told, toy: 'Tux', quantity, price: tux.price }
  if (told === 'unknown') return { kind: 'unknown' }
  if (told === 'unavailable' || told === 'given back soon')
    return { kind: 'unavailable', lasting: told === 'given back soon' }
  return { kind: 'refused', reason: told }
}
