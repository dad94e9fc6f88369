/** The same key again: the same answer, and nothing sold. */
import { setTimeout as pause } from 'node:timers/promises'
import { type Check, Failed } from '../check.ts'
import { checkRefusal, dataOf, refused, told } from '../expect.ts'
import { boughtShape } from '../shapes.ts'
import { askForToy } from './one-toy.ts'
import { order, purchased } from './purchase.ts'

const repeats: Check = {
  name: 'POST /orders with the same key, the same order',
  routes: ['POST /orders'],
  async run(shop) {
    const { key, bought } = purchased(shop)
    const answer = await order(shop, { name: bought.name, quantity: bought.quantity }, key)
    const again = dataOf(answer, boughtShape, `order ${bought.order_number} again`)
    for (const [field, value] of Object.entries(bought))
      if (again[field as keyof typeof again] !== value)
        throw new Failed(`order ${bought.order_number} again, with the same ${field}`, told(answer))
    if (answer.headers['idempotency-key'] !== key)
      throw new Failed('the same header idempotency-key', `${answer.headers['idempotency-key']}`)
  },
}

const roundsMax = 6
const suspicionsMax = 3
const pauseMs = 100

/**
 * Whether a stock falls by repeating cannot be seen by one look while others buy. So a round looks twice without repeating and
 * once after it; one round in which nothing falls is proof. That it falls only ever after a repeat is held to be the fault.
 */
const sellsNothing: Check = {
  name: 'POST /orders with the same key, nothing sold',
  routes: ['POST /orders'],
  async run(shop) {
    shop.after(repeats)
    const { key, bought } = purchased(shop)
    const { name, quantity } = bought
    const stock = async (): Promise<number> => (await askForToy(shop, name)).stock
    let suspicions = 0
    for (let round = 0; round < roundsMax; round++) {
      const first = await stock()
      await pause(round === 0 ? 0 : pauseMs)
      const before = await stock()
      await order(shop, { name, quantity }, key)
      const after = await stock()
      if (after >= before) return
      if (first === before && ++suspicions === suspicionsMax)
        throw new Failed(`the stock to stay at ${before}`, `${after} after each of ${suspicionsMax} repeats`)
    }
    shop.tell('cannot be told apart from what others buy')
  },
}

const usedForMore: Check = {
  name: 'POST /orders with the same key for more, 422',
  routes: ['POST /orders'],
  async run(shop) {
    const { key, bought } = purchased(shop)
    const answer = await order(shop, { name: bought.name, quantity: bought.quantity + 1 }, key)
    checkRefusal(shop, answer, 422, 'key_reused')
  },
}

const badKey: Check = {
  name: 'POST /orders with a key of another form, 400',
  routes: ['POST /orders'],
  async run(shop) {
    // Without a toy of that name nothing can be bought, whatever becomes of the key.
    const body = JSON.stringify({ name: 'smoke-nobody', quantity: 1 })
    const headers = { 'idempotency-key': '~smoke' }
    await refused(shop, { method: 'POST', path: '/orders', headers, body }, 400, 'bad_request')
  },
}

export const keyChecks: readonly Check[] = [repeats, sellsNothing, usedForMore, badKey]
