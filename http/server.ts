/**
 * The server: from a request to its handler and back. Always true: every request is answered once, also when its handler throws
 * whatever it likes; nothing but a StoreError's own words about a failure goes outside; requests over the limit cost next to
 * nothing; and who is slow to send or to read takes no place from others.
 */
import { createServer as createNodeServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { type Clock, realClock } from '../clock.ts'
import { StoreError } from '../errors.ts'
import { readJson } from './body.ts'
import { watchConnections } from './connections.ts'
import { Context } from './context.ts'
import { createEventStreams } from './event-stream.ts'
import { headFault, losesWhatFollows } from './head.ts'
import { HeldBytes } from './held-bytes.ts'
import { createJournal, tooBusy } from './journal.ts'
import { defaultLimits, type Limits } from './limits.ts'
import { type Address, listen } from './listen.ts'
import type { Metrics } from './metrics.ts'
import { errorStatus, type Prepared, prepare, prepareError, send } from './reply.ts'
import { createRouter, type Match, type Route } from './routes.ts'
import { createGuard } from './token.ts'

export interface ServerOptions {
  routes: readonly Route[]
  log: Logger
  /** Why the service is not ready, or undefined when it is. Asked on each `GET /readyz`. */
  ready?: () => string | undefined | Promise<string | undefined>
  /** What `internal` routes ask for, as `authorization: Bearer …`. Without it they ask for nothing. */
  internalToken?: string | undefined
  limits?: Partial<Limits>
  /** Counts the requests, and how many are in flight. */
  metrics?: Metrics | undefined
  clock?: Clock
}

export interface Server {
  /**
   * Takes the port, 0 for any. Throws a StartError that names `setting`, the setting of the port. `shared`: other threads
   * listen there too.
   */
  listen(address: Address & { setting?: string; shared?: boolean }): Promise<Address & { url: string }>
  /** Not ready, no new connections, idle ones closed, replies under way finished; after `graceMs` the rest is cut off. */
  close(options: { graceMs: number }): Promise<void>
  /** Requests whose handler has not ended. */
  readonly inFlight: number
}

/** Builds a server over `routes` and the health checks `/livez` and `/readyz`. It does not listen yet. */
export function createServer(options: ServerOptions): Server {
  const { clock = realClock, log } = options
  const limits = { ...defaultLimits, ...options.limits }
  let closed: Promise<void> | undefined
  let inFlight = 0
  /** Of those: how many wait for the rest of their body. */
  let receiving = 0
  let onDrained = (): void => {}

  const notReady = (): ReturnType<NonNullable<ServerOptions['ready']>> =>
    closed === undefined ? options.ready?.() : 'the service is stopping'
  const router = createRouter([...options.routes, ...healthRoutes(notReady)], limits)
  const journal = createJournal(log, clock)
  const guard = createGuard(options.internalToken)
  const count = options.metrics?.requests(() => inFlight)

  const node = createNodeServer({
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, limits.headersTimeoutMs, limits.requestTimeoutMs),
    // Node would refuse a request without Host in a form that is not ours.
    requireHostHeader: false,
  })
  // Node drops header fields over its limit in silence; here the bytes are limited, and the fields by `headFault`.
  node.maxHeadersCount = 0
  const unfinished = new HeldBytes<IncomingMessage>(limits.unfinishedBytesMax)
  const connections = watchConnections(node, { limits, clock, handle: (...pair) => void serve(...pair) })
  const streams = createEventStreams(connections, clock)

  /** Never rejects. */
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrivedAt = clock.elapsed()
    inFlight++
    let match = noMatch
    let context: Context | undefined
    let error: unknown = headFault(request, limits.headerFieldsMax)
    if (error !== undefined) answer(response, match.route, prepareError(error), true)
    else {
      try {
        match = router.match(request.method ?? '', request.url ?? '')
        context = new Context(response, match, receive, arrivedAt)
        admit(request, match.route)
        const handled = match.route.handle(context)
        const reply = handled instanceof Promise ? await handled : handled
        if ('events' in reply) streams.begin(response, reply.events)
        else answer(response, match.route, prepare(reply), mustClose(response))
      } catch (caught) {
        // A thrown undefined is an error too.
        error = caught ?? new Error('a handler threw nothing')
        const prepared = prepareError(error, match.route)
        answer(response, match.route, prepared, mustClose(response))
      }
    }
    inFlight--
    if (inFlight === 0) onDrained()
    const { route } = match
    const status = error === undefined ? response.statusCode : errorStatus(error)
    const ms = clock.elapsed() - arrivedAt
    count?.(route, status, ms)
    if (!journal.concerns(status, error, ms)) return
    context ??= new Context(response, match, receive, arrivedAt)
    journal.note({ request, context, route, status, error, ms })
  }

  const mustClose = (response: ServerResponse): boolean =>
    losesWhatFollows(response.req) || connections.closesAfter(response)

  function answer(response: ServerResponse, route: Route, prepared: Prepared, close: boolean): void {
    const closes = send(response, prepared, { close, clock, bodyBytesMax: bodyBytesMaxOf(route) })
    connections.replied(response, { closes })
  }

  const bodyBytesMaxOf = (route: Route): number => route.bodyBytesMax ?? limits.bodyBytesMax

  /** Errors: `unavailable`, `unauthorized`. */
  function admit(request: IncomingMessage, route: Route): void {
    if (isBusy(route)) throw tooBusy
    if (route.internal === true) guard(request.headers.authorization)
  }

  const isBusy = (route: Route): boolean => inFlight - receiving > limits.inFlightMax && route.alwaysServed !== true

  /** A body is waited for outside the limit of requests in flight: else whoever sends slowly would keep the others out. */
  function receive(response: ServerResponse, { route }: Match): Promise<unknown> {
    receiving++
    connections.listenTo(response)
    return readJson(response, { bytesMax: bodyBytesMaxOf(route), unfinished }, () => {
      receiving--
      return connections.heard(response) ?? (isBusy(route) ? tooBusy : undefined)
    })
  }

  async function close(graceMs: number): Promise<void> {
    const ended = new Promise<void>((resolve) => node.close(() => resolve()))
    const drained = new Promise<void>((resolve) => {
      onDrained = resolve
      if (inFlight === 0) resolve()
    })
    connections.closeGently()
    streams.close()
    await new Promise<void>((resolve) => {
      const cancel = clock.after(graceMs, resolve)
      void Promise.all([ended, drained]).then(() => {
        cancel()
        resolve()
      })
    })
    node.closeAllConnections()
    await ended
  }

  return {
    listen: ({ setting, shared, ...address }) => listen(node, address, setting, shared === true ? { shared } : {}),
    close({ graceMs }) {
      closed ??= close(graceMs)
      return closed
    },
    get inFlight() {
      return inFlight
    },
  }
}

const noMatch: Match = { route: { method: 'GET', path: '', handle: () => ({ data: null }) }, params: {}, queryText: '' }

function healthRoutes(notReady: NonNullable<ServerOptions['ready']>): Route[] {
  return [
    { method: 'GET', path: '/livez', alwaysServed: true, handle: () => ({ data: { status: 'live' } }) },
    {
      method: 'GET',
      path: '/readyz',
      alwaysServed: true,
      async handle() {
        const reason = await notReady()
        if (reason !== undefined) throw new StoreError('unavailable', reason)
        return { data: { status: 'ready' } }
      },
    },
  ]
}
