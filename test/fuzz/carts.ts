/** Calls of carts, right and with one thing wrong. Nothing is bought by them. */
import type { Choose } from './choose.ts'
import { sold, strangeName, wrongName } from './names.ts'
import { wrongQuantities } from './near-bodies.ts'
import { escaped } from './reads.ts'
import {
  type FuzzRequest,
  jsonType,
  kept,
  type Outcome,
  type Place,
  purchaseFailures,
  refused,
  wire,
} from './request.ts'

const prefix = (choose: Choose): string => choose.one(['/items', '/item'])
const customer = (choose: Choose): string =>
  escaped(choose.chance(0.8) ? `fuzz-${choose.below(200)}` : strangeName(choose), choose)
const item = (choose: Choose): string => {
  const name = choose.one([choose.one(sold), strangeName(choose), '036000291459', '0', '9007199254740991'])
  return /^\d+$/.test(name) ? name : escaped(name, choose)
}
const wrongItems = ['9007199254740992', '9'.repeat(400), '1'.repeat(17)]
const path = (choose: Choose): string => `${prefix(choose)}/${customer(choose)}/${item(choose)}`
const changed: readonly Outcome[] = ['ok', ...purchaseFailures]
const bare = (
  kind: string,
  bytes: Buffer,
  outcomes: readonly Outcome[],
  tells: (body: unknown) => string | undefined,
) => kept(kind, bytes, outcomes, { bare: true, tells: tells as NonNullable<FuzzRequest['tells']> })

const isCount = (count: unknown): boolean =>
  Number.isInteger(count) && (count as number) >= 1 && (count as number) <= 1_000_000
const itemFault = (found: unknown): string | undefined => {
  const { itemId, unitCount, timestamp } = (found ?? {}) as Record<string, unknown>
  const isItem = (typeof itemId === 'string' || Number.isSafeInteger(itemId)) && typeof timestamp === 'string'
  return isItem && isCount(unitCount) ? undefined : `it is no item of a cart: ${JSON.stringify(found)?.slice(0, 200)}`
}
const itemsFault = (found: unknown): string | undefined =>
  Array.isArray(found) ? found.map(itemFault).find((fault) => fault !== undefined) : 'it is no array'
const emptyFault = (found: unknown): string | undefined => (JSON.stringify(found) === '{}' ? undefined : 'it is not {}')

export function add({ choose }: Place): FuzzRequest {
  const bodies = [
    ...['{}', '{"unitCount":1}', '{"itemCount":2}', '{"unitCount":3,"itemCount":3}', '{"unitCount":1e0}'],
    ...['{"unitCount":1,"offeredPrice":0}', '{"offeredPrice":25.99,"specialSale":true,"saleExpiration":"2030-01-01"}'],
    ...[
      '{"specialSale":"\\u00e4\\ud83e\\udd84","saleExpiration":1893456000}',
      '{"specialSale":0.1,"offeredPrice":1e-7}',
    ],
  ]
  const bytes = wire({ method: 'POST', target: path(choose), headers: [jsonType], body: choose.one(bodies) })
  return bare('valid/cart-add', bytes, [...changed, 'cart_full'], itemFault)
}

export function bodiless({ choose }: Place): FuzzRequest {
  const bytes = wire({ method: 'POST', target: path(choose) })
  return bare('valid/cart-one', bytes, [...changed, 'cart_full'], itemFault)
}

export function change({ choose }: Place): FuzzRequest {
  const count = choose.one([0, 1, 5, 500_000])
  const bytes = wire({ method: 'PUT', target: path(choose), headers: [jsonType], body: `{"newCount":${count}}` })
  return bare('valid/cart-count', bytes, changed, (found) => {
    const { unitCount } = (found ?? { unitCount: count }) as { unitCount?: unknown }
    return unitCount === count ? undefined : `its count is ${unitCount}`
  })
}

export function remove({ choose }: Place): FuzzRequest {
  const target = choose.chance(0.7) ? path(choose) : `${prefix(choose)}/${customer(choose)}`
  return bare('valid/cart-remove', wire({ method: 'DELETE', target }), changed, emptyFault)
}

export function look({ choose }: Place): FuzzRequest {
  const target = `${prefix(choose)}/${customer(choose)}`
  return bare('valid/cart', wire({ target }), ['ok', 'unavailable'], itemsFault)
}

export function checkOut({ choose }: Place): FuzzRequest {
  const target = `/checkout/${customer(choose)}`
  return bare('valid/cart-checkout', wire({ method: 'POST', target }), changed, itemsFault)
}

export function wrongCount({ choose }: Place): FuzzRequest {
  const count = choose.one(wrongQuantities)
  const put = choose.chance(0.3) && count !== '0' && count !== '-0'
  const field = put ? 'newCount' : choose.one(['unitCount', 'itemCount'])
  return wrong('near/cart-count', put ? 'PUT' : 'POST', path(choose), `{"${field}":${count}}`)
}

export function wrongBody({ choose }: Place): FuzzRequest {
  const bodies = [
    ...['[]', 'null', 'true', '1', '"{}"', '[{"unitCount":1}]', '{"unitCount":1', '{"unitCount":1}}', '{"count":1}'],
    ...['{"unitCount":1,"itemCount":2}', '{"offeredPrice":-1}', '{"offeredPrice":"1"}', '{"offeredPrice":10000001}'],
    ...['{"saleExpiration":"soon"}', '{"saleExpiration":-1}', '{"saleExpiration":null}', '{"saleExpiration":"=1"}'],
    ...['{"specialSale":"=1+1"}', '{"specialSale":{}}', '{"specialSale":"a\\u0000"}', '{"__proto__":{"unitCount":1}}'],
    ...['{"unitCount":1,"unitCount":2}', '{"itemId":"Tux"}', '{"timestamp":"now"}'],
  ]
  return wrong('near/cart-body', 'POST', path(choose), choose.one(bodies))
}

export function wrongPath({ choose }: Place): FuzzRequest {
  const name = wrongName(choose)
  const bad = encodeURIComponent(name === '' || name === '.' || name === '..' ? ' ' : name)
  const at = prefix(choose)
  const target = choose.one([
    ...[`${at}/${bad}`, `${at}/${bad}/Tux`, `${at}/fuzz-1/${bad}`, `/checkout/${bad}`],
    ...wrongItems.map((digits) => `${at}/fuzz-1/${digits}`),
  ])
  if (target.length > 8192) return kept('near/cart-path', wire({ target }), ['uri_too_long'])
  const method = target.startsWith('/checkout/') ? 'POST' : target.split('/').length === 4 ? 'DELETE' : 'GET'
  return refused('near/cart-path', wire({ method, target }))
}

const wrong = (kind: string, method: string, target: string, body: string): FuzzRequest =>
  refused(kind, wire({ method, target, headers: [jsonType], body }))
