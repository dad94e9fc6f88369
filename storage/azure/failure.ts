/** What a failed request to a table means: whether it was done, and whether asking again may help. */
import { RestError } from '@azure/data-tables'

/**
 * Certainly not done: `absent` (404), `changed` (409, 412: another state than the condition's), `throttled` (429), `unsent` (no
 * connection), `forbidden` (401, 403), `refused` (any other 4xx). `unclear`: sent, and who knows.
 */
export type FailureKind = 'absent' | 'changed' | 'throttled' | 'unsent' | 'forbidden' | 'refused' | 'unclear'

export interface Failure {
  kind: FailureKind
  /** So long the server wants to be left alone, in milliseconds. */
  waitMs: number | undefined
  /** In a few words, for a person; without address and key. */
  said: string
}

/** An answer that is clear, and is not the wanted one. */
export class ClearFailure extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.said)
    this.name = 'ClearFailure'
    this.failure = failure
  }
}

const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'])

/** Throws what is no failed request. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Error && error.name === 'AbortError')
    return { kind: 'unclear', waitMs: undefined, said: 'no answer in time' }
  if (!(error instanceof RestError)) throw error
  const { statusCode: status, response, code } = error
  if (status === undefined) {
    const isUnsent = neverSent.has(code ?? '') || error.message.startsWith('connect ')
    return { kind: isUnsent ? 'unsent' : 'unclear', waitMs: undefined, said: code ?? 'the connection broke' }
  }
  const waitMs = response === undefined ? undefined : waitOf((name) => response.headers.get(name))
  return { kind: kindOf(status), waitMs, said: [status, wordOf(error)].filter(Boolean).join(' ') }
}

function kindOf(status: number): FailureKind {
  if (status === 404) return 'absent'
  if (status === 409 || status === 412) return 'changed'
  if (status === 429) return 'throttled'
  if (status === 401 || status === 403) return 'forbidden'
  return status >= 500 || status === 408 || status < 400 ? 'unclear' : 'refused' // below 400: an answer that is none
}

/** Azure's own word, such as `TableNotFound`. */
function wordOf({ details }: RestError): string | undefined {
  const word = (details as { odataError?: { code?: unknown } } | undefined)?.odataError?.code
  return typeof word === 'string' && /^\w{1,60}$/.test(word) ? word : undefined
}

/** RFC 9110, 10.2.3: seconds, or a date; Cosmos DB has headers of its own, in milliseconds. */
function waitOf(header: (name: string) => string | undefined): number | undefined {
  for (const [name, unit] of [
    ['x-ms-retry-after-ms', 1],
    ['retry-after-ms', 1],
    ['retry-after', 1000],
  ] as const) {
    const value = header(name)
    if (value === undefined) continue
    if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * unit
    const date = Date.parse(value)
    if (unit === 1000 && !Number.isNaN(date)) return Math.max(0, date - Date.now())
  }
  return undefined
}
