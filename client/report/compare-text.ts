/** A comparison for the terminal, at most 80 columns wide where its words are short. */
import type { Compared, Comparison } from './compare.ts'
import { comparedCells, explanation, judgementWords } from './compare-words.ts'
import { nothing } from './numbers.ts'

export function comparisonText(comparison: Comparison, names: { a: string; b: string }): string {
  const rows = (label: string, measures: readonly Compared[]) =>
    measures.map((each, i) => [i === 0 ? plain(label) : '', ...comparedCells(each), judgementWords[each.judgement]])
  const table = aligned([
    ['kind', '', 'a', 'b', 'b/a', '99 % interval', ''],
    ...comparison.kinds.flatMap(({ kind, measures }) => rows(kind, measures)),
    ...rows('all', comparison.all),
  ])
  const differing = comparison.differing.map(
    ([what, a, b]) => `  ${plain(what)}: ${plain(a ?? nothing)} against ${plain(b ?? nothing)}`,
  )
  return [
    `a: ${names.a}\nb: ${names.b}`,
    ...(differing.length > 0 ? [`These were not alike, so compare knowingly:\n${differing.join('\n')}`] : []),
    table,
    [...comparison.notes.map(plain), ...explanation.map(folded)].join('\n'),
  ].join('\n\n')
}

/** Nothing in a result may steer the terminal. */
function plain(word: string): string {
  return word.replaceAll(/\p{Cc}/gu, ' ')
}

function aligned(rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const isWord = (column: number) => column < 2 || column === widths.length - 1
  return rows
    .map((row) =>
      row
        .map((cell, column) => (isWord(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function folded(text: string): string {
  return text.replaceAll(/(.{1,80})(?: |$)/g, '$1\n').trimEnd()
}
