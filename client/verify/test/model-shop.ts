/**
 * A small shop in memory that speaks the store's API, honest but for the fault that is switched on: what a client that checks
 * a shop must notice, planted. A purchase sets its pieces aside, waits a moment and is written then, as the store's does.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import type { Test } from 'tap'

/** Each strikes at some of the purchases or queries, unless it says otherwise. */
export type Fault =
  /** Sells what is not there. */
  | 'oversell'
  /** Acknowledges an order and forgets it. */
  | 'lost order'
  | 'doubled number'
  | 'gap'
  /** One toy, shown alone, stays as it was when it was first shown. */
  | 'stale product'
  /** Writes an order down at another price than it said. */
  | 'wrong price'
  /** Sells at a price that it never showed. */
  | 'overcharge'
  /** Writes an order down with more pieces than it said. */
  | 'wrong quantity'
  | 'restock without movement'
  | 'shows too many'
  | 'shows too few'
  | 'refuses what is there'
  /** A sale does not change the stock. */
  | 'unsold'
  /** A sale takes a piece too many. */
  | 'leak'
  /** A customer pays some of the purchases twice. */
  | 'charged twice'
  /** A customer does not pay for some of them. */
  | 'unpaid'
  /** Some credit comes in that no movement tells of. */
  | 'credit without movement'

interface Toy {
  /** Cents. */
  price: number
  stock: number
}

interface Order {
  number: number
  name: string
  quantity: number
  price: number
  /** Empty where nobody pays by credit. */
  user: string
  placedAt: string
}

export interface ModelShopOptions {
  /** Pieces by name; all cost 25.99. */
  toys?: Record<string, number>
  /** Cents by customer. */
  customers?: Record<string, number>
  adminToken?: string
  fault?: Fault
}

export interface ModelShop {
  url: string
  /** Undefined where it is honest from now on. */
  fault: Fault | undefined
  /** Pieces come in, as a movement; where they are negative, so many leave as are there. */
  restock(name: string, pieces: number): void
  /** What is known of an older store: it comes before all orders. */
  broughtAlong(number: number, name: string): void
  orders: readonly Order[]
}

/** A purchase of so many fails: its pieces are set aside for a while and given back. */
export const failing = 50

/** Of seven purchases or queries one meets the fault. */
const every = 7
const when = '2026-11-21T09:00:00.000Z'

export async function startModelShop(
  t: Test,
  { toys: given = { Bear: 400, Ball: 300, Cube: 200 }, customers = {}, adminToken, fault }: ModelShopOptions = {},
): Promise<ModelShop> {
  const toys = new Map<string, Toy>()
  const movements: { number: number; at: string; account: string; change: number; reason: string }[] = []
  const credit = new Map(Object.entries(customers))
  const credits = [...credit].map(([account, cents], i) => {
    return { number: i + 1, at: when, account, change: cents / 100, reason: 'new customer' }
  })
  const orders: Order[] = []
  const answers = new Map<string, Promise<Answer>>()
  const firstShown = new Map<string, number>()
  let [number, purchases, queries] = [0, 0, 0]

  const move = (name: string, pieces: number, reason: string): void => {
    toys.set(name, { price: toys.get(name)?.price ?? 2599, stock: (toys.get(name)?.stock ?? 0) + pieces })
    movements.push({ number: movements.length + 1, at: when, account: name, change: pieces, reason })
  }
  for (const [name, pieces] of Object.entries(given).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    move(name, pieces, 'start')

  const shop: ModelShop = {
    url: '',
    fault,
    orders,
    restock: (name, pieces) => move(name, Math.max(pieces, -toys.get(name)!.stock), 'restock'),
    broughtAlong(old, name) {
      orders.push({ number: old, name, quantity: 1, price: 1599, user: '', placedAt: '' })
      number = old
    },
  }

  async function buy(name: string, quantity: number, user: string): Promise<Answer> {
    const toy = toys.get(name)
    if (toy === undefined) return refusal(404, 'product_not_found')
    const struck = ++purchases % every === 0
    const is = (one: Fault): boolean => struck && shop.fault === one
    // Few are there for long, so this one strikes whenever it can.
    const oversells = shop.fault === 'oversell' && toy.stock < quantity
    if ((toy.stock < quantity && !oversells) || is('refuses what is there')) {
      return refusal(409, 'out_of_stock')
    }
    if (!is('unsold')) toy.stock = Math.max(0, toy.stock - quantity)
    if (is('leak')) toy.stock = Math.max(0, toy.stock - 1)
    if (is('restock without movement')) toy.stock += 5
    if (quantity === failing) {
      await pause(Math.random() * 10)
      toy.stock += quantity
      return refusal(503, 'unavailable')
    }
    const price = toy.price + (is('overcharge') ? 100 : 0)
    const [has, cost] = [credit.get(user) ?? 0, price * quantity]
    if (is('charged twice')) credit.set(user, has - 2 * cost)
    else if (!is('unpaid') && user !== '') credit.set(user, has - cost + (is('credit without movement') ? 1 : 0))
    await pause(Math.random() * 3)
    if (is('gap')) number += 1
    const doubles = is('doubled number') && number > 0
    if (!doubles) number += 1
    const mine = number
    if (!is('lost order'))
      orders.push({
        number: mine,
        name,
        quantity: quantity + (is('wrong quantity') ? 1 : 0),
        price: price + (is('wrong price') ? 1 : 0),
        user,
        placedAt: when,
      })
    await pause(Math.random() * 2)
    return answer({ order_number: mine, name, quantity, price: price / 100, total: (price * quantity) / 100 })
  }

  const toyView = (name: string, { price, stock }: Toy) => ({ name, price: price / 100, quantity: stock, stock })

  function one(name: string): Answer {
    const toy = toys.get(name)
    if (toy === undefined) return refusal(404, 'product_not_found')
    const struck = ++queries % every === 0
    let { stock } = toy
    if (shop.fault === 'stale product' && name === [...toys.keys()][0]) {
      if (!firstShown.has(name)) firstShown.set(name, stock)
      stock = firstShown.get(name)!
    }
    if (struck && shop.fault === 'shows too many') stock += 500
    if (struck && shop.fault === 'shows too few') stock = Math.min(stock, 1)
    return answer(toyView(name, { ...toy, stock }))
  }

  /** A store's order, for who reads it. */
  const view = ({ placedAt, user, number: of, ...order }: Order) => {
    const item = { name: order.name, quantity: order.quantity, price: order.price / 100 }
    const whose = user === '' ? {} : { items: [item], user }
    return { number: of, ...item, total: (order.price * order.quantity) / 100, ...whose, placed_at: placedAt }
  }

  function read(path: string, query: URLSearchParams, authorization: string | undefined): Answer {
    const limit = Number(query.get('limit') ?? 50)
    if (path === '/products') {
      const after = query.get('after') ?? ''
      const rows = [...toys].filter(([name]) => name > after).map(([name, toy]) => toyView(name, toy))
      return page(rows, limit, ({ name }) => name)
    }
    if (path.startsWith('/products/')) return one(decodeURIComponent(path.slice('/products/'.length)))
    if (path.startsWith('/orders/')) {
      const found = orders.find((each) => String(each.number) === path.slice('/orders/'.length))
      return found === undefined ? refusal(404, 'order_not_found') : answer(view(found))
    }
    if (adminToken !== undefined && authorization !== `Bearer ${adminToken}`) return refusal(401, 'unauthorized')
    if (path.startsWith('/customers/')) {
      const user = decodeURIComponent(path.slice('/customers/'.length))
      const cents = credit.get(user)
      if (cents === undefined) return refusal(404, 'user_not_found')
      return answer({ user_id: user, credit: cents / 100 })
    }
    if (path === '/orders') {
      const before = Number(query.get('before') ?? Number.MAX_SAFE_INTEGER)
      const rows = orders.filter((each) => each.number < before).toSorted((a, b) => b.number - a.number)
      return page(rows.map(view), limit, (last) => last.number)
    }
    const after = Number(query.get('after') ?? 0)
    if (query.get('ledger') === 'credit') return page(credits.slice(after), limit, (last) => last.number)
    return page(movements.slice(after), limit, (last) => last.number)
  }

  async function serve(request: IncomingMessage): Promise<Answer> {
    const { pathname, searchParams } = new URL(request.url!, 'http://shop')
    if (request.method === 'GET') return read(pathname, searchParams, request.headers.authorization)
    const {
      name,
      quantity,
      user = '',
    } = JSON.parse(await text(request)) as {
      name: string
      quantity: number
      user?: string
    }
    const key = String(request.headers['idempotency-key'] ?? Math.random())
    const known = answers.get(key) ?? buy(name, quantity, user)
    answers.set(key, known)
    const { status } = await known
    if (status !== 200) answers.delete(key)
    return known
  }

  const server = createServer((request, response) => void serve(request).then((told) => send(response, told)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  shop.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return shop
}

interface Answer {
  status: number
  body: object
}

const answer = (data: unknown): Answer => ({ status: 200, body: { data } })
const refusal = (status: number, reason: string): Answer => ({
  status,
  body: { error: { code: status, reason, message: 'no' } },
})

function page<Row>(rows: readonly Row[], limit: number, cursor: (last: Row) => unknown): Answer {
  const data = rows.slice(0, limit)
  return { status: 200, body: { data, next: rows.length > limit ? cursor(data.at(-1)!) : null } }
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
