/**
 * What an onlooker of the whole store knows, and what must hold in every state. The processes never read it.
 *
 * - No balance is below zero; every piece is in stock, set aside, or in an order, and every cent of a customer's is credit, set
 *   aside, or what the rows of an order come to: what was taken is what was sold.
 * - Orders are numbered 1, 2, 3 …, one a key; one that was acknowledged is on the disk and stays there.
 * - A key's answers are equal, and tell what was asked for and what it comes to.
 * - An attempt whose buyer was told that nothing was bought has no order, nor has one that was begun again at another price.
 * - Nothing is set aside for a buyer who was told no, nor below a fence that `open` has called settled.
 */
import { StoreError } from '../../errors.ts'
import { parseMoney } from '../../money.ts'
import { type Bought, type BoughtItem, type Line, linesOf } from '../../order/client.ts'
import { compareAttempts, noAttempt } from '../../storage/attempt-id.ts'
import { parseRow } from '../../storage/csv/row.ts'
import type { LedgerState } from '../../storage/ledger-state.ts'
import type { Call } from './order-process.ts'

interface Order {
  number: number
  key: string
  attempt: string
  /** The customer who paid; empty where nobody did. */
  user: string
  /** What all of it costs. */
  cents: number
  /** Pieces by toy. */
  pieces: Map<string, number>
}

export class Onlooker {
  /** The first thing that went wrong. */
  wrong: string | undefined
  readonly #stock: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly #bought = new Map<string, Bought>()
  /** Attempts whose buyer was told that nothing was bought. */
  readonly #givenUp = new Set<string>()
  /** Those of them of which nothing may be set aside either. */
  readonly #refused = new Set<string>()
  readonly #settled = new Map<string, string>()
  #read: { bytes: Buffer | undefined; orders: Order[] } = { bytes: undefined, orders: [] }

  constructor(stock: Readonly<Record<string, Readonly<Record<string, number>>>>) {
    this.#stock = stock
  }

  accuse(what: string): void {
    this.wrong ??= what
  }

  /** A buyer hears an answer; `synced` is what of the log would survive anything. */
  told(answer: Bought | Error, { purchase, key, attempts }: Call, synced: () => Buffer | undefined): void {
    if (!(answer instanceof Error)) {
      this.#acknowledged(answer, key, purchase, synced())
      for (const attempt of attempts.slice(0, -1)) this.#wasRefused(attempt)
      return
    }
    const code = answer instanceof StoreError ? answer.code : undefined
    if (code === 'outcome_unknown' || code === 'key_reused') return
    const clear = refusals.has(code)
    if (code !== 'unavailable' && !clear) this.accuse(`${key} was told: ${answer}`)
    const last = attempts.at(-1)
    if (last !== undefined) this.#givenUp.add(last)
    for (const attempt of clear ? attempts : attempts.slice(0, -1)) this.#wasRefused(attempt)
  }

  /** An `open` was answered with nothing below its fence. */
  settled(participant: string, fence: string): void {
    if (compareAttempts(fence, this.#settled.get(participant) ?? noAttempt) > 0) this.#settled.set(participant, fence)
  }

  /** Everything that must hold in every state; `states` are those of the participants that serve. */
  check(log: Buffer | undefined, states: ReadonlyMap<string, LedgerState>): void {
    const orders = this.#ordersOf(log)
    for (const [name, state] of states) this.#checkLedger(name, state, orders)
  }

  /** Of what it knows. */
  fingerprint(): string {
    const sorted = (things: Iterable<string>): string => [...things].toSorted().join()
    return [this.#bought.keys(), this.#givenUp, this.#refused, [...this.#settled].map(String)].map(sorted).join(';')
  }

  #wasRefused(attempt: string): void {
    this.#givenUp.add(attempt)
    this.#refused.add(attempt)
  }

  #acknowledged(bought: Bought, key: string, purchase: Call['purchase'], synced: Buffer | undefined): void {
    const { order_number: number, user, total } = bought
    const items = bought.items ?? [bought as BoughtItem]
    const before = this.#bought.get(key)
    if (before !== undefined && JSON.stringify(before) !== JSON.stringify(bought))
      this.accuse(`${key} was answered ${JSON.stringify(before)}, then ${JSON.stringify(bought)}`)
    if (textOf(items, user) !== textOf(linesOf(purchase), purchase.user))
      this.accuse(`${key} asked for ${textOf(linesOf(purchase), purchase.user)} and was sold ${textOf(items, user)}`)
    const cents = items.reduce((sum, { quantity, price }) => sum + quantity * Math.round(price * 100), 0)
    if (Math.round(total * 100) !== cents) this.accuse(`${key} was told a total of ${total}, and it is ${cents} cents`)
    this.#bought.set(key, bought)
    if (ordersIn(synced)[number - 1]?.key !== key)
      this.accuse(`order ${number} of ${key} is acknowledged before its row is synced`)
  }

  /** Reads the log where it has changed, and checks it. */
  #ordersOf(log: Buffer | undefined): Order[] {
    if (this.#read.bytes === log) {
      this.#checkGivenUp()
      return this.#read.orders
    }
    const orders = ordersIn(log)
    this.#read = { bytes: log, orders }
    const keys = new Set<string>()
    for (const [i, { number, key }] of orders.entries()) {
      if (number !== i + 1) this.accuse(`the ${i + 1}. order has the number ${number}`)
      if (keys.has(key)) this.accuse(`${key} has two orders`)
      keys.add(key)
    }
    this.#checkGivenUp()
    for (const [key, { order_number: number }] of this.#bought)
      if (orders[number - 1]?.key !== key) this.accuse(`the acknowledged order ${number} of ${key} is lost`)
    return orders
  }

  #checkGivenUp(): void {
    if (this.#givenUp.size === 0) return
    for (const { number, attempt } of this.#read.orders)
      if (this.#givenUp.has(attempt)) this.accuse(`the buyer of ${attempt} was told no, and it is order ${number}`)
  }

  #checkLedger(name: string, state: LedgerState, orders: readonly Order[]): void {
    const ordered = new Set(orders.map(({ attempt }) => attempt))
    const accounted = new Map<string, number>()
    const count = (account: string, pieces: number): void => {
      accounted.set(account, (accounted.get(account) ?? 0) + pieces)
    }
    for (const { id, items } of state.reservations()) {
      if (this.#refused.has(id)) this.accuse(`${name} holds ${id}, whose buyer was told no`)
      const settled = this.#settled.get(name)
      if (settled !== undefined && compareAttempts(id, settled) < 0)
        this.accuse(`${name} holds ${id}, although nothing was open below ${settled}`)
      if (!ordered.has(id)) for (const { account, amount } of items) count(account, amount)
    }
    for (const { pieces, user, cents } of orders)
      if (name === 'catalog') for (const [toy, amount] of pieces) count(toy, amount)
      else if (user !== '') count(user, cents)
    for (const [account, { balance }] of state.accounts()) {
      const had = this.#stock[name]![account]!
      if (balance < 0) this.accuse(`${name} has ${balance} of ${account}`)
      const known = balance + (accounted.get(account) ?? 0)
      if (known !== had)
        this.accuse(`${name} had ${had} of ${account}; ${balance} are left, and ${known - balance} set aside or sold`)
    }
  }
}

const refusals: ReadonlySet<string | undefined> = new Set(['out_of_stock', 'out_of_credit', 'user_not_found'])

const textOf = (lines: readonly Line[], user = 'nobody'): string =>
  `${lines.map(({ name, quantity }) => `${quantity} ${name}`)} by ${user}`

/** The orders that are whole, up to the first row that is not. */
function ordersIn(log: Buffer | undefined): Order[] {
  const orders: Order[] = []
  const lines = (log?.toString() ?? '').split('\n').slice(1, -1)
  for (const line of lines) {
    const fields = parseRow(line)
    if (fields?.length !== 10 || line.includes('\0')) break
    const [number, part, toy, quantity, price, user] = fields as [string, string, string, string, string, string]
    if (part.startsWith('1 '))
      orders.push({ number: Number(number), key: fields[7]!, attempt: fields[8]!, user, cents: 0, pieces: new Map() })
    const order = orders.at(-1)!
    order.pieces.set(toy, Number(quantity))
    order.cents += Number(quantity) * parseMoney(price)
  }
  return orders.filter((order, i) => i < orders.length - 1 || isWhole(lines, order))
}

/** Whether its last row is there. */
const isWhole = (lines: readonly string[], { number, pieces }: Order): boolean =>
  lines.some((line) => line.startsWith(`${number},${pieces.size} of ${pieces.size},`))
