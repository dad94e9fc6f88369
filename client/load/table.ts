/** A load's result as text, at most 80 columns wide where no word of the store's is long. */
import type { Latency, Result, ResultTally } from './result.ts'

type Row = ResultTally & { kind: string }

/** Times are of what was answered or timed out. */
export function resultText(result: Result): string {
  const rows: Row[] = result.kinds.length > 1 ? [...result.kinds, { ...result.all, kind: 'all' }] : result.kinds
  return [
    ...(rows.length > 0 ? [countsTable(rows), timesTable(rows)] : []),
    [
      `${number(result.all.requests)} requests in ${result.seconds.toFixed(1)} s: ${number(result.all.perSecond)} a second.`,
      ...failureLines(result),
      ...result.notes.filter((note) => note !== 'Ended early.'),
      ...busyLines(result),
    ].join('\n'),
    ...thresholdLines(result),
  ].join('\n\n')
}

function countsTable(rows: readonly Row[]): string {
  const refusals = [...new Set(rows.flatMap(({ answers }) => answers.map(([word]) => word)))]
  const words = refusals.filter((word) => word !== 'ok').sort()
  if (words.length === 0 && rows.some(({ kind }) => kind === 'buy')) words.push('out_of_stock')
  const found = ({ answers }: Row, wanted: string): number => answers.find(([word]) => word === wanted)?.[1] ?? 0
  return aligned([
    ['', 'requests', 'ok', ...words, 'failed', 'retries', 'unknown', 'requests/s'],
    ...rows.map((row) => [
      row.kind,
      ...[row.requests, found(row, 'ok'), ...words.map((word) => found(row, word))].map(number),
      ...[failuresIn(row), row.retries, row.unknown, row.perSecond].map(number),
    ]),
  ])
}

const columns: [string, keyof Latency][] = [
  ['mean', 'mean'],
  ['p50', 'p50'],
  ['p90', 'p90'],
  ['p99', 'p99'],
  ['p99.9', 'p999'],
  ['max', 'max'],
]

const timesTable = (rows: readonly Row[]): string =>
  aligned([
    ['ms', ...columns.map(([heading]) => heading)],
    ...rows.map(({ kind, latency }) => [kind, ...columns.map(([, figure]) => milliseconds(latency[figure]))]),
  ])

function failureLines({ kinds, all }: Result): string[] {
  if (failuresIn(all) === 0) return []
  const lines = kinds.flatMap(({ kind, failures }) =>
    failures.toSorted(([, a], [, b]) => b - a).map(([word, count]) => [`  ${kind} ${word}`, number(count)]),
  )
  return [`Failed: ${number(failuresIn(all))}`, aligned(lines)]
}

/** Only where the load itself may have been the slower part. */
const busyLines = ({ processes }: Result): string[] =>
  processes
    .filter(({ cpuShare, lateP99 }) => cpuShare > 0.85 || lateP99 > 20)
    .map(
      ({ process, cpuShare, lateP99 }) =>
        `Process ${process} of the load took ${Math.round(100 * cpuShare)} % of a core and was up to ${lateP99.toFixed(1)} ms late (p99).`,
    )

const thresholdLines = ({ thresholds }: Result): string[] =>
  thresholds.length === 0
    ? []
    : [
        thresholds
          .map(({ text, measured, held }) => `${held ? 'held  ' : 'MISSED'}  ${text}  (${measured ?? 'no samples'})`)
          .join('\n'),
      ]

export const failuresIn = ({ failures }: Pick<ResultTally, 'failures'>): number =>
  failures.reduce((sum, [, count]) => sum + count, 0)

const number = (value: number): string => Math.round(value).toLocaleString('en-US')

function milliseconds(ms: number | null): string {
  if (ms === null) return '-'
  return ms.toFixed(ms < 10 ? 2 : ms < 100 ? 1 : 0)
}

/** Columns as wide as their widest cell: the first to the left, the numbers to the right. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ')
  return rows.map((row) => line(row).trimEnd()).join('\n')
}
