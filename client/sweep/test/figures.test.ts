/** What the figures of a sweep are made of. */
import t from 'tap'
import { encodeTimes, newTimes, recordMs } from '../../load/counts.ts'
import type { ResultKind } from '../../load/result.ts'
import { Figures } from '../figures.ts'

/** A kind of a load's result, with these times. */
function kindOf(kind: string, times: number[], failures: [string, number][] = []): ResultKind {
  const recorded = newTimes()
  for (const ms of times) recordMs(recorded, ms)
  const at = times.length === 0 ? null : recorded.mean / 1000
  return {
    ...{ kind, requests: times.length, retries: 0, unknown: 0, perSecond: 1, answers: [], failures },
    latency: { count: times.length, min: at, mean: at, p50: at, p90: at, p95: at, p99: at, p999: at, max: at },
    distribution: [],
    histogram: encodeTimes(recorded),
  }
}

const rounded = (ms: number | null) => (ms === null ? null : Math.round(ms * 10) / 10)

t.test('a mean is of all requests of all runs; the spread is of the means of the runs', async (t) => {
  const figures = new Figures()
  figures.add({ run: 1, buy: 0.5, clients: 2 }, { kinds: [kindOf('query', [10, 20]), kindOf('buy', [100])] })
  figures.add({ run: 2, buy: 0.5, clients: 2 }, { kinds: [kindOf('query', [30, 30, 30, 60]), kindOf('buy', [])] })
  const [query, buy] = figures.each()
  t.match(query, { buy: 0.5, clients: 2, kind: 'query', runs: 2, requests: 6, failures: 0 })
  t.same(
    [query?.mean, query?.runMeanLow, query?.runMeanHigh].map((ms) => rounded(ms!)),
    [30, 15, 37.5],
  )
  t.same(
    [query?.p50, query?.p90, query?.max].map((ms) => rounded(ms!)),
    [30, 60, 60],
  )
  // The run without a purchase has no mean to differ by.
  t.match(buy, { kind: 'buy', runs: 2, requests: 1 })
  t.same(
    [buy?.mean, buy?.runMeanLow, buy?.runMeanHigh].map((ms) => rounded(ms!)),
    [100, 100, 100],
  )
})

t.test('of all probabilities together each request counts once', async (t) => {
  const figures = new Figures()
  const add = (run: number, buy: number, times: number[]) =>
    figures.add({ run, buy, clients: 1 }, { kinds: [kindOf('query', times, [['timeout', 1]])] })
  add(1, 0, [10])
  add(1, 1, [20, 30])
  add(2, 0, [40])
  add(2, 1, [50, 60])
  const query = figures.together().find(({ kind }) => kind === 'query')
  t.match(query, { buy: null, clients: 1, runs: 2, requests: 6, failures: 4 })
  t.same(
    [query?.mean, query?.runMeanLow, query?.runMeanHigh].map((ms) => rounded(ms!)),
    [35, 20, 50],
  )
})

t.test('what was never measured has no times', async (t) => {
  const figures = new Figures()
  figures.add({ run: 1, buy: 0, clients: 1 }, { kinds: [kindOf('query', [10])] })
  const nothing = { mean: null, p50: null, p90: null, max: null, runMeanLow: null, runMeanHigh: null }
  t.match(figures.each()[1], { kind: 'buy', requests: 0, ...nothing })
})
