/** A customer's cart, by both of its paths. */
import { errorReply, json, type Plant, type Request } from '../planted.ts'
import { accepted, changed, dataChanged, type Fault, internal, isOfCart, type Matches, refusal } from './planting.ts'

const at =
  (method: string, path: RegExp): Matches =>
  (request, { status }) =>
    request.method === method && path.test(request.path) && status === 200

/** What is answered is another JSON. */
const otherwise = (matches: Matches, change: (body: unknown) => unknown): (() => Plant) =>
  changed(matches, (reply) => json(200, change(JSON.parse(reply.text))))

/** Nothing is done, and told as done. */
const idle =
  (matches: (request: Request) => boolean): (() => Plant) =>
  () => ({ instead: (request) => (matches(request) ? json(200, {}) : undefined) })

const faultsAt = (prefix: string): Fault[] => {
  const cart = new RegExp(`^${prefix}/smoke-[0-9a-f]{32}$`)
  const item = new RegExp(`^${prefix}/smoke-[0-9a-f]{32}/`)
  const [cartName, itemName] = [`${prefix}/<customer>`, `${prefix}/<customer>/<item>`]
  return [
    {
      title: `who has no cart is not there, at ${prefix}`,
      caughtBy: `GET ${cartName} of who has none, empty`,
      plant: () => {
        let looks = 0
        return {
          change: (reply, request) => (at('GET', cart)(request, reply) && ++looks === 1 ? json(200, null) : reply),
        }
      },
    },
    {
      title: `the last count is taken for the sum, at ${prefix}`,
      caughtBy: `POST ${itemName}, counts add up`,
      plant: otherwise(at('POST', item), (body) => {
        const added = body as { unitCount: number }
        return added.unitCount === 3 ? { ...added, unitCount: 2 } : added
      }),
    },
    {
      title: `what was changed last comes first, at ${prefix}`,
      caughtBy: `GET ${cartName}, in the order first added`,
      plant: otherwise(at('GET', cart), (body) => (body as unknown[]).toReversed()),
    },
    {
      title: `what is not there can be changed, at ${prefix}`,
      caughtBy: `PUT ${itemName}`,
      plant: otherwise(at('PUT', item), (body) => body ?? {}),
    },
    {
      title: `an item is not removed, at ${prefix}`,
      caughtBy: `DELETE ${itemName}`,
      plant: idle(({ method, path }) => method === 'DELETE' && item.test(path)),
    },
    {
      title: `a cart is not removed, at ${prefix}`,
      caughtBy: `DELETE ${cartName}`,
      plant: idle(({ method, path }) => method === 'DELETE' && cart.test(path)),
    },
  ]
}

/** A refusal at one of the two paths that is none. */
const taken = (title: string, caughtBy: string, matches: (request: Request) => boolean): Fault => ({
  title,
  caughtBy,
  plant: changed(refusal('bad_request', matches), accepted),
})

const isSoldOfCart: Matches = (request, reply) => isOfCart(request, reply) && reply.status === 200

const isAdd = ({ method, path }: Request): boolean => method === 'POST' && /^\/items?\//.test(path)

export const cartFaults: readonly Fault[] = [
  ...['/items', '/item'].flatMap(faultsAt),
  {
    title: 'a cart is checked out twice',
    caughtBy: 'POST /checkout/<customer>',
    plant: () => {
      let first: string | undefined
      return {
        change(reply, request) {
          if (!at('POST', /^\/checkout\//)(request, reply)) return reply
          first ??= reply.text
          return { ...reply, text: first }
        },
      }
    },
  },
  taken(
    'half an item is added',
    'POST /items/<customer>/<item> of a count that is none, 400',
    (request) => isAdd(request) && request.body.unitCount === 1.5,
  ),
  taken(
    'one of two counts is taken',
    'POST /items/<customer>/<item> of two counts that differ, 400',
    (request) => isAdd(request) && request.body.unitCount !== undefined && request.body.itemCount !== undefined,
  ),
  taken(
    'a list is taken for no body, by the second path',
    'POST /items/<customer>/<item> with a body that is no object, 400',
    (request) => isAdd(request) && request.path.startsWith('/item/') && Array.isArray(request.body),
  ),
  taken('any number is an item', 'POST /items/<customer>/<item> of a number with 400 digits, 400', ({ path }) =>
    path.endsWith('9'.repeat(400)),
  ),
  taken(
    'a count below zero is set',
    'PUT /items/<customer>/<item> of a count that is none, 400',
    ({ method, body }) => method === 'PUT' && body.newCount === -1,
  ),
  taken(
    'anything is a customer at the checkout',
    'GET /items/<customer> of a customer with a control character, 400',
    ({ path }) => path.startsWith('/checkout/smoke-nobody'),
  ),
  {
    title: 'a full cart is told as a mistake of the customer',
    caughtBy: 'POST /items/<customer>/<item> of more than a cart holds, 409',
    plant: changed(refusal('cart_full'), (reply) => ({ ...reply, status: 400 })),
  },
  {
    title: 'an empty cart is bought',
    caughtBy: 'POST /orders of a cart that is empty, 409',
    plant: changed(refusal('cart_empty'), accepted),
  },
  {
    title: 'what is no toy is bought out of a cart',
    caughtBy: 'POST /orders of a cart with what is no toy, 404',
    plant: changed(refusal('product_not_found', isOfCart), internal),
  },
  {
    title: 'no toy may have a number for its name',
    caughtBy: 'POST /products of a name that is a number',
    plant: () => ({
      instead: ({ path, body }) =>
        path === '/products' && /^\d+$/.test(`${body.name}`) ? errorReply(400, 'bad_request') : undefined,
    }),
  },
  {
    title: 'what was bought stays in the cart',
    caughtBy: 'POST /orders of a cart',
    plant: () => {
      let isBought = false
      return {
        change(reply, request) {
          isBought ||= isSoldOfCart(request, reply)
          const isLook = isBought && request.method === 'GET' && request.path.startsWith('/items/')
          const item = { itemId: 1, unitCount: 1, timestamp: '2026-11-22T12:00:00.000Z' }
          return isLook && reply.text === '[]' ? json(200, [item]) : reply
        },
      }
    },
  },
  {
    title: 'a dearer item is refused without its prices',
    caughtBy: 'POST /orders of a cart in which something costs more than it was offered for, 409',
    plant: changed(refusal('price_changed'), () => errorReply(409, 'price_changed')),
  },
  {
    title: 'a cart is sold at the price that it was offered for',
    caughtBy: 'POST /orders of a cart at whatever it costs',
    plant: dataChanged(
      (request, reply) => isSoldOfCart(request, reply) && request.body.acceptPrices === true,
      (order) => ({ ...order, items: (order.items as object[]).map((item) => ({ ...item, price: 0.4 })) }),
    ),
  },
]
