/** What a load must keep to. */
import t from 'tap'
import type { Latency, Result, ResultKind } from '../result.ts'
import { judge, readThreshold } from '../thresholds.ts'

const latency = (p99: number | null): Latency => ({
  count: p99 === null ? 0 : 10,
  min: p99,
  mean: p99,
  p50: p99,
  p90: p99,
  p95: p99,
  p99,
  p999: p99,
  max: p99,
})
const tally = (requests: number, failed: number, p99: number | null): Result['all'] => ({
  requests,
  retries: 1,
  unknown: 2,
  perSecond: requests / 10,
  answers: [
    ['ok', requests - failed],
    ['out_of_stock', 3],
  ],
  failures: failed === 0 ? [] : [['timeout', failed]],
  latency: latency(p99),
})
const kind = (name: string, ...of: Parameters<typeof tally>): ResultKind => ({
  ...tally(...of),
  kind: name,
  distribution: [],
  histogram: '',
})
const result = {
  all: tally(3000, 3, 48),
  kinds: [kind('query', 2000, 0, 12), kind('buy', 1000, 3, 49.5), kind('cart', 0, 0, null)],
}
const held = (text: string): [boolean, string | null] => {
  const [{ held, measured }] = judge([readThreshold(text)], result) as [Result['thresholds'][0]]
  return [held, measured]
}

for (const [text, holds, measured] of [
  ['buy.p99<50ms', true, '49.5 ms'],
  ['buy.p99<49.5ms', false, '49.5 ms'],
  ['buy.p99<=49.5ms', true, '49.5 ms'],
  ['buy.p99<0.05', true, '49.5 ms'],
  ['buy.p99<0.05s', true, '49.5 ms'],
  ['buy.p99<50', true, '49.5 ms'],
  ['p99.9<48ms', false, '48 ms'],
  ['query.max < 13ms', true, '12 ms'],
  ['errors<0.1%', false, '0.1 %'],
  ['errors<=0.1%', true, '0.1 %'],
  ['query.errors<1', true, '0'],
  ['buy.errors<3', false, '3'],
  ['rate>299', true, '300 a second'],
  ['buy.rate>=101', false, '100 a second'],
  ['retries<1%', true, '0.0333 %'],
  ['unknown<3', true, '2'],
  ['buy.out_of_stock<1', false, '3'],
] as const)
  t.test(`${text} is ${holds ? 'held' : 'missed'}`, async (t) => {
    t.same(held(text), [holds, measured])
  })

t.test('one without samples is missed, also where small would be good', async (t) => {
  for (const text of ['cart.p99<1', 'cart.errors<1%', 'cart.errors<1', 'checkout.p50<1', 'checkout.rate<5'])
    t.same(held(text), [false, null], text)
})
