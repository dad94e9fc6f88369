/**
 * What Node's parser lets pass and this store does not: a head that another server in between could read otherwise. Always
 * true: after such a fault the connection is closed, and nothing that came behind it on that connection is begun.
 */
import type { IncomingMessage } from 'node:http'
import { StoreError } from '../errors.ts'

/** RFC 3986, 3.2.2 and 3.2.3: a host and a port, without the comma that joins two of them. */
const hostForm = /^[A-Za-z0-9.\-_~!$&'()*+;=%:[\]]*$/

/** The error to refuse the request with; undefined where its head is as it should be. */
export function headFault(request: IncomingMessage, headerFieldsMax: number): StoreError | undefined {
  const { headers, rawHeaders, httpVersion } = request
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return bad('this server speaks HTTP/1.1')
  if (rawHeaders.length > 2 * headerFieldsMax)
    return new StoreError('headers_too_large', `a request may have at most ${headerFieldsMax} header fields`)
  if (headers.host === undefined) {
    if (httpVersion === '1.1') return bad('an HTTP/1.1 request needs a Host header')
  } else if (!hostForm.test(headers.host) || hosts(rawHeaders) > 1) return bad('the Host header must be one host')
  const coding = headers['transfer-encoding']
  // RFC 9112, 6.1: only `chunked` is understood here, and a sender of 1.0 did not mean it.
  if (coding !== undefined && (httpVersion === '1.0' || coding.toLowerCase() !== 'chunked'))
    return bad('a Transfer-Encoding must be chunked alone, in HTTP/1.1')
  const { expect } = headers
  if (expect !== undefined && httpVersion === '1.1' && expect.toLowerCase() !== '100-continue')
    return bad('the only Expect is 100-continue')
  if (request.url?.includes('#') === true) return bad('a request names no #fragment')
  return undefined
}

/**
 * Whether what came behind this request in its packet is lost: Node's parser stops at an upgrade, and without a listener for
 * it goes on with the next packet, wherever that begins. So nothing behind it may be taken for a request.
 */
export function losesWhatFollows({ headers }: IncomingMessage): boolean {
  return headers.upgrade !== undefined && headers.connection?.toLowerCase().includes('upgrade') === true
}

/** Node keeps the first of several. */
function hosts(rawHeaders: readonly string[]): number {
  let count = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!
    if (name.length === 4 && name.toLowerCase() === 'host') count++
  }
  return count
}

const bad = (message: string): StoreError => new StoreError('bad_request', message)
