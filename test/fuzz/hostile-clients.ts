/** Clients that go away, talk in bursts or write what is allowed and odd; and requests with random bytes changed. */
import type { Choose } from './choose.ts'
import { anyPurchase, keyOf, tellsPurchase } from './purchases.ts'
import { type FuzzRequest, type Header, jsonType, kept, type Place, type Purchase, wire } from './request.ts'

const purchaseOf = ({ index, choose }: Place, tail = ''): Required<Purchase> => ({
  ...anyPurchase(choose),
  key: keyOf(index, tail),
})

const bodyOf = ({ name, quantity }: Purchase): string => JSON.stringify({ name, quantity })

const bytesOf = (purchase: Required<Purchase>, headers: readonly Header[] = []): Buffer =>
  wire({
    method: 'POST',
    target: '/orders',
    headers: [['idempotency-key', purchase.key], jsonType, ...headers],
    body: bodyOf(purchase),
  })

/** Goes away in the middle of a purchase, or at its end: then it has bought or not. */
export function leave(place: Place): FuzzRequest {
  const purchase = purchaseOf(place)
  const bytes = bytesOf(purchase)
  const cut = place.choose.chance(0.5) ? bytes.length : 1 + place.choose.below(bytes.length - 1)
  return kept('hostile/leave', bytes.subarray(0, cut), [200, 400, 409], {
    after: place.choose.one(['reset', 'half-close']),
    answered: 'perhaps',
    purchases: cut === bytes.length ? [purchase] : [],
  })
}

/** Many requests at once, in one packet, each of which is answered in its turn. */
export function burst(place: Place): FuzzRequest {
  const count = place.choose.one([2, 10, 50, 200])
  const purchases = Array.from({ length: place.choose.below(3) }, (_, i) => purchaseOf(place, `.${i}`))
  const reads = Array.from({ length: count }, () =>
    wire({ target: place.choose.one(['/livez', '/products/Tux', '/nothing']) }),
  )
  return kept('hostile/burst', Buffer.concat([...reads, ...purchases.map((one) => bytesOf(one))]), [200, 404, 409], {
    answersMax: count + purchases.length,
    after: 'close',
    purchases,
  })
}

/** Good requests before one that is none: those are answered, the last is not taken for another's. */
export function mixture(place: Place): FuzzRequest {
  const purchases = Array.from({ length: 1 + place.choose.below(3) }, (_, i) => purchaseOf(place, `.${i}`))
  const end = place.choose.one([
    'GET /livez HTTP/1.1\r\n',
    'hello\r\n\r\n',
    'POST /orders HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    `POST /orders HTTP/1.1\r\nhost: x\r\nidempotency-key: h-${place.index}\r\ncontent-length: 40\r\n\r\n{"name":"Tux","quantity":1}`,
    'GET /livez HTTP/1.0\r\n\r\nGET /livez HTTP/1.1\r\nhost: x\r\n\r\n',
    'POST /orders HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"a":1',
  ])
  return kept(
    'hostile/mixture',
    Buffer.concat([...purchases.map((one) => bytesOf(one)), Buffer.from(end)]),
    [200, 400, 409],
    {
      answersMax: purchases.length + 2,
      after: 'half-close',
      answered: 'perhaps',
      purchases,
    },
  )
}

/** Odd, and allowed: empty lines before it, chunk extensions, trailers, an old version, a connection that ends after it. */
export function odd(place: Place): FuzzRequest {
  const purchase = purchaseOf(place)
  const text = bodyOf(purchase)
  const size = Buffer.byteLength(text).toString(16)
  const head = `POST /orders HTTP/1.1\r\nhost: x\r\nidempotency-key:${purchase.key}\r\n`
  const chunked = `${head}transfer-encoding: chunked\r\n`
  const old = Buffer.from(
    bytesOf(purchase, [['expect', '100-continue']])
      .toString('latin1')
      .replace('HTTP/1.1', 'HTTP/1.0'),
    'latin1',
  )
  const bytes = place.choose.one([
    old,
    Buffer.concat([Buffer.from('\r\n\r\n'), bytesOf(purchase)]),
    bytesOf(purchase, [['connection', 'close']]),
    bytesOf(purchase, [['connection', 'keep-alive, x']]),
    bytesOf(purchase, [['te', 'trailers']]),
    Buffer.from(`${head}content-length: 000${Buffer.byteLength(text)}\r\n\r\n${text}`),
    Buffer.from(bytesOf(purchase).toString('latin1').replace('HTTP/1.1\r\nhost: 127.0.0.1', 'HTTP/1.0'), 'latin1'),
    Buffer.from(`${chunked}\r\n${size};a=b;c="d"\r\n${text}\r\n0;x\r\n\r\n`),
    Buffer.from(`${chunked}\r\n000${size.toUpperCase()}\r\n${text}\r\n000\r\n\r\n`),
    Buffer.from(`${chunked}trailer: idempotency-key\r\n\r\n${size}\r\n${text}\r\n0\r\nidempotency-key: other\r\n\r\n`),
  ])
  return kept('hostile/odd', bytes, [200, 409], {
    after: 'close',
    tells: tellsPurchase(purchase),
    purchases: [purchase],
  })
}

/** A key behind a thousand fields is kept like any other, or the purchase is refused. */
export function lateKey(place: Place): FuzzRequest {
  const purchase = purchaseOf(place)
  const fields = Array.from({ length: place.choose.one([30, 33, 990, 1000, 2000, 2500]) }, () => 'a:\r\n').join('')
  const head = `POST /orders HTTP/1.1\r\nhost: x\r\ncontent-length: ${Buffer.byteLength(bodyOf(purchase))}\r\n`
  const bytes = Buffer.from(`${head}${fields}idempotency-key: ${purchase.key}\r\n\r\n${bodyOf(purchase)}`)
  return kept('hostile/late-key', bytes, [200, 400, 409, 431], {
    after: 'close',
    answered: 'alone',
    tells: tellsPurchase(purchase),
    purchases: [purchase],
  })
}

/** No host, two, or an expectation that is none; upgrades and tunnels that nobody offers. */
export function strange(place: Place): FuzzRequest {
  const { choose } = place
  const fields = [
    'host: a\r\nhost: b\r\n',
    'expect: 200-ok\r\nhost: x\r\n',
    'host: x\r\nexpect: 100-continue\r\n',
    'host: x\r\nexpect:\r\n',
  ]
  const upgrades = [
    'host: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: x\r\nsec-websocket-version: 13\r\n',
    'host: x\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n',
  ]
  if (choose.chance(0.2)) {
    const bytes = wire({ method: 'CONNECT', target: choose.one(['127.0.0.1:22', '/', 'x']) })
    return kept('hostile/connect', bytes, [400, 404, 405], { after: 'half-close', answered: 'perhaps' })
  }
  if (choose.chance(0.2))
    return kept('hostile/no-host', Buffer.from('GET /livez HTTP/1.1\r\n\r\n'), [400], {
      reason: 'bad_request',
      after: 'close',
    })
  const bytes = Buffer.from(
    `GET ${choose.one(['/livez', '/products/Tux'])} HTTP/1.1\r\n${choose.one([...fields, ...upgrades])}\r\n`,
  )
  return kept('hostile/strange', bytes, [200, 400], { after: 'close' })
}

/** Few bytes of a request changed, taken out, put in or doubled, anywhere but where they would make it another purchase. */
export function mutant(place: Place): FuzzRequest {
  const { choose } = place
  const reading = choose.chance(0.6)
  const purchase = purchaseOf(place)
  const target = choose.one([
    '/products/Tux',
    '/products?limit=2&after=T',
    '/orders/1',
    '/orders?limit=3&before=9',
    '/movements',
    '/livez',
  ])
  const bytes = reading
    ? wire({ target, headers: [['accept', '*/*']] })
    : bytesOf(purchase, [
        ['host', 'x'],
        ['accept', '*/*'],
      ])
  const from = reading ? 0 : bytes.indexOf('\r\n', bytes.indexOf('idempotency-key')) + 2
  const to = reading ? bytes.length : bytes.indexOf('\r\n\r\n')
  const changes = 1 + choose.below(3)
  let changed = bytes.subarray(from, to)
  for (let left = changes; left > 0; left--) changed = mutate(changed, choose)
  const whole = Buffer.concat([bytes.subarray(0, from), changed, bytes.subarray(to)])
  const statuses = [200, 400, 403, 404, 405, 409, 413, 414, 415, 431]
  return kept('hostile/mutant', whole, statuses, {
    after: 'half-close',
    answered: 'perhaps',
    answersMax: 1 + changes,
    purchases: reading ? [] : [purchase],
  })
}

function mutate(bytes: Buffer, choose: Choose): Buffer {
  const at = choose.below(bytes.length)
  const [before, behind] = [bytes.subarray(0, at), bytes.subarray(at)]
  const put = choose.one([
    '\r\n',
    '\n',
    '\r',
    '\0',
    ' ',
    ':',
    '%',
    '?',
    '\xff',
    '\r\n\r\n',
    '\t',
    ',',
    ';',
    '/',
    '#',
    '"',
  ])
  switch (choose.below(4)) {
    case 0:
      return Buffer.concat([before, Buffer.from([choose.below(256)]), behind.subarray(1)])
    case 1:
      return Buffer.concat([before, behind.subarray(1 + choose.below(8))])
    case 2:
      return Buffer.concat([before, Buffer.from(put, 'latin1'), behind])
    default:
      return Buffer.concat([before, behind.subarray(0, choose.below(20)), behind])
  }
}
