/** A sweep's figures as CSV: a row for each probability, number of clients and kind. */
import { stringify } from 'csv-stringify/sync'
import type { SweepResult } from './result.ts'

const columns = [
  ...['buy', 'clients', 'kind', 'runs', 'requests', 'mean_ms', 'p50_ms', 'p90_ms', 'max_ms', 'failures'],
  ...['lowest_run_mean_ms', 'highest_run_mean_ms'],
]

/** With a header; a time that was not measured is an empty cell. */
export function sweepCsv({ figures }: SweepResult): string {
  const time = (ms: number | null) => (ms === null ? null : Number(ms.toFixed(3)))
  const rows = figures.map(
    ({ buy, clients, kind, runs, requests, mean, p50, p90, max, failures, runMeanLow, runMeanHigh }) => [
      ...[buy, clients, kind, runs, requests],
      ...[mean, p50, p90, max].map(time),
      failures,
      ...[runMeanLow, runMeanHigh].map(time),
    ],
  )
  return stringify([columns, ...rows])
}
