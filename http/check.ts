/** Validation at the door, by zod: what does not fit is `bad_request` and names its field. */
import { z } from 'zod'
import { StoreError } from '../errors.ts'

const keysShown = 3
const keyShown = 40

/**
 * The value as the schema has it. Throws `bad_request`: which field, and what it must be. `looksRight` is a quick look, for
 * what every purchase passes: where it says yes the schema is not asked, so it must never take what the schema would refuse or
 * change. It may say no to anything.
 */
export function check<Value>(
  schema: z.ZodType<Value>,
  value: unknown,
  looksRight?: (value: unknown) => value is Value,
): Value {
  if (looksRight?.(value) === true) return value
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

/** Whether `value` is an object of so many fields, none of them inherited. For quick looks. */
export function hasFields(value: unknown, count: number): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  let left = count
  for (const name in value) {
    if (!Object.hasOwn(value, name)) return false
    left--
  }
  return left === 0
}

/** For quick looks. */
export const isWholeNumber = (value: unknown, min: number, max: number): value is number =>
  Number.isInteger(value) && (value as number) >= min && (value as number) <= max

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
