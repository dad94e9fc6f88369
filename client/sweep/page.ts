/** A sweep as a page for people: latency against clients, queries and buys each in a chart of their own, and all figures below. */
import { type Chart, chartFigure, type Line, lookOf } from '../report/chart.ts'
import { settingsHtml } from '../report/details.ts'
import { type Html, html } from '../report/markup.ts'
import { counted, forDrawing, milliseconds, secondsText, timeText, whole } from '../report/numbers.ts'
import { pageHtml } from '../report/page.ts'
import { numberColumns, tableHtml, wordColumns } from '../report/tables.ts'
import { type Figure, type Kind, kinds } from './figures.ts'
import type { SweepResult } from './result.ts'
import { hasSpread, kindNames, meansTable, spreadMeaning } from './table.ts'

export function sweepHtml(result: SweepResult): string {
  const title = `Latency against the number of clients at ${result.url}`
  const body = html`<header>
<h1>${title}</h1>
</header>
<main>
${summaryHtml(result)}
<section>
<h2>Mean latency</h2>
<div class="grid">
${kinds.map((kind) => chartOf(result, kind))}</div>
${kinds.map((kind) => meansHtml(result, kind))}
${hasSpread(result) ? html`<p class="note">± is ${spreadMeaning}.</p>` : undefined}
<p class="note">A line or column belongs to a probability: each round is a query, and with that probability a purchase after it.
<em>All</em> are the requests of all probabilities together. Both charts have one scale.</p>
</section>
${failuresHtml(result)}
${figuresHtml(result)}
${settingsHtml(result)}
</main>
`
  return pageHtml({ title: `${title}, ${timeText(result.startedAt)}`, body })
}

function summaryHtml({ startedAt, seconds, loads, figures, notes }: SweepResult): Html {
  const requests = figures.reduce((sum, each) => sum + each.requests, 0)
  const failed = figures.reduce((sum, each) => sum + each.failures, 0)
  return html`<p class="soft">${timeText(startedAt)}; ${counted(requests, 'request')} in ${counted(loads.measured, 'load')} and ${secondsText(seconds)}</p>
<p class="verdict ${failed > 0 ? 'bad' : 'good'}">${failed > 0 ? `✗ ${counted(failed, 'failure')}.` : '✓ Nothing failed.'}</p>
${notes.map((note) => html`<p class="note"><strong>Note:</strong> ${note}</p>\n`)}`
}

function chartOf({ figures }: SweepResult, kind: Kind): Html {
  const own = figures.filter((figure) => figure.kind === kind)
  const places = [...new Set(own.map(({ clients }) => clients))].sort((a, b) => a - b)
  const buys = [...new Set(own.map(({ buy }) => buy))]
  const lines = buys.flatMap((buy, place): Line[] => {
    const line = own.filter((figure) => figure.buy === buy)
    const values = places.map((count) => line.find(({ clients }) => clients === count)?.mean ?? null)
    const isEmpty = values.every((value) => value === null)
    return isEmpty ? [] : [{ label: `buy ${buy}`, ...lookOf(place), values: values.map(forDrawing) }]
  })
  const chart: Chart = {
    across: 'clients',
    measure: 'mean, ms',
    range: [0, Math.max(0, ...figures.map(({ mean }) => mean ?? 0))],
    places: lines.length === 0 ? [] : places,
    lines,
  }
  return chartFigure(kindNames[kind], toldOf(places, lines), chart)
}

function toldOf(places: readonly number[], lines: readonly Line[]): string {
  if (lines.length === 0) return 'Nothing was measured.'
  const told = lines.map(({ label, values }) => `${label}: ${values.map(milliseconds).join(', ')}`)
  return `Mean milliseconds with ${places.join(', ')} clients. ${told.join('; ')}.`
}

function meansHtml(result: SweepResult, kind: Kind): Html {
  const [headings, ...rows] = meansTable(result, kind)
  return tableHtml({
    name: `${kindNames[kind]}, mean milliseconds`,
    isTitled: true,
    columns: numberColumns(...headings!),
    rows,
  })
}

function failuresHtml({ failures }: SweepResult): Html | undefined {
  if (failures.length === 0) return undefined
  return html`<section>
<h2>Failures</h2>
${tableHtml({
  name: 'Failures',
  columns: [...numberColumns('buy', 'clients'), ...wordColumns('kind', 'what'), ...numberColumns('count')],
  rows: failures.map(({ buy, clients, kind, word, count }) => [String(buy), String(clients), kind, word, whole(count)]),
})}
</section>
`
}

function figuresHtml({ figures, together }: SweepResult): Html {
  const row = ({ buy, clients, kind, runs, requests, failures, ...times }: Figure): string[] => [
    buy === null ? 'all' : String(buy),
    String(clients),
    kind,
    ...[runs, requests, failures].map(whole),
    ...[times.mean, times.p50, times.p90, times.max, times.runMeanLow, times.runMeanHigh].map(milliseconds),
  ]
  return html`<section>
<h2>All figures</h2>
${tableHtml({
  name: 'All figures',
  columns: [
    ...numberColumns('buy', 'clients'),
    ...wordColumns('kind'),
    ...numberColumns('runs', 'requests', 'failures', 'mean ms', 'p50 ms', 'p90 ms', 'max ms'),
    ...numberColumns('lowest run ms', 'highest run ms'),
  ],
  rows: [...figures, ...together].map(row),
  isTall: true,
})}
<p class="note"><em>Lowest</em> and <em>highest run</em> are the lowest and the highest mean of a single run.</p>
</section>
`
}
