/**
 * A store in a few lines that is right: purchases reserve, are written down and answered one step after the other, in simulated
 * time, and some come to nothing in every way there is. What its customers record is legal, whatever the seed.
 */
import type { Answer, Asked, Buy, Call, Row, Toy, Window } from './record.ts'

export interface Simulated {
  toys: Toy[]
  windows: Window[]
}

type Reply = (answer: Answer) => void

export class SimulatedStore {
  readonly toys: Toy[] = [
    { name: 'Tux', price: 2.5, stock: 30 },
    { name: 'Fox', price: 1, stock: 12 },
  ]
  readonly #random: () => number
  readonly #agenda: { at: number; work: () => void }[] = []
  readonly #stock = new Map(this.toys.map(({ name, stock }) => [name, stock]))
  readonly #rows: Row[] = []
  readonly #inFlight = new Map<string, { asked: Buy; waiting: Reply[] }>()
  readonly #keys: Buy[] = []
  #calls: Call[] = []
  #now = 0
  #lastId = 0

  constructor(random: () => number) {
    this.#random = random
  }

  /** So many customers make so many calls each; then a calm, and a look at each toy. */
  window(customers: number, callsEach: number): Window {
    this.#calls = []
    const before = this.#rows.length
    for (let session = 1; session <= customers; session++) this.#customer(session, callsEach)
    this.#passTime()
    const calmAt = this.#now
    this.#now += 1
    for (const { name } of this.toys) this.#ask(0, { kind: 'product', toy: name }, () => {})
    this.#passTime()
    return { calls: this.#calls, calmAt, rows: this.#rows.slice(before) }
  }

  #passTime(): void {
    while (this.#agenda.length > 0) {
      const next = this.#agenda.reduce((a, b) => (b.at < a.at ? b : a))
      this.#agenda.splice(this.#agenda.indexOf(next), 1)
      this.#now = next.at
      next.work()
    }
  }

  /** Soon, or now and then much later; never at once. */
  #later(work: () => void, most = this.#random() < 0.05 ? 200 : 5): void {
    this.#agenda.push({ at: this.#now + 0.01 + this.#random() * most, work })
  }

  #customer(session: number, left: number): void {
    if (left > 0) this.#later(() => this.#ask(session, this.#question(), () => this.#customer(session, left - 1)))
  }

  #question(): Asked {
    const choice = this.#random()
    const toy = this.toys[this.#below(2)]!.name
    if (choice < 0.4) return { kind: 'product', toy }
    if (choice < 0.6) return { kind: 'order', number: 1 + this.#below(this.#rows.length + 2) }
    if (choice < 0.8 || this.#keys.length === 0) {
      const asked: Buy = { kind: 'buy', key: `key-${this.#keys.length}`, toy, quantity: 1 + this.#below(3) }
      this.#keys.push(asked)
      return asked
    }
    const old = this.#keys[Math.max(0, this.#keys.length - 1 - this.#below(6))]!
    return this.#random() < 0.1 ? { ...old, quantity: old.quantity + 1 } : old
  }

  #ask(session: number, asked: Asked, then: () => void): void {
    const start = this.#now
    let answered = false
    const reply: Reply = (answer) =>
      this.#later(() => {
        if (answered) return
        answered = true
        this.#calls.push({ id: ++this.#lastId, session, start, end: this.#now, asked, answer })
        then()
      })
    if (asked.kind === 'buy' && this.#random() < 0.04) reply({ kind: 'unknown' }) // the caller gives up, the call goes on
    this.#later(() => {
      if (asked.kind === 'product') {
        const toy = this.toys.find(({ name }) => name === asked.toy)!
        reply({ kind: 'product', toy: toy.name, price: toy.price, stock: this.#stock.get(toy.name)! })
      } else if (asked.kind === 'order') {
        const row = this.#rows[asked.number - 1]
        reply(row === undefined ? { kind: 'refused', reason: 'order_not_found' } : { kind: 'order', ...orderOf(row) })
      } else this.#buy(asked, reply)
    })
  }

  #buy(asked: Buy, reply: Reply): void {
    const row = this.#rows.find(({ key }) => key === asked.key)
    const running = this.#inFlight.get(asked.key)
    const other = row ?? running?.asked
    if (other !== undefined && (other.toy !== asked.toy || other.quantity !== asked.quantity))
      return void reply({ kind: 'refused', reason: 'key_reused' })
    if (row !== undefined) return void reply({ kind: 'bought', ...orderOf(row) })
    if (running !== undefined) return void running.waiting.push(reply)
    if (this.#random() < 0.03) return void reply({ kind: 'unavailable', lasting: false })
    const waiting = [reply]
    this.#inFlight.set(asked.key, { asked, waiting })
    const end = (answer: Answer): void => {
      this.#inFlight.delete(asked.key)
      for (const one of waiting) one(answer)
    }
    this.#later(() => this.#attempt(asked, end))
  }

  #attempt({ key, toy, quantity }: Buy, end: Reply): void {
    const left = this.#stock.get(toy)! - quantity
    if (left < 0) return void this.#later(() => end({ kind: 'refused', reason: 'out_of_stock' }))
    this.#stock.set(toy, left)
    const giveBack = (): void => void this.#stock.set(toy, this.#stock.get(toy)! + quantity)
    const fate = this.#random()
    if (fate < 0.8)
      this.#later(() => {
        const row = { key, number: this.#rows.length + 1, toy, quantity, price: this.#priceOf(toy) }
        this.#rows.push(row)
        end(this.#random() < 0.1 ? { kind: 'unknown' } : { kind: 'bought', ...orderOf(row) })
      })
    else if (fate < 0.87)
      this.#later(() => {
        giveBack()
        end({ kind: 'unavailable', lasting: false })
      })
    else {
      this.#later(() => end(fate < 0.94 ? { kind: 'unknown' } : { kind: 'unavailable', lasting: true }))
      this.#later(giveBack, 300)
    }
  }

  #priceOf(name: string): number {
    return this.toys.find((toy) => toy.name === name)!.price
  }

  #below(most: number): number {
    return Math.floor(this.#random() * most)
  }
}

const orderOf = ({ number, toy, quantity, price }: Row) => ({ number, toy, quantity, price })
