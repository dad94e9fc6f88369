/**
 * The one real purchase, and what must be so after it. Where all is sold out, it is the proper refusal instead, and what needs
 * an order of ours is left out.
 */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Answer } from '../answer.ts'
import { type Check, Failed, LeftOut, type Shop } from '../check.ts'
import { checkRefusal, dataOf, reasonOf, told } from '../expect.ts'
import { type Bought, boughtShape, type Toy } from '../shapes.ts'
import { quoted } from '../words.ts'
import { askForToy, oneToy } from './one-toy.ts'
import { lastOrder } from './order-list.ts'
import { allToys } from './toys.ts'

export interface Purchase {
  key: string
  bought: Bought
  /** The toy right before it. */
  before: Toy
}

const quantity = 1
/** Others may take the last piece in between. */
const triesMax = 5
const contendersMax = 5

export const mintKey = (): string => `smoke-${randomBytes(16).toString('hex')}`

export function order(shop: Shop, purchase: { name: string; quantity: number }, key: string): Promise<Answer> {
  const headers = { 'idempotency-key': key }
  return shop.ask({ method: 'POST', path: '/orders', headers, body: JSON.stringify(purchase) })
}

/** Undefined where all is sold out, and the refusal was right. */
export const asked: Check<Purchase | undefined> = {
  name: 'POST /orders',
  routes: ['POST /orders'],
  async run(shop) {
    shop.after(oneToy)
    const contenders = shop.after(allToys).toSorted((a, b) => b.stock - a.stock)
    for (let tries = 1; ; tries++) {
      const before = await mostOf(shop, contenders.slice(0, contendersMax))
      const key = mintKey()
      const answer = await orderKnown(shop, before.name, key)
      const isRefused = reasonOf(answer) === 'out_of_stock'
      if (before.stock < quantity) {
        if (!isRefused && answer.status === 200)
          throw new Failed(`409 out_of_stock, since ${quoted(before.name)} is sold out`, told(answer))
        checkRefusal(shop, answer, 409, 'out_of_stock')
        shop.tell('all is sold out, and that is refused as it should be')
        return undefined
      }
      if (!isRefused) return { key, bought: boughtOf(shop, answer, before.name, key), before }
      if (tries === triesMax)
        throw new Failed(`an order, since there are ${before.stock} of ${quoted(before.name)}`, told(answer))
    }
  },
}

/** The one of which there are the most now; asks for no more than it must. */
async function mostOf(shop: Shop, contenders: readonly Toy[]): Promise<Toy> {
  let most: Toy | undefined
  for (const { name } of contenders) {
    const toy = await askForToy(shop, name)
    if (most === undefined || toy.stock > most.stock) most = toy
    if (most.stock >= quantity) break
  }
  return most!
}

/** Says so where nobody knows whether there is an order now. */
async function orderKnown(shop: Shop, name: string, key: string): Promise<Answer> {
  const mayBe = (): void => shop.note(`an order of ${quantity} ${quoted(name)} may have been made (key ${key})`)
  try {
    const answer = await order(shop, { name, quantity }, key)
    const isClear = boughtIn.safeParse(answer.body).success || reasonOf(answer) !== undefined
    if (!isClear || reasonOf(answer) === 'outcome_unknown') mayBe()
    return answer
  } catch (error) {
    mayBe()
    throw error
  }
}

const boughtIn = z.object({ data: boughtShape })

function boughtOf(shop: Shop, answer: Answer, name: string, key: string): Bought {
  const bought = dataOf(answer, boughtShape, 'an order: order_number, name, quantity, price, total')
  shop.note(`order ${bought.order_number} of ${quantity} ${quoted(name)} stays in the store (key ${key})`)
  if (bought.name !== name || bought.quantity !== quantity)
    throw new Failed(`an order of ${quantity} ${quoted(name)}`, told(answer))
  const given = answer.headers['idempotency-key']
  if (given !== key)
    throw new Failed('the header idempotency-key that was sent', given === undefined ? 'none' : quoted(given))
  return bought
}

/** The purchase, once its price and total are known to be right. */
const priced: Check<Purchase> = {
  name: "POST /orders, the toy's price and the total",
  routes: ['POST /orders'],
  async run(shop) {
    const found = ours(shop.after(asked))
    const { bought, before } = found
    if (bought.price !== before.price) throw new Failed(`the price ${before.price / 100}`, `${bought.price / 100}`)
    const total = bought.price * bought.quantity
    if (bought.total !== total)
      throw new Failed(`the total ${total / 100}, ${bought.quantity} × ${bought.price / 100}`, `${bought.total / 100}`)
    return found
  },
}

/** Throws LeftOut where there is none. */
function ours(found: Purchase | undefined): Purchase {
  if (found === undefined) throw new LeftOut('nothing was bought, since all is sold out')
  return found
}

/** The purchase as it was right. Throws LeftOut. */
export const purchased = (shop: Shop): Purchase => shop.after(priced)

const numberRises: Check = {
  name: 'POST /orders, a number above all before it',
  routes: ['POST /orders'],
  async run(shop) {
    const { bought } = ours(shop.after(asked))
    const before = shop.after(lastOrder)?.number ?? 0
    if (bought.order_number <= before) throw new Failed(`a number above ${before}`, `${bought.order_number}`)
  },
}

/** Who has bought sees it at once: the answer comes after the stock has fallen. */
const stockFalls: Check = {
  name: 'GET /products/<name>, less after the purchase',
  routes: ['GET /products/:name'],
  async run(shop) {
    const { bought, before } = ours(shop.after(asked))
    const { stock } = await askForToy(shop, before.name)
    const most = before.stock - bought.quantity
    if (stock > most) throw new Failed(`at most ${most} of ${quoted(before.name)}`, `${stock}`)
  },
}

export const purchaseChecks: readonly Check[] = [asked, priced, numberRises, stockFalls]
