/** The purchase, what is shown after it, and its key. */
import { errorReply, json, type Plant, type Reply, type Request, withData } from '../planted.ts'
import { accepted, changed, dataChanged, type Fault, isSold, isToy, number, once, ownGet, refusal } from './planting.ts'

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

export const purchaseFaults: readonly Fault[] = [
  {
    title: 'a purchase is refused as sold out where nothing is',
    caughtBy: sold,
    plant: () => ({
      instead: ({ path, body }) =>
        path === '/orders' && body.quantity === 1 && /^\w{1,9}$/.test(`${body.name}`)
          ? errorReply(409, 'out_of_stock')
          : undefined,
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
    plant: changed(ownGet('/orders?limit=50'), (reply) => {
      const { data, next } = JSON.parse(reply.text) as { data: { number: number }[]; next: number | null }
      const higher = data.map((order) => ({ ...order, number: order.number + 1000 }))
      return json(200, { data: higher, next: next === null ? null : next + 1000 })
    }),
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
