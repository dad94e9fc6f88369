/** What several rounds say together. */

export interface Spread {
  median: number
  min: number
  max: number
}

/** Throws a RangeError where there is no value, or one that is no number: a figure must not be made of nothing. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0 || !values.every(Number.isFinite)) throw new RangeError(`no spread of [${values.join(', ')}]`)
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { median, min: sorted[0]!, max: sorted.at(-1)! }
}

export const median = (values: readonly number[]): number => spreadOf(values).median

/** The smallest value that at least `share` of all are not above (nearest rank); NaN where there is none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

/** Round by round, so that what slows the machine for a while slows both. */
export const ratiosOf = <Side extends string, Value>(
  rounds: readonly Record<Side, Value>[],
  over: Side,
  under: Side,
  of: (value: Value) => number,
): number[] => rounds.map((round) => of(round[over]) / of(round[under]))
