/** Validation at the door, by zod: what does not fit is `bad_request` and names its field. */
import { z } from 'zod'
import { StoreError } from '../errors.ts'

const keysShown = 3
const keyShown = 40

/** The value as the schema has it. Throws `bad_request`: which field, and what it must be. */
export function check<Value>(schema: z.ZodType<Value>, value: unknown): Value {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new StoreError('bad_request', tell(result.error.issues[0]!))
}

function tell(issue: z.core.$ZodIssue): string {
  const field = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') return `${field === '' ? '' : `${field}: `}unknown field ${named(issue.keys)}`
  if (field === '' && issue.code === 'invalid_type')
    return `the body must be ${issue.expected === 'array' ? 'an array' : 'an object'}`
  return field === '' ? issue.message : `${field}: ${issue.message}`
}

/** The first few, and not to their end: a message is a sentence, and no echo of what was sent. */
function named(keys: readonly string[]): string {
  const first = keys.slice(0, keysShown).map((key) => JSON.stringify(key.slice(0, keyShown)))
  return `${first.join(', ')}${keys.length > keysShown ? ` and ${keys.length - keysShown} more` : ''}`
}

/** A whole number within bounds; anything else is told what it must be. */
export function wholeNumber(min: number, max: number): z.ZodType<number, number> {
  const error = `must be a whole number from ${min} to ${max}`
  return z.number({ error }).int({ error }).min(min, { error }).max(max, { error })
}

/** The same, as text in a path or a query: digits only. */
export function wholeNumberText(min: number, max: number): z.ZodType<number, string> {
  const error = `must be a whole number from ${min} to ${max}`
  const digits = z.string({ error }).regex(/^\d{1,16}$/, { error })
  return digits.transform(Number).pipe(wholeNumber(min, max))
}
