/** A result as CSV: a row for each second and kind of request, for a spreadsheet or another program. */
import { stringify } from 'csv-stringify/sync'
import type { Result } from '../load/result.ts'

const columns = [
  'second',
  'kind',
  'requests',
  'ok',
  'refused',
  'failures',
  'retries',
  'mean_ms',
  'p50_ms',
  'p90_ms',
  'p99_ms',
  'max_ms',
]

/** With a header; a time that was not measured is an empty cell. */
export function resultCsv({ perSecond }: Result): string {
  const rows = perSecond.map(({ second, kind, requests, ok, refused, failures, retries, mean, p50, p90, p99, max }) => [
    second,
    plainWord(kind),
    ...[requests, ok, refused, failures, retries],
    ...[mean, p50, p90, p99, max].map((ms) => (ms === null ? null : Number(ms.toFixed(3)))),
  ])
  return stringify([columns, ...rows], { escape_formulas: true })
}

/**
 * A word that no spreadsheet runs as a formula (OWASP, "CSV Injection"): with `escape_formulas` an apostrophe stands before a
 * leading `=`, `+`, `-` or `@`. Where a semicolon, a tab or a line break could begin a cell of its own, or a blank hide the
 * first sign, it is taken away.
 */
function plainWord(word: string): string {
  return word.replaceAll(/[\p{Cc}\p{Cf}\p{Z};]+/gu, ' ').trim()
}
