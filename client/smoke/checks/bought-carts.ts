/**
 * What a cart holds, bought at once. A toy of our own is bought until it is sold out; its name is a number, so that it may stand
 * in a cart as one.
 */
import { randomInt } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { Answer, Asked } from '../answer.ts'
import { type Check, Failed, type Shop } from '../check.ts'
import { checkRefusal, dataOf, told } from '../expect.ts'
import { boughtCartShape, type Toy, toyShape } from '../shapes.ts'
import { quoted } from '../words.ts'
import { addTo, empty, expectCart, expectItem, newCustomer, type WantedItem } from './carts.ts'
import { find } from './course-stock.ts'
import { nobodys } from './new-toy.ts'
import { askForOwner, post } from './owner.ts'

const priceCents = 50
/** Less than it costs, in money. */
const offered = 0.4
const pieces = 3

const buy = (cart: string, more: { acceptPrices?: boolean } = {}): Asked =>
  post('/orders', { cart, ...more }, `${cart}-${more.acceptPrices ?? false}`)

const emptyCart: Check = {
  name: 'POST /orders of a cart that is empty, 409',
  routes: ['POST /orders'],
  async run(shop) {
    checkRefusal(shop, await shop.ask(buy(newCustomer())), 409, 'cart_empty')
  },
}

/** It stays in the cart; then it is taken out. */
const noToy: Check = {
  name: 'POST /orders of a cart with what is no toy, 404',
  routes: ['POST /orders'],
  async run(shop) {
    const customer = newCustomer()
    const item = { itemId: nobodys, unitCount: 1 }
    await expectItem(shop, addTo(customer, nobodys), item)
    try {
      checkRefusal(shop, await shop.ask(buy(customer)), 404, 'product_not_found')
      await expectCart(shop, customer, [item])
    } finally {
      await empty(shop, customer)
    }
  },
}

const newToy: Check<Toy> = {
  name: 'POST /products of a name that is a number',
  routes: ['POST /products'],
  async run(shop) {
    shop.checkMayCreate()
    const name = String(randomInt(10 ** 11, 10 ** 12))
    const answer = await askForOwner(shop, post('/products', { name, price: priceCents / 100, quantity: pieces }))
    if (answer.status === 201) shop.note(`the toy ${quoted(name)} stays in the store`)
    const toy = dataOf(answer, toyShape, 'a new toy', 201)
    if (toy.name !== name) throw new Failed(`the toy ${quoted(name)}`, told(answer))
    return toy
  },
}

/** One order of so many, at what the toy costs, and nothing left in the cart. */
async function expectBought(shop: Shop, asked: Asked, customer: string, name: string, quantity: number): Promise<void> {
  const answer = await shop.ask(asked)
  const { order_number: number, items } = dataOf(answer, boughtCartShape, 'an order of what was in the cart')
  shop.note(`order ${number} of ${quantity} ${quoted(name)} stays in the store`)
  if (!isDeepStrictEqual(items, [{ name, quantity, price: priceCents }]))
    throw new Failed(`${quantity} of ${quoted(name)} at ${priceCents / 100}`, told(answer))
  await expectCart(shop, customer, [])
  const again = await shop.ask(asked)
  if (again.text !== answer.text) throw new Failed('the same order under the same key', told(again))
}

const bought: Check<string> = {
  name: 'POST /orders of a cart',
  routes: ['POST /orders'],
  async run(shop) {
    const { name } = shop.after(newToy)
    const customer = newCustomer()
    await expectItem(shop, addTo(customer, name), { itemId: Number(name), unitCount: 1 })
    await expectBought(shop, buy(customer), customer, name, 1)
    return customer
  },
}

/** Nothing is bought, and the cart is as it was. */
const priceChanged: Check<string> = {
  name: 'POST /orders of a cart in which something costs more than it was offered for, 409',
  routes: ['POST /orders'],
  async run(shop) {
    const { name } = shop.after(newToy)
    const customer = shop.after(bought)
    const item: WantedItem = { itemId: Number(name), unitCount: pieces - 1, offeredPrice: offered }
    await expectItem(shop, addTo(customer, name, { unitCount: pieces - 1, offeredPrice: offered }), item)
    const key = `${customer}-dearer`
    const answer = await shop.ask(post('/orders', { cart: customer }, key))
    checkRefusal(shop, answer, 409, 'price_changed')
    if (!isDeepStrictEqual(itemsOf(answer), [{ name, old: offered, new: priceCents / 100 }]))
      throw new Failed(`items with the old price ${offered} and the new one ${priceCents / 100}`, told(answer))
    await expectCart(shop, customer, [item])
    return customer
  },
}

const itemsOf = ({ body }: Answer): unknown =>
  z.object({ error: z.object({ items: z.unknown() }) }).safeParse(body).data?.error.items

const accepted: Check = {
  name: 'POST /orders of a cart at whatever it costs',
  routes: ['POST /orders'],
  async run(shop) {
    const { name } = shop.after(newToy)
    const customer = shop.after(priceChanged)
    await expectBought(shop, buy(customer, { acceptPrices: true }), customer, name, pieces - 1)
    const { stock } = await find(shop, name)
    if (stock !== 0) throw new Failed(`${quoted(name)} to be sold out`, `${stock}`)
  },
}

export const boughtCartChecks: readonly Check[] = [emptyCart, noToy, newToy, bought, priceChanged, accepted]
