/**
 * Two results held against each other: ratios of b to a, of all requests and of each kind, and for each whether it is more
 * than noise (noise.ts). A ratio is that of the whole runs; what is noise, the measured seconds say.
 */
import type { Latency, Result, ResultSecond, ResultTally } from '../load/result.ts'
import { type Interval, ratioOf, ratioOfMeans } from './noise.ts'
import { kindsOf } from './seconds.ts'

export const measures = ['rate', 'mean', 'p50', 'p90', 'p99', 'failures'] as const
/** Requests a second, milliseconds, and the share of requests that failed. */
export type Measure = (typeof measures)[number]

/**
 * `equal`: both the same. `short`: too few seconds to tell. `few`: too few requests a second to tell this percentile of a
 * second. `mixed`: times of all kinds together are a matter of how much there was of each. `none`: nothing was measured.
 */
export type Judgement = 'better' | 'worse' | 'noise' | 'equal' | 'short' | 'few' | 'mixed' | 'none'

export interface Compared {
  measure: Measure
  a: number | null
  b: number | null
  /** b by a; null where there is none. */
  ratio: number | null
  /** Where the seconds say that the ratio lies, with 99 %; null where they do not tell. */
  interval: Interval | null
  judgement: Judgement
}

export interface Comparison {
  format: 1
  all: Compared[]
  kinds: { kind: string; measures: Compared[] }[]
  /** What was not alike: [what, a, b]; null where one has none. */
  differing: [string, string | null, string | null][]
  /** Sentences. */
  notes: string[]
}

/** Fewer requests in a second do not reach this percentile: the highest of them would stand for it. */
const requestsLeast = { mean: 1, p50: 2, p90: 10, p99: 100 }

export function compareResults(a: Result, b: Result): Comparison {
  const [inA, inB] = [kindsOf(a), kindsOf(b)]
  const shared = inA.filter((kind) => inB.includes(kind))
  const tally = (result: Result, name: string) => result.kinds.find(({ kind }) => kind === name)
  const kinds = shared.map((kind) => ({
    kind,
    measures: measures.map((measure) =>
      compared(measure, sideOf(tally(a, kind), secondsOf(a, kind)), sideOf(tally(b, kind), secondsOf(b, kind))),
    ),
  }))
  const isMixed = new Set([...inA, ...inB]).size > 1
  const all = measures.map((measure): Compared => {
    const one = compared(measure, sideOf(a.all, secondsOf(a)), sideOf(b.all, secondsOf(b)))
    const isTold = !isMixed || measure === 'rate' || measure === 'failures' || one.judgement === 'none'
    return isTold ? one : { ...one, interval: null, judgement: 'mixed' }
  })
  return { format: 1, all, kinds, differing: differingOf(a, b), notes: notesOf(inA, inB, a, b) }
}

/** One run's half of a comparison. */
interface Side {
  tally: ResultTally | undefined
  seconds: Second[]
}
type Second = Pick<ResultSecond, 'requests' | 'failures' | 'mean' | 'p50' | 'p90' | 'p99'>

const sideOf = (tally: ResultTally | undefined, seconds: Second[]): Side => ({ tally, seconds })

function compared(measure: Measure, a: Side, b: Side): Compared {
  const [ofA, ofB] = [figureOf(measure, a.tally), figureOf(measure, b.tally)]
  const ratio = ofA !== null && ofB !== null && ofA > 0 ? ofB / ofA : null
  const judged = judge(measure, { a: ofA, b: ofB }, a.seconds, b.seconds)
  return { measure, a: ofA, b: ofB, ratio, interval: judged.interval ?? null, judgement: judged.judgement }
}

function figureOf(measure: Measure, tally: ResultTally | undefined): number | null {
  if (tally === undefined || tally.requests === 0) return null
  if (measure === 'rate') return tally.perSecond
  if (measure !== 'failures') return tally.latency[measure satisfies keyof Latency]
  return tally.failures.reduce((sum, [, count]) => sum + count, 0) / tally.requests
}

type Judged = { judgement: Judgement; interval?: Interval | undefined }

function judge(measure: Measure, { a, b }: Record<'a' | 'b', number | null>, ofA: Second[], ofB: Second[]): Judged {
  if (a === null || b === null) return { judgement: 'none' }
  if (a === 0 && b === 0) return { judgement: 'equal' }
  const isBetter = measure === 'rate' ? b > a : b < a
  const change: Judgement = isBetter ? 'better' : 'worse'
  // A store fails no request; that one of two runs had failures is never put down to noise.
  if (measure === 'failures' && (a === 0 || b === 0)) return { judgement: change }
  const interval = intervalOf(measure, ofA, ofB)
  if (typeof interval === 'string') return { judgement: interval }
  // The seconds must say the same as the runs as a whole: a few bad moments can turn these around.
  const isTold = b > a ? interval.from > 1 : interval.to < 1
  if (a === b) return { judgement: 'equal', interval }
  return { judgement: isTold ? change : 'noise', interval }
}

function intervalOf(measure: Measure, a: Second[], b: Second[]): Interval | 'short' | 'few' {
  const rates = (seconds: Second[]) => seconds.map(({ requests }) => requests)
  const shares = (seconds: Second[]) =>
    seconds.filter(({ requests }) => requests > 0).map(({ requests, failures }) => failures / requests)
  if (measure === 'rate') return ratioOfMeans(rates(a), rates(b)) ?? 'short'
  if (measure === 'failures') return ratioOfMeans(shares(a), shares(b)) ?? 'short'
  const fewest = Math.min(medianOf(rates(a)), medianOf(rates(b)))
  if (a.length > 0 && b.length > 0 && fewest < requestsLeast[measure]) return 'few'
  const times = (seconds: Second[]) =>
    seconds.map((second) => second[measure]).filter((ms): ms is number => ms !== null && ms > 0)
  return ratioOf(times(a), times(b)) ?? 'short'
}

/** The seconds that lie wholly behind the warm-up and before the end, of one kind or of all; of all, times are not told. */
function secondsOf({ perSecond, warmupSeconds, seconds, kinds }: Result, kind?: string): Second[] {
  const rows = perSecond.filter((row) => kind === undefined || row.kind === kind)
  const first = Math.ceil(warmupSeconds - 1e-3)
  const latest = perSecond.reduce((most, { second }) => Math.max(most, second), -1)
  const end = Math.min(Math.floor(warmupSeconds + seconds + 1e-3), latest + 1)
  const made = Array.from({ length: Math.max(end - first, 0) }, (): Second => ({ ...emptySecond }))
  for (const row of rows) {
    const second = made[row.second - first]
    if (second === undefined) continue
    second.requests += row.requests
    second.failures += row.failures
    if (kind !== undefined || kinds.length < 2)
      Object.assign(second, { mean: row.mean, p50: row.p50, p90: row.p90, p99: row.p99 })
  }
  return made
}

const emptySecond: Second = { requests: 0, failures: 0, mean: null, p50: null, p90: null, p99: null }

function medianOf(values: readonly number[]): number {
  return values.toSorted((x, y) => x - y)[Math.floor(values.length / 2)] ?? 0
}

function differingOf(a: Result, b: Result): Comparison['differing'] {
  const pairs = ({ command, url, settings, machine, warmupSeconds }: Result): Map<string, string> =>
    new Map([
      ['command', command],
      ['store', url],
      ['warm-up', `${warmupSeconds} s`],
      ...settings.map(([name, value]): [string, string] => [`setting ${name}`, value]),
      ...machine.map(([what, value]): [string, string] => [`machine: ${what}`, value]),
    ])
  const [ofA, ofB] = [pairs(a), pairs(b)]
  return [...new Set([...ofA.keys(), ...ofB.keys()])]
    .filter((name) => ofA.get(name) !== ofB.get(name))
    .map((name) => [name, ofA.get(name) ?? null, ofB.get(name) ?? null])
}

function notesOf(inA: readonly string[], inB: readonly string[], a: Result, b: Result): string[] {
  const only = (kinds: readonly string[], others: readonly string[], name: string) =>
    kinds.filter((kind) => !others.includes(kind)).map((kind) => `Only ${name} has requests of the kind ${kind}.`)
  const events = (['a', 'b'] as const).filter((name) => (name === 'a' ? a : b).events.length > 0)
  const disturbed =
    events.length === 0 ? [] : [`What happened to the store in ${events.join(' and ')} is part of what is compared.`]
  return [...only(inA, inB, 'a'), ...only(inB, inA, 'b'), ...disturbed]
}
