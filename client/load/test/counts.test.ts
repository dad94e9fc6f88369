/** Counting and merging, and the text made of them. */
import t from 'tap'
import { addKind, type Counts, decodeCounts, encodeCounts, mergeCounts, newCounts, recordTime } from '../counts.ts'
import { plainLine, requestRate } from '../live.ts'
import { reportText } from '../table.ts'

function counted(rounds: number, times: number[], kinds: Record<string, number> = {}): Counts {
  const counts = newCounts()
  counts.rounds = rounds
  counts.buys.requests = times.length
  for (const ms of times) recordTime(counts.buys, ms)
  for (const [kind, count] of Object.entries(kinds)) addKind(counts.buys.answers, kind, count)
  return counts
}

const shape = (counts: Counts) => ({ ...encodeCounts(counts), mean: counts.buys.times.mean })

t.test('merging is exact: parts that travelled add up to what one process would have counted', async (t) => {
  const times = Array.from({ length: 5000 }, (_, i) => (i * i) / 300 + 0.007 * i)
  const whole = counted(30, times, { ok: 40, out_of_stock: 2 })
  const parts = [
    counted(10, times.slice(0, 700), { ok: 15 }),
    counted(20, times.slice(700), { ok: 25, out_of_stock: 2 }),
  ]
  const merged = mergeCounts(parts.map((part) => decodeCounts(encodeCounts(part))))
  t.same(shape(merged), shape(whole))
  for (const percentile of [50, 90, 99, 100]) {
    t.equal(merged.buys.times.getValueAtPercentile(percentile), whole.buys.times.getValueAtPercentile(percentile))
  }
})

t.test('a time longer than a minute counts as a minute, a kind named __proto__ is a kind', async (t) => {
  const counts = decodeCounts(encodeCounts(counted(1, [1e9, 60_001], { ['__proto__']: 3 })))
  addKind(counts.buys.failures, '__proto__')
  t.equal(counts.buys.times.totalCount, 2)
  t.ok(Math.abs(counts.buys.times.maxValue - 60e6) < 60e3)
  t.same([...mergeCounts([counts, counts]).buys.failures], [['__proto__', 2]])
})

t.test('the report fits 80 columns and names every kind of failure', async (t) => {
  const big = counted(9_999_999, [0.5, 1.25, 59_999], { ok: 9_999_999, out_of_stock: 999_999 })
  big.queries.requests = 99_999_999
  big.buys.retries = 99_999
  addKind(big.buys.failures, 'outcome_unknown', 12)
  addKind(big.queries.failures, 'timeout', 3)
  const text = reportText({ reports: [1, 2].map((process) => ({ process, counts: big, seconds: 1 })), seconds: 2 })
  for (const line of text.split('\n')) t.ok(line.length <= 80, line)
  t.match(text, /^ +buys +outcome_unknown +24$/m)
  t.match(text, /^ +queries +timeout +6$/m)
  t.match(text, /^all +queries +199999998 +0 +6 +99999999$/m)
})

t.test('an empty run has a report too', async (t) => {
  t.match(
    reportText({ reports: [{ process: 1, counts: newCounts(), seconds: 0 }], seconds: 0 }),
    /^0 requests in 0\.0 s/m,
  )
})

t.test('the rate is of the last two seconds', async (t) => {
  const rate = requestRate()
  t.equal(rate(0, 0), 0)
  t.equal(rate(100, 1000), 100)
  t.equal(rate(200, 2000), 100)
  t.equal(rate(1200, 3000), 550)
  t.equal(rate(1200, 5000), 0)
  t.equal(plainLine({ rounds: 5, requests: 9, failures: 1 }, 40, 7), '5/40 rounds (12 %), 7 requests/s, 1 failed')
})
