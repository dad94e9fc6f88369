/** The shop as a case needs it: set up, and looked at when all was bought. Its items, users and drafts are "0", "1" … */
import { z } from 'zod'
import type { Connection, Question } from '../load/connection.ts'
import type { Case, Order } from './cases.ts'
import { ConsistencyError, type Crowd } from './crowd.ts'

/** A row of the log: one order. */
export interface LogOrder {
  number: number
  user: string
  items: readonly (readonly [item: string, pieces: number])[]
  /** Credits. */
  total: number
}

/** What there is in the end. */
export interface Found {
  /** Pieces by item, credits by user. */
  stock: ReadonlyMap<string, number>
  credit: ReadonlyMap<string, number>
  /** Orders of ours since the run began. */
  log: readonly LogOrder[]
  /** Of each draft; none where no drafts were checked out. */
  paid: readonly boolean[] | undefined
}

const stockShape = z.looseObject({ stock: z.number() })
const creditShape = z.looseObject({ credit: z.number() })
const draftShape = z.looseObject({
  user_id: z.string(),
  paid: z.boolean(),
  items: z.array(z.tuple([z.string(), z.int().positive()])),
})
const idShape = z.looseObject({ order_id: z.string() })
const orderShape = z.looseObject({
  number: z.number(),
  total: z.number(),
  user: z.string().optional(),
  items: z.array(z.looseObject({ name: z.string(), quantity: z.number() })).optional(),
})
const logPage = 1000

const post = (path: string): Question => ({ method: 'POST', path, plain: true, repeatable: true })
const get = (path: string): Question => ({ method: 'GET', path, plain: true })
const numbered = (count: number): string[] => Array.from({ length: count }, (_, number) => String(number))

export class ConsistencyShop {
  readonly #crowd: Crowd

  constructor(crowd: Crowd) {
    this.#crowd = crowd
  }

  /** Sets items and users, whatever was there under these names. */
  async stockUp({ items, pieces, price, users, credit }: Case): Promise<void> {
    await this.#one(post(`/stock/batch_init/${items}/${pieces}/${price}`), z.unknown())
    await this.#one(post(`/payment/batch_init/${users}/${credit}`), z.unknown())
  }

  /** The orders as drafts: of two pieces those that the store makes itself, else one by one as they are given. */
  async draft({ each, items, users, price }: Case, orders: readonly Order[]): Promise<Order[]> {
    if (each === 2) {
      await this.#one(post(`/orders/batch_init/${orders.length}/${items}/${users}/${price}`), z.unknown())
      return this.#crowd.each(numbered(orders.length), async (connection, draft) => {
        const found = await this.#look(connection, get(`/orders/find/${draft}`), draftShape)
        return { user: found.user_id, items: found.items, draft }
      })
    }
    return this.#crowd.each(orders, async (connection, order) => {
      const { order_id: draft } = await this.#look(connection, post(`/orders/create/${order.user}`), idShape)
      for (const [item, pieces] of order.items)
        await this.#look(connection, post(`/orders/addItem/${draft}/${item}/${pieces}`), z.unknown())
      return { ...order, draft }
    })
  }

  /** The newest order's; 0 where there is none. */
  async lastNumber(): Promise<number> {
    const [newest] = await this.#one({ method: 'GET', path: '/orders?limit=1' }, z.array(orderShape))
    return newest?.number ?? 0
  }

  async look({ items, users }: Case, orders: readonly Order[], since: number): Promise<Found> {
    const stock = await this.#amounts(numbered(items), (item) => `/stock/find/${item}`, stockShape, 'stock')
    const credit = await this.#amounts(numbered(users), (user) => `/payment/find_user/${user}`, creditShape, 'credit')
    const drafts = orders.flatMap(({ draft }) => draft ?? [])
    const paid = await this.#crowd.each(
      drafts,
      async (connection, draft) => (await this.#look(connection, get(`/orders/find/${draft}`), draftShape)).paid,
    )
    const log = await this.#logSince(since, { stock, credit })
    return { stock, credit, log, paid: drafts.length === 0 ? undefined : paid }
  }

  async #amounts<Field extends string>(
    names: readonly string[],
    pathOf: (name: string) => string,
    shape: z.ZodType<Record<Field, number>>,
    field: Field,
  ): Promise<Map<string, number>> {
    const rows = await this.#crowd.each(names, async (connection, name) => {
      const found = await this.#look(connection, get(pathOf(name)), shape)
      return [name, found[field]] as const
    })
    return new Map(rows)
  }

  /** Of our users and items alone: others may buy meanwhile. */
  async #logSince(since: number, { stock, credit }: Pick<Found, 'stock' | 'credit'>): Promise<LogOrder[]> {
    const found: LogOrder[] = []
    let before = ''
    for (;;) {
      const rows = await this.#one({ method: 'GET', path: `/orders?limit=${logPage}${before}` }, z.array(orderShape))
      for (const { number, total, user, items = [] } of rows) {
        if (number <= since) return found
        const ours = user !== undefined && credit.has(user) && items.every(({ name }) => stock.has(name))
        if (ours) found.push({ number, user, total, items: items.map(({ name, quantity }) => [name, quantity]) })
      }
      const last = rows.at(-1)
      if (last === undefined || rows.length < logPage) return found
      before = `&before=${last.number}`
    }
  }

  async #one<Shape>(question: Question, shape: z.ZodType<Shape>): Promise<Shape> {
    const [answer] = await this.#crowd.each([question], (connection) => this.#look(connection, question, shape))
    return answer as Shape
  }

  async #look<Shape>(connection: Connection, question: Question, shape: z.ZodType<Shape>): Promise<Shape> {
    const result = shape.safeParse(await this.#crowd.look(connection, question))
    if (result.success) return result.data
    throw new ConsistencyError(`${question.method} ${question.path} was answered with something else.`)
  }
}
