/**
 * Customers who fill carts, change them and buy what is in them, and never stop. Always: a cart of one session's own is used one
 * call after the other; a cart that two sessions share is only added to, looked at, and either bought or checked out.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { stockedToys } from '../client/chaos/folder.ts'
import { Asker, type Reply } from './kill-ask.ts'
import { customers, type Line, type Told } from './kill-buyers.ts'
import { type CartCall, type CartTold, type Counts, sum } from './kill-cart-calls.ts'
import { lateMs } from './kill-cart-states.ts'

interface Item {
  itemId: string
  unitCount: number
}

interface Bought extends Partial<Line> {
  order_number: number
  total: number
  items?: readonly Line[]
}

/** So many carts a session has of its own. */
const ownCarts = 2
/** So many calls each of two sessions makes of the cart that they share, before they take a new one. */
const sharedCalls = 40
/** With so many changes that may still arrive, a cart of one's own is only looked at: nobody could judge it else. */
const lateMax = 4
const price = 25.99

export class CartBuyers {
  readonly calls: CartCall[] = []
  /** Carts that are one session's own; the others are shared. */
  readonly own = new Set<string>()
  readonly told: Told[] = []
  /** Keys whose last answer was no. */
  readonly refused: string[] = []
  readonly wrong: string[] = []
  /** Keys of purchases that were asked for, and have no clear answer yet. */
  readonly underWay = new Set<string>()
  /** By cart, until when a change that nobody answered may still arrive. */
  readonly #late = new Map<string, number[]>()
  readonly #asker: Asker
  readonly #random: () => number
  /** Who wants to know of the next purchase that is sent. */
  #watching: ((key: string) => void)[] = []
  #keys = 0
  #carts = 0
  #stopped = false

  constructor(url: string, random: () => number) {
    this.#asker = new Asker(url, random)
    this.#random = random
  }

  /** Answers of purchases that were asked for again. */
  get askedAgain(): number {
    return this.#asker.askedAgain
  }

  /** Resolves to the key of the next purchase, in the turn in which it is sent. */
  nextSent(): Promise<string> {
    return new Promise((resolve) => this.#watching.push(resolve))
  }

  stop(): void {
    this.#stopped = true
  }

  /** One session with carts of its own. */
  async runOwn(): Promise<void> {
    const carts = Array.from({ length: ownCarts }, () => this.#newCart())
    for (const cart of carts) this.own.add(cart)
    while (!this.#stopped) await this.#useOwn(this.#oneOf(carts))
  }

  /** Two sessions with one cart after the other between them. */
  async runShared(): Promise<void> {
    for (let round = 0; !this.#stopped; round++) {
      const cart = this.#newCart()
      const isBought = round % 3 < 2
      await Promise.all([this.#useShared(cart, isBought), this.#useShared(cart, isBought)])
    }
  }

  /** Looks at every cart, one after the other. */
  async lookAtAll(): Promise<void> {
    for (const cart of new Set(this.calls.map((call) => call.cart)))
      for (let tries = 0; ; tries++) {
        await this.#look(cart)
        if (this.calls.at(-1)!.told instanceof Map) break
        if (tries > 100) throw new Error(`nobody can look at the cart ${cart}`)
        await this.#asker.rest()
      }
  }

  async #useOwn(cart: string): Promise<void> {
    const isUncertain = this.#lateOf(cart).length >= lateMax
    const dice = this.#random()
    if (isUncertain) await this.#look(cart)
    else if (dice < 0.45) await this.#add(cart)
    else if (dice < 0.57) await this.#look(cart)
    else if (dice < 0.67) await this.#set(cart)
    else if (dice < 0.73) await this.#remove(cart)
    else if (dice < 0.77) await this.#call(cart, { op: 'clear' }, this.#delete(cart), () => 'done')
    else if (dice < 0.83) await this.#checkOut(cart)
    else await this.#buy(cart)
    await pause(this.#random() * 15)
  }

  async #useShared(cart: string, isBought: boolean): Promise<void> {
    for (let call = 0; call < sharedCalls && !this.#stopped; call++) {
      const dice = this.#random()
      if (dice < 0.6) await this.#add(cart)
      else if (dice < 0.75) await this.#look(cart)
      else if (isBought) await this.#buy(cart)
      else if (dice < 0.85) await this.#checkOut(cart)
      await pause(this.#random() * 15)
    }
  }

  async #add(cart: string): Promise<void> {
    const [item, count] = [this.#oneOf(stockedToys), 1 + Math.floor(this.#random() * 3)]
    const offer = this.#random() < 0.3 ? { offeredPrice: price } : {}
    const reply = this.#asker.once('POST', pathOf(cart, item), { body: { unitCount: count, ...offer } })
    await this.#call(cart, { op: 'add', item, count }, reply, (body) => (body as Item).unitCount)
  }

  async #set(cart: string): Promise<void> {
    const [item, count] = [this.#oneOf(stockedToys), Math.floor(this.#random() * 4)]
    const reply = this.#asker.once('PUT', pathOf(cart, item), { body: { newCount: count } })
    await this.#call(cart, { op: 'set', item, count }, reply, (body) => (body as Item | null)?.unitCount ?? null)
  }

  async #remove(cart: string): Promise<void> {
    const item = this.#oneOf(stockedToys)
    await this.#call(cart, { op: 'remove', item }, this.#delete(cart, item), () => 'done')
  }

  #delete(cart: string, item?: string): Promise<Reply> {
    return this.#asker.once('DELETE', pathOf(cart, item))
  }

  async #look(cart: string): Promise<void> {
    await this.#call(cart, { op: 'look' }, this.#asker.once('GET', pathOf(cart)), countsOf)
  }

  async #checkOut(cart: string): Promise<void> {
    const reply = this.#asker.once('POST', `/checkout/${encodeURIComponent(cart)}`)
    await this.#call(cart, { op: 'checkout' }, reply, countsOf)
  }

  /** Keeps the call and what it was told. */
  async #call(
    cart: string,
    what: CartCall['what'],
    reply: Promise<Reply>,
    read: (body: unknown) => CartTold,
  ): Promise<void> {
    const sent = performance.now()
    const heard = await reply
    const told = typeof heard === 'string' ? heard : 'body' in heard ? read(heard.body) : undefined
    if (told === undefined) this.wrong.push(`${cart}: answered ${JSON.stringify(heard)} to ${what.op}`)
    const answered = performance.now()
    this.calls.push({ cart, what, told: told ?? 'unknown', sent, answered })
    if (heard === 'unknown' && what.op !== 'look') this.#late.set(cart, [...this.#lateOf(cart), answered + lateMs])
    if (typeof heard === 'string') await this.#asker.rest(8)
  }

  async #buy(cart: string): Promise<void> {
    const key = `cart-buyer-${process.pid}-${++this.#keys}`
    const user = this.#random() < 0.5 ? undefined : this.#oneOf([...customers.keys()])
    const paid = user === undefined ? {} : { user }
    const sent = performance.now()
    const answer = this.#asker.untilClear('/orders', (tries) => ({
      headers: { 'idempotency-key': key },
      body: { cart, ...paid, ...(tries % 2 === 0 ? {} : { acceptPrices: true }) },
    }))
    this.underWay.add(key)
    for (const tell of this.#watching.splice(0)) tell(key)
    const heard = await answer
    this.underWay.delete(key)
    const keep = (told: CartTold): void => {
      this.calls.push({ cart, what: { op: 'buy', key }, told, sent, answered: performance.now() })
    }
    if (heard === undefined) {
      this.wrong.push(`${key}: never answered`)
      keep('unknown')
    } else if ('body' in heard) {
      const { data } = heard.body as { data: Bought }
      const lines = data.items ?? [{ name: data.name!, quantity: data.quantity! }]
      this.told.push({ key, number: data.order_number, total: data.total, user, lines })
      keep(sum(lines.map(({ name, quantity }) => [name, quantity])))
    } else {
      this.refused.push(key)
      if (heard.reason === 'cart_empty') keep(new Map())
      else if (user === 'poor' && heard.reason === 'out_of_credit') keep('nothing')
      else this.wrong.push(`${key}: answered ${heard.reason} to the purchase of the cart ${cart}`)
    }
  }

  #lateOf(cart: string): number[] {
    return (this.#late.get(cart) ?? []).filter((until) => until > performance.now())
  }

  #newCart(): string {
    return `eve "${++this.#carts}", of ${process.pid}`
  }

  #oneOf<Value>(values: readonly Value[]): Value {
    return values[Math.floor(this.#random() * values.length)]!
  }
}

const pathOf = (cart: string, item?: string): string =>
  `/items/${encodeURIComponent(cart)}${item === undefined ? '' : `/${encodeURIComponent(item)}`}`

const countsOf = (body: unknown): Counts =>
  sum((body as readonly Item[]).map(({ itemId, unitCount }) => [itemId, unitCount]))
