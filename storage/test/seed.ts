/** The seed of random tests: `SEED=123 npx tap …` runs them all again as they ran then. fast-check prints it on failure. */
import type { Parameters } from 'fast-check'

const given = Number(process.env.SEED)

export const runs = <Values>(numRuns: number): Parameters<Values> => ({
  numRuns,
  ...(Number.isSafeInteger(given) && process.env.SEED !== undefined ? { seed: given } : {}),
})
