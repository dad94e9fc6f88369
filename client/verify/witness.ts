/**
 * What a load's sessions bought and were shown, held against the books after it (`--verify`): 44 bytes a toy of a purchase.
 *
 * Why bounds on what was shown can be sound while others buy: without restocks a stock only falls. So what a query shows,
 * plus all that this process had been told it had bought of the toy before it asked, can never be above the stock at the
 * end plus all that anybody bought since the load began.
 */

export interface Bought {
  orderNumber: number
  name: string
  quantity: number
  /** Cents a piece, and cents in all, as the answer said. */
  price: number
  total: number
  /** How many toys the order has, where it has several: each is told by itself, one after the other, with the total of all. */
  of?: number
}

/** Of one toy, as one process saw it. */
export interface Shown {
  name: string
  /** The highest of (pieces shown + pieces of it that this process had been told it had bought before it asked). */
  highest: number
  /** The fewest pieces that a query showed. */
  lowest: number
  /** The fewest pieces that were refused as out of stock; null where none were. */
  leastRefused: number | null
  /** Every price that a query showed, cents. */
  prices: number[]
  /**
   * Pieces asked for in purchases that failed or whose outcome nobody told: set aside for a while, or sold. Those of every try
   * after which a purchase was asked again too: until the store has found that it came to nothing, both hold their pieces.
   */
  unsettled: number
}

export interface Witness {
  purchases: Purchases
  shown: Shown[]
  /** Purchases whose outcome nobody told in the end: each is an order, or none. */
  unknown: number
}

const fields = 5

/** Many purchases in little memory, in the order in which they were added. */
export class Purchases {
  readonly #names: string[]
  readonly #places = new Map<string, number>()
  #rows: Float64Array
  #toys: Uint32Array
  #length = 0

  constructor() {
    this.#names = []
    this.#rows = new Float64Array(1024 * fields)
    this.#toys = new Uint32Array(1024)
  }

  get length(): number {
    return this.#length
  }

  add({ orderNumber, name, quantity, price, total, of = 1 }: Bought): void {
    if (this.#length === this.#toys.length) this.#grow()
    let place = this.#places.get(name)
    if (place === undefined) {
      place = this.#names.push(name) - 1
      this.#places.set(name, place)
    }
    this.#toys[this.#length] = place
    this.#rows.set([orderNumber, quantity, price, total, of], this.#length * fields)
    this.#length += 1
  }

  at(index: number): Bought {
    const [orderNumber, quantity, price, total, of] = this.#rows.subarray(index * fields, (index + 1) * fields)
    return {
      orderNumber: orderNumber!,
      name: this.#names[this.#toys[index]!]!,
      quantity: quantity!,
      price: price!,
      total: total!,
      ...(of === 1 ? {} : { of: of! }),
    }
  }

  /** By rising order number. */
  *sorted(): Generator<Bought> {
    const order = new Uint32Array(this.#length).map((_, index) => index)
    order.sort((a, b) => this.#rows[a * fields]! - this.#rows[b * fields]!)
    for (const index of order) yield this.at(index)
  }

  /** The same, order by order: all that was told of one at once. A number that was told twice comes twice. */
  *orders(): Generator<readonly Bought[]> {
    let order: Bought[] = []
    for (const bought of this.sorted()) {
      const [first] = order
      if (first !== undefined && (first.orderNumber !== bought.orderNumber || order.length === (first.of ?? 1))) {
        yield order
        order = []
      }
      order.push(bought)
    }
    if (order.length > 0) yield order
  }

  addAll(others: Purchases): void {
    for (let index = 0; index < others.length; index++) this.add(others.at(index))
  }

  /** As plain arrays, to travel between processes by structured clone. */
  packed(): PackedPurchases {
    return {
      names: this.#names,
      rows: this.#rows.slice(0, this.#length * fields),
      toys: this.#toys.slice(0, this.#length),
    }
  }

  static unpacked({ names, rows, toys }: PackedPurchases): Purchases {
    const purchases = new Purchases()
    purchases.#names.push(...names)
    for (const [place, name] of names.entries()) purchases.#places.set(name, place)
    purchases.#rows = rows
    purchases.#toys = toys
    purchases.#length = toys.length
    return purchases
  }

  #grow(): void {
    const [rows, toys] = [this.#rows, this.#toys]
    const room = Math.max(1024, this.#length * 2)
    this.#rows = new Float64Array(room * fields)
    this.#toys = new Uint32Array(room)
    this.#rows.set(rows)
    this.#toys.set(toys)
  }
}

export interface PackedPurchases {
  names: string[]
  rows: Float64Array
  toys: Uint32Array
}
