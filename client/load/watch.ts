/** What the sessions of one process buy and see, kept for the books' check after the load. */
import { type Bought, Purchases, type Shown, type Witness } from '../verify/witness.ts'

export class Watch {
  readonly #purchases = new Purchases()
  readonly #toys = new Map<string, Shown & { heard: number }>()
  #unknown = 0

  /** Pieces of a toy that this process has been told it has bought. */
  heard(name: string): number {
    return this.#toys.get(name)?.heard ?? 0
  }

  /** A query shows so many; `heard` was told before it was asked. */
  shown(name: string, quantity: number, price: number, heard: number): void {
    const toy = this.#toy(name)
    toy.highest = Math.max(toy.highest, quantity + heard)
    toy.lowest = Math.min(toy.lowest, quantity)
    if (!toy.prices.includes(price)) toy.prices.push(price)
  }

  bought(bought: Bought): void {
    this.#purchases.add(bought)
    this.#toy(bought.name).heard += bought.quantity
  }

  refused(name: string, quantity: number): void {
    const toy = this.#toy(name)
    toy.leastRefused = Math.min(toy.leastRefused ?? quantity, quantity)
  }

  /** Pieces that a purchase may hold beside those that it asks for, until the store finds that one of its tries came to nothing. */
  setAside(name: string, quantity: number): void {
    this.#toy(name).unsettled += quantity
  }

  /** A purchase failed; `unknown` where nobody told whether it is an order. */
  unsettled(name: string, quantity: number, unknown: boolean): void {
    this.#toy(name).unsettled += quantity
    if (unknown) this.#unknown += 1
  }

  /** The same of an order of several toys: it is one. */
  unsettledOrder(pieces: ReadonlyMap<string, number>, unknown: boolean): void {
    for (const [name, quantity] of pieces) this.setAside(name, quantity)
    if (unknown) this.#unknown += 1
  }

  witness(): Witness {
    const shown = [...this.#toys.values()].map(({ heard: _, ...toy }) => toy)
    return { purchases: this.#purchases, shown, unknown: this.#unknown }
  }

  #toy(name: string): Shown & { heard: number } {
    let toy = this.#toys.get(name)
    if (toy === undefined) {
      toy = {
        name,
        heard: 0,
        highest: 0,
        lowest: Number.POSITIVE_INFINITY,
        leastRefused: null,
        prices: [],
        unsettled: 0,
      }
      this.#toys.set(name, toy)
    }
    return toy
  }
}

/** What several processes saw, as one. */
export function joinWitnesses(witnesses: readonly Witness[]): Witness {
  const purchases = new Purchases()
  const toys = new Map<string, Shown>()
  for (const witness of witnesses) {
    purchases.addAll(witness.purchases)
    for (const one of witness.shown) {
      const sum = toys.get(one.name)
      toys.set(one.name, sum === undefined ? one : joined(sum, one))
    }
  }
  return {
    purchases,
    shown: [...toys.values()],
    unknown: witnesses.reduce((sum, { unknown }) => sum + unknown, 0),
  }
}

function joined(a: Shown, b: Shown): Shown {
  const refused = [a.leastRefused, b.leastRefused].filter((least) => least !== null)
  return {
    name: a.name,
    highest: Math.max(a.highest, b.highest),
    lowest: Math.min(a.lowest, b.lowest),
    leastRefused: refused.length === 0 ? null : Math.min(...refused),
    prices: [...new Set([...a.prices, ...b.prices])],
    unsettled: a.unsettled + b.unsettled,
  }
}
