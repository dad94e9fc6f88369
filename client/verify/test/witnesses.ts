/** Sessions that look and buy at a shop, as a load's do, and write down what a witness must. */
import { randomUUID } from 'node:crypto'
import { ask } from '../../../test/ask.ts'
import { Purchases, type Shown, type Witness } from '../witness.ts'

export interface VisitOptions {
  sessions: number
  rounds: number
  /** Some purchases are of so many. */
  some?: number
}

interface ToyAnswer {
  data: { name: string; price: number; quantity: number }
}
interface BoughtAnswer {
  data: { order_number: number; name: string; quantity: number; price: number; total: number }
}

const cents = (amount: number): number => Math.round(amount * 100)

/** All sessions at the same time, each for so many rounds: a query of some toy, then a purchase of it half of the time. */
export async function visit(
  url: string,
  names: readonly string[],
  { sessions, rounds, some }: VisitOptions,
): Promise<Witness> {
  const purchases = new Purchases()
  const shown = new Map<string, Shown>()
  const bought = new Map<string, number>()
  let unknown = 0
  const entry = (name: string): Shown => {
    const fresh = { name, highest: 0, lowest: Number.MAX_SAFE_INTEGER, leastRefused: null, prices: [], unsettled: 0 }
    const one = shown.get(name) ?? fresh
    shown.set(name, one)
    return one
  }
  const query = async (name: string): Promise<void> => {
    const before = bought.get(name) ?? 0
    const { data } = (await ask(`${url}/products/${encodeURIComponent(name)}`)).body as ToyAnswer
    const one = entry(name)
    one.highest = Math.max(one.highest, data.quantity + before)
    one.lowest = Math.min(one.lowest, data.quantity)
    if (!one.prices.includes(cents(data.price))) one.prices.push(cents(data.price))
  }
  const buy = async (name: string, quantity: number): Promise<void> => {
    const headers = { 'idempotency-key': randomUUID() }
    const one = entry(name)
    const { status, body } = await ask(`${url}/orders`, { method: 'POST', headers, body: { name, quantity } })
    if (status === 200) {
      const { order_number: orderNumber, price, total } = (body as BoughtAnswer).data
      purchases.add({ orderNumber, name, quantity, price: cents(price), total: cents(total) })
      bought.set(name, (bought.get(name) ?? 0) + quantity)
    } else if (status === 409) one.leastRefused = Math.min(one.leastRefused ?? quantity, quantity)
    else {
      one.unsettled += quantity
      if (status !== 503) unknown += 1 // a store's 503 without a key to ask again with promises that nothing happened
    }
  }
  const session = async (): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      const name = names[Math.floor(Math.random() * names.length)]!
      await query(name)
      const quantity = 1 + Math.floor(Math.random() * 3)
      if (Math.random() < 0.5) await buy(name, some !== undefined && Math.random() < 0.5 ? some : quantity)
    }
  }
  await Promise.all(Array.from({ length: sessions }, session))
  return { purchases, shown: [...shown.values()], unknown }
}
