/**
 * The open connections. Always true: there are at most `connectionsMax`; one is idle exactly while no reply is under way on it;
 * and what cannot be parsed never gets an answer in the place of another request's.
 */
import { type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import { StoreError, systemCode } from '../errors.ts'
import { lingerMs } from './limits.ts'
import { prepareError } from './reply.ts'

interface Connection {
  /** Requests that came whose reply is not written to its end; more than one when the client pipelines. */
  underWay: number
  /** The latest of them. */
  last: ServerResponse | undefined
  /** Nothing more is read from it: it closes after the replies under way. */
  closing: boolean
}

export interface Connections {
  /** Notes that a request came; its reply's end is seen by itself. */
  begin(response: ServerResponse): void
  /** Whether the reply must say that the connection closes after it. */
  closesAfter(response: ServerResponse): boolean
  /** Lets each connection close after the replies that are under way on it. Idle ones are closed by Node's own `close`. */
  closeGently(): void
}

/** Watches the connections of `server`, holds them to `connectionsMax`, and answers what cannot become a request. */
export function watchConnections(
  server: Server,
  { connectionsMax, clock }: { connectionsMax: number; clock: Clock },
): Connections {
  const open = new Map<Socket, Connection>()
  /** In the order in which they became idle. A connection that has sent only part of a header is idle too. */
  const idle = new Set<Socket>()

  const forget = (socket: Socket): void => {
    open.delete(socket)
    idle.delete(socket)
  }

  server.on('connection', (socket: Socket) => {
    if (open.size >= connectionsMax) {
      const [longestIdle] = idle
      const victim = longestIdle ?? socket
      // 'close' comes later; until then the victim must not count.
      forget(victim)
      victim.destroy()
      if (victim === socket) return
    }
    open.set(socket, { underWay: 0, last: undefined, closing: false })
    idle.add(socket)
    socket.once('close', () => forget(socket))
  })

  server.on('clientError', (error: Error, socket: Socket) => {
    const connection = open.get(socket)
    // A parser that has failed reports each further chunk too; a socket that is gone or refused needs nothing more.
    if (connection === undefined || !socket.writable) return
    if (connection.underWay === 0 || waitsForTheRest(connection)) refuse(socket, error, clock)
    else connection.closing = true
  })

  const end = (socket: Socket, connection: Connection): void => {
    connection.underWay--
    if (connection.underWay > 0 || !open.has(socket)) return
    if (connection.closing) socket.destroySoon()
    else idle.add(socket)
  }

  return {
    begin(response) {
      const { socket } = response.req
      const connection = open.get(socket)
      if (connection === undefined) return
      connection.underWay++
      connection.last = response
      idle.delete(socket)
      response.once('close', () => end(socket, connection))
    },

    closesAfter(response) {
      const connection = open.get(response.req.socket)
      // With several under way only the last reply may close: Node drops the ones behind a reply that does.
      return connection?.closing === true && connection.last === response
    },

    closeGently() {
      for (const connection of open.values()) connection.closing = true
    },
  }
}

/** Whether the only reply under way waits for the rest of its own request: then a refusal is the answer to just that one. */
function waitsForTheRest({ underWay, last }: Connection): boolean {
  return underWay === 1 && last !== undefined && !last.req.complete && !last.headersSent
}

/** Answers without a request, then goes on reading for a while so that the client can read the answer before the reset. */
function refuse(socket: Socket, error: Error, clock: Clock): void {
  const { status, headers, text } = prepareError(refusal(systemCode(error)))
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'connection: close',
    `content-length: ${Buffer.byteLength(text)}`,
  ]
  for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`)
  socket.end(`${lines.join('\r\n')}\r\n\r\n${text}`)
  clock.after(lingerMs, () => socket.destroy())
}

/** The codes are Node's and its parser's (llhttp's). */
function refusal(code: string | undefined): StoreError {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new StoreError('headers_too_large', 'the request line and header fields are too long')
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new StoreError('request_timeout', 'the request did not arrive in time')
  return new StoreError('bad_request', 'this is no HTTP/1.1 request')
}
