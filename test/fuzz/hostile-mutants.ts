/** Requests with random bytes changed. Always true: whatever else becomes of such a purchase, it is no other purchase. */
import type { Choose } from './choose.ts'
import { bytesOf, purchaseOf } from './hostile-clients.ts'
import { outcomesOf } from './purchases.ts'
import { type FuzzRequest, kept, type Outcome, type Place, readFailures, wire } from './request.ts'

/** What a changed read may become: another name, number, page or path, or nothing that can be read. */
const readOutcomes: readonly Outcome[] = [
  'ok',
  'bad_request',
  'forbidden',
  'not_found',
  'product_not_found',
  'order_not_found',
  ...readFailures,
]
/** What a changed purchase may become beside: its body has another length or type. */
const buyOutcomes: readonly Outcome[] = ['bad_request', 'body_too_large', 'unsupported_media_type']

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
  // Where the end of the head and the length of the body stay as they are, the bytes are a whole request, or surely none.
  const ends = choose.chance(0.8)
  const end = ends && !reading ? bytes.indexOf('\r\ncontent-length') : bytes.indexOf('\r\n\r\n')
  const to = reading && !ends ? bytes.length : end
  const changes = 1 + choose.below(3)
  let changed = bytes.subarray(from, to)
  for (let left = changes; left > 0; left--) changed = mutate(changed, choose)
  const whole = Buffer.concat([bytes.subarray(0, from), changed, bytes.subarray(to)])
  return kept('hostile/mutant', whole, reading ? readOutcomes : [...buyOutcomes, ...outcomesOf(purchase)], {
    after: 'half-close',
    alone: true,
    inOnePacket: true,
    ...(ends && { waitsFor: 1 }),
    answers: [ends ? 1 : 0, 1 + changes],
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
