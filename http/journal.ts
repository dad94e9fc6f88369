/**
 * What a server logs of its requests. Always true: a request that nobody must act on costs a comparison; one line each is for
 * `debug` only.
 */
import type { IncomingMessage } from 'node:http'
import { inspect } from 'node:util'
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { StoreError } from '../errors.ts'
import type { Context } from './context.ts'
import type { Route } from './routes.ts'

const slowMs = 1_000
/** Refusals under overload come by the ten thousand: they are counted, and told once in this time. */
const refusalsEveryMs = 1_000

export interface Answered {
  request: IncomingMessage
  context: Context
  route: Route
  status: number
  /** What the handler threw, or undefined. */
  error: unknown
  ms: number
}

export interface Journal {
  /** Whether there is anything to note; nearly always there is not. */
  concerns(status: number, error: unknown, ms: number): boolean
  note(answered: Answered): void
}

/** The error for one request too many; always the same object, since making one costs more than the refusal itself. */
export const tooBusy = new StoreError('unavailable', 'the service has too much to do: try again')

export function createJournal(log: Logger, clock: Clock): Journal {
  let refusals = 0
  let toldAt = Number.NEGATIVE_INFINITY

  const tellRefusals = (): void => {
    refusals++
    const now = clock.elapsed()
    if (now - toldAt < refusalsEveryMs) return
    log.warn({ refusals }, 'too many requests in flight')
    toldAt = now
    refusals = 0
  }

  return {
    concerns: (status, error, ms) =>
      status >= 500 ||
      (error !== undefined && !(error instanceof StoreError)) ||
      ms > slowMs ||
      log.isLevelEnabled('debug'),

    note(answered) {
      const { error, status, route, ms } = answered
      if (error === tooBusy) tellRefusals()
      else if (error !== undefined && !(error instanceof StoreError))
        log.error({ ...line(answered), err: asError(error) }, 'request failed')
      else if (status >= 500 && route.alwaysServed !== true)
        log.warn({ ...line(answered), reason: reasonOf(error) }, 'request failed')
      else if (ms > slowMs) log.info(line(answered), 'slow request')
      else if (log.isLevelEnabled('debug')) log.debug(line(answered), 'request')
    },
  }
}

/** The query is left out: it may hold what nobody should read in a log. */
function line({ request, context, status, ms }: Answered): Record<string, unknown> {
  const { traceparent } = context
  return { method: request.method, path: request.url?.split('?', 1)[0], status, ms: Math.round(ms), traceparent }
}

const reasonOf = (error: unknown): string | undefined => (error instanceof StoreError ? error.message : undefined)
const asError = (error: unknown): Error =>
  error instanceof Error ? error : new Error(`a handler threw ${inspect(error)}`)
