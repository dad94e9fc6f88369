/**
 * A customer fills a cart, changes it, and buys it. Each round is a customer of its own, of whom nobody else knows, so it knows
 * exactly what the cart holds. Where nobody tells what became of a change, it may still be under way: then the cart is looked at
 * once, must hold what it held before or after, and the round is over.
 */
import { randomUUID } from 'node:crypto'
import { isObject } from '../json.ts'
import type { Ending, Question } from '../load/connection.ts'
import { piecesToBuy } from '../load/plan.ts'
import type { Visit } from '../load/visit.ts'
import type { Scenario, Story } from './scenario.ts'
import { shop } from './shop.ts'

const toysMax = 3
/** How often a cart is given back in place of being bought, and the like. */
const checkoutShare = 0.1
const twiceShare = 0.3

/** The round cannot go on: something has failed, or the load ends. */
class Over extends Error {}

const fillAndBuy: Story = {
  name: 'cart',
  weight: 1,
  async tell(visit) {
    try {
      await new Round(visit).play()
    } catch (error) {
      if (!(error instanceof Over)) throw error
    }
  },
}

export const cart: Scenario = {
  name: 'cart',
  about: 'fill a cart, change it, look at it, buy it',
  stories: [fillAndBuy],
}

/** Of four rounds that buy, one buys a cart. */
export const mixed: Scenario = {
  name: 'mixed',
  about: 'look at a toy, buy it with the probability --buy; now and then fill a cart and buy that',
  stories: [...shop.stories, { ...fillAndBuy, weight: (buy) => buy / 3 }],
}

class Round {
  readonly #visit: Visit
  readonly #customer = `load-${randomUUID()}`
  /** Pieces by toy, in the order first added. */
  #pieces: ReadonlyMap<string, number> = new Map()

  constructor(visit: Visit) {
    this.#visit = visit
  }

  async play(): Promise<void> {
    const { random } = this.#visit
    for (let toys = 1 + Math.floor(random() * toysMax); toys > 0; toys--) {
      const name = this.#anyToy()
      const most = await this.#browse(name)
      if (most === 0) continue
      await this.#add(name, this.#count(most))
      if (random() < twiceShare) await this.#add(name, this.#count(most))
    }
    const [first, second] = this.#pieces.keys()
    if (first === undefined) return
    await this.#set(first, this.#count(this.#pieces.get(first)!))
    if (second !== undefined) await this.#remove(second)
    await this.#look()
    if (random() < checkoutShare) await this.#checkOut()
    else await this.#buy()
    await this.#look()
  }

  #anyToy(): string {
    const { toys, random } = this.#visit
    return toys[Math.floor(random() * toys.length)]!
  }

  /** From 1. */
  #count(most: number): number {
    return piecesToBuy(this.#visit.random(), most, this.#visit.quantityMax)
  }

  /** The pieces that are shown. */
  async #browse(name: string): Promise<number> {
    this.#goOn()
    const shown = await this.#visit.query(name)
    if (shown === undefined) throw new Over()
    if (shown.quantity === 0) this.#visit.note('sold_out_seen')
    return shown.quantity
  }

  #add(name: string, count: number): Promise<void> {
    const sum = (this.#pieces.get(name) ?? 0) + count
    const question: Question = { method: 'POST', path: this.#path(name), json: JSON.stringify({ unitCount: count }) }
    return this.#change('add to cart', question, new Map(this.#pieces).set(name, sum), isItem(name, sum))
  }

  /** Asked twice, it comes to the same, as does what takes out. */
  #set(name: string, count: number): Promise<void> {
    const json = JSON.stringify({ newCount: count })
    const question: Question = { method: 'PUT', path: this.#path(name), json, repeatable: true }
    return this.#change('change cart', question, new Map(this.#pieces).set(name, count), isItem(name, count))
  }

  #remove(name: string): Promise<void> {
    const question: Question = { method: 'DELETE', path: this.#path(name), repeatable: true }
    const left = new Map(this.#pieces)
    left.delete(name)
    return this.#change('remove from cart', question, left, isObject)
  }

  #checkOut(): Promise<void> {
    const before = this.#pieces
    const question: Question = { method: 'POST', path: `/checkout/${this.#customer}` }
    return this.#change('check out cart', question, new Map(), (data) => holds(data, before))
  }

  /** What is sold out stays in the cart, and is taken out by hand then. */
  async #buy(): Promise<void> {
    this.#goOn()
    const ending = await this.#visit.buyCart(this.#customer, this.#pieces)
    if (ending.ok) {
      this.#pieces = new Map()
      return
    }
    if (ending.kind !== 'out_of_stock') throw new Over()
    await this.#look()
    const question: Question = { method: 'DELETE', path: this.#path(), repeatable: true }
    await this.#change('remove cart', question, new Map(), isObject)
  }

  async #change(
    kind: string,
    question: Question,
    after: ReadonlyMap<string, number>,
    isRight: (data: unknown) => boolean,
  ): Promise<void> {
    this.#goOn()
    const ending = await this.#visit.ask(kind, { ...question, plain: true }, isRight, { story: 'cart' })
    if (ending.ok) {
      this.#pieces = after
      return
    }
    if (unknown.has(ending.kind) && !this.#visit.stopping) {
      const before = this.#pieces
      this.#visit.note('cart_unknown')
      await this.#ask((data) => holds(data, before) || holds(data, after))
    }
    throw new Over()
  }

  async #look(): Promise<void> {
    this.#goOn()
    const ending = await this.#ask((data) => holds(data, this.#pieces))
    if (!ending.ok) throw new Over()
  }

  #ask(isRight: (data: unknown) => boolean): Promise<Ending> {
    const question: Question = { method: 'GET', path: this.#path(), plain: true }
    return this.#visit.ask('cart', question, isRight, { story: 'cart', wrong: 'wrong_cart' })
  }

  #goOn(): void {
    if (this.#visit.stopping) throw new Over()
  }

  #path(name?: string): string {
    return `/items/${this.#customer}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`
  }
}

/** Nobody has told whether it was done. */
const unknown: ReadonlySet<string> = new Set(['outcome_unknown', 'timeout', 'cut', 'http_502', 'http_504'])

/** A toy whose name is a number stands there as one. */
const isItem =
  (name: string, count: number) =>
  (data: unknown): boolean =>
    isObject(data) && String(data.itemId) === name && data.unitCount === count

const holds = (data: unknown, pieces: ReadonlyMap<string, number>): boolean => {
  const wanted = [...pieces]
  return Array.isArray(data) && data.length === wanted.length && data.every((item, i) => isItem(...wanted[i]!)(item))
}
