/** A customer: made, given credit, buying. In the end it has one credit left, which course-payment.ts spends. */
import { setTimeout as pause } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { type Check, Failed, type Shop } from '../check.ts'
import { checkRefusal, dataOf, pageOf, told } from '../expect.ts'
import {
  type Bought,
  boughtByShape,
  type Customer,
  creditMovementShape,
  customerShape,
  numberCursor,
  orderShape,
} from '../shapes.ts'
import { quoted } from '../words.ts'
import { newToy, nobodys, restock } from './new-toy.ts'
import { askForToy } from './one-toy.ts'
import { askForOwner, post, refusalToOwner } from './owner.ts'

const cents = { made: 150, more: 50 }
const quantity = 2
/** The front end may hear a moment later that pieces were given back. */
const looksMax = 5
const pauseMs = 100

export const newCustomer: Check<Customer> = {
  name: 'POST /customers',
  routes: ['POST /customers'],
  async run(shop) {
    const { name: user } = shop.after(newToy)
    const answer = await askForOwner(shop, post('/customers', { user_id: user, credit: cents.made / 100 }))
    if (answer.status === 201) shop.note(`the customer ${quoted(user)} stays in the store`)
    const made = dataOf(answer, customerShape, 'a new customer', 201)
    if (made.user_id !== user || made.credit !== cents.made)
      throw new Failed(`${quoted(user)} with ${cents.made / 100}`, told(answer))
    return made
  },
}

const takenId: Check = {
  name: 'POST /customers of an id that is taken, 409',
  routes: ['POST /customers'],
  async run(shop) {
    const { user_id } = shop.after(newCustomer)
    checkRefusal(shop, await askForOwner(shop, post('/customers', { user_id, credit: 1 })), 409, 'customer_exists')
  },
}

const badCredit = refusalToOwner(
  'POST /customers with a credit below zero',
  'POST /customers',
  post('/customers', { user_id: nobodys, credit: -1 }),
  400,
  'bad_request',
)

const oneCustomer: Check = {
  name: 'GET /customers/<id>',
  routes: ['GET /customers/:user'],
  async run(shop) {
    const { user_id, credit } = shop.after(newCustomer)
    await expectCredit(shop, user_id, credit)
  },
}

async function expectCredit(shop: Shop, user: string, wanted: number): Promise<void> {
  const answer = await askForOwner(shop, `/customers/${user}`)
  const customer = dataOf(answer, customerShape, 'a customer: user_id, credit')
  if (customer.user_id !== user || customer.credit !== wanted)
    throw new Failed(`${quoted(user)} with ${wanted / 100}`, told(answer))
}

const noCustomer = refusalToOwner(
  'GET /customers/<id> that is not there',
  'GET /customers/:user',
  { path: `/customers/${nobodys}` },
  404,
  'user_not_found',
)

/** Under one key, twice: it is put in once. The cents that there are then. */
const credit: Check<number> = {
  name: 'POST /customers/<id>/credit',
  routes: ['POST /customers/:user/credit'],
  async run(shop) {
    const { user_id, credit: before } = shop.after(newCustomer)
    const asked = post(`/customers/${user_id}/credit`, { amount: cents.more / 100 }, `${user_id}-credit`)
    const wanted = before + cents.more
    for (const time of ['first', 'second']) {
      const answer = await askForOwner(shop, asked)
      const after = dataOf(answer, customerShape, 'the customer with more credit')
      if (after.credit !== wanted) throw new Failed(`${wanted / 100}, the ${time} time under one key`, told(answer))
    }
    return wanted
  },
}

const noCredit = refusalToOwner(
  'POST /customers/<id>/credit of nobody',
  'POST /customers/:user/credit',
  post(`/customers/${nobodys}/credit`, { amount: 1 }),
  404,
  'user_not_found',
)

const creditMovements: Check = {
  name: 'GET /movements?ledger=credit',
  routes: ['GET /movements'],
  async run(shop) {
    const answer = await askForOwner(shop, '/movements?ledger=credit&limit=50')
    const { data } = pageOf(answer, creditMovementShape, numberCursor, 'a page of movements of credit and next')
    for (const [index, { number }] of data.entries())
      if (index > 0 && number <= data[index - 1]!.number)
        throw new Failed('rising numbers', `movement ${number} behind movement ${data[index - 1]!.number}`)
  },
}

const buyAs = (user: string, name: string, pieces: number) =>
  post('/orders', { items: [{ name, quantity: pieces }], user }, `${user}-${pieces}`)

/** Once it is bought: the pieces and the cents that are left. */
const purchase: Check<{ bought: Bought; stock: number; credit: number }> = {
  name: 'POST /orders by a customer',
  routes: ['POST /orders'],
  async run(shop) {
    const { name, price } = shop.after(newToy)
    const [stock, before] = [shop.after(restock), shop.after(credit)]
    const { user_id: user } = shop.after(newCustomer)
    const answer = await shop.ask(buyAs(user, name, quantity))
    const { items, user: payer, ...bought } = dataOf(answer, boughtByShape, 'an order of a customer')
    shop.note(`order ${bought.order_number} of ${quantity} ${quoted(name)} stays in the store`)
    const wanted = { name, quantity, price }
    if (payer !== user || !isDeepStrictEqual(items, [wanted]) || bought.total !== price * quantity)
      throw new Failed(`${quantity} of ${quoted(name)} for ${(price * quantity) / 100}`, told(answer))
    return { bought, stock: stock - quantity, credit: before - bought.total }
  },
}

const orderOfCustomer: Check = {
  name: 'GET /orders/<number> of a customer',
  routes: ['GET /orders/:number'],
  async run(shop) {
    const { order_number: number, name, quantity, price, total } = shop.after(purchase).bought
    const answer = await shop.ask({ path: `/orders/${number}` })
    const { placed_at: _, ...order } = dataOf(answer, orderShape, 'an order with its items and its customer')
    const items = [{ name, quantity, price }]
    const wanted = { number, name, quantity, price, total, items, user: shop.after(newCustomer).user_id }
    if (!isDeepStrictEqual({ ...order }, wanted)) throw new Failed(JSON.stringify(wanted), told(answer))
  },
}

const creditFalls: Check = {
  name: 'GET /customers/<id>, less after the purchase',
  routes: ['GET /customers/:user'],
  run: (shop) => expectCredit(shop, shop.after(newCustomer).user_id, shop.after(purchase).credit),
}

/** There are enough pieces, and for so many not enough credit. */
const tooDear: Check = {
  name: 'POST /orders by a customer without the credit, 409',
  routes: ['POST /orders'],
  async run(shop) {
    const { stock } = shop.after(purchase)
    const { name } = shop.after(newToy)
    checkRefusal(shop, await shop.ask(buyAs(shop.after(newCustomer).user_id, name, stock)), 409, 'out_of_credit')
    for (let look = 1; ; look++) {
      const shown = await askForToy(shop, name)
      if (shown.stock === stock) return
      if (look === looksMax) throw new Failed(`all ${stock} pieces to be there after that`, `${shown.stock}`)
      await pause(pauseMs)
    }
  },
}

const byNobody: Check = {
  name: 'POST /orders by a customer who is not there, 404',
  routes: ['POST /orders'],
  async run(shop) {
    const { name } = shop.after(newToy)
    checkRefusal(shop, await shop.ask(buyAs(nobodys, name, 1)), 404, 'user_not_found')
  },
}

export const customerChecks: readonly Check[] = [
  newCustomer,
  takenId,
  badCredit,
  oneCustomer,
  noCustomer,
  credit,
  noCredit,
  creditMovements,
  purchase,
  orderOfCustomer,
  creditFalls,
  tooDear,
  byNobody,
]

/** What it has left of pieces and credit. Throws LeftOut where that is not known. */
export const leftAfterPurchase = (shop: Shop): { stock: number; credit: number } => shop.after(purchase)
