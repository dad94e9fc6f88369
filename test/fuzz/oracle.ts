/**
 * Whether an answer is one of those that the store may give to a request, to the word where one is certain. Knows the store's
 * promises, and nothing of how it keeps them.
 */
import { type Code, codes } from '../../errors.ts'
import { statusOf } from '../../http/status.ts'
import type { Answer } from './answers.ts'
import type { FuzzRequest } from './request.ts'

/** A sentence for people; more would be an echo of what was sent. */
const messageMax = 1000
const known: ReadonlySet<string> = new Set(codes)
/** A line of a stack, a place in the code, a file. */
const inside =
  /\n\s*at |\bat [\w.<>]+ \(|\.[cm]?[jt]s:\d+|node:internal|file:\/\/|node_modules|\/(tmp|home|root|usr|work|var)\//
const details: ReadonlySet<string> = new Set(['code', 'reason', 'message', 'allow', 'idempotency_key'])

/** What is wrong with the answer, a sentence each. */
export function faultsOf(request: FuzzRequest, answer: Answer): string[] {
  const { status, headers, text } = answer
  const faults: string[] = []
  const allowed = request.outcomes.map((outcome) => (outcome === 'ok' ? 200 : statusOf[outcome]))
  if (!allowed.includes(status))
    faults.push(`answered ${status} instead of ${[...new Set(allowed)].join(' or ')}: ${text.slice(0, 300)}`)
  if (status >= 500 && status !== 503) faults.push(`answered ${status}`)
  if (headers['content-type'] !== 'application/json') faults.push(`its type is ${headers['content-type']}`)
  if (status === 503 && headers['retry-after'] === undefined) faults.push('503 without Retry-After')
  if (status === 405 && headers.allow === undefined) faults.push('405 without Allow')
  if (answer.continued && request.kind !== 'valid/continue') faults.push('a 100 Continue came that nobody waited for')
  const closes = closesAfter(answer)
  if (request.after === 'keep' && closes) faults.push('the connection is closed for no reason')
  if (request.after === 'closed' && !closes) faults.push('it does not say that the connection closes')
  if (request.head === true) return faults
  if (request.bare === true && status === 200) return [...faults, ...faultsOfBare(request, answer)]
  const body = parsed(text)
  if (body === undefined) return [...faults, `the body is no JSON object: ${JSON.stringify(text.slice(0, 200))}`]
  if (status === 200) return [...faults, ...faultsOfData(request, answer, body)]
  return [...faults, ...faultsOfError(request, status, body)]
}

/** Whether the answer says that its connection closes. */
export const closesAfter = ({ headers }: Answer): boolean => headers.connection === 'close'

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

function faultsOfBare(request: FuzzRequest, answer: Answer): string[] {
  try {
    const fault = request.tells?.(JSON.parse(answer.text) as never, answer)
    return fault === undefined ? [] : [fault]
  } catch {
    return [`the body is no JSON: ${JSON.stringify(answer.text.slice(0, 200))}`]
  }
}

function faultsOfData(request: FuzzRequest, answer: Answer, body: Record<string, unknown>): string[] {
  const fields = Object.keys(body)
  if (!('data' in body) || fields.some((field) => field !== 'data' && field !== 'next'))
    return [`the body has the fields ${fields.join(', ')}`]
  const fault = request.tells?.(body.data as never, answer)
  return fault === undefined ? [] : [fault]
}

function faultsOfError({ outcomes, says }: FuzzRequest, status: number, body: Record<string, unknown>): string[] {
  const { error, ...more } = body as { error?: Record<string, unknown> }
  if (typeof error !== 'object' || error === null || Object.keys(more).length > 0)
    return [`the body is no error: ${JSON.stringify(body).slice(0, 300)}`]
  const faults: string[] = []
  const { code, reason: told, message } = error
  if (code !== status) faults.push(`its code ${code} is not its status ${status}`)
  if (typeof told !== 'string' || !known.has(told) || statusOf[told as Code] !== status)
    faults.push(`its reason is ${JSON.stringify(told)}`)
  if (!outcomes.includes(told as Code)) faults.push(`its reason is ${told} instead of ${outcomes.join(' or ')}`)
  if (says !== undefined && message !== says) faults.push(`it says ${JSON.stringify(message)} instead of "${says}"`)
  if (typeof message !== 'string' || message === '') faults.push('it has no message')
  else if (message.length > messageMax) faults.push(`its message has ${message.length} characters`)
  else if (inside.test(message)) faults.push(`its message shows the inside: ${message.slice(0, 300)}`)
  const strange = Object.keys(error).filter((field) => !details.has(field))
  if (strange.length > 0) faults.push(`it has the fields ${strange.join(', ')}`)
  return faults
}
