/**
 * Requests whose framing is broken or means two things. Each is refused, and its connection is closed. Always true: the purchase inside carries a key that begins with `h-`,
 * and no such key may ever stand in orders.csv, since whoever reads these bytes otherwise would see another request.
 */
import { type FuzzRequest, kept, type Place } from './request.ts'

const body = '{"name":"Tux","quantity":1}'
const length = `content-length: ${body.length}`
const chunked = 'transfer-encoding: chunked'
const chunks = `1b\r\n${body}\r\n0\r\n\r\n`

const keyLine = ({ index }: Place): string => `idempotency-key: h-${index}`

/** A refusal that closes; it would be missing where other replies are under way on the connection. */
const broken = (kind: string, text: string, more: Partial<FuzzRequest> = {}): FuzzRequest =>
  kept(kind, Buffer.from(text, 'latin1'), ['bad_request'], { after: 'closed', alone: true, ...more })

const post = (lines: readonly string[], rest: string, start = 'POST /orders HTTP/1.1'): string =>
  `${[start, 'host: 127.0.0.1', 'content-type: application/json', ...lines].join('\r\n')}\r\n\r\n${rest}`

/** A length and chunks, two lengths, lengths and codings that are none. */
export function lengths(place: Place): FuzzRequest {
  const { choose } = place
  const inner = post([keyLine(place), length], body)
  const lines = choose.one([
    ...[
      [length, chunked],
      [chunked, length],
      ['content-length: 0', chunked],
      [chunked, 'Content-Length: 4'],
    ],
    ...[[length, 'content-length: 3'], [length, length], ['content-length: 27, 27'], ['content-length: 27,3']],
    ...[['content-length: -1'], ['content-length: +27'], ['content-length: 0x1b'], ['content-length: 2 7']],
    ...[
      ['content-length: 99999999999999999999'],
      ['content-length: '],
      ['content-length: 27;'],
      ['content-length: 1e1'],
    ],
    ...[['transfer-encoding: xchunked', length], ['transfer-encoding: chunked, identity'], ['transfer-encoding: gzip']],
    ...[
      ['transfer-encoding: identity', chunked, length],
      ['transfer-encoding:\u000bchunked'],
      ['transfer-encoding: chu nked'],
    ],
    ...[
      ['transfer-encoding: chunked', 'transfer-encoding: identity'],
      ['transfer-encoding: "chunked"'],
      ['transfer-encoding: chunked, chunked'],
    ],
    ...[
      ['transfer-encoding : chunked'],
      ['content-length : 27'],
      [' transfer-encoding: chunked'],
      ['transfer\u00adencoding: chunked', 'x y: z'],
    ],
  ])
  return broken('hostile/lengths', post([keyLine(place), ...lines], choose.one([chunks, body, `0\r\n\r\n${inner}`])))
}

/** Chunks that are none. */
export function chunksBroken(place: Place): FuzzRequest {
  const { choose } = place
  const wrong = choose.one([
    ...[
      `1B ;x\u0000=1\r\n${body}\r\n0\r\n\r\n`,
      `0x1b\r\n${body}\r\n0\r\n\r\n`,
      `-1b\r\n${body}\r\n0\r\n\r\n`,
      `g\r\n${body}`,
    ],
    ...[
      `1b\n${body}\n0\n\n`,
      `1b\r\n${body}0\r\n\r\n`,
      `1a\r\n${body}\r\n0\r\n\r\n`,
      `ffffffffffffffff1b\r\n${body}\r\n0\r\n\r\n`,
    ],
    ...[
      `1b\r${body}\r\n0\r\n\r\n`,
      `1b\r\n${body}\r\n0\r\nx y: z\r\n\r\n`,
      `1b\r\n${body}\r\n0\r\n\u0000\r\n\r\n`,
      `\r\n${chunks}`,
    ],
    `1b;${'x'.repeat(20_000)}\r\n${body}\r\n0\r\n\r\n`,
  ])
  return broken('hostile/chunks', post([keyLine(place), chunked], wrong))
}

/** Lines and fields that are none. */
export function lines(place: Place): FuzzRequest {
  const { choose } = place
  const good = post([keyLine(place), length], body)
  const text = choose.one([
    ...[good.replaceAll('\r\n', '\n'), good.replace('\r\n', '\n'), good.replaceAll('\r\n', '\r')],
    ...[
      'x',
      ': y',
      'x y: z',
      'x\u0000: y',
      'x: y\u0000z',
      'x: \u0001',
      '(x): y',
      'x\t: y',
      'x:\r y: z\r',
      '\u00ff: x',
      'x: y\rz',
    ].map((line) => post([keyLine(place), line, length], body)),
    ...[
      'POST /orders',

      'POST /orders HTTP/1.1 x',
      'POST /or ders HTTP/1.1',
      'post /orders HTTP/1.1',
    ].map((start) => post([keyLine(place), length], body, start)),
    ...['POST /orders HTTP/9.9', 'POST /orders HTTP/1.', 'POST /orders HTTPS/1.1', 'POST /orders\u0000 HTTP/1.1'].map(
      (start) => post([keyLine(place), length], body, start),
    ),
    ...[
      'FROB /orders HTTP/1.1',
      'POST/orders HTTP/1.1',
      ' POST /orders HTTP/1.1',
      'POST orders HTTP/1.1',
      '\u00ff /orders HTTP/1.1',
    ].map((start) => post([keyLine(place), length], body, start)),
  ])
  return broken('hostile/lines', text)
}

/** Other protocols, and noise. */
export function noise({ choose }: Place): FuzzRequest {
  const random = String.fromCharCode(...Array.from({ length: 1 + choose.below(300) }, () => choose.below(256)))
  const text = choose.one([
    ...[
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      'SSH-2.0-OpenSSH_9.2\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      '\u0000',
    ],
    ...[
      '*1\r\n$4\r\nPING\r\n',
      'EHLO x\r\n',
      '<policy-file-request/>\0',
      'PROXY TCP4 1.1.1.1 1.1.1.1 1 1\r\n',
      `\u0001${random}`,
    ],
  ])
  return broken('hostile/noise', `${text}\r\n\r\n`)
}

/** More header than the store reads. */
export function headers(place: Place): FuzzRequest {
  const { choose } = place
  const many = (count: number, line: string): string[] => Array.from({ length: count }, () => line)
  const [tooLong, tooMany] = [
    'the request line and header fields are too long',
    'a request may have at most 100 header fields',
  ] as const
  const [more, says] = choose.one<readonly [string[], string]>([
    [[`cookie: ${'x'.repeat(17_000 + choose.below(40_000))}`], tooLong],
    [[`${'x'.repeat(20_000)}: y`], tooLong],
    [many(300, `x: ${'y'.repeat(100)}`), tooLong],
    // Node counts the bytes of names and values alone.
    [many(4000 + choose.below(4000), 'a:b'), tooMany],
  ])
  const longTarget = choose.chance(0.2)
  const start = longTarget ? `GET /${'x'.repeat(30_000)} HTTP/1.1` : 'POST /orders HTTP/1.1'
  return broken('hostile/headers', post([...more, keyLine(place), length], body, start), {
    outcomes: ['headers_too_large'],
    says: longTarget ? tooLong : says,
  })
}

/** A request that stops in its middle and waits. */
export function stall(place: Place): FuzzRequest {
  const text = post([keyLine(place), length], body)
  const cut = 1 + place.choose.below(text.length - 1)
  return broken('hostile/stall', text.slice(0, cut), { outcomes: ['request_timeout'] })
}
