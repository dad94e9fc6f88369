/** Tables of a report. Each can be scrolled in itself, by keyboard too. */
import { type Html, html } from './markup.ts'
import { nothing } from './numbers.ts'

export interface Column {
  heading: string
  /** Words stand to the left, numbers to the right. */
  isNumber?: boolean
}

export interface Table {
  /** Names the table; stands above it too, where `isTitled`. */
  name: string
  isTitled?: boolean
  columns: readonly Column[]
  /** The first cell of each row is its heading. */
  rows: readonly (readonly (Html | string)[])[]
  /** The last row sums up the others. */
  hasSum?: boolean
  /** Scrolls downwards too. */
  isTall?: boolean
  /** No wider than its content needs. */
  isSnug?: boolean
}

export function tableHtml({ name, isTitled, columns, rows, hasSum, isTall, isSnug }: Table): Html {
  const kind = (column: number) => (columns[column]?.isNumber ? html` class="number"` : undefined)
  const cell = (content: Html | string, column: number): Html =>
    column === 0
      ? html`<th scope="row"${kind(column)}>${content === '' ? nothing : content}</th>`
      : html`<td${kind(column)}>${content}</td>`
  return html`<div class="table${isTall ? ' tall' : ''}${isSnug ? ' snug' : ''}" role="region" aria-label="${name}" tabindex="0">
<table>${isTitled ? html`<caption>${name}</caption>` : undefined}
<thead><tr>${columns.map(({ heading }, column) => html`<th scope="col"${kind(column)}>${heading}</th>`)}</tr></thead>
<tbody>
${rows.map((row, i) => html`<tr${hasSum && i === rows.length - 1 ? html` class="sum"` : undefined}>${row.map(cell)}</tr>\n`)}</tbody>
</table></div>
`
}

export function wordColumns(...headings: string[]): Column[] {
  return headings.map((heading) => ({ heading }))
}

export function numberColumns(...headings: string[]): Column[] {
  return headings.map((heading) => ({ heading, isNumber: true }))
}

/** Whether something held, by a sign and a word, not by colour alone. */
export function state(isGood: boolean, word: string): Html {
  return html`<span class="state ${isGood ? 'good' : 'bad'}">${isGood ? '✓' : '✗'} ${word}</span>`
}
