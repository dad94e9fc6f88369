/**
 * Whoever uses a shop with customers at the same time: buyers of one toy or several, with and without a customer who pays,
 * drafts that are checked out, carts that are filled and bought, and an owner who puts credit and pieces in. They go on until they are told to stop.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'
import { stockedToys, stockShop } from '../client/chaos/folder.ts'
import { ask } from './ask.ts'

export const users: readonly string[] = ['Anna', 'Ömer', 'O\'Neill, "Bob"', '7']

/** A shop with plenty of everything, and customers with plenty of credit. */
export async function stockCustomers(dataDir: string): Promise<void> {
  await stockShop(dataDir)
  await mkdir(`${dataDir}/payment`, { recursive: true })
  const rows = users.map((user) => `"${user.replaceAll('"', '""')}",1000000000.00\n`)
  await writeFile(`${dataDir}/payment/customers.csv`, `user_id,credit\n${rows.join('')}`)
}

interface Told {
  number: number
  items: readonly { name: string; quantity: number }[]
  user: string
}

export class Shoppers {
  readonly told: Told[] = []
  /** Drafts that were paid, and by whom. */
  /** Carts that were bought: each customer buys one. */
  readonly carts: string[] = []
  readonly paid: { draft: string; user: string }[] = []
  readonly wrong: string[] = []
  readonly #url: string
  readonly #random: () => number
  readonly #all: Promise<void>[] = []
  #carts = 0
  #stopped = false

  constructor(url: string, random: () => number) {
    this.#url = url
    this.#random = random
  }

  start(count: number): this {
    for (let shopper = 0; shopper < count; shopper++) this.#all.push(this.#shop(shopper === 0))
    return this
  }

  /** Resolves when the last one is answered. */
  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#all)
  }

  async #shop(isOwner: boolean): Promise<void> {
    while (!this.#stopped) {
      const dice = this.#random()
      if (isOwner && dice < 0.3) await this.#putIn()
      else if (dice < 0.15) await this.#checkOut()
      else if (dice < 0.35) await this.#buyCart()
      else await this.#buy()
    }
  }

  #one<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#random() * items.length)]!
  }

  async #post(path: string, body?: unknown): Promise<unknown> {
    const answer = await ask(`${this.#url}${path}`, { method: 'POST', body })
    if (answer.status >= 300) this.wrong.push(`POST ${path}: ${answer.status} ${answer.text.slice(0, 200)}`)
    return answer.status >= 300 ? undefined : answer.body
  }

  async #buy(): Promise<void> {
    const names = new Set(Array.from({ length: 1 + Math.floor(this.#random() * 3) }, () => this.#one(stockedToys)))
    const items = [...names].map((name) => ({ name, quantity: 1 + Math.floor(this.#random() * 3) }))
    const user = this.#random() < 0.6 ? this.#one(users) : ''
    const what = items.length === 1 && this.#random() < 0.8 ? items[0] : { items }
    const bought = (await this.#post('/orders', { ...what, ...(user === '' ? {} : { user }) })) as
      | { data: { order_number: number } }
      | undefined
    if (bought !== undefined) this.told.push({ number: bought.data.order_number, items, user })
  }

  async #checkOut(): Promise<void> {
    const user = this.#one(users)
    const made = (await this.#post(`/orders/create/${encodeURIComponent(user)}`)) as { order_id: string } | undefined
    if (made === undefined) return
    for (const toy of stockedToys.slice(0, 2)) await this.#post(`/orders/addItem/${made.order_id}/${toy}/2`)
    if (this.#stopped) return
    const { status, text } = await ask(`${this.#url}/orders/checkout/${made.order_id}`, { method: 'POST' })
    if (status === 200) this.paid.push({ draft: made.order_id, user })
    else this.wrong.push(`checkout: ${status} ${text.slice(0, 200)}`)
  }

  async #buyCart(): Promise<void> {
    const cart = `shopper ${++this.#carts}`
    const path = `/items/${encodeURIComponent(cart)}`
    for (let item = 0; item < 2; item++)
      await this.#post(`${path}/${this.#one(stockedToys)}`, { unitCount: 1 + Math.floor(this.#random() * 3) })
    const bought = (await this.#post('/orders', { cart })) as
      | { data: { order_number: number; items: Told['items'] } }
      | undefined
    if (bought === undefined) return
    this.told.push({ number: bought.data.order_number, items: bought.data.items, user: '' })
    this.carts.push(cart)
    const { text } = await ask(`${this.#url}${path}`)
    if (text !== '[]') this.wrong.push(`${cart} has bought its cart, which holds ${text.slice(0, 200)}`)
  }

  async #putIn(): Promise<void> {
    const isToy = this.#random() < 0.5
    const name = encodeURIComponent(this.#one(isToy ? stockedToys : users))
    if (isToy) await this.#post(`/products/${name}/restock`, { quantity: 1 + Math.floor(this.#random() * 9) })
    else await this.#post(`/customers/${name}/credit`, { amount: 0.01 + Math.floor(this.#random() * 9) })
  }
}

/** What of it the order log does not hold as it was told. */
export async function missing(dataDir: string, told: readonly Told[]): Promise<string[]> {
  const rows: Record<string, string>[] = parse(await readFile(`${dataDir}/order/orders.csv`), { columns: true })
  const texts = new Map<string, string>()
  const add = (number: string, text: string) => texts.set(number, `${texts.get(number) ?? ''}${text}`)
  for (const { order_number, name, quantity, user } of rows) add(order_number!, `${quantity} ${name} ${user}\n`)
  return told.flatMap(({ number, items, user }) => {
    const expected = items.map(({ name, quantity }) => `${quantity} ${name} ${user}\n`).join('')
    const found = texts.get(String(number))
    return found === expected ? [] : [`order ${number} was told as ${expected} and is ${found ?? 'not there'}`]
  })
}
