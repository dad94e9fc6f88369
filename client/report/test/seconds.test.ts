/** Seconds put together into slots. */
import t from 'tap'
import type { Result } from '../../load/result.ts'
import { highestOf, kindsOf, slotsOf, slotsOfKind } from '../seconds.ts'
import { emptyResult, plausibleResult } from './plausible.ts'

t.test('slots lose no request, and show the highest time of their seconds', async (t) => {
  const result = plausibleResult({ seconds: 100, warmupSeconds: 7 })
  const slots = slotsOf(result, 25)
  t.equal(slots.length, 5)
  t.same(slots.starts.slice(-2), [100, 105])
  const buys = result.perSecond.filter(({ kind }) => kind === 'buy')
  const made = slotsOfKind(result, slots, 'buy')
  const sum = (rows: { requests: number }[]) => rows.reduce((total, { requests }) => total + requests, 0)
  t.equal(sum(made), sum(buys))
  t.equal(sum(slotsOfKind(result, slots)), sum(result.perSecond))
  const first = buys.slice(0, 5)
  t.equal(made[0]!.max, Math.max(...first.map(({ max }) => max!)))
  t.equal(made[0]!.p50, Math.max(...first.map(({ p50 }) => p50!)))
  t.equal(made[0]!.perSecond, sum(first) / 5)
  t.equal(made.at(-1)!.perSecond, sum(buys.slice(105)) / 2, 'the last slot is shorter')
})

t.test('a last second that the load did not fill counts for what it was, or tells no rate', async (t) => {
  const ended = (seconds: number) => {
    const result = { ...plausibleResult({ seconds: 10 }), seconds }
    return slotsOfKind(result, slotsOf(result, 600), 'query').at(-1)!
  }
  const { requests } = ended(10)
  t.equal(ended(10).perSecond, requests)
  t.ok(Math.abs(ended(9.6).perSecond! - requests / 0.6) < 1e-6)
  t.equal(ended(9.3).perSecond, null)
})

t.test('a second without requests has a rate of nought and no time', async (t) => {
  const result = plausibleResult({ seconds: 10 })
  result.perSecond = result.perSecond.filter(({ second }) => second !== 4)
  const slot = slotsOfKind(result, slotsOf(result, 600), 'query')[4]!
  t.equal(slot.perSecond, 0)
  t.equal(slot.p99, null)
})

t.test('few slots are made whatever the seconds say, none of no seconds', async (t) => {
  const result = plausibleResult({ seconds: 2 })
  result.perSecond[0]!.second = Number.MAX_SAFE_INTEGER - 1
  t.ok(slotsOf(result, 600).starts.length <= 600)
  t.equal(slotsOfKind(result, slotsOf(result, 600)).length, slotsOf(result, 600).starts.length)
  t.same(slotsOf(emptyResult(), 600).starts, [])
  t.same(slotsOfKind(emptyResult(), slotsOf(emptyResult(), 600)), [])
})

t.test('a kind that only the seconds know is a kind', async (t) => {
  const result: Result = plausibleResult({ seconds: 3 })
  result.perSecond.push({ ...result.perSecond[0]!, kind: 'list' })
  t.same(kindsOf(result), ['query', 'buy', 'list'])
})

t.test('of what is told each second, a slot shows the highest', async (t) => {
  const slots = { length: 2, starts: [0, 2, 4], end: 6 }
  const rows = [3, 1, null, null, 7].map((value, second) => ({ second, value }))
  t.same(highestOf(slots, rows), [3, null, 7])
})
