/** The load's report as text: counts and times per process and in all, at most 80 columns wide. */
import { type Counts, failuresOf, mergeCounts, sumOfKinds, type Tally } from './counts.ts'
import type { Outcome } from './processes.ts'

/** One line of either table. */
interface Row {
  label: string
  counts: Counts
  seconds: number
}

/** Times are of the queries and buys that were answered or timed out. */
export function reportText({ reports, seconds }: Pick<Outcome, 'reports' | 'seconds'>): string {
  const all: Row = { label: 'all', counts: mergeCounts(reports.map(({ counts }) => counts)), seconds }
  const each = reports.map((report): Row => ({ label: String(report.process), ...report }))
  const rows = each.length > 1 ? [...each, all] : [all]
  return [countsTable(rows), timesTable(rows), ...notes(all)].join('\n\n')
}

function countsTable(rows: Row[]): string {
  const kinds = [...new Set(rows.flatMap(({ counts }) => [...counts.buys.answers.keys()]))]
  const refusals = kinds.filter((kind) => kind !== 'ok').sort()
  if (refusals.length === 0) refusals.push('out_of_stock')
  const line = (label: string, what: string, tally: Tally, seconds: number, isBuy: boolean) => [
    label,
    what,
    String(tally.requests),
    String(tally.answers.get('ok') ?? 0),
    ...refusals.map((kind) => (isBuy ? String(tally.answers.get(kind) ?? 0) : '')),
    String(sumOfKinds(tally.failures)),
    isBuy ? String(tally.retries) : '',
    perSecond(tally.requests, seconds),
  ]
  return aligned(2, [
    ['process', '', 'requests', 'ok', ...refusals, 'failed', 'retries', 'requests/s'],
    ...rows.flatMap(({ label, counts, seconds }) => [
      line(label, 'queries', counts.queries, seconds, false),
      line('', 'buys', counts.buys, seconds, true),
    ]),
  ])
}

function timesTable(rows: Row[]): string {
  return aligned(2, [
    ['process', '', 'mean ms', 'p50', 'p90', 'p99', 'max'],
    ...rows.flatMap(({ label, counts }) => [
      [label, 'queries', ...times(counts.queries)],
      ['', 'buys', ...times(counts.buys)],
    ]),
  ])
}

function times({ times }: Tally): string[] {
  if (times.totalCount === 0) return ['-', '-', '-', '-', '-']
  const percentiles = [50, 90, 99].map((percentile) => times.getValueAtPercentile(percentile))
  return [times.mean, ...percentiles, times.maxValue].map((microseconds) => milliseconds(microseconds))
}

function milliseconds(microseconds: number): string {
  const ms = microseconds / 1000
  return ms.toFixed(ms < 10 ? 2 : ms < 100 ? 1 : 0)
}

function perSecond(count: number, seconds: number): string {
  return seconds > 0 ? String(Math.round(count / seconds)) : '-'
}

function notes({ counts, seconds }: Row): string[] {
  const requests = counts.queries.requests + counts.buys.requests
  const lines = [`${requests} requests in ${seconds.toFixed(1)} s: ${perSecond(requests, seconds)} a second.`]
  if (counts.soldOutSeen > 0) lines.push(`Sold out seen, so not bought: ${counts.soldOutSeen}.`)
  if (counts.gaveUp > 0) lines.push(`Sessions that gave up on a silent store: ${counts.gaveUp}.`)
  const failures = [...failureLines('queries', counts.queries), ...failureLines('buys', counts.buys)]
  if (failures.length > 0) lines.push(`Failed: ${failuresOf(counts)}\n${aligned(2, failures)}`)
  return [lines.join('\n')]
}

function failureLines(what: string, tally: Tally): string[][] {
  const most = [...tally.failures].sort(([, a], [, b]) => b - a)
  return most.map(([kind, count]) => [`  ${what}`, kind, String(count)])
}

/** Columns as wide as their widest cell: the first `words` to the left, the numbers to the right. */
function aligned(words: number, rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column < words ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
