/**
 * A chart as the page's script draws it (page/charts.js): everything is decided here, and the script only draws. Beside the
 * picture stands a sentence that says what it shows.
 */
import { embeddedJson, type Html, html } from './markup.ts'

export interface Line {
  label: string
  /** A colour of page/page.css. */
  color: Color
  values: (number | null)[]
  /** Lengths of stroke and gap, so that lines differ not by colour alone; unbroken where there are none. */
  dash?: readonly number[]
  /** Points in place of a line. */
  dots?: boolean
  bold?: boolean
  /** Measured by an axis of its own on the right. */
  right?: boolean
}

export interface Chart {
  /**
   * Seconds since the load began, a percentile as `percentilePlace` places it, how many clients there were, or how many shards:
   * of these each step of the axis is ten times the one before.
   */
  across: 'time' | 'percentile' | 'clients' | 'shards'
  /** What the left axis measures, with its unit. */
  measure: string
  /** The same of the right axis, where a line uses it. */
  rightMeasure?: string
  /** Each step of the axis is ten times the one before. */
  logarithmic?: boolean
  /** The left axis goes at least from here to there. */
  range?: [number, number]
  places: number[]
  lines: Line[]
  /** Seconds at which something happened, and until when. */
  marks?: { at: number; until: number | null; label: string }[]
  /** Seconds at the beginning that were not measured. */
  warmup?: number
}

export const colors = ['kind-1', 'kind-2', 'kind-3', 'kind-4', 'kind-5', 'kind-6', 'failure', 'quiet'] as const
export type Color = (typeof colors)[number]
const dashes: readonly (readonly number[])[] = [[], [7, 4], [2, 3], [10, 3, 2, 3], [14, 4], [4, 2]]

/** Of two runs in one chart, the first is unbroken. */
export const runDashes: readonly (readonly number[])[] = [[], [6, 4]]

/** The colour and the dash of the kind at a place in the list of kinds; beyond six they begin anew. */
export function lookOf(place: number): { color: Color; dash: readonly number[] } {
  return { color: colors[place % 6]!, dash: dashes[place % dashes.length]! }
}

/** Distances on the axis of percentiles as HDR histograms are plotted: 90, 99, 99.9 … are equally far from each other. */
export function percentilePlace(percentile: number): number {
  return Math.log10(100 / (100 - percentile))
}

/** `told` says in a sentence or two what the chart shows, for who does not see it. */
export function chartFigure(title: string, told: string, chart: Chart): Html {
  return html`<figure class="chart">
<figcaption>${title} <small class="at"></small></figcaption>
<ul class="legend">${chart.lines.map(legendEntry)}</ul>
<div class="plot" role="img" aria-label="${title}. ${told}"></div>
<script type="application/json">${embeddedJson(chart)}</script>
</figure>
`
}

function legendEntry({ label, color, dash = [], dots, bold }: Line): Html {
  const stroke = dots
    ? html`<circle cx="12" cy="5" r="3" fill="currentColor"/>`
    : html`<line x1="0" x2="24" y1="5" y2="5" stroke="currentColor" stroke-width="${bold ? 3 : 2}" stroke-dasharray="${dash.join(' ') || 'none'}"/>`
  return html`<li><button type="button" aria-pressed="true"><svg class="${color}" width="24" height="10" aria-hidden="true">${stroke}</svg> ${label} <span class="now" aria-hidden="true"></span></button></li>`
}
