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

/** Below zero when `a` is the older attempt. */
export function compareAttempts(a: string, b: string): number {
  if (a === b) return 0
  const [one, other] = [parseAttemptId(a), parseAttemptId(b)]
  return one.incarnation - other.incarnation || one.seq - other.seq
}
