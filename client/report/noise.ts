/**
 * Whether two runs differ by more than their own noise.
 *
 * A run's seconds are no independent samples: a slow one is followed by slow ones, so together they seem to say more than they
 * do. What the error of a run's mean is, is therefore estimated in two ways, and the larger one is taken:
 *
 * 1. Neighbouring seconds are put together into a few batches, whose means hardly depend on each other any more (batch means:
 *    Law, "Simulation Modeling and Analysis", 9.5.3; few are enough: Schmeiser, "Batch Size Effects in the Analysis of
 *    Simulation Output", Operations Research 30, 1982). This needs no idea of how the seconds hang together, but many of them.
 * 2. The error of independent seconds, made larger by how much each resembles the one before, as in a first-order
 *    autoregressive process (Law, 4.4). This is steadier where the seconds are few.
 *
 * Both runs are compared by Welch's test (Biometrika 34, 1947), which takes no equal spread for granted. The interval holds the
 * true value with 99 % instead of the usual 95 %, since a comparison asks a dozen questions at once. Tried on made-up equal
 * runs (test/noise.test.ts): of those of a minute, one in a hundred is called different, three where each second resembles the
 * one before by 0.8; of those of ten seconds that do, one in eight.
 *
 * What differs from one run to the next for other reasons (Kalibera and Jones, "Rigorous Benchmarking in Reasonable Time",
 * ISMM 2013) the seconds of two runs cannot tell: only runs repeated can.
 */

/** Shorter runs have too few batches to tell anything. */
export const secondsLeast = 10
/** From this length on there are ten batches, before five: each must be long enough to hide how the seconds hang together. */
const secondsForTen = 60
/** Of the normal distribution at 0.995: outside of ± this lies 1 %. */
const z = 2.5758293

export interface Interval {
  from: number
  to: number
}

/** Where b's mean less a's lies, of values second by second in their order. Undefined where they are too few to tell. */
export function differenceOf(a: readonly number[], b: readonly number[]): Interval | undefined {
  if (Math.min(a.length, b.length) < secondsLeast) return undefined
  const [ofA, ofB] = [meanWithError(a), meanWithError(b)]
  const difference = ofB.mean - ofA.mean
  const error2 = ofA.error2 + ofB.error2
  if (error2 === 0) return { from: difference, to: difference }
  const freedom = error2 ** 2 / (ofA.error2 ** 2 / ofA.freedom + ofB.error2 ** 2 / ofB.freedom)
  const half = student(freedom) * Math.sqrt(error2)
  return { from: difference - half, to: difference + half }
}

/** The same for the ratio of b to a, of values above nought: of their geometric means, which one bad second moves little. */
export function ratioOf(a: readonly number[], b: readonly number[]): Interval | undefined {
  const found = differenceOf(a.map(Math.log), b.map(Math.log))
  return found && { from: Math.exp(found.from), to: Math.exp(found.to) }
}

/**
 * The same for the ratio of the arithmetic means, of what may be nought in a second, as a rate is while the store is down. By
 * the delta method: near a mean, a logarithm moves as its argument does, divided by the mean.
 */
export function ratioOfMeans(a: readonly number[], b: readonly number[]): Interval | undefined {
  const [meanA, meanB] = [meanOf(a), meanOf(b)]
  if (!(meanA > 0 && meanB > 0)) return undefined
  const shares = (values: readonly number[], mean: number) => values.map((value) => value / mean)
  const found = differenceOf(shares(a, meanA), shares(b, meanB))
  return found && { from: (meanB / meanA) * Math.exp(found.from), to: (meanB / meanA) * Math.exp(found.to) }
}

/** `error2` is the squared standard error of the mean. */
function meanWithError(values: readonly number[]): { mean: number; error2: number; freedom: number } {
  const mean = meanOf(values)
  const batches = batchMeans(values)
  const likeness = Math.min(Math.max(likenessOfNeighbours(values, mean), 0), 0.95)
  const byBatches = squaredError(batches)
  const bySeconds = (squaredError(values) * (1 + likeness)) / (1 - likeness)
  return { mean, error2: Math.max(byBatches, bySeconds), freedom: batches.length - 1 }
}

/** Equal batches; what is over is left out at the beginning, where a run is least steady. */
function batchMeans(values: readonly number[]): number[] {
  const batches = values.length < secondsForTen ? 5 : 10
  const length = Math.floor(values.length / batches)
  const first = values.length - batches * length
  return Array.from({ length: batches }, (_, batch) =>
    meanOf(values.slice(first + batch * length, first + (batch + 1) * length)),
  )
}

function squaredError(values: readonly number[]): number {
  const mean = meanOf(values)
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return squares / (values.length - 1) / values.length
}

/** The correlation of each value with the one before. */
function likenessOfNeighbours(values: readonly number[], mean: number): number {
  let [together, all] = [0, 0]
  for (const [i, value] of values.entries()) {
    all += (value - mean) ** 2
    if (i > 0) together += (value - mean) * (values[i - 1]! - mean)
  }
  return all === 0 ? 0 : together / all
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Student's t at 0.995, right to two percent from four degrees of freedom on (Abramowitz and Stegun, 26.7.5). */
export function student(freedom: number): number {
  const [z3, z5, z7] = [z ** 3, z ** 5, z ** 7]
  return (
    z +
    (z3 + z) / (4 * freedom) +
    (5 * z5 + 16 * z3 + 3 * z) / (96 * freedom ** 2) +
    (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * freedom ** 3)
  )
}
