/**
 * What an onlooker of the whole store knows, and what must hold in every state. The processes never read it.
 *
 * - No balance is below zero, and every piece is in stock, set aside, or in an order.
 * - Orders are numbered 1, 2, 3 …, one a key; one that was acknowledged is on the disk and stays there.
 * - A key's answers are equal.
 * - An attempt whose buyer was told that nothing was bought has no order.
 * - Nothing is set aside for a buyer who was told no, nor below a fence that `open` has called settled.
 */
import { StoreError } from '../../errors.ts'
import type { Bought } from '../../order/client.ts'
import { compareAttempts, noAttempt } from '../../storage/attempt-id.ts'
import { parseRow } from '../../storage/csv/row.ts'
import type { LedgerState } from '../../storage/ledger-state.ts'
import type { Call } from './order-process.ts'

interface Order {
  number: number
  key: string
  attempt: string
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
  told(answer: Bought | Error, { purchase, key, attempt }: Call, synced: () => Buffer | undefined): void {
    if (!(answer instanceof Error)) {
      this.#acknowledged(answer, key, purchase, synced())
      return
    }
    const code = answer instanceof StoreError ? answer.code : undefined
    if (code === 'outcome_unknown' || code === 'key_reused') return
    if (code !== 'unavailable' && code !== 'out_of_stock') this.accuse(`${key} was told: ${answer}`)
    if (attempt === undefined) return
    this.#givenUp.add(attempt)
    if (code === 'out_of_stock') this.#refused.add(attempt)
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

  #acknowledged(bought: Bought, key: string, purchase: Call['purchase'], synced: Buffer | undefined): void {
    const { order_number: number, name, quantity } = bought
    const before = this.#bought.get(key)
    if (before !== undefined && JSON.stringify(before) !== JSON.stringify(bought))
      this.accuse(`${key} was answered ${JSON.stringify(before)}, then ${JSON.stringify(bought)}`)
    if (name !== purchase.name || quantity !== purchase.quantity)
      this.accuse(`${key} asked for ${purchase.quantity} ${purchase.name} and was sold ${quantity} ${name}`)
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
    for (const { pieces } of orders)
      if (name === 'catalog') for (const [toy, amount] of pieces) count(toy, amount)
      else count('credit', 1)
    for (const [account, { balance }] of state.accounts()) {
      const had = this.#stock[name]![account]!
      if (balance < 0) this.accuse(`${name} has ${balance} of ${account}`)
      const known = balance + (accounted.get(account) ?? 0)
      if (known !== had)
        this.accuse(`${name} had ${had} of ${account}; ${balance} are left, and ${known - balance} set aside or sold`)
    }
  }
}

/** The orders that are whole, up to the first row that is not. */
function ordersIn(log: Buffer | undefined): Order[] {
  const orders: Order[] = []
  const lines = (log?.toString() ?? '').split('\n').slice(1, -1)
  for (const line of lines) {
    const fields = parseRow(line)
    if (fields?.length !== 10 || line.includes('\0')) break
    const [number, part, toy, quantity] = fields as [string, string, string, string]
    if (part.startsWith('1 '))
      orders.push({ number: Number(number), key: fields[7]!, attempt: fields[8]!, pieces: new Map() })
    orders.at(-1)!.pieces.set(toy, Number(quantity))
  }
  return orders.filter((order, i) => i < orders.length - 1 || isWhole(lines, order))
}

/** Whether its last row is there. */
const isWhole = (lines: readonly string[], { number, pieces }: Order): boolean =>
  lines.some((line) => line.startsWith(`${number},${pieces.size} of ${pieces.size},`))
