/** A comparison as a page: what changed first, then both runs in the same charts. */
import type { Result } from '../load/result.ts'
import { chartFigure, type Line, lookOf, runDashes } from './chart.ts'
import type { Compared, Comparison } from './compare.ts'
import { comparedCells, explanation, judgementWords } from './compare-words.ts'
import { rangeText, rateLine, slotsDrawn } from './course.ts'
import { distributionHtml } from './distribution.ts'
import { type Html, html } from './markup.ts'
import { counted, forDrawing, milliseconds, nothing, rate, secondsText, timeText } from './numbers.ts'
import { pageHtml } from './page.ts'
import { kindsOf, type Slot, type Slots, slotsOf, slotsOfKind } from './seconds.ts'
import { numberColumns, state, tableHtml, wordColumns } from './tables.ts'

export interface Run {
  /** The file that it was read from. */
  name: string
  result: Result
}

export function comparisonHtml(comparison: Comparison, a: Run, b: Run): string {
  const body = html`<header>
<h1>${a.name} against ${b.name}</h1>
</header>
<main>
${runsHtml([a, b])}
<p class="verdict">${changesText(comparison)}</p>
${comparison.notes.map((note) => html`<p class="note"><strong>Note:</strong> ${note}</p>\n`)}
${differingHtml(comparison)}
${ratiosHtml(comparison)}
${courseHtml([a, b])}
${distributionHtml([
  { name: 'a', result: a.result },
  { name: 'b', result: b.result },
])}
</main>
`
  return pageHtml({ title: `${a.name} against ${b.name}`, body })
}

function runsHtml(runs: readonly Run[]): Html {
  return tableHtml({
    name: 'The two runs',
    columns: [...wordColumns('run', 'file', 'command', 'store', 'began'), ...numberColumns('measured')],
    rows: runs.map(({ name, result }, i) => [
      'ab'[i]!,
      name,
      result.command,
      result.url,
      timeText(result.startedAt),
      secondsText(result.seconds),
    ]),
  })
}

function changesText({ all, kinds }: Comparison): string {
  const judged = [...kinds.flatMap(({ measures }) => measures), ...all]
  const of = (word: string) => judged.filter(({ judgement }) => judgement === word).length
  const [better, worse] = [of('better'), of('worse')]
  if (better + worse === 0) return 'Nothing is told from noise.'
  return `Of ${counted(judged.length, 'figure')}, ${better} in b better than in a, ${worse} worse; the others are equal or noise, or cannot be told.`
}

function differingHtml({ differing }: Comparison): Html | undefined {
  if (differing.length === 0) return undefined
  return html`<section>
<h2>Not alike: compare knowingly</h2>
${tableHtml({
  name: 'What was not alike in the two runs',
  columns: wordColumns('what', 'a', 'b'),
  rows: differing.map(([what, a, b]) => [what, a ?? nothing, b ?? nothing]),
  isSnug: true,
})}
</section>
`
}

function ratiosHtml({ kinds, all }: Comparison): Html {
  const rows = (label: string, measures: readonly Compared[]) =>
    measures.map((each) => [label, ...comparedCells(each), judgementHtml(each)])
  return html`<section>
<h2>b by a</h2>
${tableHtml({
  name: 'Ratios of b to a',
  columns: [
    ...wordColumns('kind', 'what'),
    ...numberColumns('a', 'b', 'b/a', '99 % interval'),
    ...wordColumns('judgement'),
  ],
  rows: [...kinds.flatMap(({ kind, measures }) => rows(kind, measures)), ...rows('all', all)],
})}
<p class="note">${explanation.join(' ')}</p>
</section>
`
}

function judgementHtml({ judgement }: Compared): Html {
  if (judgement === 'better' || judgement === 'worse') return state(judgement === 'better', judgement)
  return html`<span class="soft">${judgementWords[judgement]}</span>`
}

/** Both runs by the time since each began: colours tell the kinds, an unbroken line is a, a broken one b. */
function courseHtml(runs: readonly Run[]): Html {
  const slots = commonSlots(runs)
  const kinds = [...new Set(runs.flatMap(({ result }) => kindsOf(result)))]
  const base = { across: 'time' as const, places: slots[0]!.starts.map((start) => start + slots[0]!.length / 2) }
  const lines = (line: (label: string, slots: readonly Slot[]) => Pick<Line, 'label' | 'values'>): Line[] =>
    kinds.flatMap((kind, place) =>
      runs.flatMap(({ result }, run): Line[] =>
        kindsOf(result).includes(kind)
          ? [
              {
                ...line(`${kind} ${'ab'[run]}`, slotsOfKind(result, slots[run]!, kind)),
                ...lookOf(place),
                dash: runDashes[run]!,
              },
            ]
          : [],
      ),
    )
  const rates = lines(rateLine)
  const slowest = lines((label, slots) => ({
    label,
    values: slots.map(({ p99 }) => (p99 === null ? null : forDrawing(Math.max(p99, 0.001)))),
  }))
  const told = (lines: readonly Line[], text: (value: number) => string, unit: string) =>
    `${lines.map(({ label, values }) => `${label}: ${rangeText(values, text, unit)}`).join('; ')}.`
  return html`<section>
<h2>In the course of time</h2>
<div class="grid">
${chartFigure('Throughput', told(rates, rate, 'a second'), { ...base, measure: 'requests/s', lines: rates })}
${chartFigure('Latency, p99', told(slowest, milliseconds, 'ms'), { ...base, measure: 'ms, logarithmic', logarithmic: true, lines: slowest })}
</div>
</section>
`
}

/** The same slots for both, those of the longer one; each ends when its own run did. */
function commonSlots(runs: readonly Run[]): Slots[] {
  const each = runs.map(({ result }) => slotsOf(result, slotsDrawn))
  const longest = each.reduce((a, b) => (b.starts.length * b.length > a.starts.length * a.length ? b : a))
  return each.map(({ end }) => ({ ...longest, end }))
}
