/** Latency by percentile, of one result or of two in the same chart: how bad the worst requests were, and how rare they are. */
import type { Result } from '../load/result.ts'
import { chartFigure, type Line, lookOf, percentilePlace, runDashes } from './chart.ts'
import { type Html, html } from './markup.ts'
import { forDrawing, milliseconds } from './numbers.ts'
import { numberColumns, tableHtml, wordColumns } from './tables.ts'

/** Twenty points for each further nine. */
const placesPerNine = 20
const listed = [0, 50, 75, 90, 95, 99, 99.9, 99.99, 99.999, 100]

type Distribution = Result['kinds'][number]['distribution']

/** `name` tells the results apart; the kinds of the first decide on the colours. */
export function distributionHtml(results: readonly { name: string; result: Result }[]): Html {
  const kinds = [...new Set(results.flatMap(({ result }) => result.kinds.map(({ kind }) => kind)))]
  const series = kinds.flatMap((name, place) =>
    results.flatMap((run, i) => {
      const found = run.result.kinds.find(({ kind }) => kind === name)
      if (found === undefined) return []
      const look = results.length === 1 ? lookOf(place) : { ...lookOf(place), dash: runDashes[i]! }
      const label = run.name === '' ? name : `${name} ${run.name}`
      return [{ label, look, steps: stepsOf(found.distribution, found.latency.count) }]
    }),
  )
  const farthest = series.reduce((most, { steps }) => Math.max(most, steps.at(-1)?.place ?? 0), 0)
  const places =
    farthest === 0 ? [] : Array.from({ length: Math.ceil(farthest * placesPerNine) + 1 }, (_, i) => i / placesPerNine)
  const lines = series.map(({ label, look, steps }): Line => ({ label, ...look, values: valuesAt(steps, places) }))
  const told = series.map(
    ({ label, steps }) =>
      `${label}: median ${at(steps, 50)}, 99 % below ${at(steps, 99)}, 99.9 % below ${at(steps, 99.9)}`,
  )
  return html`<section>
<h2>Latency by percentile</h2>
<div class="grid">
${chartFigure('Distribution', `${told.join('; ')}.`, {
  across: 'percentile',
  measure: 'ms, logarithmic',
  logarithmic: true,
  places,
  lines,
})}
${
  series.length === 0
    ? undefined
    : tableHtml({
        name: 'Percentiles in milliseconds',
        isTitled: true,
        columns: [...wordColumns('percentile'), ...numberColumns(...series.map(({ label }) => label))],
        rows: listed.map((percentile) => [`${percentile} %`, ...series.map(({ steps }) => atCell(steps, percentile))]),
      })
}
</div>
</section>
`
}

interface Step {
  percentile: number
  place: number
  ms: number
}

/** 100 % is infinitely far away on this axis. The worst of n is drawn where one of n lies. */
function stepsOf(distribution: Distribution, count: number): Step[] {
  const steps: Step[] = []
  for (const [percentile, ms] of distribution) {
    const before = steps.at(-1)?.place ?? 0
    const place = percentile >= 100 ? Math.log10(Math.max(count, 1)) : percentilePlace(Math.max(percentile, 0))
    steps.push({ percentile, place: Math.max(place, before), ms })
  }
  return steps
}

/** A percentile's time is that of the first step which reaches it. Beyond the last step there is nothing to draw. */
function valuesAt(steps: readonly Step[], places: readonly number[]): (number | null)[] {
  let step = 0
  return places.map((place, i) => {
    while (step < steps.length && steps[step]!.place < place - 1e-9) step++
    // The last step seldom lies on a place: the next one shows it.
    const found = steps[step] ?? ((places[i - 1] ?? -1) < (steps.at(-1)?.place ?? -1) ? steps.at(-1) : undefined)
    return found === undefined ? null : forDrawing(Math.max(found.ms, 0.001))
  })
}

function at(steps: readonly Step[], percentile: number): string {
  return `${atCell(steps, percentile)} ms`
}

/** More nines than a count can tell have no time. */
function atCell(steps: readonly Step[], percentile: number): string {
  const last = steps.at(-1)
  if (last !== undefined && percentile < 100 && percentilePlace(percentile) > last.place + 1e-9)
    return milliseconds(null)
  return milliseconds(steps.find((step) => step.percentile >= percentile)?.ms ?? null)
}
