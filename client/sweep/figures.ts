/**
 * The figures of a sweep as they grow load by load. A mean is of all requests of all runs, however many each run had; the
 * means of the runs tell how far it can be trusted.
 */
import { addTally, decodeTimes, newTally, sumOfWords, type Tally } from '../load/counts.ts'
import type { Result, ResultKind } from '../load/result.ts'
import type { Step } from './loads.ts'

export const kinds = ['query', 'buy'] as const
export type Kind = (typeof kinds)[number]

/** Times are milliseconds, null where nothing was measured. */
export interface Figure {
  /** Null where it is of all probabilities together. */
  buy: number | null
  clients: number
  kind: Kind
  /** Runs that were at least begun. */
  runs: number
  /** Sent, repeated ones too. */
  requests: number
  mean: number | null
  p50: number | null
  p90: number | null
  max: number | null
  failures: number
  /** Of the means of the single runs, the lowest and the highest. */
  runMeanLow: number | null
  runMeanHigh: number | null
}

/** What one kind came to in all runs of one cell. */
interface Sum {
  buy: number
  clients: number
  kind: Kind
  tally: Tally
  /** By run: how many times were taken, and their sum. */
  runs: Map<number, { count: number; ms: number }>
}

export class Figures {
  readonly #sums = new Map<string, Sum>()

  add({ run, buy, clients }: Step, { kinds: results }: Pick<Result, 'kinds'>): void {
    for (const kind of kinds) {
      const key = `${buy} ${clients} ${kind}`
      const sum = this.#sums.get(key) ?? { buy, clients, kind, tally: newTally(), runs: new Map() }
      this.#sums.set(key, sum)
      const result = results.find((each) => each.kind === kind)
      if (result !== undefined) addTally(sum.tally, tallyOf(result))
      const { count, mean } = result?.latency ?? { count: 0, mean: null }
      sum.runs.set(run, { count, ms: count * (mean ?? 0) })
    }
  }

  /** By probability, number of clients and kind, in the order in which they were first loaded. */
  each(): Figure[] {
    return [...this.#sums.values()].map((sum) => figureOf([sum], sum.buy))
  }

  /** Of all probabilities together, by number of clients and kind. */
  together(): Figure[] {
    const groups = Map.groupBy(this.#sums.values(), ({ clients, kind }) => `${clients} ${kind}`)
    return [...groups.values()].map((sums) => figureOf(sums, null))
  }
}

/** Of at least one sum, all of one number of clients and one kind. */
function figureOf(sums: readonly Sum[], buy: number | null): Figure {
  const { clients, kind } = sums[0]!
  const tally = newTally()
  const runs = new Map<number, { count: number; ms: number }>()
  for (const sum of sums) {
    addTally(tally, sum.tally)
    for (const [run, { count, ms }] of sum.runs) {
      const before = runs.get(run) ?? { count: 0, ms: 0 }
      runs.set(run, { count: before.count + count, ms: before.ms + ms })
    }
  }
  const runMeans = [...runs.values()].filter(({ count }) => count > 0).map(({ count, ms }) => ms / count)
  const { times } = tally
  const told = (ms: () => number): number | null => (times.totalCount === 0 ? null : ms() / 1000)
  return {
    buy,
    clients,
    kind,
    runs: runs.size,
    requests: tally.requests,
    mean: told(() => times.mean),
    p50: told(() => times.getValueAtPercentile(50)),
    p90: told(() => times.getValueAtPercentile(90)),
    max: told(() => times.maxValue),
    failures: sumOfWords(tally.failures),
    runMeanLow: runMeans.length === 0 ? null : Math.min(...runMeans),
    runMeanHigh: runMeans.length === 0 ? null : Math.max(...runMeans),
  }
}

const tallyOf = ({ requests, retries, unknown, answers, failures, histogram }: ResultKind): Tally => ({
  requests,
  retries,
  unknown,
  answers: new Map(answers),
  failures: new Map(failures),
  times: decodeTimes(histogram),
})
