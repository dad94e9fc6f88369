/**
 * Buyers who ask again with their key until they are answered. They buy one toy or several, paid by a customer or by nobody, or fill
 * a draft and check it out; the poorest customer is refused now and then, and gets credit, under a key too. What they were
 * told is kept.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { stockedToys } from '../client/chaos/folder.ts'
import { Asker, type Asking } from './kill-ask.ts'

/** Credit at the start, in whole units. */
export const customers: ReadonlyMap<string, number> = new Map([
  ['ann', 1_000_000_000],
  ['bob', 1_000_000_000],
  ['cid, "the third"', 1_000_000_000],
  ['poor', 100],
])
const poor = 'poor'
/** So much credit is put in at a time. */
export const putIn = 30.25

/** Customers of a new store. */
export async function stockCustomers(dataDir: string): Promise<void> {
  await mkdir(`${dataDir}/payment`, { recursive: true })
  const rows = [...customers].map(([user, credit]) => `"${user.replaceAll('"', '""')}",${credit}.00\n`)
  await writeFile(`${dataDir}/payment/customers.csv`, `user_id,credit\n${rows.join('')}`)
}

export interface Line {
  name: string
  quantity: number
}

export interface Told {
  key: string
  /** Undefined of a draft: its checkout tells none. */
  number: number | undefined
  /** In the shop's currency. */
  total: number
  /** Undefined where nobody pays by credit. */
  user: string | undefined
  lines: readonly Line[]
}

/** `data` of an answer that is well and has some, or the reason of a refusal. */
interface Heard {
  data?: { order_number: number; total: number }
  reason?: string
}

/** What each toy of a kill run's shop costs. */
const priceCents = 2599

export class Buyers {
  readonly told: Told[] = []
  /** Keys whose last answer was no. */
  readonly refused: string[] = []
  /** How often credit was put in. */
  credited = 0
  readonly wrong: string[] = []
  readonly #random: () => number
  readonly #owner: Readonly<Record<string, string>>
  readonly #asker: Asker
  #keys = 0
  #stopped = false

  /** `ownerToken`: who puts credit in must carry it. */
  constructor(url: string, random: () => number, { ownerToken }: { ownerToken?: string } = {}) {
    this.#asker = new Asker(url, random)
    this.#random = random
    this.#owner = ownerToken === undefined ? {} : { authorization: `Bearer ${ownerToken}` }
  }

  /** Answers that were asked for again. */
  get askedAgain(): number {
    return this.#asker.askedAgain
  }

  stop(): void {
    this.#stopped = true
  }

  async run(): Promise<void> {
    while (!this.#stopped) {
      const key = `buyer-${process.pid}-${++this.#keys}`
      const user = this.#random() < 0.5 ? undefined : this.#oneOf([...customers.keys()])
      if (user === poor && this.#random() < 0.3) await this.#putCreditIn(key)
      else if (user !== undefined && this.#random() < 0.4) await this.#checkOut(user, this.#lines())
      else await this.#buy(key, user, this.#lines())
    }
  }

  async #buy(key: string, user: string | undefined, lines: readonly Line[]): Promise<void> {
    const paid = user === undefined ? {} : { user }
    // One toy is asked for in both forms, which are one purchase.
    const body = (tries: number) =>
      lines.length === 1 && tries % 2 === 0 ? { ...lines[0]!, ...paid } : { items: lines, ...paid }
    const answer = await this.#ask('/orders', key, body)
    if (answer === undefined) return
    const { data, reason } = answer
    if (data !== undefined) this.told.push({ key, number: data.order_number, total: data.total, user, lines })
    else if (user === poor && reason === 'out_of_credit') this.refused.push(key)
    else this.wrong.push(`${key}: answered ${reason} to ${JSON.stringify(body(0))}`)
  }

  /** A draft is filled; where that is not answered, it is left and a new one begun. Then it is checked out until there is an answer. */
  async #checkOut(user: string, lines: readonly Line[]): Promise<void> {
    const id = await this.#filledDraft(user, lines)
    if (id === undefined) return
    const key = `~${id}`
    const answer = await this.#untilAnswered(key, `/orders/checkout/${id}`, () => ({}))
    if (answer === undefined) return
    const pieces = lines.reduce((sum, { quantity }) => sum + quantity, 0)
    if (answer.reason === undefined)
      this.told.push({ key, number: undefined, total: (pieces * priceCents) / 100, user, lines })
    else if (user === poor && answer.reason === 'out_of_credit') this.refused.push(key)
    else this.wrong.push(`${key}: answered ${answer.reason} to its checkout`)
  }

  /** Undefined where the buyers stop before one is filled. */
  async #filledDraft(user: string, lines: readonly Line[]): Promise<string | undefined> {
    while (!this.#stopped) {
      const created = await this.#post(`/orders/create/${encodeURIComponent(user)}`)
      const { order_id: id } = (created ?? {}) as { order_id?: string }
      let isFilled = id !== undefined
      for (const { name, quantity } of isFilled ? lines : [])
        isFilled &&= (await this.#post(`/orders/addItem/${id}/${name}/${quantity}`)) !== undefined
      if (isFilled) return id
      if (id !== undefined) this.refused.push(`~${id}`) // nobody checks it out
      await this.#asker.rest()
    }
    return undefined
  }

  /** The body of an answer that is well; undefined of any other. */
  async #post(path: string): Promise<unknown> {
    const reply = await this.#asker.once('POST', path, { headers: this.#owner })
    return typeof reply === 'object' && 'body' in reply ? reply.body : undefined
  }

  async #putCreditIn(key: string): Promise<void> {
    const answer = await this.#ask(`/customers/${poor}/credit`, key, () => ({ amount: putIn }))
    if (answer?.data !== undefined) this.credited += 1
    else if (answer !== undefined) this.wrong.push(`${key}: answered ${answer.reason} to credit`)
  }

  /** What a purchase, or credit put in, is told in the end. */
  #ask(path: string, key: string, body: (tries: number) => unknown): Promise<Heard | undefined> {
    const headers = { 'idempotency-key': key, ...this.#owner }
    return this.#untilAnswered(key, path, (tries) => ({ headers, body: body(tries) }))
  }

  /** Asks until there is an answer; undefined where none ever comes, which is wrong. */
  async #untilAnswered(key: string, path: string, asking: (tries: number) => Asking): Promise<Heard | undefined> {
    const answer = await this.#asker.untilClear(path, asking)
    if (answer === undefined) this.wrong.push(`${key}: never answered`)
    if (answer === undefined || 'reason' in answer) return answer
    const { data } = answer.body as { data?: Required<Heard>['data'] }
    return data === undefined ? {} : { data }
  }

  /** One toy, or several. */
  #lines(): Line[] {
    const count = this.#random() < 0.5 ? 1 : 2 + Math.floor(this.#random() * 2)
    const names = new Set<string>()
    while (names.size < count) names.add(this.#oneOf(stockedToys))
    return [...names].map((name) => ({ name, quantity: 1 + Math.floor(this.#random() * 3) }))
  }

  #oneOf<Value>(values: readonly Value[]): Value {
    return values[Math.floor(this.#random() * values.length)]!
  }
}
