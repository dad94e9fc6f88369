/**
 * A judge that tries everything, for tiny histories in whole numbers of time: every order of the moments, at every time. Slow,
 * and simple enough to be believed; the clever one must say the same.
 */

/** Something that happens at one moment, neither before `from` nor after `until`. */
export interface Moment {
  from: number
  until: number
  /** Those, by their place in the list, that have happened before. */
  after?: readonly number[]
  /** Pieces that leave. */
  takes?: number
  /** Whether it can happen at this time, when so many pieces are left and these may be missing too. */
  fits?: (left: number, missing: readonly number[]) => boolean
}

export interface Missing {
  from: number
  until: number
  quantity: number
}

/** Whether there is an order of all moments in which each can happen. */
export function isPossible(stock: number, moments: readonly Moment[], missing: readonly Missing[]): boolean {
  const everything = 2 ** moments.length - 1
  const hopeless = new Set<string>()
  const sums = new Map<number, number[]>()
  const sumsAt = (time: number): number[] => {
    const known = sums.get(time) ?? sumsOf(missing.filter(({ from, until }) => from <= time && time <= until))
    sums.set(time, known)
    return known
  }
  const goOn = (happened: number, time: number, left: number): boolean => {
    if (happened === everything) return true
    const state = `${happened} ${time}`
    if (hopeless.has(state)) return false
    for (const [i, moment] of moments.entries()) {
      const { from, until, after = [], takes = 0, fits } = moment
      if ((happened & (1 << i)) !== 0 || after.some((one) => (happened & (1 << one)) === 0) || takes > left) continue
      for (let at = Math.max(time, from); at <= until; at++)
        if ((fits === undefined || fits(left, sumsAt(at))) && goOn(happened | (1 << i), at, left - takes)) return true
    }
    hopeless.add(state)
    return false
  }
  return goOn(0, 0, stock)
}

function sumsOf(some: readonly Missing[]): number[] {
  const sums = new Set([0])
  for (const { quantity } of some) for (const sum of [...sums]) sums.add(sum + quantity)
  return [...sums]
}

/** A look that saw so many pieces; a refusal of so many. */
export const sees = (pieces: number) => (left: number, missing: readonly number[]) =>
  missing.some((sum) => left - sum === pieces)
export const refuses = (pieces: number) => (left: number, missing: readonly number[]) =>
  left - Math.max(...missing) < pieces
