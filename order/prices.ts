/**
 * What toys cost, as far as this service has seen: what a customer's purchase will probably come to, so that stock and credit
 * can be set aside at the same time. Only a guess: what is held is compared with what the catalog says when it holds it.
 */
import type { CatalogClient } from '../catalog/client.ts'
import { parseMoney } from '../money.ts'
import type { HeldItem, Item } from '../storage/ledger.ts'
import { refusedItems } from './purchase.ts'

const namesMax = 100_000

export class Prices {
  readonly #query: CatalogClient['query']
  /** Cents. */
  readonly #prices = new Map<string, number>()

  constructor({ query }: Pick<CatalogClient, 'query'>) {
    this.#query = query
  }

  /** What these cost together, in cents; undefined where one of them was not seen yet. */
  cost(items: readonly Item[]): number | undefined {
    let cents = 0
    for (const { account, amount } of items) {
      const price = this.#prices.get(account)
      if (price === undefined) return undefined
      cents += price * amount
    }
    return Math.min(cents, Number.MAX_SAFE_INTEGER) // more, and nobody has so much
  }

  /** Asks the catalog for those that were not seen yet. Throws `product_not_found`, or what the catalog's client throws. */
  async learn(items: readonly Item[], deadline: number): Promise<void> {
    const unknown = items.filter(({ account }) => !this.#prices.has(account))
    const found = await Promise.all(unknown.map(({ account }) => this.#query(account, { deadline })))
    const missing = unknown.filter((_, i) => found[i]!.toy === undefined).map(({ account }) => account)
    if (missing.length > 0) throw refusedItems('product_not_found', missing, items)
    for (const [i, { toy }] of found.entries()) this.#keep(unknown[i]!.account, Math.round(toy!.price * 100))
  }

  /** What the catalog says of what it holds. */
  seen(items: readonly HeldItem[]): void {
    for (const { account, attributes } of items) this.#keep(account, parseMoney(attributes[0]!))
  }

  #keep(name: string, cents: number): void {
    if (this.#prices.get(name) === cents) return
    this.#prices.delete(name)
    this.#prices.set(name, cents)
    if (this.#prices.size <= namesMax) return
    const [oldest] = this.#prices.keys()
    this.#prices.delete(oldest!)
  }
}
