/** The web-scale course's routes. */
import { json, type Plant, type Reply, type Request } from '../planted.ts'
import { accepted, changed, type Fault, internal, type Matches, refusal } from './planting.ts'

const at =
  (method: string, path: RegExp): Matches =>
  (request, { status }) =>
    request.method === method && path.test(request.path) && status === 200

const bodyChanged = (
  matches: Matches,
  change: (body: Record<string, unknown>, request: Request) => unknown,
): (() => Plant) =>
  changed(matches, (reply, request) => json(200, change(JSON.parse(reply.text) as Record<string, unknown>, request)))

/** A refusal that is none: what is not there is there. */
const taken = (
  title: string,
  caughtBy: string,
  reason: string,
  path: RegExp,
  answer: () => Reply = accepted,
): Fault => ({
  title,
  caughtBy,
  plant: changed(
    refusal(reason, (request) => path.test(request.path)),
    answer,
  ),
})

/** The number at the end of a course's sentence, one too high. */
const oneMore = (reply: Reply): Reply => ({
  ...reply,
  text: reply.text.replace(/(\d+)$/, (figure) => String(Number(figure) + 1)),
})

/** The first that matches, and none after it. */
const first =
  (matches: Matches, change: (reply: Reply) => Reply): (() => Plant) =>
  () => {
    let done = false
    return {
      change(reply, request) {
        if (done || !matches(request, reply)) return reply
        done = true
        return change(reply)
      },
    }
  }

const draft = (method: string, route: string): Matches => at(method, new RegExp(`^/orders/${route}`))
const found = draft('GET', 'find/')

/** Nothing is done, and told as done: what is found stays as it was before it. */
const idle =
  (method: string, path: RegExp): (() => Plant) =>
  () => ({
    instead: (request) =>
      request.method === method && path.test(request.path)
        ? { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, text: 'done' }
        : undefined,
  })

const draftFaults: readonly Fault[] = [
  {
    title: 'a new draft has no id',
    caughtBy: 'POST /orders/create/<user>',
    plant: first(draft('POST', 'create/'), () => json(200, {})),
  },
  taken(
    'anybody has drafts',
    'POST /orders/create/<user> of a user who is not there, 400',
    'user_not_found',
    /^\/orders\/create\//,
  ),
  {
    title: 'a draft does not say what it costs',
    caughtBy: 'GET /orders/find/<order>',
    plant: first(found, (reply) => json(200, { ...(JSON.parse(reply.text) as object), total_cost: undefined })),
  },
  taken(
    'every draft is there',
    'GET /orders/find/<order> that is not there, 400',
    'order_not_found',
    /^\/orders\/find\/smoke-nobody/,
  ),
  {
    title: 'items are not added',
    caughtBy: 'POST /orders/addItem/<order>/<item>/<quantity>',
    plant: idle('POST', /^\/orders\/addItem\/[^/]+\/[^/]+\/\d+$/),
  },
  {
    title: 'an item without a quantity is not added',
    caughtBy: 'POST /orders/addItem/<order>/<item>',
    plant: idle('POST', /^\/orders\/addItem\/[0-9a-f]+\/[^/]+$/),
  },
  taken(
    'everything is added',
    'POST /orders/addItem to an order that is not there, 400',
    'product_not_found',
    /^\/orders\/addItem/,
  ),
  taken(
    'more is checked out than there is',
    'POST /orders/checkout/<order> of more than there is, 400',
    'out_of_stock',
    /^\/orders\/checkout/,
  ),
  {
    title: 'items are not removed',
    caughtBy: 'DELETE /orders/removeItem/<order>/<item>, one piece',
    plant: idle('DELETE', /^\/orders\/removeItem\/[0-9a-f]+\//),
  },
  taken(
    'items of nothing are removed',
    'DELETE /orders/removeItem of an order that is not there, 400',
    'order_not_found',
    /^\/orders\/removeItem/,
  ),
  {
    title: 'a paid draft is not shown as paid',
    caughtBy: 'POST /orders/checkout/<order>',
    plant: bodyChanged(found, (body) => ({ ...body, paid: false })),
  },
  taken(
    'nothing is checked out',
    'POST /orders/checkout of an order that is not there, 400',
    'order_not_found',
    /^\/orders\/checkout/,
  ),
  {
    title: 'a draft is not removed',
    caughtBy: 'DELETE /orders/remove/<order>',
    plant: idle('DELETE', /^\/orders\/remove\/[0-9a-f]+$/),
  },
  taken(
    'nothing is removed',
    'DELETE /orders/remove of an order that is not there, 400',
    'order_not_found',
    /^\/orders\/remove\//,
  ),
  taken(
    'a batch of no orders is made',
    'POST /orders/batch_init of no orders, 400',
    'bad_request',
    /^\/orders\/batch_init/,
  ),
]

export const courseFaults: readonly Fault[] = [
  {
    title: 'a new item has no id',
    caughtBy: 'POST /stock/item/create/<price>',
    plant: bodyChanged(at('POST', /^\/stock\/item\/create/), ({ item_id }) => ({ id: item_id })),
  },
  taken(
    'an item may cost nothing',
    'POST /stock/item/create/<price> without a price, 400',
    'bad_request',
    /^\/stock\/item\/create/,
  ),
  {
    title: 'an item has another price than its toy',
    caughtBy: 'GET /stock/find/<item>, as in the list of toys',
    plant: bodyChanged(at('GET', /^\/stock\/find/), (body) => ({ ...body, price: (body.price as number) + 1 })),
  },
  taken('every item is there', 'GET /stock/find/<item> that is not there, 400', 'product_not_found', /^\/stock\/find/),
  {
    title: 'pieces are added and not told',
    caughtBy: 'POST /stock/add/<item>/<amount>',
    plant: changed(at('POST', /^\/stock\/add/), oneMore),
  },
  taken(
    'pieces of nothing are added',
    'POST /stock/add of an item that is not there, 400',
    'product_not_found',
    /^\/stock\/add/,
  ),
  taken(
    'more pieces are taken than there are',
    'POST /stock/subtract of more than there is, 400',
    'out_of_stock',
    /^\/stock\/subtract/,
  ),
  {
    title: 'pieces are taken and not told',
    caughtBy: 'POST /stock/subtract/<item>/<amount>',
    plant: changed(at('POST', /^\/stock\/subtract/), oneMore),
  },
  taken(
    'pieces of nothing are taken',
    'POST /stock/subtract of an item that is not there, 400',
    'product_not_found',
    /^\/stock\/subtract/,
  ),
  taken(
    'a batch of no items is made',
    'POST /stock/batch_init of no items, 400',
    'bad_request',
    /^\/stock\/batch_init/,
  ),
  {
    title: 'a new user has no id',
    caughtBy: 'POST /payment/create_user',
    plant: bodyChanged(at('POST', /^\/payment\/create_user/), ({ user_id }) => ({ id: user_id })),
  },
  taken(
    'anybody makes users',
    'POST /payment/create_user without the right, 401 or 403',
    'forbidden',
    /^\/payment\/create_user/,
  ),
  {
    title: 'a new user is rich',
    caughtBy: 'GET /payment/find_user/<user>',
    plant: first(at('GET', /^\/payment\/find_user/), (reply) =>
      json(200, { ...(JSON.parse(reply.text) as object), credit: 1 }),
    ),
  },
  taken(
    'every user is there',
    'GET /payment/find_user/<user> who is not there, 400',
    'user_not_found',
    /^\/payment\/find_user/,
  ),
  {
    title: 'credit is put in, and not told as done',
    caughtBy: 'POST /payment/add_funds/<user>/<amount>',
    plant: bodyChanged(at('POST', /^\/payment\/add_funds/), ({ done: _, ...body }) => body),
  },
  taken(
    'credit is put in for nobody',
    'POST /payment/add_funds of a user who is not there, 400',
    'user_not_found',
    /^\/payment\/add_funds/,
  ),
  {
    title: 'what is paid is told wrongly',
    caughtBy: 'POST /payment/pay/<user>/<amount>',
    plant: changed(at('POST', /^\/payment\/pay\/[^/]+\/\d+$/), oneMore),
  },
  taken(
    'more is paid than there is',
    'POST /payment/pay of more than there is, 400',
    'out_of_credit',
    /^\/payment\/pay\/[^/]+\/\d+$/,
  ),
  taken(
    'nobody pays',
    'POST /payment/pay of a user who is not there, 400',
    'user_not_found',
    /^\/payment\/pay\/[^/]+\/\d+$/,
    internal,
  ),
  {
    title: 'an order is paid twice',
    caughtBy: 'POST /payment/pay/<user>/<order>/<amount>',
    plant: () => {
      let times = 0
      return {
        change: (reply, request) =>
          at('POST', /^\/payment\/pay\/[^/]+\/smoke-order/)(request, reply) && ++times === 2
            ? { ...reply, text: reply.text.replace(/(\d+)$/, (figure) => String(Number(figure) - 1)) }
            : reply,
      }
    },
  },
  taken(
    'nobody pays for an order',
    'POST /payment/pay for an order, of a user who is not there, 400',
    'user_not_found',
    /^\/payment\/pay\/[^/]+\/smoke-order/,
    internal,
  ),
  ...['GET', 'POST'].flatMap((method): Fault[] => [
    {
      title: `what was paid is not, by ${method}`,
      caughtBy: `${method} /payment/status/<user>/<order>`,
      plant: first(at(method, /^\/payment\/status/), () => json(200, { paid: false })),
    },
    {
      title: `nobody's payment is told, by ${method}`,
      caughtBy: `${method} /payment/status of a user who is not there, 400`,
      plant: changed(
        refusal('user_not_found', (request) => request.method === method && request.path.startsWith('/payment/status')),
        () => json(200, { paid: false }),
      ),
    },
  ]),
  {
    title: 'what is taken back is told wrongly',
    caughtBy: 'POST /payment/cancel/<user>/<order>',
    plant: changed(at('POST', /^\/payment\/cancel/), oneMore),
  },
  {
    title: 'a payment is taken back twice',
    caughtBy: 'POST /payment/cancel of what was taken back, 400',
    plant: changed(
      refusal('conflict', ({ path }) => /^\/payment\/cancel\/[0-9a-f]{32}\//.test(path)),
      accepted,
    ),
  },
  taken(
    'what was not paid is taken back',
    'POST /payment/cancel of what was not paid, 400',
    'conflict',
    /^\/payment\/cancel\/smoke-nobody/,
  ),
  taken(
    'a batch of no users is made',
    'POST /payment/batch_init of no users, 400',
    'bad_request',
    /^\/payment\/batch_init/,
  ),
  ...draftFaults,
]
