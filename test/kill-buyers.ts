/**
 * Buyers who ask again with their key until they are answered. They buy one toy or several, paid by a customer or by nobody; the
 * poorest customer is refused now and then, and gets credit, under a key too. What they were told is kept.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { stockedToys } from '../client/chaos/folder.ts'

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
  number: number
  /** In the shop's currency. */
  total: number
  /** Undefined where nobody pays by credit. */
  user: string | undefined
  lines: readonly Line[]
}

/** A request that a starved machine did not read in time was not begun, as its answer says. */
const askAgain: ReadonlySet<string | undefined> = new Set(['unavailable', 'outcome_unknown', 'request_timeout'])

export class Buyers {
  readonly told: Told[] = []
  /** Keys whose last answer was no. */
  readonly refused: string[] = []
  /** How often credit was put in. */
  credited = 0
  readonly wrong: string[] = []
  /** Answers that were asked for again. */
  askedAgain = 0
  readonly #url: string
  readonly #random: () => number
  readonly #users: readonly string[]
  readonly #owner: Readonly<Record<string, string>>
  readonly #agent = new Agent({ connections: 64, pipelining: 1 })
  #keys = 0
  #stopped = false

  /** `paying`: half of what is bought is paid by a customer. `ownerToken`: who puts credit in must carry it. */
  constructor(
    url: string,
    random: () => number,
    { paying = true, ownerToken }: { paying?: boolean; ownerToken?: string } = {},
  ) {
    this.#url = url
    this.#random = random
    this.#owner = ownerToken === undefined ? {} : { authorization: `Bearer ${ownerToken}` }
    this.#users = paying ? [...customers.keys()] : []
  }

  stop(): void {
    this.#stopped = true
  }

  async run(): Promise<void> {
    while (!this.#stopped) {
      const key = `buyer-${process.pid}-${++this.#keys}`
      const user = this.#random() < 0.5 ? undefined : this.#oneOf(this.#users)
      if (user === poor && this.#random() < 0.3) await this.#putCreditIn(key)
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

  async #putCreditIn(key: string): Promise<void> {
    const answer = await this.#ask(`/customers/${poor}/credit`, key, () => ({ amount: putIn }))
    if (answer?.data !== undefined) this.credited += 1
    else if (answer !== undefined) this.wrong.push(`${key}: answered ${answer.reason} to credit`)
  }

  /** Asks until there is an answer; undefined where none ever comes, which is wrong. */
  async #ask(
    path: string,
    key: string,
    body: (tries: number) => unknown,
  ): Promise<{ data?: { order_number: number; total: number }; reason?: string } | undefined> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': key, ...this.#owner }
    const options = {
      method: 'POST',
      headers,
      dispatcher: this.#agent,
      headersTimeout: 8000,
      bodyTimeout: 8000,
    } as const
    for (let tries = 0; tries < 2000; tries++) {
      if (tries > 0) this.askedAgain += 1
      try {
        const reply = await request(this.#url + path, { ...options, body: JSON.stringify(body(tries)) })
        const { data, error } = (await reply.body.json()) as {
          data?: { order_number: number; total: number }
          error?: { reason: string }
        }
        if (data !== undefined) return { data }
        if (!askAgain.has(error?.reason)) return { reason: error?.reason ?? 'nothing' }
      } catch {
        // the front end was killed: ask again
      }
      await pause(10 + this.#random() * 20)
    }
    this.wrong.push(`${key}: never answered`)
    return undefined
  }

  /** One toy, or several. */
  #lines(): Line[] {
    const count = this.#random() < 0.5 ? 1 : 2 + Math.floor(this.#random() * 2)
    const names = new Set<string>()
    while (names.size < count) names.add(this.#oneOf(stockedToys)!)
    return [...names].map((name) => ({ name, quantity: 1 + Math.floor(this.#random() * 3) }))
  }

  #oneOf<Value>(values: readonly Value[]): Value | undefined {
    return values[Math.floor(this.#random() * values.length)]
  }
}
