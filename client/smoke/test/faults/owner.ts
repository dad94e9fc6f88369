/** What the owner does: toys, customers, and a customer's purchase. */
import { errorReply, type Reply, withData } from '../planted.ts'
import {
  accepted,
  changed,
  dataChanged,
  type Fault,
  internal,
  isByCustomer,
  type Matches,
  number,
  refusal,
} from './planting.ts'

const post =
  (path: RegExp): Matches =>
  ({ method, path: asked }) =>
    method === 'POST' && path.test(asked)
const get =
  (path: RegExp): Matches =>
  ({ method, path: asked }) =>
    method === 'GET' && path.test(asked)
const good =
  (matches: Matches): Matches =>
  (request, reply) =>
    reply.status < 300 && matches(request, reply)

const restock = post(/^\/products\/smoke-\w+\/restock$/)
const credit = post(/^\/customers\/smoke-\w+\/credit$/)

/** What a repeat answers is one more, as if it had been done again. */
const doneAgain = (matches: Matches, field: string) => () => {
  let times = 0
  return {
    change: (reply: Reply, request: Parameters<Matches>[0]) =>
      good(matches)(request, reply) && ++times > 1
        ? withData(reply, (data) => ({ ...data, [field]: number(data[field]) + 1 }))
        : reply,
  }
}

export const ownerFaults: readonly Fault[] = [
  {
    title: 'a new toy has another price',
    caughtBy: 'POST /products',
    plant: dataChanged(good(post(/^\/products$/)), (toy) => ({ ...toy, price: 0.51 })),
  },
  {
    title: 'a toy is made anew',
    caughtBy: 'POST /products of a name that is taken, 409',
    plant: changed(refusal('product_exists'), accepted),
  },
  {
    title: 'a price may be below zero',
    caughtBy: 'POST /products at a price below zero, 400',
    plant: changed(refusal('bad_request', post(/^\/products$/)), accepted),
  },
  {
    title: 'a repeated key puts pieces in again',
    caughtBy: 'POST /products/<name>/restock',
    plant: doneAgain(restock, 'stock'),
  },
  {
    title: 'a toy that is not there gets pieces',
    caughtBy: 'POST /products/<name>/restock of a toy that is not there, 404',
    plant: changed(refusal('product_not_found', post(/restock$/)), accepted),
  },
  {
    title: 'a new customer has nothing',
    caughtBy: 'POST /customers',
    plant: dataChanged(good(post(/^\/customers$/)), (customer) => ({ ...customer, credit: 0 })),
  },
  {
    title: 'a customer is made anew',
    caughtBy: 'POST /customers of an id that is taken, 409',
    plant: changed(refusal('customer_exists'), accepted),
  },
  {
    title: 'a credit may be below zero',
    caughtBy: 'POST /customers with a credit below zero, 400',
    plant: changed(refusal('bad_request', post(/^\/customers$/)), internal),
  },
  {
    title: 'another customer is shown',
    caughtBy: 'GET /customers/<id>',
    plant: () => {
      let looks = 0
      return {
        change: (reply, request) =>
          good(get(/^\/customers\//))(request, reply) && ++looks === 1
            ? withData(reply, (customer) => ({ ...customer, user_id: 'other' }))
            : reply,
      }
    },
  },
  {
    title: 'everybody is a customer',
    caughtBy: 'GET /customers/<id> that is not there, 404',
    plant: changed(refusal('user_not_found', get(/^\/customers\//)), accepted),
  },
  {
    title: 'a repeated key puts credit in again',
    caughtBy: 'POST /customers/<id>/credit',
    plant: doneAgain(credit, 'credit'),
  },
  {
    title: 'nobody gets credit',
    caughtBy: 'POST /customers/<id>/credit of nobody, 404',
    plant: changed(refusal('user_not_found', post(/\/credit$/)), accepted),
  },
  {
    title: 'movements of credit have no number',
    caughtBy: 'GET /movements?ledger=credit',
    plant: changed(good(get(/^\/movements\?ledger=credit/)), (reply) =>
      withData<Record<string, unknown>[]>(reply, (rows) => rows.map(({ number: _, ...row }) => row)),
    ),
  },
  {
    title: "a customer's order costs less",
    caughtBy: 'POST /orders by a customer',
    plant: dataChanged(good(isByCustomer), (order) => ({ ...order, total: 0.5 })),
  },
  {
    title: 'an order does not say whose it is',
    caughtBy: 'GET /orders/<number> of a customer',
    plant: changed(good(get(/^\/orders\/\d+$/)), (reply) =>
      withData(reply, (order) => ('user' in order ? { ...order, user: 'other' } : order)),
    ),
  },
  {
    title: 'a purchase takes no credit',
    caughtBy: 'GET /customers/<id>, less after the purchase',
    plant: () => {
      let bought = false
      return {
        change: (reply, request) => {
          bought ||= good(isByCustomer)(request, reply)
          return bought && good(get(/^\/customers\//))(request, reply)
            ? withData(reply, (customer) => ({ ...customer, credit: number(customer.credit) + 1 }))
            : reply
        },
      }
    },
  },
  {
    title: 'more is sold than a customer can pay',
    caughtBy: 'POST /orders by a customer without the credit, 409',
    plant: changed(refusal('out_of_credit', isByCustomer), accepted),
  },
  {
    title: 'anybody may pay',
    caughtBy: 'POST /orders by a customer who is not there, 404',
    plant: changed(refusal('user_not_found', isByCustomer), () => errorReply(409, 'out_of_credit')),
  },
]
