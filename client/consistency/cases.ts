/** What is checked out at once, and what must come of it. Amounts are whole pieces and whole credits. */
import type { Random } from '../load/plan.ts'

export const caseNames = ['pairs', 'poor', 'one'] as const
export type CaseName = (typeof caseNames)[number]

export interface Sizes {
  items: number
  /** Of each item. */
  pieces: number
  users: number
  /** Of each user. */
  credit: number
  checkouts: number
  price: number
}

export interface Case extends Sizes {
  name: CaseName
  /** Pieces that one checkout takes. */
  each: 1 | 2
}

/** One that is to be checked out: pieces by item. */
export interface Order {
  user: string
  items: readonly (readonly [item: string, pieces: number])[]
  /** Where it is a draft. */
  draft?: string
  /** Where it is not. */
  key?: string
}

/**
 * - `pairs`: many items of which there is little, two pieces an order; every user can pay one. How many succeed depends on who
 *   comes first, so what is told, stock, credit and log are held against each other.
 * - `poor`: the same, and nobody can pay for two pieces: exactly none succeeds, and all is given back.
 * - `one`: one item and more buyers than pieces, each of whom can pay: exactly as many succeed as there are pieces.
 */
export function caseOf(name: CaseName, given: Partial<Sizes>): Case {
  const price = given.price ?? 1
  const common = { users: 1000, checkouts: 1000, price }
  switch (name) {
    case 'pairs':
      return { name, each: 2, items: 100, pieces: 1, credit: 2 * price, ...common, ...given }
    case 'poor':
      return { name, each: 2, items: 100, pieces: 1, credit: price, ...common, ...given }
    case 'one':
      return { name, each: 1, items: 1, pieces: 100, credit: price, ...common, ...given }
  }
}

export const costOf = ({ items }: Pick<Order, 'items'>, price: number): number =>
  items.reduce((sum, [, pieces]) => sum + pieces * price, 0)

/** Users in turn, random items. */
export function ordersOf({ users, checkouts, items, each }: Case, random: Random): Order[] {
  const anyItem = (): string => String(Math.floor(random() * items))
  return Array.from({ length: checkouts }, (_, number) => {
    const user = String(number % users)
    const first = anyItem()
    if (each === 1) return { user, items: [[first, 1]] }
    const second = anyItem()
    return {
      user,
      items:
        first === second
          ? [[first, 2]]
          : [
              [first, 1],
              [second, 1],
            ],
    }
  })
}

/** How many must succeed, where every buyer is answered; undefined where that depends on who comes first. */
export function expectedOf({ each, pieces, price, credit }: Case, orders: readonly Order[]): number | undefined {
  const costs = new Map<string, number>()
  for (const order of orders) costs.set(order.user, (costs.get(order.user) ?? 0) + costOf(order, price))
  if (orders.every((order) => costOf(order, price) > credit)) return 0
  if (each !== 1 || costs.values().some((cost) => cost > credit)) return undefined
  const wanted = new Map<string, number>()
  for (const { items } of orders) for (const [item] of items) wanted.set(item, (wanted.get(item) ?? 0) + 1)
  return wanted.values().reduce((sum, count) => sum + Math.min(count, pieces), 0)
}
