/** Attempt ids: `a<incarnation>-<seq>`, ordered by incarnation, then by seq. */

const form = /^a(0|[1-9]\d{0,14})-(0|[1-9]\d{0,14})$/

/** Below every attempt: the fence of a ledger that has not been opened yet. */
export const noAttempt = 'a0-0'

export const isAttemptId = (text: string): boolean => form.test(text)

export const attemptId = (incarnation: number, seq: number): string => `a${incarnation}-${seq}`

/** Throws a RangeError where the text is no attempt id. */
export function parseAttemptId(id: string): { incarnation: number; seq: number } {
  const found = form.exec(id)
  if (found === null) throw new RangeError(`not an attempt id: ${id}`)
  return { incarnation: Number(found[1]), seq: Number(found[2]) }
}

/**
 * Below zero when `a` is the older attempt; both must be attempt ids. Their numbers have no leading zeros, so the longer one is
 * the higher one, and of two equally long ones the text says it: nothing is parsed, since this is asked for every command.
 */
export function compareAttempts(a: string, b: string): number {
  if (a === b) return 0
  const [dash, other] = [a.indexOf('-'), b.indexOf('-')]
  if (dash !== other) return dash - other
  if (a.length !== b.length && a.startsWith(b.slice(0, dash))) return a.length - b.length
  return a < b ? -1 : 1
}
