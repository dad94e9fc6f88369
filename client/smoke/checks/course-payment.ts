/**
 * The web-scale course's routes for users, who are customers. Always: no customer of the shop is changed, and ours have nothing
 * left in the end. `batch_init` overwrites the users "0", "1" …, so it is only asked for none.
 */
import { z } from 'zod'
import { type Check, Failed, type Shop } from '../check.ts'
import { bodyOf, checkRefusal, reasonOf, told } from '../expect.ts'
import { quoted } from '../words.ts'
import { newItem } from './course-stock.ts'
import { leftAfterPurchase, newCustomer } from './customer.ts'
import { nobodys } from './new-toy.ts'
import { askForOwner, post, refusalToOwner, refusedToOwner } from './owner.ts'

const order = 'smoke-order'

const madeShape = z.strictObject({ user_id: z.string().min(1) })
const foundShape = z.strictObject({ user_id: z.string(), credit: z.number().nonnegative() })
const addedShape = z.strictObject({ done: z.literal(true), msg: z.string() })
const paidShape = z.strictObject({ paid: z.boolean() })

/** Has no credit. */
export const newUser: Check<string> = {
  name: 'POST /payment/create_user',
  routes: ['POST /payment/create_user'],
  async run(shop) {
    shop.checkMayCreate()
    const answer = await askForOwner(shop, post('/payment/create_user'))
    const { user_id } = bodyOf(answer, madeShape, 'a user_id')
    shop.note(`the customer ${quoted(user_id)} stays in the store`)
    return user_id
  },
}

/** As for the owner's other routes: 401 where a token is asked for. */
const notForOthers: Check = {
  name: 'POST /payment/create_user without the right, 401 or 403',
  routes: ['POST /payment/create_user'],
  async run(shop) {
    const headers = { 'x-forwarded-for': '203.0.113.7' }
    const answer = await shop.ask({ ...post('/payment/create_user'), headers })
    if (reasonOf(answer) === 'unauthorized') checkRefusal(shop, answer, 401, 'unauthorized')
    else checkRefusal(shop, answer, 403, 'forbidden')
  },
}

export async function creditOf(shop: Shop, user: string): Promise<number> {
  const answer = await askForOwner(shop, `/payment/find_user/${encodeURIComponent(user)}`)
  const { user_id, credit } = bodyOf(answer, foundShape, 'user_id and credit')
  if (user_id !== user) throw new Failed(`the user ${quoted(user)}`, told(answer))
  return credit
}

async function expectCredit(shop: Shop, user: string, wanted: number): Promise<void> {
  const credit = await creditOf(shop, user)
  if (credit !== wanted) throw new Failed(`${wanted} credits`, `${credit}`)
}

const found: Check = {
  name: 'GET /payment/find_user/<user>',
  routes: ['GET /payment/find_user/:user'],
  run: (shop) => expectCredit(shop, shop.after(newUser), 0),
}

const notFound = refusalToOwner(
  'GET /payment/find_user/<user> who is not there',
  'GET /payment/find_user/:user',
  { path: `/payment/find_user/${nobodys}` },
  400,
  'user_not_found',
)

/** As much as an item of ours costs twice. */
export const addFunds: Check<{ user: string; credit: number }> = {
  name: 'POST /payment/add_funds/<user>/<amount>',
  routes: ['POST /payment/add_funds/:user/:amount'],
  async run(shop) {
    const user = shop.after(newUser)
    const credit = 2 * shop.after(newItem).price
    const answer = await askForOwner(shop, post(`/payment/add_funds/${user}/${credit}`))
    bodyOf(answer, addedShape, 'done and a msg')
    await expectCredit(shop, user, credit)
    return { user, credit }
  },
}

const addToNobody = refusalToOwner(
  'POST /payment/add_funds of a user who is not there',
  'POST /payment/add_funds/:user/:amount',
  post(`/payment/add_funds/${nobodys}/1`),
  400,
  'user_not_found',
)

/** The customer of customer.ts has nothing left then. */
const pay: Check = {
  name: 'POST /payment/pay/<user>/<amount>',
  routes: ['POST /payment/pay/:user/:amount'],
  async run(shop) {
    const credit = leftAfterPurchase(shop).credit / 100
    const { user_id: user } = shop.after(newCustomer)
    const answer = await askForOwner(shop, post(`/payment/pay/${user}/${credit}`))
    expectUpdated(answer, user, 0)
    await expectCredit(shop, user, 0)
  },
}

function expectUpdated(answer: { status: number; text: string }, user: string, wanted: number): void {
  const sentence = `User: ${user} credit updated to: ${wanted}`
  if (answer.status !== 200 || answer.text !== sentence)
    throw new Failed(`200 ${sentence}`, `${answer.status} ${answer.text}`)
}

const payTooMuch: Check = {
  name: 'POST /payment/pay of more than there is, 400',
  routes: ['POST /payment/pay/:user/:amount'],
  async run(shop) {
    const { user, credit } = shop.after(addFunds)
    await refusedToOwner(shop, post(`/payment/pay/${user}/${credit + 1}`), 400, 'out_of_credit')
  },
}

const payByNobody = refusalToOwner(
  'POST /payment/pay of a user who is not there',
  'POST /payment/pay/:user/:amount',
  post(`/payment/pay/${nobodys}/1`),
  400,
  'user_not_found',
)

/** Twice for one order: it is paid once. */
const payForOrder: Check<string> = {
  name: 'POST /payment/pay/<user>/<order>/<amount>',
  routes: ['POST /payment/pay/:user/:order/:amount'],
  async run(shop) {
    const { user, credit } = shop.after(addFunds)
    for (let time = 0; time < 2; time++)
      expectUpdated(await askForOwner(shop, post(`/payment/pay/${user}/${order}/1`)), user, credit - 1)
    return user
  },
}

const statusRoutes = ['GET /payment/status/:user/:order', 'POST /payment/status/:user/:order'] as const

async function expectPaid(shop: Shop, method: 'GET' | 'POST', user: string, wanted: boolean): Promise<void> {
  const answer = await askForOwner(shop, { method, path: `/payment/status/${user}/${order}` })
  const { paid } = bodyOf(answer, paidShape, 'paid')
  if (paid !== wanted) throw new Failed(`paid to be ${wanted}`, `${paid}`)
}

const statuses = (['GET', 'POST'] as const).map(
  (method, index): Check => ({
    name: `${method} /payment/status/<user>/<order>`,
    routes: [statusRoutes[index]!],
    run: (shop) => expectPaid(shop, method, shop.after(payForOrder), true),
  }),
)

const statusOfNobody = (['GET', 'POST'] as const).map((method, index) =>
  refusalToOwner(
    `${method} /payment/status of a user who is not there`,
    statusRoutes[index]!,
    { method, path: `/payment/status/${nobodys}/${order}` },
    400,
    'user_not_found',
  ),
)

/** All credit is there again. */
export const cancel: Check = {
  name: 'POST /payment/cancel/<user>/<order>',
  routes: ['POST /payment/cancel/:user/:order'],
  async run(shop) {
    const user = shop.after(payForOrder)
    const { credit } = shop.after(addFunds)
    const asked = post(`/payment/cancel/${user}/${order}`)
    expectUpdated(await askForOwner(shop, asked), user, credit)
    await expectPaid(shop, 'GET', user, false)
    await expectCredit(shop, user, credit)
  },
}

const cancelTwice: Check = {
  name: 'POST /payment/cancel of what was taken back, 400',
  routes: ['POST /payment/cancel/:user/:order'],
  async run(shop) {
    shop.after(cancel)
    const asked = post(`/payment/cancel/${shop.after(newUser)}/${order}`)
    await refusedToOwner(shop, asked, 400, 'conflict')
  },
}

const cancelNothing = refusalToOwner(
  'POST /payment/cancel of what was not paid',
  'POST /payment/cancel/:user/:order',
  post(`/payment/cancel/${nobodys}/${order}`),
  400,
  'conflict',
)

const payForOrderByNobody = refusalToOwner(
  'POST /payment/pay for an order, of a user who is not there',
  'POST /payment/pay/:user/:order/:amount',
  post(`/payment/pay/${nobodys}/${order}/1`),
  400,
  'user_not_found',
)

const noBatch = refusalToOwner(
  'POST /payment/batch_init of no users',
  'POST /payment/batch_init/:n/:money',
  post('/payment/batch_init/0/1'),
  400,
  'bad_request',
)

export const coursePaymentChecks: readonly Check[] = [
  newUser,
  notForOthers,
  found,
  notFound,
  addFunds,
  addToNobody,
  pay,
  payTooMuch,
  payByNobody,
  payForOrder,
  payForOrderByNobody,
  ...statuses,
  ...statusOfNobody,
  cancel,
  cancelTwice,
  cancelNothing,
  noBatch,
]
