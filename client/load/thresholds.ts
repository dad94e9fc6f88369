/**
 * `--threshold 'buy.p99<50ms'`: what a load must keep to. A figure of one kind of request, or of all together, a comparison and a
 * bound; times are seconds unless they say `ms` or `s`, shares are `%`.
 */
import { InvalidArgumentError } from 'commander'
import { nearest, readDuration } from '../options.ts'
import type { Latency, Result, ResultTally } from './result.ts'

export interface Threshold {
  /** As it was given. */
  text: string
  /** None: all kinds together. */
  kind: string | undefined
  figure: Figure
  operator: Operator
  /** Milliseconds, a share of 1, a count or a count a second. */
  bound: number
}

const operators = {
  '<=': (a: number, b: number) => a <= b,
  '>=': (a: number, b: number) => a >= b,
  '<': (a: number, b: number) => a < b,
  '>': (a: number, b: number) => a > b,
}
type Operator = keyof typeof operators

const times: Record<string, keyof Latency> = {
  min: 'min',
  mean: 'mean',
  p50: 'p50',
  p90: 'p90',
  p95: 'p95',
  p99: 'p99',
  'p99.9': 'p999',
  max: 'max',
}
const sum = (words: readonly (readonly [string, number])[]): number => words.reduce((all, [, count]) => all + count, 0)
/** How many, whether or not there were any: only a share and a time need samples. */
const counts: Record<string, (tally: ResultTally) => number> = {
  requests: ({ requests }) => requests,
  errors: ({ failures }) => sum(failures),
  retries: ({ retries }) => retries,
  unknown: ({ unknown }) => unknown,
  out_of_stock: ({ answers }) => sum(answers.filter(([word]) => word === 'out_of_stock')),
}
const rates: Record<string, (tally: ResultTally) => number> = { rate: ({ perSecond }) => perSecond }
const figures = [...Object.keys(times), ...Object.keys(counts), ...Object.keys(rates)]
type Figure = string

/** `kinds` are those that the load can make. Throws where the text is none. */
export function readThreshold(text: string): Threshold {
  const found = /^\s*(?:([a-z_]+)\.)?(p99\.9|[a-z_0-9]+)\s*(<=|>=|<|>)\s*([\d.]+)\s*(%|[a-z]*)\s*$/.exec(text)
  if (found === null) {
    throw new InvalidArgumentError(`It must be like 'buy.p99<50ms', 'errors<0.1%' or 'rate>1000'.`)
  }
  const [, kind, figure = '', operator, number, unit = ''] = found
  if (!figures.includes(figure)) {
    throw new InvalidArgumentError(
      `There is no figure ${figure}${nearest(figure, figures)}. There are ${figures.join(', ')}.`,
    )
  }
  const bound = boundOf(figure, number!, unit)
  if (bound === undefined)
    throw new InvalidArgumentError(`${number}${unit} is no bound for ${figure}: ${unitsOf(figure)}.`)
  return { text: text.trim(), kind, figure, operator: operator as Operator, bound }
}

function boundOf(figure: string, number: string, unit: string): number | undefined {
  if (!/^(\d+(\.\d+)?|\.\d+)$/.test(number)) return undefined
  if (figure in times) return unit === '%' ? undefined : readDuration(number + unit)
  if (figure in counts && unit === '%') return Number(number) / 100
  return unit === '' ? Number(number) : undefined
}

const unitsOf = (figure: string): string =>
  figure in times
    ? 'say a time like 50ms or 0.05'
    : figure in counts
      ? 'say a number, or a share like 0.1%'
      : 'say a number a second'

/** A bound in per cent is a share of the requests. */
const isShare = ({ text, figure }: Threshold): boolean => figure in counts && text.endsWith('%')

/** Each with what was measured; one without samples is missed. */
export function judge(thresholds: readonly Threshold[], result: Pick<Result, 'all' | 'kinds'>): Result['thresholds'] {
  return thresholds.map((threshold) => {
    const { text, kind, operator, bound } = threshold
    const tally = kind === undefined ? result.all : result.kinds.find((each) => each.kind === kind)
    const value = tally === undefined ? undefined : measuredOf(threshold, tally)
    if (value === undefined) return { text, measured: null, held: false }
    return { text, measured: shown(threshold, value), held: operators[operator](value, bound) }
  })
}

function measuredOf(threshold: Threshold, tally: ResultTally): number | undefined {
  const { figure } = threshold
  if (figure in times) return tally.latency[times[figure]!] ?? undefined
  if (tally.requests === 0) return undefined
  if (figure in rates) return rates[figure]!(tally)
  const value = counts[figure]!(tally)
  return isShare(threshold) ? value / tally.requests : value
}

function shown(threshold: Threshold, value: number): string {
  if (threshold.figure in times) return `${Number(value.toPrecision(4))} ms`
  if (isShare(threshold)) return `${Number((100 * value).toPrecision(3))} %`
  return `${Number(value.toPrecision(6))}${threshold.figure in rates ? ' a second' : ''}`
}
