/** Counting and merging, second by second and in all. */
import t from 'tap'
import {
  addWord,
  type Counts,
  decodeCounts,
  encodeCounts,
  mergeCounts,
  newCounts,
  recordMs,
  tallyOf,
} from '../counts.ts'
import { plainLine, requestRate } from '../live.ts'
import { Seconds } from '../seconds.ts'
import { SecondsSum } from '../seconds-sum.ts'

function counted(rounds: number, times: number[], words: Record<string, number> = {}): Counts {
  const counts = newCounts()
  counts.rounds = rounds
  const buys = tallyOf(counts, 'buy')
  buys.requests = times.length
  for (const ms of times) recordMs(buys.times, ms)
  for (const [word, count] of Object.entries(words)) addWord(buys.answers, word, count)
  return counts
}

const timesOf = (counts: Counts) => tallyOf(counts, 'buy').times
const shape = (counts: Counts) => ({ ...encodeCounts(counts), mean: timesOf(counts).mean })

t.test('merging is exact: parts that travelled add up to what one process would have counted', async (t) => {
  const times = Array.from({ length: 5000 }, (_, i) => (i * i) / 300 + 0.007 * i)
  const whole = counted(30, times, { ok: 40, out_of_stock: 2 })
  const parts = [
    counted(10, times.slice(0, 700), { ok: 15 }),
    counted(20, times.slice(700), { ok: 25, out_of_stock: 2 }),
  ]
  const merged = mergeCounts(parts.map((part) => decodeCounts(encodeCounts(part))))
  t.same(shape(merged), shape(whole))
  for (const percentile of [50, 90, 99, 100])
    t.equal(timesOf(merged).getValueAtPercentile(percentile), timesOf(whole).getValueAtPercentile(percentile))
})

t.test('a time longer than an hour counts as an hour, a word __proto__ is a word', async (t) => {
  const counts = decodeCounts(encodeCounts(counted(1, [1e9, 3_600_001], { ['__proto__']: 3 })))
  addWord(tallyOf(counts, 'buy').failures, '__proto__')
  t.equal(timesOf(counts).totalCount, 2)
  t.ok(Math.abs(timesOf(counts).maxValue - 3.6e9) < 3.6e6)
  t.same([...tallyOf(mergeCounts([counts, counts]), 'buy').failures], [['__proto__', 2]])
})

t.test('seconds of several processes add up exactly, in whatever order they come', async (t) => {
  const parts = [0, 1].map((process) => {
    const seconds = new Seconds()
    for (let i = 0; i < 3000; i++) {
      const how = i % 10 === 0 ? 'failures' : i % 7 === 0 ? 'refused' : 'ok'
      seconds.ended(i, i % 3 === 0 ? 'buy' : 'query', how, i % 5 === 0 ? 1 : 0, i / 10 + process)
    }
    return [...seconds.take(1), ...seconds.take(1), ...seconds.take(Number.POSITIVE_INFINITY)]
  })
  t.equal(parts[0]!.length, 6)
  const sum = new SecondsSum()
  for (const part of [...parts[1]!].reverse()) sum.add([part])
  sum.add(parts[0]!)
  const rows = sum.rows()
  t.same(
    rows.map(({ second, kind }) => `${second} ${kind}`),
    ['0 buy', '0 query', '1 buy', '1 query', '2 buy', '2 query'],
  )
  const all = (field: 'requests' | 'ok' | 'refused' | 'failures' | 'retries') =>
    rows.reduce((s, row) => s + row[field], 0)
  t.equal(all('requests'), 7200)
  t.equal(all('retries'), 1200)
  t.equal(all('ok') + all('refused') + all('failures'), 6000)
  const queries = rows[5]!
  t.ok(Math.abs(queries.max! - 300.8) < 0.4, `${queries.max}`)
  t.ok(Math.abs(queries.p50! - 250.5) < 1, `${queries.p50}`)
  t.ok(Math.abs(queries.mean! - 250.5) < 1, `${queries.mean}`)
})

t.test('the rate is of the last two seconds', async (t) => {
  const rate = requestRate()
  t.equal(rate(0, 0), 0)
  t.equal(rate(100, 1000), 100)
  t.equal(rate(200, 2000), 100)
  t.equal(rate(1200, 3000), 550)
  t.equal(rate(1200, 5000), 0)
  t.equal(
    plainLine({ done: 0.129, rate: 7000, p50: '1.5', p99: '9.1', failed: 1, stock: '5,000', left: '8s' }),
    '12 %: 7,000 requests/s, p50 1.5 ms, p99 9.1 ms, 1 failed, stock 5,000, 8s left',
  )
})
