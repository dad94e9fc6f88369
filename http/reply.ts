/**
 * How an answer is written. Always true: everything that can fail is done before the head is written, and after a refusal
 * that leaves a body unread the client can still read the answer before its connection is closed.
 */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import { StoreError } from '../errors.ts'
import type { Events } from './event-stream.ts'
import { lingerMs } from './limits.ts'
import type { Route } from './routes.ts'
import { errorBody, statusOf } from './status.ts'

/** A longer text is encoded here: for one that cannot be written at once, Node would keep three bytes a character. */
const largeText = 16_384

/** What a handler returns: all of the answer, or the beginning of a stream (event-stream.ts). */
export type Reply = WholeReply | { events: Events }

/** JSON `{"data": …, ...extra}`, or text that is ready. The status is 200 where none is given. */
export type WholeReply =
  | {
      data: unknown
      extra?: Readonly<Record<string, unknown>>
      status?: number
      headers?: Readonly<Record<string, string>>
    }
  | { text: string; contentType: string; status?: number; headers?: Readonly<Record<string, string>> }

/** A value as it is, without `data` around it. */
export const asJson = (body: unknown): WholeReply => ({ text: JSON.stringify(body), contentType: 'application/json' })
export const asText = (text: string): WholeReply => ({ text, contentType: 'text/plain; charset=utf-8' })

/** A reply that is ready to be sent. */
export interface Prepared {
  status: number
  /** Names and values in turn, as `writeHead` takes them. */
  headers: string[]
  text: string
}

/** Throws what JSON.stringify throws. */
export function prepare(reply: WholeReply): Prepared {
  const ready = 'text' in reply
  const text = ready ? reply.text : JSON.stringify({ data: reply.data ?? null, ...reply.extra })
  const headers = ['content-type', ready ? reply.contentType : 'application/json']
  for (const name in reply.headers) headers.push(name, reply.headers[name]!)
  return { status: reply.status ?? 200, headers, text }
}

/** The reply that tells `error`, with the status that the route answers it with. */
export function prepareError(
  error: unknown,
  { errorsAs200 = false, failuresAs400 = false }: Pick<Route, 'errorsAs200' | 'failuresAs400'> = {},
): Prepared {
  const status = failuresAs400 && failures.has(errorStatus(error)) ? 400 : errorStatus(error)
  const headers = ['content-type', 'application/json']
  if (status === 503) headers.push('retry-after', '1')
  if (status === 401) headers.push('www-authenticate', 'Bearer')
  if (error instanceof StoreError && typeof error.details.allow === 'string') headers.push('allow', error.details.allow)
  return { status: errorsAs200 ? 200 : status, headers, text: JSON.stringify(errorBody(error, status)) }
}

/** What a caller who only knows 400 is told so. */
const failures: ReadonlySet<number> = new Set([404, 409, 422])

export const errorStatus = (error: unknown): number => (error instanceof StoreError ? statusOf[error.code] : 500)

/**
 * Writes a reply, and nothing where the client has gone. Throws what `writeHead` throws, with nothing written: a header that
 * must not be sent. `close` ends the connection after the reply. True where the reply says that its connection closes.
 */
export function send(
  response: ServerResponse,
  { status, headers, text }: Prepared,
  { close, clock, bodyBytesMax }: { close: boolean; clock: Clock; bodyBytesMax: number },
): boolean {
  const request = response.req
  // A socket that is ended from our side has had its refusal in connections.ts.
  if (response.destroyed || response.headersSent || request.socket.writableEnded) return false
  const lingers = close ? !request.complete : leavesMuchUnread(request, bodyBytesMax)
  const bytes = Buffer.byteLength(text)
  if (status !== 204 && status !== 304) headers.push('content-length', String(bytes))
  if (close || lingers) headers.push('connection', 'close')
  response.writeHead(status, headers)
  // Node says so too where it must: to an old client, or to one that never got its `100 Continue`.
  const closes = close || lingers || !response.shouldKeepAlive
  if (!lingers) {
    // Text of one byte a character is written as it lies in memory.
    response.end(text.length > largeText ? Buffer.from(text) : text, bytes === text.length ? 'latin1' : 'utf8')
    return closes
  }
  response.write(text)
  linger(request, () => response.end(), clock)
  return closes
}

/**
 * Whether more of the body is still to come than Node should read and throw away by itself. A client that waits for a
 * `100 Continue` it never got may send its body or not: only closing is safe (RFC 9110, 10.1.1).
 */
function leavesMuchUnread(request: IncomingMessage, bodyBytesMax: number): boolean {
  if (request.complete) return false
  const { headers } = request
  if (headers['transfer-encoding'] !== undefined || headers.expect !== undefined) return true
  return Number(headers['content-length'] ?? 0) > bodyBytesMax
}

/**
 * Closing a socket with unread bytes resets it, and a reset takes the answer from a client that is still sending. So the
 * answer goes out first, what still comes is thrown away for a while, and only then `end` closes (RFC 9112, 9.6).
 */
function linger(request: IncomingMessage, end: () => void, clock: Clock): void {
  const cancel = clock.after(lingerMs, end)
  const done = (): void => {
    cancel()
    end()
  }
  request.once('end', done)
  request.once('close', done)
  request.resume()
}

/** Answers without a request, then goes on reading for a while so that the client can read the answer before the reset. */
export function refuse(socket: Socket, error: StoreError, clock: Clock): void {
  const { status, headers, text } = prepareError(error)
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'connection: close',
    `content-length: ${Buffer.byteLength(text)}`,
  ]
  for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`)
  socket.end(`${lines.join('\r\n')}\r\n\r\n${text}`)
  clock.after(lingerMs, () => socket.destroy())
}
