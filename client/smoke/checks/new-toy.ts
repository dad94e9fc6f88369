/** The owner's toys: a new one, and more pieces of it. What is made here stays; customer.ts and course-stock.ts empty it. */
import { randomBytes } from 'node:crypto'
import { type Check, Failed } from '../check.ts'
import { checkRefusal, dataOf, told } from '../expect.ts'
import { type Toy, toyShape } from '../shapes.ts'
import { quoted } from '../words.ts'
import { askForToy } from './one-toy.ts'
import { askForOwner, post, refusalToOwner } from './owner.ts'

/** Nobody's toy, item, customer or draft. */
export const nobodys = 'smoke-nobody'
const priceCents = 50
const pieces = 4
const restocked = 2

/** As it was made, which costs half a credit. */
export const newToy: Check<Toy> = {
  name: 'POST /products',
  routes: ['POST /products'],
  async run(shop) {
    shop.checkMayCreate()
    const name = `smoke-${randomBytes(6).toString('hex')}`
    const answer = await askForOwner(shop, post('/products', { name, price: priceCents / 100, quantity: pieces }))
    if (answer.status === 201) shop.note(`the toy ${quoted(name)} stays in the store`)
    const made = dataOf(answer, toyShape, 'a new toy', 201)
    const { name: found, price, stock } = made
    if (found !== name || price !== priceCents || stock !== pieces)
      throw new Failed(`${pieces} of ${quoted(name)} at ${priceCents / 100}`, told(answer))
    const shown = await askForToy(shop, name)
    if (shown.stock !== pieces || shown.price !== priceCents)
      throw new Failed('the new toy to be shown as it was made', `${shown.stock} at ${shown.price / 100}`)
    return made
  },
}

const takenName: Check = {
  name: 'POST /products of a name that is taken, 409',
  routes: ['POST /products'],
  async run(shop) {
    const { name } = shop.after(newToy)
    const answer = await askForOwner(shop, post('/products', { name, price: 1, quantity: pieces }))
    checkRefusal(shop, answer, 409, 'product_exists')
  },
}

const noProduct = refusalToOwner(
  'POST /products at a price below zero',
  'POST /products',
  post('/products', { name: nobodys, price: -1, quantity: 0 }),
  400,
  'bad_request',
)

/** Under one key, twice: it is put in once. The pieces that there are then. */
export const restock: Check<number> = {
  name: 'POST /products/<name>/restock',
  routes: ['POST /products/:name/restock'],
  async run(shop) {
    const { name, stock } = shop.after(newToy)
    const asked = post(`/products/${name}/restock`, { quantity: restocked }, `${name}-restock`)
    const wanted = stock + restocked
    for (const time of ['first', 'second']) {
      const answer = await askForOwner(shop, asked)
      const after = dataOf(answer, toyShape, 'the toy with more pieces')
      if (after.stock !== wanted) throw new Failed(`${wanted} pieces, the ${time} time under one key`, told(answer))
    }
    const shown = await askForToy(shop, name)
    if (shown.stock !== wanted) throw new Failed(`${wanted} pieces to be shown`, `${shown.stock}`)
    return wanted
  },
}

const noRestock = refusalToOwner(
  'POST /products/<name>/restock of a toy that is not there',
  'POST /products/:name/restock',
  post(`/products/${nobodys}/restock`, { quantity: 1 }),
  404,
  'product_not_found',
)

export const newToyChecks: readonly Check[] = [newToy, takenName, noProduct, restock, noRestock]
