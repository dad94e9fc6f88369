/**
 * A request's JSON body. Always true: no more than the limit is kept in memory, of one body and of all that are on their way;
 * no object has a field twice, nothing is nested deeper than `depthMax`, and what is refused is refused before a handler sees
 * any of it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { StoreError } from '../errors.ts'
import type { HeldBytes } from './held-bytes.ts'

const depthMax = 32
/** What a piece of a body costs beside its bytes. */
const pieceBytes = 200
/** A chunked body of small chunks, or of chunks with extensions, is mostly framing: so many times its limit may come. */
const framingFactor = 8
const decoder = new TextDecoder('utf-8', { fatal: true })

export interface BodyLimits {
  bytesMax: number
  unfinished: HeldBytes<IncomingMessage>
}

/**
 * Reads the body to its end and parses it. `heard` is called once, when nothing more of it is awaited; what it returns is why
 * the request is refused all the same. Errors: `unsupported_media_type`, `body_too_large` (when the head declares more than
 * `bytesMax`, nothing is read), `bad_request` (none, not UTF-8, not JSON, a field twice, too deep, or the client went away),
 * `unavailable` (it comes so slowly that others need its room among the `unfinished`).
 */
export function readJson(
  response: ServerResponse,
  limits: BodyLimits,
  heard: () => StoreError | undefined,
): Promise<unknown> {
  const request = response.req
  return new Promise((resolve, reject) => {
    let over = false
    const refuse = (error: unknown): void => {
      if (over) return
      over = true
      heard()
      reject(error)
    }
    const take = (bytes: Buffer): void => {
      if (over) return
      over = true
      const refused = heard()
      if (refused !== undefined) reject(refused)
      else
        try {
          resolve(parseJson(bytes))
        } catch (error) {
          reject(error)
        }
    }
    try {
      checkHead(request, limits.bytesMax)
      // RFC 9110, 10.1.1: from an HTTP/1.0 client it is ignored.
      if (request.headers.expect !== undefined && request.httpVersion === '1.1') response.writeContinue()
    } catch (error) {
      refuse(error)
      return
    }
    readBytes(request, limits, take, refuse)
  })
}

function checkHead({ headers, destroyed }: IncomingMessage, bytesMax: number): void {
  checkType(headers['content-type'], headers['content-encoding'])
  if (Number(headers['content-length'] ?? 0) > bytesMax) throw tooLarge(bytesMax)
  if (destroyed) throw clientGone()
}

function checkType(type: string | undefined, encoding: string | undefined): void {
  if (type !== undefined && type !== 'application/json' && mediaOf(type) !== 'application/json')
    throw new StoreError('unsupported_media_type', 'a body must be application/json')
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    throw new StoreError('unsupported_media_type', 'a body must come without a content-encoding')
}

const mediaOf = (type: string): string | undefined => type.split(';', 1)[0]?.trim().toLowerCase()

/** Beyond the limit nothing more is kept: the rest is left to the reply, which closes the connection where it is much. */
function readBytes(
  request: IncomingMessage,
  { bytesMax, unfinished }: BodyLimits,
  done: (bytes: Buffer) => void,
  failed: (error: StoreError) => void,
): void {
  const declared = request.headers['content-length']
  const wireMax = request.socket.bytesRead + framingFactor * bytesMax
  const chunks: Buffer[] = []
  let bytes = 0
  const giveUp = (error: StoreError): void => {
    request.off('data', take)
    unfinished.release(request)
    chunks.length = 0
    failed(error)
    request.resume() // without a listener for its data a stream would stand still
  }
  const take = (chunk: Buffer): void => {
    bytes += chunk.length
    const tooMuchFraming = declared === undefined && request.socket.bytesRead > wireMax
    if (bytes > bytesMax || tooMuchFraming) {
      giveUp(tooLarge(bytesMax))
      return
    }
    chunks.push(chunk)
    // Most come in one piece, and cost no more than this comparison.
    if (declared === undefined || bytes < Number(declared))
      unfinished.hold(request, chunk.length + pieceBytes, () => giveUp(tooSlow()))
  }
  request.on('data', take)
  request.on('end', () => {
    unfinished.release(request)
    done(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))
  })
  // A connection that ends in mid-body closes the request without an end. Node emits no 'error' where nobody listens for
  // one. Every request closes, so the error, which is dear, is made only where it is needed.
  request.on('close', () => {
    if (!request.readableEnded) giveUp(clientGone())
  })
}

/** The value that `bytes` say. Errors: `bad_request`, as above. */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) throw bad('a JSON body is needed')
  const text = decode(bytes)
  const colons = countFields(text)
  const value = parse(text)
  if (colons !== countKeys(value)) throw bad('the body gives a field twice')
  return value
}

function decode(bytes: Buffer): string {
  const text = bytes.toString()
  // What stands for bytes that are none: only then it is worth asking whether they were.
  if (!text.includes('\ufffd') && text.charCodeAt(0) !== 0xfeff) return text
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw bad('the body is not UTF-8', cause)
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw bad(`the body is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, cause)
  }
}

/**
 * How many fields `text` writes down: in JSON every colon outside a string belongs to exactly one field, and a parsed object
 * keeps only the last of two fields of one name. Text that is no JSON gets any number: the parser refuses it next.
 */
function countFields(text: string): number {
  let colons = 0
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === 0x22) at = endOfString(text, at)
    else if (char === 0x3a) colons++
    else if (char === 0x7b || char === 0x5b) {
      if (++depth > depthMax) throw bad(`the body is nested deeper than ${depthMax}`)
    } else if (char === 0x7d || char === 0x5d) depth--
  }
  return colons
}

/** The index of the quote that closes the string which opens at `start`; the text's length where none does. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text.charCodeAt(at) !== 0x22) at += text.charCodeAt(at) === 0x5c ? 2 : 1
  return at
}

/** The depth was checked: this recursion is short. `__proto__` counts like any name, JSON.parse makes it a plain field. */
function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inner: unknown[] = Object.values(value)
  let keys = Array.isArray(value) ? 0 : inner.length
  for (const one of inner) keys += countKeys(one)
  return keys
}

const bad = (message: string, cause?: unknown): StoreError => new StoreError('bad_request', message, { cause })
const tooLarge = (bytesMax: number): StoreError =>
  new StoreError('body_too_large', `a body may have at most ${bytesMax.toLocaleString('en')} bytes`)
const clientGone = (): StoreError => bad('the client went away before the end of its body')
const tooSlow = (): StoreError =>
  new StoreError('unavailable', 'too many requests are on their way, and this one took the longest: try again')
