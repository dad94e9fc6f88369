/**
 * Valid purchases and how they may be written. Always true: the key of every purchase that carries one tells the index of its
 * request, or the window of requests that share it; so a row of orders.csv leads back to what was sent.
 */
import type { Answer } from './answers.ts'
import { type Choose, chooseAt } from './choose.ts'
import { sold, strangeName, toys } from './names.ts'
import type { FuzzRequest, Header, Outcome, Place, Purchase } from './request.ts'
import { jsonType, kept, purchaseFailures, wire } from './request.ts'

/** So many requests in a row share one key, some with another purchase than the others. */
const window = 64
const sharedSeed = 0x5eed

export const keyOf = (index: number, tail = ''): string => `f-${index}${tail}`

/** The indices whose requests may have sent this key; none where it is not one of ours. */
export function indicesOf(key: string): number[] {
  const [, kind, number] = /^([fw])-(\d+)(?:[^\d].*)?$/.exec(key) ?? []
  if (kind === undefined) return []
  return kind === 'f' ? [Number(number)] : Array.from({ length: window }, (_, i) => Number(number) * window + i)
}

const longTail = (choose: Choose): string =>
  `-${Array.from({ length: 200 }, () => choose.one([...'AZaz09._:-'])).join('')}`

function keyFor({ index, choose }: Place): string {
  if (choose.chance(0.1)) return keyOf(index, longTail(choose))
  if (choose.chance(0.02)) return keyOf(index, '-').padEnd(255, 'x')
  return keyOf(index)
}

const quantityOf = (choose: Choose): number =>
  choose.chance(0.97) ? 1 + choose.below(5) : choose.one([1, 1000, 65_536, 999_999, 1_000_000])

/** A toy that the shop sells, in a quantity that is one; it may be sold out. */
export function anyPurchase(choose: Choose): { name: string; quantity: number } {
  const name = choose.one(sold)
  // Of the scarce toy often more than there ever was: a refusal while some is left must leave it there.
  const tooMuch = name === 'Scarce' && choose.chance(0.7)
  return { name, quantity: tooMuch ? 41 + choose.below(100) : quantityOf(choose) }
}

/** JSON text of the same value, written otherwise: blanks, escapes, the order of fields, a whole number as a fraction. */
export function written({ name, quantity }: { name: string; quantity: number }, choose: Choose): string {
  if (choose.chance(0.5)) return JSON.stringify({ name, quantity })
  const blank = choose.one(['', ' ', '\n', '\r\n\t', ' '.repeat(300)])
  const letters = [...Array(name.length).keys()].map((at) =>
    choose.chance(0.5) ? `\\u${name.charCodeAt(at).toString(16).padStart(4, '0')}` : undefined,
  )
  const escaped = letters.every((letter) => letter !== undefined) ? `"${letters.join('')}"` : JSON.stringify(name)
  const number = choose.one([
    String(quantity),
    `${quantity}.0`,
    `${quantity}e0`,
    `${quantity}0e-1`,
    `${quantity}.000E+0`,
  ])
  const fields = [`"name"${blank}:${blank}${escaped}`, `"quantit\\u0079":${blank}${number}`]
  if (choose.chance(0.5)) fields.reverse()
  return `${blank}{${blank}${fields.join(`${blank},`)}${blank}}${blank}`
}

/** What is wrong with the answer to a purchase that took place. */
export function tellsPurchase({ name, quantity, key }: Purchase): NonNullable<FuzzRequest['tells']> {
  return (data: Record<string, unknown>, { headers }: Answer) => {
    const price = Number(toys.get(name)?.price)
    const total = Math.round(price * 100 * quantity) / 100
    const { order_number: number, ...rest } = data ?? {}
    if (!Number.isSafeInteger(number) || (number as number) < 1) return `the order number is ${number}`
    if (JSON.stringify(rest) !== JSON.stringify({ name, quantity, price, total }))
      return `${quantity} × ${name} was bought, but the answer is ${JSON.stringify(data)}`
    const toldKey = headers['idempotency-key']
    if (key === undefined ? !/^[0-9a-f]{32}$/.test(toldKey ?? '') : toldKey !== key) return `its key is ${toldKey}`
    return undefined
  }
}

const types: readonly Header[] = [
  jsonType,
  ['content-type', 'application/json; charset=utf-8'],
  ['Content-Type', 'APPLICATION/JSON ;x="y"'],
  ['content-encoding', 'identity'],
]

export function buy(place: Place): FuzzRequest {
  const { choose } = place
  const keyed = choose.chance(0.6)
  const purchase = { ...anyPurchase(choose), ...(keyed && { key: keyFor(place) }) }
  const headers: Header[] = choose.chance(0.9) ? [choose.one(types)] : []
  if (keyed) headers.push([choose.one(['idempotency-key', 'Idempotency-Key', 'IDEMPOTENCY-KEY']), purchase.key!])
  const text = written(purchase, choose)
  const body = choose.chance(0.03) ? `\ufeff${text}` : text
  const chunked = choose.chance(0.1) ? { chunkedBy: choose } : {}
  return bought('valid/buy', wire({ method: 'POST', target: '/orders', headers, body, ...chunked }), purchase)
}

/** A purchase that waits for `100 Continue`, and gets it. */
export function buyAfterContinue(place: Place): FuzzRequest {
  const purchase = { ...anyPurchase(place.choose), key: keyOf(place.index) }
  const headers: Header[] = [jsonType, ['expect', '100-continue'], ['idempotency-key', purchase.key]]
  const bytes = wire({
    method: 'POST',
    target: '/orders',
    headers,
    body: JSON.stringify(purchase).replace(/,"key".*/, '}'),
  })
  const request = bought('valid/continue', bytes, purchase)
  const tells = (data: never, answer: Answer) =>
    answer.continued ? request.tells!(data, answer) : 'no 100 Continue came before it'
  return { ...request, tells }
}

const bought = (kind: string, bytes: Buffer, purchase: Purchase): FuzzRequest =>
  kept(kind, bytes, outcomesOf(purchase), { tells: tellsPurchase(purchase), purchases: [purchase] })

/** A toy of which there is plenty is never sold out; of the scarce one nobody knows what is left. */
export function outcomesOf({ name, quantity }: Pick<Purchase, 'name' | 'quantity'>): Outcome[] {
  const most = toys.get(name)?.quantity ?? 0
  if (quantity > most) return ['out_of_stock', ...purchaseFailures]
  return [...(most < 1000 ? (['ok', 'out_of_stock'] as const) : (['ok'] as const)), ...purchaseFailures]
}

/** A key that its neighbours in the run send too: most of them with the same purchase, some with another one. */
export function buyAgain({ seed, index, choose }: Place): FuzzRequest {
  const number = Math.floor(index / window)
  const key = `w-${number}`
  const first = anyPurchase(chooseAt(seed ^ sharedSeed, number))
  const purchase = { ...(choose.chance(0.8) ? first : anyPurchase(choose)), key }
  const headers: Header[] = [jsonType, ['idempotency-key', key]]
  const bytes = wire({ method: 'POST', target: '/orders', headers, body: written(purchase, choose) })
  return kept('valid/again', bytes, [...outcomesOf(purchase), 'key_reused'], {
    tells: tellsPurchase(purchase),
    purchases: [purchase],
  })
}

export function buyUnknown({ choose }: Place): FuzzRequest {
  const body = JSON.stringify({ name: strangeName(choose), quantity: quantityOf(choose) })
  return kept('valid/unknown', wire({ method: 'POST', target: '/orders', headers: [jsonType], body }), [
    'product_not_found',
    ...purchaseFailures,
  ])
}
