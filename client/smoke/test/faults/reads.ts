/** What is read: toys, orders, movements, figures, and by whom. */
import { errorReply, json, withData } from '../planted.ts'
import {
  accepted,
  changed,
  dataChanged,
  type Fault,
  get,
  internal,
  isOrder,
  isToy,
  number,
  once,
  ownGet,
  refusal,
} from './planting.ts'

export const readFaults: readonly Fault[] = [
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
    title: 'another order is told',
    caughtBy: 'GET /orders/<number>',
    plant: dataChanged(isOrder, (order) => ({ ...order, number: number(order.number) - 1 })),
  },
  {
    title: 'an order has no time',
    caughtBy: 'GET /orders/<number>',
    plant: dataChanged(isOrder, ({ placed_at: _, ...order }) => order),
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
    plant: changed(refusal('order_not_found', get(`/orders/${Number.MAX_SAFE_INTEGER}`)), (reply) => ({
      ...reply,
      status: 200,
    })),
  },
  {
    title: 'an order that has no number is not found',
    caughtBy: 'GET /orders/<number> that is no number, 400',
    plant: changed(get('/orders/none'), () => errorReply(404, 'order_not_found')),
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
