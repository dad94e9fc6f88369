/** A comparison in words, the same ones on the terminal and on the page. */
import type { Compared, Judgement, Measure } from './compare.ts'
import { milliseconds, nothing, percent, rate } from './numbers.ts'

export const measureWords: Record<Measure, string> = {
  rate: 'requests/s',
  mean: 'mean ms',
  p50: 'p50 ms',
  p90: 'p90 ms',
  p99: 'p99 ms',
  failures: 'failures',
}

export const judgementWords: Record<Judgement, string> = {
  better: 'better',
  worse: 'worse',
  noise: 'noise',
  equal: 'equal',
  short: 'too short to tell',
  few: 'too few to tell',
  mixed: 'kinds are mixed',
  none: 'nothing measured',
}

export const explanation = [
  'Ratios are b by a, of the whole runs. Noise is what the measured seconds of both runs do not tell from chance: their 99 % interval holds 1, or speaks against the ratio.',
  'What differs from one run to the next anyway, two runs cannot tell: repeat them.',
]

/** [what, a, b, ratio, interval] */
export function comparedCells({ measure, a, b, ratio, interval }: Compared): string[] {
  const text = (value: number | null): string =>
    value === null
      ? nothing
      : measure === 'rate'
        ? rate(value)
        : measure === 'failures'
          ? percent(value)
          : milliseconds(value)
  return [
    measureWords[measure],
    text(a),
    text(b),
    ratio === null ? nothing : ratioText(ratio),
    interval === null ? nothing : `${ratioText(interval.from)} to ${ratioText(interval.to)}`,
  ]
}

function ratioText(ratio: number): string {
  return ratio >= 1000 ? '> 1,000' : ratio.toFixed(ratio < 10 ? 3 : 1)
}
