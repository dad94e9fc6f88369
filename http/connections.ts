/**
 * The open connections. Always true: there are at most `connectionsMax`; the requests of one are handled one after another, in
 * their order (RFC 9112, 9.3.2); at most one reply is kept for a client that does not read, and of what a client pipelines at
 * most `pipelinedMax` in all; and what cannot be parsed never gets an answer in the place of another request's.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import { StoreError, systemCode } from '../errors.ts'
import { HeldBytes } from './held-bytes.ts'
import { type Limits, streamUnreadBytesMax } from './limits.ts'
import { refuse } from './reply.ts'

interface Connection {
  /** The request whose reply is not written to its end. */
  current: ServerResponse | undefined
  /** Those that came meanwhile. */
  waiting: ServerResponse[]
  /** It is about to be read no more until those have had their turn. */
  stopping: boolean
  /** Nothing more is read from it: it closes after the replies to what has come. */
  closing: boolean
  /** A reply has said that it closes: what came behind is not begun. */
  closed: boolean
  /** Its reply is a stream, which has no end of its own: whoever sends anything behind it is cut. */
  streaming: boolean
  /** Of that stream: the bytes that count as not taken. */
  unreadBytes: number
  /** What is wrong with the rest of a request that has not come whole, where a reply before it is still under way. */
  fault: StoreError | undefined
  stopReplyTimer: (() => void) | undefined
}

export interface ConnectionsOptions {
  limits: Pick<Limits, 'connectionsMax' | 'pipelinedMax' | 'unreadBytesMax' | 'replyTimeoutMs'>
  clock: Clock
  /** Handles a request when it is its turn. */
  handle: (request: IncomingMessage, response: ServerResponse) => void
}

export interface Connections {
  /** Until `heard` it is the client's turn: the rest of this request is to come. */
  listenTo(response: ServerResponse): void
  heard(response: ServerResponse): void
  /** Whether the reply must say that the connection closes after it. */
  closesAfter(response: ServerResponse): boolean
  /** A reply was written as far as the client took it; `closes`: it says that the connection closes. */
  replied(response: ServerResponse, options: { closes: boolean }): void
  /** The reply is a stream from now on: no time is set to it, and it makes room like any connection that waits for its client. */
  streams(response: ServerResponse): void
  /** Whether a stream's reader keeps up; one that does not is cut. */
  takes(response: ServerResponse): boolean
  /** Something was written to a stream. */
  wrote(response: ServerResponse): void
  /** Lets each connection close after the replies to what has come. Idle ones are closed by Node's own `close`. */
  closeGently(): void
}

/** Watches the connections of `server`, hands on their requests in turn, and answers what cannot become a request. */
export function watchConnections(server: Server, { limits, clock, handle }: ConnectionsOptions): Connections {
  const open = new Map<Socket, Connection>()
  /** Those that wait for their client, in the order in which they began to: idle, half a request, a reply not taken. */
  const silent = new Set<Socket>()
  const unread = new HeldBytes<Socket>(limits.unreadBytesMax)
  let pipelined = 0

  const forget = (socket: Socket): void => {
    const connection = open.get(socket)
    if (connection === undefined) return
    leaveOut(connection)
    connection.stopReplyTimer?.()
    unread.release(socket)
    open.delete(socket)
    silent.delete(socket)
  }

  /** What waits on this connection is never begun. */
  const leaveOut = (connection: Connection): void => {
    pipelined -= connection.waiting.length
    connection.waiting = []
  }

  /** 'close' comes later; until then it must not count. */
  const cut = (socket: Socket): void => {
    forget(socket)
    socket.destroy()
  }

  server.on('connection', (socket: Socket) => {
    if (open.size >= limits.connectionsMax) {
      const [longestSilent] = silent
      cut(longestSilent ?? socket)
      if (longestSilent === undefined) return
    }
    const connection = { current: undefined, waiting: [], stopping: false, closing: false, closed: false }
    const stream = { streaming: false, unreadBytes: 0 }
    open.set(socket, { ...connection, ...stream, fault: undefined, stopReplyTimer: undefined })
    silent.add(socket)
    socket.once('close', () => forget(socket))
  })

  const come = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request
    const connection = open.get(socket)
    if (connection === undefined) return
    if (connection.streaming) cut(socket)
    if (connection.closed) return
    if (connection.current === undefined) {
      begin(socket, connection, response)
      return
    }
    connection.waiting.push(response)
    if (++pipelined > limits.pipelinedMax) cut(socket)
    else if (!connection.stopping) {
      // Node reads on after each request, so the reading is stopped after the last one of this packet.
      connection.stopping = true
      process.nextTick(stopReading, socket, connection)
    }
  }
  for (const event of ['request', 'checkContinue', 'checkExpectation']) server.on(event, come)

  /** All that stands in a packet is handed on; the next one is read when all of this has had its turn. */
  const stopReading = (socket: Socket, connection: Connection): void => {
    connection.stopping = false
    if (connection.waiting.length > 0) socket.pause()
  }

  const begin = (socket: Socket, connection: Connection, response: ServerResponse): void => {
    connection.current = response
    silent.delete(socket)
    // Not 'close', which comes a turn later: a response that lives through a collection of garbage would then keep alive all
    // that came behind it (docs/results). Where the client has gone, the socket's own 'close' says so.
    response.on('finish', () => end(socket, connection))
    handle(response.req, response)
  }

  const end = (socket: Socket, connection: Connection): void => {
    connection.current = undefined
    connection.stopReplyTimer?.()
    connection.stopReplyTimer = undefined
    unread.release(socket)
    if (!open.has(socket) || connection.closed) return
    const next = connection.waiting.shift()
    if (next === undefined) {
      if (connection.closing) socket.destroySoon()
      else silent.add(socket)
      return
    }
    pipelined--
    if (connection.waiting.length === 0) socket.resume()
    if (connection.fault !== undefined && !next.req.complete) refuse(socket, connection.fault, clock)
    else begin(socket, connection, next)
  }

  /** Nothing that comes on this connection from now on can be read as a request. */
  const broken = (socket: Socket, fault: StoreError): void => {
    const connection = open.get(socket)
    // A parser that has failed reports each further chunk too; a socket that is gone or refused needs nothing more.
    if (connection === undefined || !socket.writable) return
    if (connection.streaming) cut(socket)
    else if (connection.current === undefined || waitsForTheRest(connection)) refuse(socket, fault, clock)
    else {
      connection.closing = true
      connection.fault ??= fault
    }
  }
  server.on('clientError', (error: Error, socket: Socket) => broken(socket, refusal(systemCode(error))))
  server.on('connect', ({ socket }: IncomingMessage) =>
    broken(socket, new StoreError('bad_request', 'this server is no proxy')),
  )

  return {
    listenTo({ req: { socket } }) {
      if (open.has(socket)) silent.add(socket)
    },

    heard({ req: { socket } }) {
      silent.delete(socket)
    },

    closesAfter(response) {
      const connection = open.get(response.req.socket)
      // With several under way only the last reply may close: those behind a reply that does are left out.
      return connection?.closing === true && connection.waiting.length === 0
    },

    replied({ req: { socket } }, { closes }) {
      const connection = open.get(socket)
      if (connection === undefined) return
      if (closes) {
        connection.closed = true
        leaveOut(connection)
      }
      if (socket.writableLength === 0) return
      silent.add(socket)
      connection.stopReplyTimer = clock.after(limits.replyTimeoutMs, () => cut(socket))
      unread.hold(socket, socket.writableLength, () => cut(socket))
    },

    streams({ req: { socket } }) {
      const connection = open.get(socket)
      if (connection === undefined) return
      connection.streaming = true
      connection.closed = true
      silent.add(socket)
      if (connection.waiting.length > 0) cut(socket)
    },

    takes({ writableLength, req: { socket } }) {
      if (writableLength <= streamUnreadBytesMax) return open.has(socket)
      cut(socket)
      return false
    },

    wrote({ writableLength, req: { socket } }) {
      const connection = open.get(socket)
      if (connection === undefined || writableLength === connection.unreadBytes) return
      const more = writableLength - connection.unreadBytes
      connection.unreadBytes = writableLength
      if (writableLength === 0) unread.release(socket)
      else unread.hold(socket, more, () => cut(socket))
    },

    closeGently() {
      for (const connection of open.values()) connection.closing = true
    },
  }
}

/** Whether the only reply under way waits for the rest of its own request: then a refusal is the answer to just that one. */
function waitsForTheRest({ current, waiting }: Connection): boolean {
  return waiting.length === 0 && current !== undefined && !current.req.complete && !current.headersSent
}

/** The codes are Node's and its parser's (llhttp's). */
function refusal(code: string | undefined): StoreError {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new StoreError('headers_too_large', 'the request line and header fields are too long')
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new StoreError('request_timeout', 'the request did not arrive in time')
  return new StoreError('bad_request', 'this is no HTTP/1.1 request')
}
