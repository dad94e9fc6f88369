/** What must be refused, and is not, or otherwise. */
import { errorReply, json } from '../planted.ts'
import { accepted, changed, type Fault, get, internal, isBuy, refusal } from './planting.ts'

export const refusalFaults: readonly Fault[] = [
  {
    title: 'a toy that is not there is out of stock',
    caughtBy: 'POST /orders of a toy that is not there, 404',
    plant: changed(refusal('product_not_found', isBuy), () => errorReply(409, 'out_of_stock')),
  },
  {
    title: 'more is sold than there is',
    caughtBy: 'POST /orders of more than there is, 409',
    plant: changed(refusal('out_of_stock', isBuy), accepted),
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
      refusal('product_not_found', ({ method, path }) => method === 'GET' && path.startsWith('/products/')),
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
    plant: changed(({ method, path }) => method === 'PUT' && path === '/livez', accepted),
  },
  {
    title: 'a method is refused without saying which are taken',
    caughtBy: 'PATCH /orders, 405',
    plant: changed(
      ({ method }) => method === 'PATCH',
      ({ headers: { allow: _, ...headers }, ...reply }) => ({ ...reply, headers }),
    ),
  },
]
