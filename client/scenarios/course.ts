/**
 * The web-scale course's API as a story uses it. What a story makes here is its own, so it knows exactly what every look must
 * show. Where something does not hold, that is counted as a failure that names the story, and the story is over.
 */
import { isDeepStrictEqual } from 'node:util'
import { isObject } from '../json.ts'
import type { Question } from '../load/connection.ts'
import type { Expected, Visit } from '../load/visit.ts'
import type { Story } from './scenario.ts'

export interface Item {
  id: string
  /** Whole credits. */
  price: number
  /** What there must be of it now. */
  stock: number
}

export interface User {
  id: string
  /** What there must be of it now, in whole credits. */
  credit: number
}

export interface Draft {
  id: string
  user: User
  /** Pieces by item, in the order in which they were added. */
  pieces: Map<Item, number>
}

/** A request has failed, or the load ends: nothing can be concluded any more. */
class Over extends Error {}

/** A story of its own items and users. */
export const courseStory = (name: string, weight: number, play: (course: Course) => Promise<void>): Story => ({
  name,
  weight,
  async tell(visit) {
    try {
      await play(new Course(visit, name))
    } catch (error) {
      if (!(error instanceof Over)) throw error
    }
  },
})

const costOf = ({ pieces }: Draft): number =>
  pieces.entries().reduce((sum, [{ price }, count]) => sum + price * count, 0)

export class Course {
  readonly #visit: Visit
  readonly #story: string

  constructor(visit: Visit, story: string) {
    this.#visit = visit
    this.#story = story
  }

  /** A whole number from 1 to `most`. */
  number(most: number): number {
    return 1 + Math.floor(this.#visit.random() * most)
  }

  async item({ price, stock }: { price: number; stock: number }): Promise<Item> {
    const made = await this.#ask('create item', post(`/stock/item/create/${price}`), hasId('item_id'))
    const item = { id: made.item_id as string, price, stock: 0 }
    if (stock > 0) await this.addStock(item, stock)
    return item
  }

  async addStock(item: Item, amount: number): Promise<void> {
    await this.#ask('add stock', post(`/stock/add/${item.id}/${amount}`), anything)
    item.stock += amount
  }

  async subtractStock(item: Item, amount: number): Promise<void> {
    await this.#ask('subtract stock', post(`/stock/subtract/${item.id}/${amount}`), anything)
    item.stock -= amount
  }

  /** Told by name where the pieces or the price are others. */
  async checkItem({ id, price, stock }: Item): Promise<void> {
    const isRight = (data: unknown): boolean => isObject(data) && data.stock === stock && data.price === price
    await this.#ask('find item', { method: 'GET', path: `/stock/find/${id}`, plain: true }, isRight, {
      wrong: 'wrong_stock',
    })
  }

  async user(credit: number): Promise<User> {
    const made = await this.#ask('create user', post('/payment/create_user'), hasId('user_id'))
    const user = { id: made.user_id as string, credit }
    if (credit > 0) await this.#ask('add funds', post(`/payment/add_funds/${user.id}/${credit}`), anything)
    return user
  }

  async checkUser({ id, credit }: User): Promise<void> {
    const isRight = (data: unknown): boolean => isObject(data) && data.credit === credit
    await this.#ask('find user', { method: 'GET', path: `/payment/find_user/${id}`, plain: true }, isRight, {
      wrong: 'wrong_credit',
    })
  }

  async draft(user: User): Promise<Draft> {
    const made = await this.#ask('create order', post(`/orders/create/${user.id}`), hasId('order_id'))
    return { id: made.order_id as string, user, pieces: new Map() }
  }

  async add({ id, pieces }: Draft, item: Item, quantity: number): Promise<void> {
    await this.#ask('add item', post(`/orders/addItem/${id}/${item.id}/${quantity}`), anything)
    pieces.set(item, (pieces.get(item) ?? 0) + quantity)
  }

  /** One piece. */
  async remove({ id, pieces }: Draft, item: Item): Promise<void> {
    const path = `/orders/removeItem/${id}/${item.id}`
    await this.#ask('remove item', { method: 'DELETE', path, plain: true }, anything)
    const left = pieces.get(item)! - 1
    if (left === 0) pieces.delete(item)
    else pieces.set(item, left)
  }

  /** All its pieces are sold and paid then, and nothing else has changed. */
  async checkout(draft: Draft): Promise<void> {
    await this.#ask('checkout', { ...post(`/orders/checkout/${draft.id}`), repeatable: true }, anything)
    draft.user.credit -= costOf(draft)
    for (const [item, count] of draft.pieces) item.stock -= count
    await this.#checkAll(draft, { paid: true })
  }

  /** It must be refused so; and nothing has changed then. */
  async failCheckout(draft: Draft, refusal: 'out_of_stock' | 'out_of_credit'): Promise<void> {
    const question: Question = { ...post(`/orders/checkout/${draft.id}`), repeatable: true }
    await this.#ask('checkout', question, anything, { refusal })
    await this.#checkAll(draft, { paid: false })
  }

  /** Each look also where an earlier one was wrong, so that all that is wrong is told. */
  async #checkAll(draft: Draft, { paid }: { paid: boolean }): Promise<void> {
    const looks = [
      () => this.#checkDraft(draft, paid),
      () => this.checkUser(draft.user),
      ...draft.pieces.keys().map((item) => () => this.checkItem(item)),
    ]
    let failed = false
    for (const look of looks)
      await look().catch((error: unknown) => {
        if (!(error instanceof Over)) throw error
        failed = true
      })
    if (failed) throw new Over()
  }

  async #checkDraft(draft: Draft, paid: boolean): Promise<void> {
    const items = draft.pieces.entries().map(([item, count]) => [item.id, count])
    const wanted = [...items].sort()
    const isRight = (data: unknown): boolean =>
      isObject(data) &&
      data.paid === paid &&
      data.user_id === draft.user.id &&
      data.total_cost === costOf(draft) &&
      Array.isArray(data.items) &&
      isDeepStrictEqual(data.items.toSorted(), wanted)
    const question: Question = { method: 'GET', path: `/orders/find/${draft.id}`, plain: true }
    await this.#ask('find order', question, isRight, { wrong: 'wrong_order' })
  }

  /** What was answered; nothing where it was refused as it had to be. Throws an Over where it has failed. */
  async #ask(
    kind: string,
    question: Question,
    isRight: (data: unknown) => boolean,
    { refusal, wrong }: Omit<Expected, 'story'> = {},
  ): Promise<Record<string, unknown>> {
    if (this.#visit.stopping) throw new Over()
    const ending = await this.#visit.ask(kind, question, isRight, { story: this.#story, refusal, wrong })
    if (ending.ok) return ending.body.data as Record<string, unknown>
    if (refusal === undefined || ending.kind !== refusal) throw new Over()
    return {}
  }
}

const post = (path: string): Question => ({ method: 'POST', path, plain: true })

const anything = (): boolean => true
const hasId =
  (field: string) =>
  (data: unknown): boolean =>
    isObject(data) && typeof data[field] === 'string' && data[field] !== ''
