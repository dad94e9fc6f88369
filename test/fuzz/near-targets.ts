/** Targets, parameters and methods that are almost right. */
import { wrongName } from './names.ts'
import { type FuzzRequest, kept, type Outcome, type Place, readFailures, refused, wire } from './request.ts'

export function product({ choose }: Place): FuzzRequest {
  const wrong = wrongName(choose)
  const name = wrong === '' || wrong === '.' || wrong === '..' ? ' ' : wrong
  const target = `/products/${encodeURIComponent(name)}`
  if (target.length > 8192) return kept('near/product', wire({ target }), ['uri_too_long'])
  return refused('near/product', wire({ target }))
}

const wrongNumbers = [
  '-1',
  '1.5',
  '1e3',
  '0x1',
  '+1',
  '%201',
  '1%20',
  'NaN',
  '%EF%BC%91',
  'null',
  '%00',
  '1%00',
  '1,000',
]
const tooLarge = ['9007199254740992', '99999999999999999999', '1'.repeat(1000)]

export function order({ choose }: Place): FuzzRequest {
  const text = choose.one([...wrongNumbers, ...tooLarge, 'latest', '__proto__', '1;2'])
  return refused('near/order', wire({ target: `/orders/${text}` }))
}

/** Parameters out of their bounds, given twice, or of a wrong form. */
export function query({ choose }: Place): FuzzRequest {
  const number = choose.one([...wrongNumbers, ...tooLarge, ''])
  const limit = choose.one([number, '0', '1001', '1000000'])
  const queries = [
    ...[`/products?limit=${limit}`, `/orders?limit=${limit}`, `/movements?limit=${limit}`, '/products?limit'],
    ...[`/orders?before=${number}`, `/movements?after=${number}`, `/products?after=${'x'.repeat(801)}`],
    ...[
      '/products?limit=1&limit=1',
      '/products?after=a&after=b',
      '/orders?before=1&before=1',
      '/movements?after=1&after=2',
    ],
    ...['/movements?ledger=gold', '/movements?ledger=', '/movements?ledger=stock&ledger=stock', '/orders?limit=1;2'],
    ...['/products?limit=%2531', '/products?limit[]=1&limit=x', '/products?lim%69t=0', '/products?limit=1&lim%69t=2'],
  ]
  return refused('near/query', wire({ target: choose.one(queries) }))
}

/** Queries that are odd and mean nothing wrong. */
export function oddQuery({ choose }: Place): FuzzRequest {
  const many = Array.from({ length: choose.below(1500) }, (_, i) => `a${i}`).join('&')
  const queries = [
    '?',
    '??',
    '&',
    '?&&&',
    '?=',
    '?=&=',
    '?__proto__=1&constructor=2',
    `?${many}`,
    '?after=&limit=1',
    '?+',
    '?a=%3D%26',
  ]
  const target = `/products${choose.one(queries.filter((text) => text.startsWith('?')))}`
  return kept('near/odd-query', wire({ target }), ['ok', ...readFailures])
}

export function badEscape({ choose }: Place): FuzzRequest {
  const bad = [
    '%',
    '%z',
    '%zz',
    '%f',
    '%ff',
    '%c0%af',
    '%ed%a0%80',
    '%u0041',
    '%e2%82',
    '%25%',
    '%F8%80%80%80%80',
    '%%',
  ]
  const at = choose.one([
    '/products/',
    '/products/Tux',
    '/products?after=',
    '/orders/',
    '/',
    '/livez?x=',
    '/orders?before=',
  ])
  return refused('near/escape', wire({ target: `${at}${choose.one(bad)}` }))
}

export function path({ choose }: Place): FuzzRequest {
  const paths = [
    ...[
      '/',
      '//',
      '/Products',
      '/products/',
      '/products/Tux/',
      '/products/Tux/more',
      '//products/Tux',
      '/orders/',
      '/orders/1/',
    ],
    ...[
      '/../etc/passwd',
      '/products/../../etc/passwd',
      '/products/a/../Tux',
      '/./livez',
      '/.env',
      '/.git/config',
      '/admin',
    ],
    ...[
      '/ledger',
      '/buy_qty',
      '/order',
      '/query/Tux',
      '/metrics/',
      '/__proto__',
      '/constructor',
      '/livez/',
      '/LIVEZ',
      '/%6civez/x',
    ],
    ...[
      `/${'a/'.repeat(2000)}`,
      '/products;x=1',
      '/livez;',
      '/*',
      '/:name',
      '/products/:name/x',
      '/orders%2f1',
      '/products%2fTux',
    ],
  ]
  return kept('near/path', wire({ target: choose.one(paths) }), ['not_found'])
}

/** Paths that are names: nothing is climbed by them. */
export function traversal({ choose }: Place): FuzzRequest {
  const names = [
    '..%2f..%2fetc%2fpasswd',
    '..%5c..%5cwindows',
    '%2fetc%2fpasswd',
    'file:%2f%2f%2fetc',
    '.%2e%2fx',
    '.git',
    '...',
  ]
  return kept('near/traversal', wire({ target: `/products/${choose.one(names)}` }), [
    'product_not_found',
    ...readFailures,
  ])
}

export function method({ choose }: Place): FuzzRequest {
  const target = choose.one(['/products', '/products/Tux', '/orders', '/orders/1', '/movements', '/livez', '/readyz'])
  const methods = [
    'PUT',
    'DELETE',
    'PATCH',
    'OPTIONS',
    'TRACE',
    'QUERY',
    'PROPFIND',
    'PURGE',
    'M-SEARCH',
    'BIND',
    'SEARCH',
  ]
  const takesPost = target === '/orders' || target === '/products'
  const wrong = choose.one(takesPost ? methods : [...methods, 'POST'])
  const body = choose.chance(0.3) ? { body: '{"name":"Tux","quantity":1}' } : {}
  return kept('near/method', wire({ method: wrong, target, ...body }), ['method_not_allowed'])
}

export function uri({ choose }: Place): FuzzRequest {
  const length = choose.one([8193, 9000, 12_000])
  const start = choose.one(['/products/', '/products?after=', '/orders?x=', '/'])
  return kept('near/uri', wire({ target: start.padEnd(length, 'x') }), ['uri_too_long'])
}

/** Targets that are no path, or a path in another form. */
export function form({ choose }: Place): FuzzRequest {
  const [target, outcome] = choose.one<readonly [string, Outcome]>([
    ['http://127.0.0.1/products/Tux', 'ok'],
    ['https://shop.example/livez', 'ok'],
    ['http://[::1]:1/orders/999999999', 'order_not_found'],
    ['http://', 'not_found'],
    ['http://%', 'bad_request'],
  ])
  return kept('near/form', wire({ target }), [outcome, ...readFailures])
}
