/**
 * Heads that a server in between could read otherwise, each with one thing wrong. Always true: such a request is refused in its
 * turn, its connection is closed, and neither it nor the purchase behind it, whose keys begin with `h-`, is ever begun.
 */
import type { Choose } from './choose.ts'
import { type FuzzRequest, kept, type Outcome, type Place } from './request.ts'

const body = '{"name":"Tux","quantity":1}'
const ownHost = 'host: 127.0.0.1'

interface Fault {
  says: string
  outcome?: Outcome
  target?: (target: string) => string
  version?: string
  /** Instead of our own Host and the body's length. */
  host?: readonly string[]
  framing?: readonly string[]
  more?: readonly string[]
}

const oneHost = 'the Host header must be one host'
const fragment = 'a request names no #fragment'
const expectation = 'the only Expect is 100-continue'
const coding = 'a Transfer-Encoding must be chunked alone, in HTTP/1.1'

function anyFault(choose: Choose): Fault {
  const hosts = [
    'a b',
    'a\tb',
    'a,b',
    'a, b',
    'a/b',
    'a@b',
    'a?b',
    'a#b',
    'a"b',
    'a\\b',
    '<a>',
    '\xe4',
    'http://x',
    '{a}',
  ]
  const expectations = ['200-ok', '', '100-continue, x', '100-continue;q=1', '100 continue', '"100-continue"', 'x']
  const codings = [['gzip, chunked'], ['identity', 'chunked'], ['x;y=1, chunked'], [', chunked']]
  return choose.one<() => Fault>([
    () => ({ says: fragment, target: (target) => `${target}${choose.one(['#', '#x', '#/a?b', '?#', '?a=b#c'])}` }),
    () => ({ says: fragment, target: (target) => `http://shop.example${target}#x` }),
    () => ({ says: fragment, target: () => '/livez#?x=%' }),
    () => ({ says: oneHost, host: [`${choose.one(['host', 'Host', 'HOST'])}: ${choose.one(hosts)}`] }),
    () => ({ says: oneHost, host: ['host: a', choose.one(['host: b', 'Host: a', 'hOST:'])] }),
    () => ({ says: oneHost, version: '1.0', host: [`host: ${choose.one(hosts)}`] }),
    () => ({ says: oneHost, host: ['host:', 'host: 127.0.0.1'] }),
    () => ({ says: 'an HTTP/1.1 request needs a Host header', host: [] }),
    () => ({ says: expectation, more: [`expect: ${choose.one(expectations)}`] }),
    () => ({ says: expectation, more: ['expect: 100-continue', `Expect: ${choose.one(['100-continue', 'x'])}`] }),
    () => ({ says: coding, framing: choose.one(codings).map((name) => `transfer-encoding: ${name}`) }),
    () => ({ says: coding, version: '1.0', framing: ['transfer-encoding: chunked'] }),
    () => ({ says: 'this server speaks HTTP/1.1', version: choose.one(['0.9', '2.0']) }),
    () => ({
      says: 'a request may have at most 100 header fields',
      outcome: 'headers_too_large',
      more: Array.from({ length: choose.one([101, 500]) }, (_, i) => `a${i}:`),
    }),
  ])()
}

/** A read or a purchase with such a head, often with a purchase behind it. */
export function headFault({ choose, index }: Place): FuzzRequest {
  const fault = anyFault(choose)
  const reads = fault.framing === undefined && choose.chance(0.4)
  const { host = [ownHost], framing = reads ? [] : [`content-length: ${body.length}`], more = [] } = fault
  const given = reads ? choose.one(['/livez', '/products/Tux', '/nothing']) : '/orders'
  const target = fault.target?.(given) ?? given
  const head = [
    `${reads ? 'GET' : 'POST'} ${target} HTTP/${fault.version ?? '1.1'}`,
    ...(choose.chance(0.5) ? [...host, ...more] : [...more, ...host]),
    `idempotency-key: h-${index}`,
    ...framing,
  ]
  const rest = fault.framing === undefined ? body : `1b\r\n${body}\r\n0\r\n\r\n`
  const behind = `POST /orders HTTP/1.1\r\n${ownHost}\r\nidempotency-key: h-${index}.b\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  const text = `${head.join('\r\n')}\r\n\r\n${reads ? '' : rest}${choose.chance(0.6) ? behind : ''}`
  return kept('hostile/head', Buffer.from(text, 'latin1'), [fault.outcome ?? 'bad_request'], {
    says: fault.says,
    after: 'closed',
    inOnePacket: true,
  })
}
