/** Clients that go away, talk in bursts or write what is allowed and odd. */
import { headFault } from './hostile-heads.ts'
import { anyPurchase, keyOf, outcomesOf, tellsPurchase } from './purchases.ts'
import {
  type FuzzRequest,
  type Header,
  jsonType,
  kept,
  type Outcome,
  type Place,
  type Purchase,
  readFailures,
  together,
  wire,
} from './request.ts'

/** A purchase under the key of its place. */
export const purchaseOf = ({ index, choose }: Place, tail = ''): Required<Purchase> => ({
  ...anyPurchase(choose),
  key: keyOf(index, tail),
})

const bodyOf = ({ name, quantity }: Purchase): string => JSON.stringify({ name, quantity })

/** The purchase as a client writes it. */
export const bytesOf = (purchase: Required<Purchase>, headers: readonly Header[] = []): Buffer =>
  wire({
    method: 'POST',
    target: '/orders',
    headers: [['idempotency-key', purchase.key], jsonType, ...headers],
    body: bodyOf(purchase),
  })

const bought = (
  kind: string,
  purchase: Required<Purchase>,
  bytes = bytesOf(purchase),
  more: Partial<FuzzRequest> = {},
): FuzzRequest =>
  kept(kind, bytes, outcomesOf(purchase), { tells: tellsPurchase(purchase), purchases: [purchase], ...more })

/** Goes away in the middle of a purchase, or at its end: then it has bought or not. */
export function leave(place: Place): FuzzRequest {
  const { choose } = place
  const purchase = purchaseOf(place)
  const bytes = bytesOf(purchase)
  const whole = choose.chance(0.5)
  const part = whole ? bytes : bytes.subarray(0, 1 + choose.below(bytes.length - 1))
  const gone = choose.chance(0.5)
    ? ({ after: 'reset', alone: true, answers: [0, 1] } as const)
    : ({ after: 'half-close', alone: true } as const)
  if (!whole) return kept('hostile/leave', part, ['bad_request'], gone)
  // Who ends his side while his purchase is under way may be told nothing of it.
  return bought('hostile/leave', purchase, part, { ...gone, answers: [0, 1] })
}

/** Many requests at once, in one packet, each of which is answered in its turn. */
export function burst(place: Place): FuzzRequest {
  const count = place.choose.one([2, 10, 50, 200, 1000])
  const reads = Array.from({ length: count }, () => {
    const [target, outcome] = place.choose.one<readonly [string, Outcome]>([
      ['/livez', 'ok'],
      ['/products/Tux', 'ok'],
      ['/nothing', 'not_found'],
    ])
    return kept('read', wire({ target }), [outcome, ...readFailures])
  })
  const purchases = Array.from({ length: place.choose.below(3) }, (_, i) => bought('buy', purchaseOf(place, `.${i}`)))
  return together('hostile/burst', [...reads, ...purchases])
}

/** Good requests before one that is none: those are answered, the last is not taken for another's. */
export function mixture(place: Place): FuzzRequest {
  const { choose, index } = place
  const purchases = Array.from({ length: 1 + choose.below(3) }, (_, i) =>
    // Whether a reply may still say that the connection closes, depends on when it was written.
    bought('buy', purchaseOf(place, `.${i}`), undefined, { after: 'told' }),
  )
  const end = (text: string, outcome: Outcome, more: Partial<FuzzRequest> = {}): FuzzRequest =>
    kept('end', Buffer.from(text), [outcome], { after: 'closed', ...more })
  // What stands behind a reply that is still under way and is no request has no turn: the connection just closes.
  const perhaps = { answers: [0, 1] } as const
  /** Cut off by the end of our side, when those before it have been answered. */
  const cut = { after: 'half-close' } as const
  const last = choose.one([
    end('GET /livez HTTP/1.1\r\n', 'bad_request', cut),
    end('hello\r\n\r\n', 'bad_request', perhaps),
    end(
      'POST /orders HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      'bad_request',
      perhaps,
    ),
    end('CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n', 'bad_request', perhaps),
    end(
      `POST /orders HTTP/1.1\r\nhost: x\r\nidempotency-key: h-${index}\r\ncontent-length: 40\r\n\r\n{"name":"Tux","quantity":1}`,
      'bad_request',
      cut,
    ),
    end('GET /livez HTTP/1.0\r\n\r\nGET /livez HTTP/1.1\r\nhost: x\r\n\r\n', 'ok'),
    end('POST /orders HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"a":1', 'bad_request', cut),
    headFault(place),
  ])
  return together('hostile/mixture', [...purchases, last], {
    after: last.after,
    alone: true,
    inOnePacket: true,
    waitsFor: last.after === 'half-close' ? purchases.length : 0,
  })
}

/** Odd, and allowed: empty lines before it, chunk extensions, trailers, strange hosts, an old version, many fields. */
export function odd(place: Place): FuzzRequest {
  const { choose, index } = place
  const purchase = purchaseOf(place)
  const text = bodyOf(purchase)
  const size = Buffer.byteLength(text).toString(16)
  const head = `POST /orders HTTP/1.1\r\nhost: x\r\nidempotency-key:${purchase.key}\r\n`
  const chunked = `${head}transfer-encoding: chunked\r\n`
  const old = (bytes: Buffer): Buffer => Buffer.from(bytes.toString('latin1').replace('HTTP/1.1', 'HTTP/1.0'), 'latin1')
  const [bytes, after] = choose.one<readonly [Buffer, FuzzRequest['after']]>([
    [old(bytesOf(purchase, [['expect', choose.one(['100-continue', '200-ok', ''])]])), 'closed'],
    [old(Buffer.from(bytesOf(purchase).toString('latin1').replace('host: 127.0.0.1\r\n', ''), 'latin1')), 'closed'],
    [bytesOf(purchase, [['connection', choose.one(['close', 'Close', 'x, close'])]]), 'closed'],
    [old(bytesOf(purchase, [['connection', 'keep-alive']])), 'keep'],
    [Buffer.concat([Buffer.from('\r\n\r\n'), bytesOf(purchase)]), 'keep'],
    [bytesOf(purchase, [['connection', 'keep-alive, x']]), 'keep'],
    [bytesOf(purchase, [['te', 'trailers']]), 'keep'],
    [bytesOf(purchase, [['host', choose.one(['', 'x:99999', '[::1]:8080', "a'b", '%41', '!$&()*+;=~'])]]), 'keep'],
    [Buffer.from(`${head}content-length: 000${Buffer.byteLength(text)}\r\n\r\n${text}`), 'keep'],
    [Buffer.from(`${chunked}\r\n${size};a=b;c="d"\r\n${text}\r\n0;x\r\n\r\n`), 'keep'],
    [Buffer.from(`${chunked.replace('chunked', 'Chunked')}\r\n${size}\r\n${text}\r\n0\r\n\r\n`), 'keep'],
    [Buffer.from(`${chunked}\r\n000${size.toUpperCase()}\r\n${text}\r\n000\r\n\r\n`), 'keep'],
    [
      Buffer.from(
        `${chunked}trailer: idempotency-key\r\n\r\n${size}\r\n${text}\r\n0\r\nidempotency-key: other\r\n\r\n`,
      ),
      'keep',
    ],
  ])
  // What comes behind a request that closes is never begun.
  const behind =
    after === 'closed' && choose.chance(0.5) ? bytesOf({ ...purchase, key: `h-${index}` }) : Buffer.alloc(0)
  return bought('hostile/odd', purchase, Buffer.concat([bytes, behind]), { after, inOnePacket: behind.length > 0 })
}

/** A key behind many fields is kept like any other up to a hundred of them; behind more the purchase is refused. */
export function lateKey(place: Place): FuzzRequest {
  const purchase = purchaseOf(place)
  const others = ['host: x', `content-length: ${Buffer.byteLength(bodyOf(purchase))}`]
  const key = `idempotency-key: ${purchase.key}`
  const count = place.choose.one([30, 97, 98, 990, 1000, 2000, 2500])
  const fields = [...others, ...Array.from({ length: count }, () => 'a:'), key]
  const bytes = Buffer.from(`POST /orders HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n${bodyOf(purchase)}`)
  if (fields.length <= 100) return bought('hostile/late-key', purchase, bytes)
  return kept('hostile/late-key', bytes, ['headers_too_large'], {
    says: 'a request may have at most 100 header fields',
    after: 'closed',
  })
}

/** Upgrades, which nobody offers, are requests like others; a tunnel is refused. */
export function upgrade(place: Place): FuzzRequest {
  const { choose } = place
  if (choose.chance(0.4)) {
    const bytes = wire({ method: 'CONNECT', target: choose.one(['127.0.0.1:22', '/', 'x', 'x:1']) })
    return kept('hostile/connect', bytes, ['bad_request'], { after: 'closed', alone: true })
  }
  const [fields, after] = choose.one<readonly [string, FuzzRequest['after']]>([
    // What comes behind an upgrade would be of another protocol, had it taken place.
    ['connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: x\r\nsec-websocket-version: 13', 'closed'],
    ['connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__', 'closed'],
    ['upgrade: websocket', 'keep'],
    ['connection: upgrade', 'keep'],
    // It never gets its `100 Continue`, so its client may send a body or not.
    ['expect: 100-Continue', 'closed'],
  ])
  const target = choose.one(['/livez', '/products/Tux'])
  const request = Buffer.from(`GET ${target} HTTP/1.1\r\nhost: x\r\n${fields}\r\n\r\n`)
  const behind = after === 'closed' ? bytesOf({ ...purchaseOf(place), key: `h-${place.index}` }) : Buffer.alloc(0)
  const bytes = Buffer.concat([request, behind])
  return kept('hostile/upgrade', bytes, ['ok', ...readFailures], { after, inOnePacket: behind.length > 0 })
}
