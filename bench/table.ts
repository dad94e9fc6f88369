/** The figures as a table: for the eye, and for docs/results. */
import { type Figure, type FigureName, figures } from './figures.ts'
import type { Measured } from './group.ts'
import { spreadOf } from './spread.ts'

export interface Line {
  name: string
  title: string
  must: string
  aim: string
  /** The median and the spread. */
  measured: string
  verdict: string
  beside: string
  how: string
}

export const lineOf = (name: FigureName, measured: Measured): Line => lineFor(name, figures[name], measured)

/** Of a figure that stands elsewhere. */
export const lineFor = (name: string, figure: Figure, measured: Measured): Line => {
  const { title, how } = figure
  const line = { name, title, must: bound(figure, figure.must), aim: bound(figure, figure.aim), how }
  if ('missing' in measured) return { ...line, measured: measured.missing, verdict: '', beside: '' }
  const { median, min, max } = spreadOf(measured.values)
  return {
    ...line,
    measured: `${value(median)} (${value(min)} to ${value(max)})`,
    verdict: verdictOf(figure, median),
    beside: measured.beside,
  }
}

/** By the median as it was measured, not as it is shown. Empty where nothing must be. */
export function verdictOf({ must, aim, wanted }: Figure, median: number): string {
  const reaches = (goal: number | undefined): boolean =>
    goal !== undefined && (wanted === 'high' ? median >= goal : median <= goal)
  if (must === undefined) return ''
  if (!reaches(must)) return 'MISSED'
  return reaches(aim) ? 'met, aim too' : 'met'
}

const bound = ({ wanted }: Figure, goal: number | undefined): string =>
  goal === undefined ? '' : `${wanted === 'high' ? '≥' : '≤'} ${goal}`

const value = (number: number): string =>
  number < 100 ? number.toFixed(number < 10 ? 3 : 1) : Math.round(number).toLocaleString('en-US')

/** Aligned columns. */
export function plainTable(lines: readonly Line[]): string {
  const rows = lines.map(({ name, must, aim, measured, verdict, beside }) => [
    name,
    must,
    aim,
    measured,
    verdict,
    beside,
  ])
  const all = [['figure', 'must', 'aim', 'measured (spread)', '', 'medians'], ...rows]
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)))
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** For a document, with how each is measured. */
export function markdownTable(lines: readonly Line[]): string {
  const rows = lines.map(({ name, title, must, aim, measured, verdict, beside, how }) => [
    `${title} (\`${name}\`): ${how}`,
    must,
    aim,
    measured,
    verdict,
    beside,
  ])
  const all = [['figure, and how it is measured', 'must', 'aim', 'measured (spread)', '', 'medians'], ...rows]
  const [head, ...body] = all.map((row) => `| ${row.map((cell) => cell.replaceAll(/[|<]/g, '\\$&')).join(' | ')} |`)
  return [head, `|${'---|'.repeat(6)}`, ...body].join('\n')
}
