/** Every measurement as CSV: a row for each run of each engine, way and number of shards. */
import { stringify } from 'csv-stringify/sync'
import type { CartResult } from './result.ts'

const columns = [
  ...['engine', 'way', 'shards', 'run', 'start_ms', 'first_adds_ms', 'first_checkout_ms', 'adds_ms', 'checkout_ms'],
  ...['bare_hop_ms', 'fdatasync_ms'],
]

/** With a header; what was not measured is an empty cell. */
export function cartCsv({ rows }: Pick<CartResult, 'rows'>): string {
  const time = (ms: number | undefined) => (ms === undefined ? null : Number(ms.toFixed(3)))
  return stringify([
    columns,
    ...rows.map(({ engine, way, shards, run, startMs, first, warm, bare }) => [
      ...[engine, way, shards, run],
      ...[startMs, first.addsMs, first.checkoutMs, warm.addsMs, warm.checkoutMs, bare?.hopMs, bare?.syncMs].map(time),
    ]),
  ])
}
