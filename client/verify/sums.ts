/** What a shop's movements and orders say of each account of one ledger, as live.ts holds it against what the shop shows. */
import { formatAmount } from '../../storage/csv/amount.ts'
import { type Findings, MovementBook, type OrderBook, readCredits, readToys } from './books.ts'
import type { Shop } from './shop.ts'

/** One ledger as it is seen over the API; amounts are pieces, or cents. */
export interface Sums {
  readonly movements: MovementBook
  /** What each account has, as it is shown now. */
  read(): Promise<ReadonlyMap<string, number>>
  /** What the orders known so far took of an account. */
  taken(name: string): number
  /** Accounts that the orders name. */
  ordered(): Iterable<string>
  /** A sentence: the movements add up to `bound` and so much, what is there and what orders took to something else. */
  say(name: string, bound: string, moved: number, there: number, taken: number): string
}

export const stockSums = (shop: Shop, orders: OrderBook, findings: Findings): Sums => ({
  movements: new MovementBook(shop, findings),
  async read() {
    return new Map([...(await readToys(shop, findings))].map(([name, { stock }]) => [name, stock]))
  },
  taken: (name) => orders.sold(name),
  ordered: () => orders.names,
  say: (name, bound, moved, stock, sold) =>
    `${name}: movements add up to ${bound}${moved}, but ${stock} in stock + ${sold} sold is ${stock + sold}`,
})

/** Customers have no list: they are those who have a movement, or paid an order. */
export function creditSums(shop: Shop, orders: OrderBook, findings: Findings): Sums {
  const movements = new MovementBook(shop, findings, 0, 'credit')
  return {
    movements,
    read: () => readCredits(shop, new Set([...movements.names, ...orders.users]), findings),
    taken: (user) => orders.spent(user),
    ordered: () => orders.users,
    say(user, bound, ...amounts) {
      const [moved, credit, spent] = amounts.map((cents) => formatAmount(cents, 2))
      const sum = formatAmount(amounts[1] + amounts[2], 2)
      return `customer ${user}: movements add up to ${bound}${moved}, but ${credit} credit + ${spent} spent is ${sum}`
    },
  }
}
