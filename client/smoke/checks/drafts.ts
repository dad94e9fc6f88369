/**
 * The web-scale course's drafts: filled, looked at, taken apart and checked out. One of ours becomes an order, of one item of
 * ours, which a user of ours pays with all it has. `batch_init` overwrites the drafts "0", "1" …, so it is only asked for none.
 */
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { type Check, Failed, type Shop } from '../check.ts'
import { bodyOf, refused, told } from '../expect.ts'
import { quoted } from '../words.ts'
import { addFunds, cancel, creditOf } from './course-payment.ts'
import { add, find as findItem, newItem } from './course-stock.ts'
import { nobodys } from './new-toy.ts'
import { post, refusalToOwner } from './owner.ts'

const madeShape = z.strictObject({ order_id: z.string().min(1) })
const draftShape = z.strictObject({
  order_id: z.string(),
  paid: z.boolean(),
  items: z.array(z.tuple([z.string(), z.int().positive()])),
  user_id: z.string(),
  total_cost: z.number().nonnegative(),
})

interface Draft {
  order: string
  user: string
}

async function create(shop: Shop): Promise<Draft> {
  const { user } = shop.after(addFunds)
  const { order_id: order } = bodyOf(await shop.ask(post(`/orders/create/${user}`)), madeShape, 'an order_id')
  return { order, user }
}

/** Empty. */
const newDraft: Check<Draft> = {
  name: 'POST /orders/create/<user>',
  routes: ['POST /orders/create/:user'],
  run: create,
}

const refusal = (name: string, route: string, path: string, reason: string): Check => ({
  name: `${name}, 400`,
  routes: [route],
  async run(shop) {
    await refused(shop, { method: route.startsWith('DELETE') ? 'DELETE' : 'POST', path }, 400, reason)
  },
})

async function expectDraft(shop: Shop, { order, user }: Draft, pieces: number, paid: boolean): Promise<void> {
  const { item, price } = shop.after(newItem)
  const answer = await shop.ask({ path: `/orders/find/${order}` })
  const items = pieces === 0 ? [] : [[item, pieces]]
  const wanted = { order_id: order, paid, items, user_id: user, total_cost: pieces * price }
  const draft = bodyOf(answer, draftShape, 'order_id, paid, items, user_id and total_cost')
  if (!isDeepStrictEqual({ ...draft }, wanted)) throw new Failed(JSON.stringify(wanted), told(answer))
}

const found: Check = {
  name: 'GET /orders/find/<order>',
  routes: ['GET /orders/find/:id'],
  run: (shop) => expectDraft(shop, shop.after(newDraft), 0, false),
}

const notFound: Check = {
  name: 'GET /orders/find/<order> that is not there, 400',
  routes: ['GET /orders/find/:id'],
  async run(shop) {
    await refused(shop, { path: `/orders/find/${nobodys}` }, 400, 'order_not_found')
  },
}

async function expectDone(shop: Shop, method: 'POST' | 'DELETE', path: string): Promise<void> {
  const answer = await shop.ask({ method, path })
  if (answer.status !== 200) throw new Failed('200', told(answer))
}

/** Two pieces, then one more without saying how many. */
const addItems: Check<number> = {
  name: 'POST /orders/addItem/<order>/<item>/<quantity>',
  routes: ['POST /orders/addItem/:id/:item/:quantity'],
  async run(shop) {
    const draft = shop.after(newDraft)
    const pieces = shop.after(add)
    await expectDone(shop, 'POST', `/orders/addItem/${draft.order}/${shop.after(newItem).item}/${pieces}`)
    await expectDraft(shop, draft, pieces, false)
    return pieces
  },
}

const addOne: Check<number> = {
  name: 'POST /orders/addItem/<order>/<item>',
  routes: ['POST /orders/addItem/:id/:item'],
  async run(shop) {
    const draft = shop.after(newDraft)
    const pieces = shop.after(addItems) + 1
    await expectDone(shop, 'POST', `/orders/addItem/${draft.order}/${shop.after(newItem).item}`)
    await expectDraft(shop, draft, pieces, false)
    return pieces
  },
}

/** There is one piece too few, and not enough credit either. */
const tooMuch: Check = {
  name: 'POST /orders/checkout/<order> of more than there is, 400',
  routes: ['POST /orders/checkout/:id'],
  async run(shop) {
    shop.after(cancel)
    const draft = shop.after(newDraft)
    const pieces = shop.after(addOne)
    const { item } = shop.after(newItem)
    await refused(shop, post(`/orders/checkout/${draft.order}`), 400, 'out_of_stock')
    await expectDraft(shop, draft, pieces, false)
    const { stock } = await findItem(shop, item)
    const credit = await creditOf(shop, draft.user)
    const before = { stock: shop.after(add), credit: shop.after(addFunds).credit }
    if (!isDeepStrictEqual({ stock, credit }, before))
      throw new Failed(`all to be as before, ${JSON.stringify(before)}`, JSON.stringify({ stock, credit }))
  },
}

const removeItem: Check<number> = {
  name: 'DELETE /orders/removeItem/<order>/<item>, one piece',
  routes: ['DELETE /orders/removeItem/:id/:item'],
  async run(shop) {
    const draft = shop.after(newDraft)
    const pieces = shop.after(addOne) - 1
    await expectDone(shop, 'DELETE', `/orders/removeItem/${draft.order}/${shop.after(newItem).item}`)
    await expectDraft(shop, draft, pieces, false)
    return pieces
  },
}

/** Twice: it is one order. */
const checkout: Check = {
  name: 'POST /orders/checkout/<order>',
  routes: ['POST /orders/checkout/:id'],
  async run(shop) {
    shop.after(cancel)
    const draft = shop.after(newDraft)
    const pieces = shop.after(removeItem)
    shop.note(`an order of ${pieces} ${quoted(shop.after(newItem).item)} stays in the store`)
    for (let time = 0; time < 2; time++) await expectDone(shop, 'POST', `/orders/checkout/${draft.order}`)
    await expectDraft(shop, draft, pieces, true)
    const { stock } = await findItem(shop, shop.after(newItem).item)
    const credit = await creditOf(shop, draft.user)
    if (stock !== 0 || credit !== 0) throw new Failed('stock 0 and credit 0', `stock ${stock} and credit ${credit}`)
  },
}

const remove: Check = {
  name: 'DELETE /orders/remove/<order>',
  routes: ['DELETE /orders/remove/:id'],
  async run(shop) {
    const { order } = await create(shop)
    await expectDone(shop, 'DELETE', `/orders/remove/${order}`)
    await refused(shop, { path: `/orders/find/${order}` }, 400, 'order_not_found')
  },
}

const noBatch = refusalToOwner(
  'POST /orders/batch_init of no orders',
  'POST /orders/batch_init/:n/:items/:users/:price',
  post('/orders/batch_init/0/1/1/1'),
  400,
  'bad_request',
)

export const draftChecks: readonly Check[] = [
  newDraft,
  refusal(
    'POST /orders/create/<user> of a user who is not there',
    'POST /orders/create/:user',
    `/orders/create/${nobodys}`,
    'user_not_found',
  ),
  found,
  notFound,
  addItems,
  refusal(
    'POST /orders/addItem to an order that is not there',
    'POST /orders/addItem/:id/:item',
    `/orders/addItem/${nobodys}/${nobodys}`,
    'product_not_found',
  ),
  addOne,
  tooMuch,
  removeItem,
  refusal(
    'DELETE /orders/removeItem of an order that is not there',
    'DELETE /orders/removeItem/:id/:item',
    `/orders/removeItem/${nobodys}/${nobodys}`,
    'order_not_found',
  ),
  checkout,
  refusal(
    'POST /orders/checkout of an order that is not there',
    'POST /orders/checkout/:id',
    `/orders/checkout/${nobodys}`,
    'order_not_found',
  ),
  remove,
  refusal(
    'DELETE /orders/remove of an order that is not there',
    'DELETE /orders/remove/:id',
    `/orders/remove/${nobodys}`,
    'order_not_found',
  ),
  noBatch,
]
