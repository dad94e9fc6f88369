/** What sessions have asked of carts, and what they were told. */
export type Counts = ReadonlyMap<string, number>

export type CartChange =
  | { op: 'add' | 'set'; item: string; count: number }
  | { op: 'remove'; item: string }
  | { op: 'clear' }
  | { op: 'checkout' }

/**
 * - `nothing` happened: the store said so, or refused. `unknown`: there was no answer, or none that is clear.
 * - `done`: a removal, or a clearing. A number: the item's count after an addition or a new count; null where it was not there.
 * - counts: what a look, a checkout or a purchase found; a purchase that finds nothing is refused as `cart_empty`.
 */
export type CartTold = 'nothing' | 'unknown' | 'done' | number | null | Counts

export interface CartCall {
  cart: string
  what: CartChange | { op: 'look' } | { op: 'buy'; key: string }
  told: CartTold
  /** In milliseconds of one clock: a purchase from the first time that it was asked to its clear answer. */
  sent: number
  answered: number
}

/** Alike for counts that are alike. */
export const textOf = (counts: Counts): string =>
  [...counts]
    .map(([item, count]) => `${count} ${item}`)
    .sort()
    .join(', ') || 'nothing'

export const sum = (lines: readonly (readonly [item: string, count: number])[]): Counts => {
  const counts = new Map<string, number>()
  for (const [item, count] of lines) counts.set(item, (counts.get(item) ?? 0) + count)
  return counts
}

/** For people. */
export function describe({ what: { op, ...more }, told }: CartCall): string {
  const words = [op, ...Object.values(more)].join(' ')
  return `${words} -> ${told instanceof Map ? textOf(told) : told}`
}
