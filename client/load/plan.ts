/**
 * What a session does next, from a seeded random generator. Every round draws the same three numbers, whatever the store
 * answers, so that one seed gives one sequence of toys and buys, also with more or fewer processes.
 */

/** Numbers from 0 up to, never reaching, 1. */
export type Random = () => number

/** One round: ask for a toy, then perhaps buy it. */
export interface Round {
  /** The toy's place in the list of toys. */
  toy: number
  buys: boolean
  /** 0 to 1: which part of the pieces that can be asked for is bought. */
  share: number
}

/**
 * A generator of its own for each session: sfc32 by Chris Doty-Humphrey (PractRand, public domain). Its 128 bits of state
 * take the seed and the session's number unmixed; the first numbers are thrown away until the two are spread over all bits.
 */
export function seededRandom(seed: number, session: number): Random {
  let a = 0
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

/** `buy` is the probability that a round buys, 0 to 1. */
export function nextRound(random: Random, toys: number, buy: number): Round {
  return { toy: Math.floor(random() * toys), buys: random() < buy, share: random() }
}

/** 1 to `quantityMax` pieces, and never more than the query showed; 0 when it showed none. */
export function piecesToBuy(share: number, shown: number, quantityMax: number): number {
  const most = Math.min(shown, quantityMax)
  return most <= 0 ? 0 : 1 + Math.floor(share * most)
}
