/**
 * The one error class. Rules and stores throw codes and know no statuses; http/status.ts turns a code into a status and a
 * reply back into the same error.
 */

export const codes = [
  'bad_request',
  'unauthorized',
  'forbidden',
  'not_found',
  'product_not_found',
  'order_not_found',
  'user_not_found',
  'method_not_allowed',
  'request_timeout',
  'out_of_stock',
  'out_of_credit',
  'product_exists',
  'price_changed',
  'cart_empty',
  'cart_full',
  'customer_exists',
  'conflict',
  'body_too_large',
  'uri_too_long',
  'unsupported_media_type',
  'key_reused',
  'headers_too_large',
  'internal',
  'unavailable',
  'outcome_unknown',
] as const

export type Code = (typeof codes)[number]

/** Text, texts, or rows such as an item with its old and its new price. */
export type Detail = string | readonly string[] | readonly Readonly<Record<string, string | number>>[]

/**
 * What went wrong, in a word that programs branch on (`code`) and a sentence for people (`message`).
 * `unavailable` promises that nothing happened; `outcome_unknown` promises nothing: ask again with the same key.
 */
export class StoreError extends Error {
  readonly code: Code
  /** Further fields of the error's body, such as `idempotency_key`. */
  readonly details: Readonly<Record<string, Detail>>

  constructor(code: Code, message: string, options: { cause?: unknown; details?: Record<string, Detail> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'StoreError'
    this.code = code
    this.details = options.details ?? {}
  }
}

/** Something that a person must mend before the service can start: a setting, a port, a file. Ends the process with exit code 2. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

/** The system's code of a failed call (`ENOENT`, `ENOSPC` …), or undefined. */
export const systemCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

/** What was thrown, as an error. */
export const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)))

/** The value. Throws it where it is an error. */
export function orThrow<Value>(value: Value): Exclude<Value, Error> {
  if (value instanceof Error) throw value
  return value as Exclude<Value, Error>
}
