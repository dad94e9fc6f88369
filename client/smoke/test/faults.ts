/** For each check a fault that this one must catch, and no other. */
import { errorReply, json, type Plant, type Reply, type Request, withData } from './planted.ts'

export interface Fault {
  /** What is wrong with the store. */
  title: string
  /** The name of the check that must fail, and alone. */
  caughtBy: string
  /** Only who waits for an answer without an end is kept short. */
  timeout?: number
  /** Made anew for each run. */
  plant: () => Plant
}

type Matches = (request: Request, reply: Reply) => boolean

const get =
  (path: string): Matches =>
  (request) =>
    request.method === 'GET' && request.path === path
const isOwn = ({ headers }: Request): boolean =>
  headers['x-forwarded-for'] === undefined && headers.origin === undefined && headers.authorization === undefined
const ownGet =
  (start: string): Matches =>
  (request, { status }) =>
    request.method === 'GET' && request.path.startsWith(start) && isOwn(request) && status === 200
const isBuy: Matches = ({ method, path }) => method === 'POST' && path === '/orders'
const isSold: Matches = (request, reply) => isBuy(request, reply) && reply.status === 200
/** A toy alone, and no name in escapes from end to end. */
const isToy: Matches = ({ method, path }, { status }) =>
  method === 'GET' && status === 200 && /^\/products\/\w+$/.test(path)
const refusal =
  (reason: string, also: Matches = () => true): Matches =>
  (request, reply) =>
    reply.text.includes(`"reason":"${reason}"`) && also(request, reply)

const changed =
  (matches: Matches, change: (reply: Reply, request: Request) => Reply): (() => Plant) =>
  () => ({ change: (reply, request) => (matches(request, reply) ? change(reply, request) : reply) })

/** Only the first that matches. */
const once =
  (matches: Matches, change: (reply: Reply) => Reply): (() => Plant) =>
  () => {
    let left = 1
    return { change: (reply, request) => (matches(request, reply) && left-- > 0 ? change(reply) : reply) }
  }

const dataChanged = (matches: Matches, change: (data: Record<string, unknown>) => unknown): (() => Plant) =>
  changed(matches, (reply) => withData(reply, change))

const number = (value: unknown): number => value as number
const internal = (): Reply => errorReply(500, 'internal')
const accepted = (): Reply => json(200, { data: {} })

const sold = 'POST /orders'
const priced = "POST /orders, the toy's price and the total"

/** A repeat, by the keys that were seen. */
function repeats(): (request: Request) => boolean {
  const seen = new Set<unknown>()
  return ({ headers }) => {
    const key = headers['idempotency-key']
    if (seen.has(key)) return true
    seen.add(key)
    return false
  }
}

export const faults: readonly Fault[] = [
  {
    title: 'it says nothing of its life that is JSON',
    caughtBy: 'GET /livez',
    plant: changed(get('/livez'), (reply) => ({ ...reply, text: 'live' })),
  },
  { title: 'it is not ready', caughtBy: 'GET /readyz', plant: changed(get('/readyz'), internal) },
  {
    title: 'the list has a toy twice',
    caughtBy: 'GET /products',
    plant: changed(get('/products?limit=1000'), (reply) =>
      withData<unknown[]>(reply, ([toy, ...toys]) => [toy, toy, ...toys]),
    ),
  },
  {
    title: 'a toy of the list has no stock',
    caughtBy: 'GET /products',
    plant: changed(get('/products?limit=1000'), (reply) => ({
      ...reply,
      text: reply.text.replace(/,"stock":\d+/, ''),
    })),
  },
  {
    title: 'the list says that it is whole, and is not',
    caughtBy: 'GET /products by pages of one',
    plant: changed(get('/products?limit=1'), (reply) => ({
      ...reply,
      text: reply.text.replace(/"next":"\w+"/, '"next":null'),
    })),
  },
  {
    title: 'a toy alone has another price than in the list',
    caughtBy: 'GET /products/<name>, as in the list',
    plant: dataChanged(isToy, (toy) => ({ ...toy, price: number(toy.price) + 1 })),
  },
  {
    title: 'a toy alone has another stock than in the list',
    caughtBy: 'GET /products/<name>, as in the list',
    plant: dataChanged(isToy, (toy) => ({ ...toy, quantity: number(toy.stock) + 7, stock: number(toy.stock) + 7 })),
  },
  {
    title: 'HEAD finds nothing',
    caughtBy: 'HEAD /products/<name>',
    plant: changed(
      ({ method }) => method === 'HEAD',
      (reply) => ({ ...reply, status: 404 }),
    ),
  },
  {
    title: 'an escaped name is not decoded',
    caughtBy: 'GET /products/<name>, percent-encoded',
    plant: changed(
      ({ method, path }, { status }) =>
        method === 'GET' && status === 200 && /^\/products\/(%[0-9a-f]{2})+$/.test(path),
      () => errorReply(404, 'product_not_found'),
    ),
  },
  { title: 'the list of orders fails', caughtBy: 'GET /orders', plant: changed(ownGet('/orders?limit=50'), internal) },
  {
    title: 'the list of orders begins with the oldest',
    caughtBy: 'GET /orders',
    plant: changed(ownGet('/orders?limit=50'), (reply) => withData<unknown[]>(reply, (orders) => orders.toReversed())),
  },
  {
    title: 'a purchase is refused as sold out where nothing is',
    caughtBy: sold,
    plant: () => ({
      instead: ({ body }) =>
        body.quantity === 1 && /^\w{1,9}$/.test(`${body.name}`) ? errorReply(409, 'out_of_stock') : undefined,
    }),
  },
  {
    title: 'a purchase is answered without its key',
    caughtBy: sold,
    plant: changed(isSold, ({ headers: { 'idempotency-key': _, ...headers }, ...reply }) => ({ ...reply, headers })),
  },
  {
    title: 'a purchase is answered as another quantity',
    caughtBy: sold,
    plant: dataChanged(isSold, (order) => ({ ...order, quantity: 2, total: 2 * number(order.price) })),
  },
  {
    title: 'an order has no total',
    caughtBy: sold,
    plant: dataChanged(isSold, ({ total: _, ...order }) => order),
  },
  {
    title: 'the answer of a purchase never ends',
    caughtBy: sold,
    timeout: 2000,
    plant: once(isSold, (reply) => ({ ...reply, endless: true })),
  },
  {
    title: "an order has another price than the toy's",
    caughtBy: priced,
    plant: dataChanged(isSold, (order) => ({ ...order, price: 1, total: number(order.quantity) })),
  },
  {
    title: 'the total is off by a cent',
    caughtBy: priced,
    plant: dataChanged(isSold, (order) => ({ ...order, total: (number(order.total) * 100 + 1) / 100 })),
  },
  {
    title: 'order numbers do not rise',
    caughtBy: 'POST /orders, a number above all before it',
    plant: changed(ownGet('/orders?limit=50'), (reply) =>
      withData<{ number: number }[]>(reply, (orders) =>
        orders.map((order) => ({ ...order, number: order.number + 1000 })),
      ),
    ),
  },
  {
    title: 'the stock shown does not fall',
    caughtBy: 'GET /products/<name>, less after the purchase',
    plant: staleToys,
  },
  {
    title: 'a repeated key gets another number',
    caughtBy: 'POST /orders with the same key, the same order',
    plant: () => {
      const isRepeat = repeats()
      return {
        change: (reply, request) =>
          isSold(request, reply) && isRepeat(request)
            ? withData(reply, (order) => ({ ...order, order_number: number(order.order_number) + 1 }))
            : reply,
      }
    },
  },
  {
    title: 'a repeated key sells again',
    caughtBy: 'POST /orders with the same key, nothing sold',
    plant: () => {
      const isRepeat = repeats()
      let soldAgain = 0
      return {
        change(reply, request) {
          if (isSold(request, reply) && isRepeat(request)) soldAgain += 1
          if (!isToy(request, reply)) return reply
          const less = (toy: Record<string, unknown>) => ({
            ...toy,
            quantity: number(toy.quantity) - soldAgain,
            stock: number(toy.stock) - soldAgain,
          })
          return withData(reply, less)
        },
      }
    },
  },
  {
    title: 'a key that was used for less is taken for more',
    caughtBy: 'POST /orders with the same key for more, 422',
    plant: changed(refusal('key_reused'), accepted),
  },
  {
    title: 'any key is taken',
    caughtBy: 'POST /orders with a key of another form, 400',
    plant: changed(
      ({ headers }) => headers['idempotency-key'] === '~smoke',
      () => errorReply(404, 'product_not_found'),
    ),
  },
  {
    title: 'another order is told',
    caughtBy: 'GET /orders/<number>',
    plant: () => ({
      ask: ({ path }) => {
        const [, order] = /^\/orders\/(\d{1,9})$/.exec(path) ?? []
        return order === undefined ? {} : { path: `/orders/${Number(order) - 1}` }
      },
    }),
  },
  {
    title: 'an order has no time',
    caughtBy: 'GET /orders/<number>',
    plant: dataChanged(ownGet('/orders/'), ({ placed_at: _, ...order }) => order),
  },
  {
    title: 'pages of orders begin a number too high',
    caughtBy: 'GET /orders by pages of one',
    plant: changed(ownGet('/orders?limit=1&before='), (reply) =>
      withData<{ number: number }[]>(reply, ([order]) => [{ ...order, number: order!.number + 1 }]),
    ),
  },
  {
    title: 'an order that is not there is 404 with status 200',
    caughtBy: 'GET /orders/<number> that is not there, 404',
    plant: changed(refusal('order_not_found'), (reply) => ({ ...reply, status: 200 })),
  },
  {
    title: 'an order that has no number is not found',
    caughtBy: 'GET /orders/<number> that is no number, 400',
    plant: changed(get('/orders/none'), () => errorReply(404, 'order_not_found')),
  },
  {
    title: 'a toy that is not there is out of stock',
    caughtBy: 'POST /orders of a toy that is not there, 404',
    plant: changed(refusal('product_not_found', isBuy), () => errorReply(409, 'out_of_stock')),
  },
  {
    title: 'more is sold than there is',
    caughtBy: 'POST /orders of more than there is, 409',
    plant: changed(refusal('out_of_stock'), accepted),
  },
  {
    title: 'half a toy is sold',
    caughtBy: 'POST /orders of a quantity that is none, 400',
    plant: changed(({ body }) => body.quantity === 1.5, accepted),
  },
  {
    title: 'fields that nobody knows are taken',
    caughtBy: 'POST /orders with a field too many, 400',
    plant: changed(({ body }) => 'more' in body, accepted),
  },
  {
    title: 'a body that is no JSON is an internal error',
    caughtBy: 'POST /orders that is no JSON, 400',
    plant: changed(
      refusal('bad_request', (_, { text }) => text.includes('not JSON')),
      internal,
    ),
  },
  {
    title: 'a body may have any type',
    caughtBy: 'POST /orders as text/plain, 415',
    plant: changed(refusal('unsupported_media_type'), accepted),
  },
  {
    title: 'a body may have any size',
    caughtBy: 'POST /orders that is too large, 413',
    plant: changed(refusal('body_too_large'), accepted),
  },
  {
    title: 'a toy that is not there is 404 with status 200',
    caughtBy: 'GET /products/<name> that is not there, 404',
    plant: changed(
      refusal('product_not_found', ({ method }) => method === 'GET'),
      (reply) => ({ ...reply, status: 200 }),
    ),
  },
  {
    title: 'a broken escape is an internal error',
    caughtBy: 'GET /products/<name> with a broken escape, 400',
    plant: changed(get('/products/%ff'), internal),
  },
  {
    title: 'any limit is taken',
    caughtBy: 'GET /products with a limit that is none, 400',
    plant: changed(get('/products?limit=0'), () => json(200, { data: [], next: null })),
  },
  {
    title: 'there is something at every path',
    caughtBy: 'GET of what is not there, 404',
    plant: changed(refusal('not_found'), accepted),
  },
  {
    title: 'any method is taken',
    caughtBy: 'PUT /livez, 405',
    plant: changed(({ method }) => method === 'PUT', accepted),
  },
  {
    title: 'a method is refused without saying which are taken',
    caughtBy: 'PATCH /orders, 405',
    plant: changed(
      ({ method }) => method === 'PATCH',
      ({ headers: { allow: _, ...headers }, ...reply }) => ({ ...reply, headers }),
    ),
  },
  {
    title: 'the list of movements fails',
    caughtBy: 'GET /movements',
    plant: changed(ownGet('/movements?ledger=stock&limit=50'), internal),
  },
  {
    title: 'pages of movements say nothing of the next',
    caughtBy: 'GET /movements by pages of one',
    plant: changed(ownGet('/movements?ledger=stock&limit=1&'), (reply) => ({
      ...reply,
      text: reply.text.replace(/"next":\d+/, '"next":null'),
    })),
  },
  {
    title: 'any ledger has movements',
    caughtBy: 'GET /movements of another ledger, 400',
    plant: changed(get('/movements?ledger=smoke'), () => json(200, { data: [], next: null })),
  },
  {
    title: 'the figures are no figures',
    caughtBy: 'GET /metrics',
    plant: changed(ownGet('/metrics'), (reply) => ({
      ...reply,
      text: reply.text.replace('\n', '\nhttp_requests_total many\n'),
    })),
  },
  {
    title: 'the figures never end',
    caughtBy: 'GET /metrics',
    timeout: 2000,
    plant: once(ownGet('/metrics'), (reply) => ({ ...reply, endless: true })),
  },
  ...['/orders', '/movements', '/metrics'].flatMap((path): Fault[] => [
    {
      title: `whoever comes through a proxy gets ${path}`,
      caughtBy: `GET ${path} without the right, 401 or 403`,
      plant: changed((request) => request.path === path && request.headers['x-forwarded-for'] !== undefined, accepted),
    },
    {
      title: `another site's page gets ${path}`,
      caughtBy: `GET ${path} from another site's page, 403`,
      plant: changed((request) => request.path === path && request.headers.origin !== undefined, accepted),
    },
  ]),
]

/** Each toy stays as it was shown first. */
function staleToys(): Plant {
  const first = new Map<string, Reply>()
  return {
    change(reply, request) {
      if (!isToy(request, reply)) return reply
      const { path } = request
      if (!first.has(path)) first.set(path, reply)
      return first.get(path)
    },
  }
}
