/**
 * Errors on the wire: the one table code → status, used both to answer and to turn a reply back into the same error.
 * Always true: every code of ../errors.ts has a status here (a missing one does not compile), and nothing of an error that
 * is not a StoreError ever reaches a body.
 */
import { type Code, codes, type Detail, StoreError } from '../errors.ts'

/** The HTTP status of each code. */
export const statusOf: Readonly<Record<Code, number>> = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  product_not_found: 404,
  order_not_found: 404,
  user_not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  out_of_stock: 409,
  out_of_credit: 409,
  product_exists: 409,
  price_changed: 409,
  cart_empty: 409,
  cart_full: 409,
  customer_exists: 409,
  conflict: 409,
  body_too_large: 413,
  uri_too_long: 414,
  unsupported_media_type: 415,
  key_reused: 422,
  headers_too_large: 431,
  internal: 500,
  unavailable: 503,
  outcome_unknown: 503,
}

/** `code` repeats the status, `reason` is the word that programs branch on; further fields are the error's details. */
export interface ErrorBody {
  error: { code: number; reason: Code; message: string; [detail: string]: Detail | number }
}

/** The body that tells `error` to a caller, with another status where one is given. What is no StoreError is `internal` with nothing of it outside. */
export function errorBody(error: unknown, status?: number): ErrorBody {
  const known = error instanceof StoreError ? error : new StoreError('internal', 'internal error')
  const { code, message, details } = known
  return { error: { code: status ?? statusOf[code], reason: code, message, ...details } }
}

/** The StoreError that `errorBody` told; `outcome_unknown` where `body` is no such thing, since then nothing is known. */
export function errorFromBody(body: unknown): StoreError {
  const error = isRecord(body) ? body.error : undefined
  if (!isRecord(error)) return unreadable()
  const { code: _status, reason, message, ...rest } = error
  if (!isCode(reason) || typeof message !== 'string') return unreadable()
  const details = Object.fromEntries(
    Object.entries(rest).filter((entry): entry is [string, Detail] => isDetail(entry[1])),
  )
  return new StoreError(reason, message, { details })
}

/** For an answer that cannot be read: whether the work was done is unknown. */
export const unreadable = (cause?: unknown): StoreError =>
  new StoreError('outcome_unknown', 'a neighbour answered something unreadable: the outcome is unknown', { cause })

/** Whether `value` is an object with fields, and no array. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isText = (value: unknown): value is string => typeof value === 'string'
const isRow = (value: unknown): boolean =>
  isRecord(value) && Object.values(value).every((field) => isText(field) || typeof field === 'number')
const isDetail = (value: unknown): value is Detail =>
  isText(value) || (Array.isArray(value) && (value.every(isText) || value.every(isRow)))

const known: ReadonlySet<unknown> = new Set(codes)
const isCode = (value: unknown): value is Code => known.has(value)
