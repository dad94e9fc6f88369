/**
 * The open connections. Always true: there are at most `connectionsMax`; the requests of one are handled one after another, in
 * their order (RFC 9112, 9.3.2); at most one reply is kept for a client that does not read, and of what a client pipelines at
 * most `pipelinedMax` in all; what cannot be parsed never gets an answer in the place of another request's; and what is refused
 * because it comes too late has begun nothing, and never will.
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
  /** A reply or a refusal has said that it closes: what came behind is not begun. */
  closed: boolean
  /** That refusal: a body that is whole only now is taken no more. */
  refusal: StoreError | undefined
  /** So many requests have come. */
  requests: number
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
  /** What the client was told meanwhile, if it was refused. */
  heard(response: ServerResponse): StoreError | undefined
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
    const connection = { current: undefined, waiting: [], requests: 0, stopping: false, closing: false, closed: false }
    const stream = { streaming: false, unreadBytes: 0 }
    const ending = { fault: undefined, refusal: undefined, stopReplyTimer: undefined }
    open.set(socket, { ...connection, ...stream, ...ending })
    silent.add(socket)
    socket.once('close', () => forget(socket))
  })

  const come = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request
    const connection = open.get(socket)
    if (connection === undefined) return
    if (connection.streaming) cut(socket)
    if (connection.closed) return
    connection.requests++
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
    if (connection.fault !== undefined && !next.req.complete) refuseAll(socket, connection, connection.fault)
    else begin(socket, connection, next)
  }

  /** The last that its client is told. What it has sent meanwhile is still read, so that it can read this, and begins nothing. */
  const refuseAll = (socket: Socket, connection: Connection, fault: StoreError): void => {
    connection.closed = true
    connection.refusal = fault
    leaveOut(connection)
    refuse(socket, fault, clock)
  }

  /** Nothing that comes on this connection from now on can be read as a request. */
  const broken = (socket: Socket, fault: StoreError): void => {
    const connection = open.get(socket)
    // A parser that has failed reports each further chunk too; a socket that is gone or refused needs nothing more.
    if (connection === undefined || !socket.writable) return
    if (connection.streaming) cut(socket)
    else if (connection.current === undefined || waitsForTheRest(socket, connection))
      refuseAll(socket, connection, fault)
    else {
      connection.closing = true
      connection.fault ??= fault
    }
  }

  /** Whether the only reply under way waits for the rest of its own request: then a refusal is the answer to just that one. */
  const waitsForTheRest = (socket: Socket, { current, waiting }: Connection): boolean =>
    waiting.length === 0 && current !== undefined && !current.req.complete && !current.headersSent && silent.has(socket)

  /** Where this process was busy for long, all of the request may be here, and wait to be read: that comes first. */
  const late = (socket: Socket, fault: StoreError): void => {
    const connection = open.get(socket)
    if (connection === undefined) return
    const { requests, current } = connection
    const isSame = () => connection.requests === requests && connection.current === current
    setImmediate(() => setImmediate(() => isSame() && broken(socket, fault)))
  }

  server.on('clientError', (error: Error, socket: Socket) => {
    const code = systemCode(error)
    if (code === 'ERR_HTTP_REQUEST_TIMEOUT') late(socket, tooLate())
    else broken(socket, refusal(code))
  })
  server.on('connect', ({ socket }: IncomingMessage) =>
    broken(socket, new StoreError('bad_request', 'this server is no proxy')),
  )

  return {
    listenTo({ req: { socket } }) {
      if (open.has(socket)) silent.add(socket)
    },

    heard({ req: { socket } }) {
      silent.delete(socket)
      return open.get(socket)?.refusal
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

const tooLate = (): StoreError => new StoreError('request_timeout', 'the request did not arrive in time')

/** The codes are Node's and its parser's (llhttp's). */
function refusal(code: string | undefined): StoreError {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new StoreError('headers_too_large', 'the request line and header fields are too long')
  return new StoreError('bad_request', 'this is no HTTP/1.1 request')
}
