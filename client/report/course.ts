/** The course of a load in time: how much, how many sessions, how fast, with what happened to the store marked in each. */
import type { Result } from '../load/result.ts'
import { type Chart, chartFigure, type Line, lookOf } from './chart.ts'
import { type Html, html } from './markup.ts'
import { counted, forDrawing, milliseconds, rate, secondsText } from './numbers.ts'
import { highestOf, kindsOf, type Slot, type Slots, slotsOf, slotsOfKind } from './seconds.ts'

/** More points than a chart has pixels to draw them with tell nothing. */
export const slotsDrawn = 600

export function courseHtml(result: Result): Html {
  const slots = slotsOf(result, slotsDrawn)
  const kinds = kindsOf(result).map((kind) => ({ kind, slots: slotsOfKind(result, slots, kind) }))
  const base = timeBase(result, slots)
  return html`<section>
<h2>In the course of time</h2>
${explanation(result, slots).map((sentence) => html`<p class="note">${sentence}</p>\n`)}
${
  slots.starts.length > 0
    ? html`<p class="note screen">Drag over a chart to look closer, double-click to see all again; a press on a name takes its line away.</p>
`
    : undefined
}<div class="grid">
${throughput(result, slots, kinds, base)}
${sessions(result, slots, base)}
${latencies(kinds, base)}</div>
</section>
`
}

function explanation({ warmupSeconds, events }: Result, { length }: Slots): string[] {
  return [
    ...(length === 1
      ? []
      : [`A point stands for ${secondsText(length)}: rates are their mean, times the highest of their seconds.`]),
    ...(warmupSeconds > 0
      ? ['The grey seconds at the beginning are the warm-up: drawn, but in none of the tables above.']
      : []),
    ...(events.length > 0 ? ['Bands and lines with a number are the events above.'] : []),
  ]
}

type Base = Pick<Chart, 'across' | 'places' | 'marks' | 'warmup'>
type OfKind = { kind: string; slots: Slot[] }

/** What all charts over time have alike. A slot is drawn at its middle. */
function timeBase({ events, warmupSeconds }: Pick<Result, 'events' | 'warmupSeconds'>, slots: Slots): Base {
  return {
    across: 'time',
    places: slots.starts.map((start) => start + slots.length / 2),
    marks: events.map(({ at, until }, i) => ({ at, until, label: String(i + 1) })),
    warmup: warmupSeconds,
  }
}

function throughput(result: Result, slots: Slots, kinds: OfKind[], base: Base): Html {
  const lines = kinds.map(({ kind, slots }, i): Line => ({ ...rateLine(kind, slots), ...lookOf(i), bold: i === 0 }))
  const failures = slotsOfKind(result, slots).map((slot, i) => {
    const seconds = Math.min(slots.starts[i]! + slots.length, slots.end) - slots.starts[i]!
    return slot.perSecond === null ? null : forDrawing(slot.failures / seconds)
  })
  if (failures.some((each) => each !== null && each > 0))
    lines.push({ label: 'failures', color: 'failure', dash: [2, 2], values: failures })
  const told = lines.map(({ label, values }) => `${label}: ${rangeText(values, rate, 'a second')}`)
  return chartFigure('Throughput', `${told.join('; ')}.${eventsText(base)}`, { ...base, measure: 'requests/s', lines })
}

export function rateLine(label: string, slots: readonly Slot[]): Pick<Line, 'label' | 'values'> {
  return { label, values: slots.map(({ perSecond }) => forDrawing(perSecond)) }
}

function sessions({ load }: Result, slots: Slots, base: Base): Html | undefined {
  if (load.length === 0) return undefined
  const clients: Line = {
    label: 'sessions at work',
    color: 'kind-6',
    values: highestOf(
      slots,
      load.map(({ second, clients }) => ({ second, value: clients })),
    ),
    bold: true,
  }
  const asked: Line = {
    label: 'arrivals asked for, a second',
    color: 'kind-4',
    dash: [7, 4],
    right: true,
    values: highestOf(
      slots,
      load.map(({ second, arrivalsPerSecond }) => ({ second, value: arrivalsPerSecond })),
    ).map(forDrawing),
  }
  const isOpen = load.some(({ arrivalsPerSecond }) => arrivalsPerSecond !== null)
  const lines = isOpen ? [clients, asked] : [clients]
  const told = lines.map(({ label, values }) => `${label}: ${rangeText(values, rate, '')}`)
  const chart: Chart = { ...base, measure: 'sessions', lines, ...(isOpen ? { rightMeasure: 'arrivals/s' } : {}) }
  return chartFigure('Load', `${told.join('; ')}.${eventsText(base)}`, chart)
}

/** One chart a kind, all on the same scale, so that they can be held against each other. */
function latencies(kinds: OfKind[], base: Base): Html[] {
  const times = kinds.flatMap(({ slots }) => slots.flatMap(({ p50, max }) => [p50, max])).filter((ms) => ms !== null)
  const range =
    times.length === 0 ? undefined : times.reduce(([a, b], ms) => [Math.min(a!, ms), Math.max(b!, ms)], [1e9, 0])
  return kinds.map(({ kind, slots }) => {
    const line = (of: 'p50' | 'p90' | 'p99' | 'max', look: Omit<Line, 'label' | 'values'>): Line => ({
      label: of,
      // A logarithmic axis has no nought; a microsecond is the least that is told apart.
      values: slots.map(({ [of]: ms }) => (ms === null ? null : forDrawing(Math.max(ms, 0.001)))),
      ...look,
    })
    const lines = [
      line('max', { color: 'quiet', dots: true }),
      line('p99', { color: 'kind-2', dash: [7, 3] }),
      line('p90', { color: 'kind-3' }),
      line('p50', { color: 'kind-1', bold: true }),
    ].reverse()
    const told = lines.map(({ label, values }) => `${label}: ${rangeText(values, milliseconds, 'ms')}`)
    return chartFigure(`Latency of ${kind}`, `${told.join('; ')}.${eventsText(base)}`, {
      ...base,
      measure: 'ms, logarithmic',
      logarithmic: true,
      ...(range === undefined ? {} : { range: [range[0]!, range[1]!] as [number, number] }),
      lines,
    })
  })
}

export function rangeText(values: readonly (number | null)[], text: (value: number) => string, unit: string): string {
  const told = values.filter((each) => each !== null)
  if (told.length === 0) return 'nothing measured'
  const [least, most] = told.reduce(([a, b], each) => [Math.min(a, each), Math.max(b, each)], [told[0]!, told[0]!])
  return `from ${text(least)} to ${text(most)} ${unit}`.trim()
}

function eventsText({ marks = [] }: Base): string {
  return marks.length === 0 ? '' : ` ${counted(marks.length, 'event')} marked.`
}
