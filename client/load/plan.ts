/**
 * What a session does next, from a seeded random generator of its own for each round: one seed gives the same rounds
 * whatever the store answers, and with more or fewer processes.
 */

/** Numbers from 0 up to, never reaching, 1. */
export type Random = () => number

/**
 * sfc32 by Chris Doty-Humphrey (PractRand, public domain). Its 128 bits of state take the three numbers unmixed; the first
 * results are thrown away until they are spread over all bits.
 */
export function seededRandom(seed: number, session: number, round = 0): Random {
  let a = round | 0
  let b = seed | 0
  let c = session | 0
  let counter = 1
  const next = () => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
  for (let warmUp = 0; warmUp < 15; warmUp++) next()
  return next
}

/** A place in the list, each as often as its weight says; the weights are not all 0. */
export function pick(weights: readonly number[], random: Random): number {
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0)
  const place = weights.findIndex((weight) => {
    left -= weight
    return left < 0
  })
  // Rounding may leave a rest of nothing: then the last that has a weight.
  return place === -1 ? weights.findLastIndex((weight) => weight > 0) : place
}

/** `share`, 0 to 1, of 1 to `quantityMax` pieces, and never more than are there; 0 when there are none. */
export function piecesToBuy(share: number, shown: number, quantityMax: number): number {
  const most = Math.min(shown, quantityMax)
  return most <= 0 ? 0 : 1 + Math.floor(share * most)
}
