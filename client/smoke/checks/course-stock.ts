/**
 * The web-scale course's routes for items, which are toys. Always: an amount is put in before it is taken out, and nothing is
 * left in the end; no item of the shop is changed. `batch_init` overwrites the items "0", "1" …, so it is only asked for none.
 */
import { z } from 'zod'
import { type Check, Failed, type Shop } from '../check.ts'
import { bodyOf, told } from '../expect.ts'
import { quoted } from '../words.ts'
import { leftAfterPurchase } from './customer.ts'
import { newToy, nobodys } from './new-toy.ts'
import { askForOwner, post, refusalToOwner, refusedToOwner } from './owner.ts'
import { plentiful } from './toys.ts'

const price = 3
const added = 2

const madeShape = z.strictObject({ item_id: z.string().min(1) })
const foundShape = z.strictObject({ stock: z.int().nonnegative(), price: z.number().nonnegative() })

/** Costs three credits; there is none of it. */
export const newItem: Check<{ item: string; price: number }> = {
  name: 'POST /stock/item/create/<price>',
  routes: ['POST /stock/item/create/:price'],
  async run(shop) {
    shop.checkMayCreate()
    const answer = await askForOwner(shop, post(`/stock/item/create/${price}`))
    const { item_id: item } = bodyOf(answer, madeShape, 'an item_id')
    shop.note(`the item ${quoted(item)} stays in the store`)
    return { item, price }
  },
}

const badPrice = refusalToOwner(
  'POST /stock/item/create/<price> without a price',
  'POST /stock/item/create/:price',
  post('/stock/item/create/0'),
  400,
  'bad_request',
)

export async function find(shop: Shop, item: string): Promise<{ stock: number; price: number }> {
  const answer = await shop.ask({ path: `/stock/find/${encodeURIComponent(item)}` })
  return bodyOf(answer, foundShape, 'stock and price')
}

/** Others may have bought of it since the list was read, so it may be less. */
const found: Check = {
  name: 'GET /stock/find/<item>, as in the list of toys',
  routes: ['GET /stock/find/:item'],
  async run(shop) {
    const { name, stock, price: cents } = plentiful(shop)
    const shown = await find(shop, name)
    if (Math.round(shown.price * 100) !== cents || shown.stock > stock)
      throw new Failed(`at most ${stock} of ${quoted(name)} at ${cents / 100}`, `${shown.stock} at ${shown.price}`)
  },
}

const notFound = refusalToOwner(
  'GET /stock/find/<item> that is not there',
  'GET /stock/find/:item',
  { path: `/stock/find/${nobodys}` },
  400,
  'product_not_found',
)

/** Asks for a change, and expects so many pieces in its text and at the next look. */
async function expectStock(shop: Shop, path: string, item: string, wanted: number): Promise<void> {
  const answer = await askForOwner(shop, post(path))
  const sentence = `Item: ${item} stock updated to: ${wanted}`
  if (answer.status !== 200 || answer.text !== sentence) throw new Failed(`200 ${sentence}`, told(answer))
  const { stock } = await find(shop, item)
  if (stock !== wanted) throw new Failed(`${wanted} pieces to be found after it`, `${stock}`)
}

export const add: Check<number> = {
  name: 'POST /stock/add/<item>/<amount>',
  routes: ['POST /stock/add/:item/:amount'],
  async run(shop) {
    const { item } = shop.after(newItem)
    await expectStock(shop, `/stock/add/${item}/${added}`, item, added)
    return added
  },
}

const addNothing = refusalToOwner(
  'POST /stock/add of an item that is not there',
  'POST /stock/add/:item/:amount',
  post(`/stock/add/${nobodys}/1`),
  400,
  'product_not_found',
)

const subtractTooMuch: Check = {
  name: 'POST /stock/subtract of more than there is, 400',
  routes: ['POST /stock/subtract/:item/:amount'],
  async run(shop) {
    const { stock } = leftAfterPurchase(shop)
    const { name } = shop.after(newToy)
    const asked = post(`/stock/subtract/${name}/${stock + 1}`)
    await refusedToOwner(shop, asked, 400, 'out_of_stock')
  },
}

/** The toy of new-toy.ts is sold out then. */
const subtract: Check = {
  name: 'POST /stock/subtract/<item>/<amount>',
  routes: ['POST /stock/subtract/:item/:amount'],
  async run(shop) {
    const { stock } = leftAfterPurchase(shop)
    const { name } = shop.after(newToy)
    await expectStock(shop, `/stock/subtract/${name}/${stock}`, name, 0)
  },
}

const subtractNothing = refusalToOwner(
  'POST /stock/subtract of an item that is not there',
  'POST /stock/subtract/:item/:amount',
  post(`/stock/subtract/${nobodys}/1`),
  400,
  'product_not_found',
)

const noBatch = refusalToOwner(
  'POST /stock/batch_init of no items',
  'POST /stock/batch_init/:n/:stock/:price',
  post('/stock/batch_init/0/1/1'),
  400,
  'bad_request',
)

export const courseStockChecks: readonly Check[] = [
  newItem,
  badPrice,
  found,
  notFound,
  add,
  addNothing,
  subtractTooMuch,
  subtract,
  subtractNothing,
  noBatch,
]
