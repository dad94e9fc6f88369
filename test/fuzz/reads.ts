/** Valid reads of every public route, written in every way that means the same. */
import type { Choose } from './choose.ts'
import { sold, strangeName, toys } from './names.ts'
import { type FuzzRequest, type Header, kept, type Place, readFailures, wire } from './request.ts'

/** A name as a path may hold it: what need not be escaped may be, in either case. */
export function escaped(name: string, choose: Choose): string {
  const style = choose.below(3)
  if (style === 0) return encodeURIComponent(name)
  const hex = [...Buffer.from(name)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
  return style === 1 ? hex : hex.toUpperCase()
}

/** Fields that mean nothing to the store. */
function idleHeaders(choose: Choose): Header[] {
  if (choose.chance(0.7)) return []
  return [
    choose.one<Header>([
      ['accept', 'text/html'],
      ['accept-encoding', 'gzip, br'],
      ['range', 'bytes=0-0'],
      ['if-none-match', '*'],
      ['cookie', '__proto__=1; a="'],
      ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
      ['traceparent', '00-zz-'],
      ['x-deadline-ms', '-1'],
      ['x-http-method-override', 'DELETE'],
      ['upgrade', 'websocket'],
      ['authorization', 'Bearer x'],
      ['x-\u00ff'.slice(0, 2), '\u00ff\u00fe\t'],
    ]),
  ]
}

export function product({ choose }: Place): FuzzRequest {
  const name = choose.one(sold)
  const target = `/products/${escaped(name, choose)}${choose.one(['', '', '?', '?a=b&&=', '?name=x'])}`
  return kept('valid/product', wire({ target, headers: idleHeaders(choose) }), ['ok', ...readFailures], {
    tells: (data: Record<string, unknown>) => {
      const { quantity, stock, ...rest } = data ?? {}
      const { price, quantity: most } = toys.get(name)!
      const good = Number.isSafeInteger(stock) && (stock as number) >= 0 && (stock as number) <= most
      if (quantity !== stock || !good) return `the stock is ${stock}`
      const same = JSON.stringify(rest) === JSON.stringify({ name, price: Number(price) })
      return same ? undefined : `${name} was asked for, but the answer is ${JSON.stringify(data)}`
    },
  })
}

export function unknownProduct({ choose }: Place): FuzzRequest {
  const target = `/products/${encodeURIComponent(strangeName(choose))}`
  return kept('valid/no-product', wire({ target }), ['product_not_found', ...readFailures])
}

/** A page is sorted by name, or by number downwards or upwards, and no longer than asked for. */
function tellsPage(limit: number, field: 'name' | 'number', fits: (a: never, b: never) => boolean) {
  return (rows: Record<string, never>[]): string | undefined => {
    if (!Array.isArray(rows) || rows.length > limit) return `the page has not at most ${limit} rows`
    for (const [i, row] of rows.entries())
      if (i > 0 && !fits(rows[i - 1]![field]!, row[field]!)) return `row ${i} of the page does not follow on`
    return undefined
  }
}

const limits = ['1', '2', '50', '%37', '0000000000000003', '1000']

export function products({ choose }: Place): FuzzRequest {
  const limit = choose.one(limits)
  const after = choose.one(['', 'Tux', '%00', '%F0%9F%A6%84', '__proto__', 'x'.repeat(800), '%e2%80%a8', '+', '%2B'])
  const target = choose.chance(0.2)
    ? '/products'
    : `/products?limit=${limit}&after=${after}&${choose.one(['', 'x=1', '='])}`
  const most = target === '/products' ? 50 : Number(decodeURIComponent(limit))
  const names = tellsPage(most, 'name', (a: string, b: string) => a !== b)
  return kept('valid/products', wire({ target, headers: idleHeaders(choose) }), ['ok', ...readFailures], {
    tells: names,
  })
}

const numbers = ['0', '1', '2', '7', '500', '00012', '999999999', '9007199254740991']

export function order({ choose }: Place): FuzzRequest {
  const text = choose.chance(0.5) ? choose.one(numbers) : String(choose.below(100_000))
  return kept('valid/order', wire({ target: `/orders/${text}` }), ['ok', 'order_not_found', ...readFailures], {
    tells: (data: Record<string, unknown>) => {
      const { number, name, quantity, price, total, placed_at: at } = data ?? {}
      if (number !== Number(text)) return `order ${text} was asked for, ${number} came`
      if (price !== Number(toys.get(String(name))?.price)) return `${name} costs ${price}`
      if (total !== Math.round((price as number) * 100 * (quantity as number)) / 100) return `the total is ${total}`
      return Number.isNaN(Date.parse(String(at))) ? `it was placed at ${at}` : undefined
    },
  })
}

/** What only the owner sees: asked from this machine, which is the owner, or as somebody else. */
export function owned({ choose }: Place): FuzzRequest {
  const limit = choose.one(limits.slice(0, 5))
  const orders = choose.chance(0.7)
  const target = orders
    ? `/orders?limit=${limit}${choose.one(['', '&before=0', '&before=30', '&before=9007199254740991'])}`
    : `/movements?limit=${limit}${choose.one(['', '&ledger=stock', '&ledger=credit', '&after=3', '&after=9007199254740991'])}`
  const foreign: Header[] = [
    ['host', 'shop.example'],
    ['origin', 'http://shop.example'],
    ['origin', 'null'],
    ['origin', '://'],
    ['forwarded', 'for=127.0.0.1'],
    ['x-forwarded-for', '127.0.0.1'],
    ['host', '127.0.0.1.shop.example'],
    ['host', '[::2]'],
    ['host', ''],
  ]
  if (choose.chance(0.3)) return kept('valid/foreign', wire({ target, headers: [choose.one(foreign)] }), ['forbidden'])
  const follow = (a: number, b: number) => (orders ? a > b : a < b)
  const tells = tellsPage(Number(decodeURIComponent(limit)), 'number', follow)
  return kept('valid/owned', wire({ target }), ['ok', ...readFailures], { tells })
}

export function health({ choose }: Place): FuzzRequest {
  return kept('valid/health', wire({ target: choose.one(['/livez', '/readyz', '/livez?x', '/readyz?verbose=1']) }), [
    'ok',
  ])
}

export function head({ choose }: Place): FuzzRequest {
  const [target, outcome] = choose.one([
    ['/livez', 'ok'],
    ['/products/Tux', 'ok'],
    ['/products', 'ok'],
    ['/orders?limit=1', 'ok'],
    ['/products/no%20toy', 'product_not_found'],
    ['/products/%00', 'bad_request'],
    ['/nothing', 'not_found'],
    ['/orders?limit=0', 'bad_request'],
  ] as const)
  return kept('valid/head', wire({ method: 'HEAD', target }), [outcome, ...readFailures], { head: true })
}
