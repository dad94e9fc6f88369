/** The result as a page for people: time against the number of shards, adds and checkout each in a chart, and all figures below. */
import { type Chart, chartFigure, type Line, lookOf } from '../../client/report/chart.ts'
import { settingsHtml } from '../../client/report/details.ts'
import { type Html, html } from '../../client/report/markup.ts'
import { counted, forDrawing, milliseconds, secondsText, timeText } from '../../client/report/numbers.ts'
import { pageHtml } from '../../client/report/page.ts'
import { numberColumns, state, tableHtml, wordColumns } from '../../client/report/tables.ts'
import { median } from '../spread.ts'
import type { CartResult, Row } from './result.ts'
import { cellsOf, headings, millionText, type Series, seriesOf } from './table.ts'

export function cartHtml(result: CartResult): string {
  const title = 'A cart, for each number of shards'
  const all = seriesOf(result.rows)
  const body = html`<header>
<h1>${title}</h1>
</header>
<main>
${summaryHtml(result)}
<section>
<h2>Time against shards</h2>
<div class="grid">
${chartOf('A hundred items put in, one after another', all, ({ warm }) => warm.addsMs)}
${chartOf('The checkout of these hundred', all, ({ warm }) => warm.checkoutMs)}</div>
<p class="note">Medians, after a warm-up. Both axes are logarithmic: each step is ten times the one before.</p>
</section>
<section>
<h2>Ratios</h2>
${linesHtml(result)}
${result.million === undefined ? undefined : html`<p class="note">${millionText(result.million)}.</p>`}
</section>
<section>
<h2>All figures, in milliseconds</h2>
${all.map(seriesHtml)}
<p class="note"><em>First</em> is what a store is asked just after it is open, with code that has not run before; the other two are after a
warm-up. Medians of the runs, with the smallest and the largest. In files the number of shards changes nothing but a column of
the copy for people: one map holds all carts, however many.</p>
</section>
${settingsHtml(result)}
</main>
`
  return pageHtml({ title: `${title}, ${timeText(result.startedAt)}`, body })
}

function summaryHtml({ startedAt, seconds, rows, lines, books, notes }: CartResult): Html {
  const missed = lines.filter(({ verdict }) => verdict === 'MISSED').length
  const wrong = books.filter(({ balanced }) => !balanced)
  return html`<p class="soft">${timeText(startedAt)}; ${counted(rows.length, 'measurement')} in ${secondsText(Math.round(seconds))}</p>
<p class="verdict ${missed + wrong.length > 0 ? 'bad' : 'good'}">${missed > 0 ? `✗ ${counted(missed, 'ratio')} missed.` : '✓ No ratio was missed.'}</p>
${[...wrong.map(({ line }) => line), ...notes].map((note) => html`<p class="note"><strong>Note:</strong> ${note}</p>\n`)}`
}

const nameOf = ({ engine, way }: Pick<Series, 'engine' | 'way'>): string => `${engine}, ${way}`

function chartOf(title: string, all: readonly Series[], of: (row: Row) => number): Html {
  const places = [...new Set(all.flatMap(({ counts }) => counts.map(({ shards }) => shards)))].sort((a, b) => a - b)
  const lines = all.map((series, place): Line => {
    const values = places.map((count) => {
      const rows = series.counts.find(({ shards }) => shards === count)?.rows
      return rows === undefined ? null : forDrawing(median(rows.map(of)))
    })
    return { label: nameOf(series), ...lookOf(place), values }
  })
  const chart: Chart = { across: 'shards', measure: 'median, ms', logarithmic: true, places, lines }
  return chartFigure(title, toldOf(places, lines), chart)
}

function toldOf(places: readonly number[], lines: readonly Line[]): string {
  if (lines.length === 0) return 'Nothing was measured.'
  const told = lines.map(({ label, values }) => `${label}: ${values.map(milliseconds).join(', ')}`)
  return `Milliseconds with ${places.join(', ')} shards. ${told.join('; ')}.`
}

function linesHtml({ lines }: CartResult): Html {
  const verdict = (word: string): Html | string => (word === '' ? '' : state(word !== 'MISSED', word.toLowerCase()))
  return tableHtml({
    name: 'Ratios',
    columns: [
      ...wordColumns('ratio', 'verdict'),
      ...numberColumns('measured', 'must', 'aim'),
      ...wordColumns('medians'),
    ],
    rows: lines.map(({ title, must, aim, measured, verdict: word, beside }) => [
      title,
      verdict(word),
      ...[measured, must, aim, beside],
    ]),
  })
}

const seriesHtml = (series: Series): Html =>
  tableHtml({
    name: nameOf(series),
    isTitled: true,
    columns: numberColumns(...headings),
    rows: cellsOf(series),
  })
