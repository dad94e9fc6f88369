/** The result as text: a table of times for each engine and way, then the ratios. */
import { aligned } from '../../client/load/table.ts'
import { milliseconds } from '../../client/report/numbers.ts'
import { spreadOf } from '../spread.ts'
import { plainTable } from '../table.ts'
import type { CartResult, Million, Row, Way } from './result.ts'

export interface Series {
  engine: Row['engine']
  way: Way
  /** Rising shards, each with its runs. */
  counts: { shards: number; rows: Row[] }[]
}

/** What was measured, in its order, by engine and way. */
export function seriesOf(rows: readonly Row[]): Series[] {
  const keys = [...new Set(rows.map(({ engine, way }) => `${engine} ${way}`))]
  return keys.map((key) => {
    const own = rows.filter(({ engine, way }) => `${engine} ${way}` === key)
    const { engine, way } = own[0]!
    const shards = [...new Set(own.map((row) => row.shards))].sort((a, b) => a - b)
    return {
      engine,
      way,
      counts: shards.map((count) => ({ shards: count, rows: own.filter((row) => row.shards === count) })),
    }
  })
}

/** What is shown of each number of shards, with what it is called. */
export const measures: readonly { name: string; of: (row: Row) => number }[] = [
  { name: 'start', of: ({ startMs }) => startMs },
  { name: 'first 100 adds', of: ({ first }) => first.addsMs },
  { name: 'first checkout', of: ({ first }) => first.checkoutMs },
  { name: '100 adds', of: ({ warm }) => warm.addsMs },
  { name: 'checkout', of: ({ warm }) => warm.checkoutMs },
]

export const headings: readonly string[] = ['shards', ...measures.map(({ name }) => name)]

export const cellsOf = ({ counts }: Series): string[][] =>
  counts.map(({ shards, rows }) => [
    shards.toLocaleString('en-US'),
    ...measures.map(({ of }) => spreadText(rows.map(of))),
  ])

/** The median, and where there are several the smallest and the largest. */
export function spreadText(values: readonly number[]): string {
  const { median, min, max } = spreadOf(values)
  return values.length === 1
    ? milliseconds(median)
    : `${milliseconds(median)} (${milliseconds(min)}–${milliseconds(max)})`
}

export const millionText = ({ carts, openMs, emptyOpenMs, firstLookMs, ...bytes }: Million): string =>
  `${carts.toLocaleString('en-US')} carts: open after ${milliseconds(openMs)} ms (without them ${milliseconds(emptyOpenMs)}), the first look answered ${milliseconds(firstLookMs)} ms later; the cart service takes ${mebibytes(bytes.residentBytes)} MiB (without them ${mebibytes(bytes.emptyResidentBytes)}), its files ${mebibytes(bytes.fileBytes)} MiB`

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(bytes < 100 * 2 ** 20 ? 1 : 0)

export function resultText(result: CartResult): string {
  const { rows, lines, million, books, notes, seconds } = result
  return [
    ...seriesOf(rows).map(
      (series) => `${series.engine}, ${series.way}, ms\n${aligned([[...headings], ...cellsOf(series)])}`,
    ),
    plainTable(lines),
    [
      ...(million === undefined ? [] : [millionText(million)]),
      ...books.map(({ line }) => line),
      ...notes,
      `${rows.length} measurements in ${Math.round(seconds)} s`,
    ].join('\n'),
  ].join('\n\n')
}
