/** Purchases with one thing wrong in their body, their key or their type. Each must be refused, and none may become an order. */
import { halfName, wrongName } from './names.ts'
import { anyPurchase } from './purchases.ts'
import { type FuzzRequest, type Header, jsonType, kept, type Place, readFailures, refused, wire } from './request.ts'

const post = (body: Buffer | string, headers: readonly Header[] = [jsonType]): Buffer =>
  wire({ method: 'POST', target: '/orders', headers, body })

export const wrongQuantities = [
  ...[
    '0',
    '-0',
    '-1',
    '-2147483648',
    '1.5',
    '0.1',
    '1e-1',
    '1e21',
    '1e308',
    '1e400',
    '-1e400',
    '1000001',
    '4294967297',
  ],
  ...['9007199254740992', '9007199254740993', '18446744073709551617', `1${'0'.repeat(400)}`, '1.0000000000000002'],
  ...['"1"', '"NaN"', '""', '" 1"', '"1e0"', '"１"', 'null', 'true', 'false', '[]', '[1]', '{}', '{"valueOf":1}'],
  ...[
    'NaN',
    'Infinity',
    '-Infinity',
    '01',
    '+1',
    '0x1',
    '1n',
    '.5',
    '1.',
    '1e',
    '1_000',
    '１',
    'undefined',
    '1 1',
    '1,',
  ],
]

export function quantity({ choose }: Place): FuzzRequest {
  const name = JSON.stringify(anyPurchase(choose).name)
  return refused('near/quantity', post(`{"name":${name},"quantity":${choose.one(wrongQuantities)}}`))
}

export function name({ choose }: Place): FuzzRequest {
  const others = ['null', '1', 'true', '[]', '["Tux"]', '{}', '{"toString":"Tux"}', "'Tux'", 'Tux', '"Tux', '"T\tux"']
  const text = choose.one([JSON.stringify(wrongName(choose)), halfName(choose), choose.one(others)])
  return refused('near/name', post(`{"name":${text},"quantity":1}`))
}

/** Fields missing, renamed, doubled, added or nested. */
export function fields({ choose }: Place): FuzzRequest {
  const { quantity: pieces, name: toy } = anyPurchase(choose)
  const [n, q] = [`"name":${JSON.stringify(toy)}`, `"quantity":${pieces}`]
  const strange = JSON.stringify(
    choose.one(['price', '__proto__', 'constructor', '', 'Name', 'key', '\u0000', 'items']),
  )
  const bodies = [
    ...[`{${n}}`, `{${q}}`, '{}', `{${n.replace('name', 'Name')},${q}}`, `{${n},${q.replace('quantity', 'qty')}}`],
    ...[`{${n},${q},${q}}`, `{${n},${n},${q}}`, `{${n},${q},"quantit\\u0079":2}`, `{"\\u006eame":"Fox",${n},${q}}`],
    ...[
      `{${n},${q},${strange}:1}`,
      `{${n},${q},${strange}:{"a":[]}}`,
      `{"data":{${n},${q}}}`,
      `{"__proto__":{${n},${q}}}`,
    ],
    ...[`[{${n},${q}}]`, `[${JSON.stringify(toy)},${pieces}]`, `{${n},"quantity":{${q}}}`, `{"name":{${n}},${q}}`],
    ...['null', 'true', '1', '""', '"{}"', '[]', '[[]]', '-0', '1e400'],
    `{${n},${q},${Array.from({ length: 1 + choose.below(2000) }, (_, i) => `"x${i}":0`).join()}}`,
    `{${n},${q},${JSON.stringify(choose.one(['x', '🦄', '\u0000']).repeat(1 + choose.below(9000)))}:0}`,
  ]
  return refused('near/fields', post(choose.one(bodies)))
}

/** What is no JSON, or more than a purchase needs of it. */
export function json({ choose }: Place): FuzzRequest {
  const body = JSON.stringify(anyPurchase(choose))
  const bytes = Buffer.from(body)
  const depth = choose.one([33, 100, 5000, 20_000])
  const flipped = Buffer.from(bytes)
  flipped[choose.below(flipped.length)] = choose.one([0xc0, 0xc1, 0xf5, 0xff]) // bytes that UTF-8 never has
  const bodies: (string | Buffer)[] = [
    ...[body.slice(0, choose.below(body.length)), `${body}}`, `${body}${body}`, `${body},`, `x${body}`, `${body}\0`],
    ...[
      body.replaceAll('"', "'"),
      `{name:"Tux",quantity:1}`,
      `/* */${body}`,
      `${body}//`,
      body.replace(',"quantity"', ',,"quantity"'),
    ],
    ...[
      '[',
      '{"a":',
      '"',
      '\\',
      '\u0000',
      ' ',
      '\ufeff',
      'name=Tux&quantity=1',
      '<a/>',
      '{"name":"\\x41","quantity":1}',
    ],
    ...['['.repeat(depth), `${'['.repeat(depth)}${']'.repeat(depth)}`, `${'{"name":'.repeat(depth / 10)}`],
    ...[
      Buffer.from(body, 'utf16le'),
      Buffer.from(`\ufeff${body}`, 'utf16le'),
      Buffer.from([0xff]),
      Buffer.from([0xc0, 0xaf]),
    ],
    ...[
      Buffer.from('{"name":"T\xfcx","quantity":1}', 'latin1'),
      Buffer.from('{"name":"\xed\xa0\x80","quantity":1}', 'latin1'),
    ],
    flipped,
  ]
  return refused('near/json', post(choose.one(bodies)))
}

export function key({ choose }: Place): FuzzRequest {
  const inner = choose.one(['a', 'Z9', 'k-1', 'x'.repeat(200)])
  const texts = ['', 'x'.repeat(256 + choose.below(3000)), `${inner} ${inner}`, `~${inner}`, `-${inner}`, `.${inner}`]
  const more = [
    `${inner},${inner}`,
    `${inner}/`,
    `../${inner}`,
    `${inner}\u00fc`,
    `"${inner}"`,
    `${inner}\t1`,
    '{}',
    '=1+1',
  ]
  const header: Header = ['idempotency-key', choose.one([...texts, ...more])]
  const twice: Header[] = [
    ['idempotency-key', inner],
    ['Idempotency-Key', choose.one([inner, 'other'])],
  ]
  const headers = choose.chance(0.1) ? twice : [header]
  return refused('near/key', post(JSON.stringify(anyPurchase(choose)), [jsonType, ...headers]))
}

export function type({ choose }: Place): FuzzRequest {
  const types = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', '', 'json']
  const more = [
    'application/json5',
    'application/jsonx',
    'application/json, text/plain',
    '*/*',
    'application\\json',
    ';',
  ]
  const encodings = ['gzip', 'br', 'deflate', 'identity, gzip', 'x', '']
  const header: Header = choose.chance(0.7)
    ? ['content-type', choose.one([...types, ...more])]
    : ['content-encoding', choose.one(encodings)]
  return kept('near/type', post(JSON.stringify(anyPurchase(choose)), [header]), ['unsupported_media_type'])
}

/** A body at the limit, and one byte over it and more. */
export function size({ choose }: Place): FuzzRequest {
  const body = JSON.stringify(anyPurchase(choose))
  const ofSize = (bytes: number) =>
    Buffer.from(body.padEnd(bytes - Buffer.byteLength(body) + body.length, choose.one([' ', 'x'])))
  if (choose.chance(0.2)) return refused('near/size', post(Buffer.concat([ofSize(524_287), Buffer.from('!')])))
  const target = { method: 'POST', target: '/orders' }
  const over = ofSize(524_288 + choose.one([1, 1, 100, 35_000]))
  if (choose.chance(0.7)) {
    const chunked = choose.chance(0.5) ? { chunkedBy: choose } : {}
    const bytes = wire({ ...target, headers: [jsonType], body: over, ...chunked })
    // Of chunks it shows only at their end that they are too many: then nothing may be left that must not be read.
    return kept('near/size', bytes, ['body_too_large'], { after: 'chunkedBy' in chunked ? 'told' : 'closed' })
  }
  // A head that tells of a large body is answered before any of it comes.
  const length: Header = [
    'content-length',
    choose.one(['524289', '10000000', '9007199254740993', '18446744073709551615']),
  ]
  const bytes = Buffer.concat([wire({ ...target, headers: [jsonType, length] }), over.subarray(0, choose.below(100))])
  return kept('near/size', bytes, ['body_too_large'], { after: 'closed' })
}

/** No body at all, or one where none belongs. */
export function bodiless({ choose }: Place): FuzzRequest {
  const get = choose.chance(0.5)
  if (get)
    return kept('near/bodiless', wire({ target: '/products/Tux', body: '{"name":"Fox"}' }), ['ok', ...readFailures])
  const headers: Header[] = choose.chance(0.5) ? [jsonType] : []
  return refused(
    'near/bodiless',
    wire({ method: 'POST', target: '/orders', headers, ...(choose.chance(0.5) && { body: '' }) }),
  )
}
