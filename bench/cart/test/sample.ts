/** A result of two runs with known figures: time grows with neither shards nor run but as it is said here. */
import { linesOf } from '../figures.ts'
import type { CartResult, Memory, Row } from '../result.ts'

/** Adds take `addsMs`, a checkout a hundredth of it; what comes first twice as long. */
export const rowOf = (engine: Row['engine'], way: Row['way'], shards: number, run: number, addsMs: number): Row => ({
  ...{ engine, way, shards, run, startMs: 10 * addsMs },
  first: { addsMs: 2 * addsMs, checkoutMs: addsMs / 50 },
  warm: { addsMs, checkoutMs: addsMs / 100 },
  ...(way === 'over HTTP' && { bare: { hopMs: 0.2, syncMs: 0.4 } }),
})

const rows: Row[] = [1, 2].flatMap((run) =>
  [1, 1000].flatMap((shards) => [
    rowOf('local', 'in process', shards, run, shards === 1 ? 40 : 20),
    rowOf('local', 'over HTTP', shards, run, 100 + 20 * run),
    rowOf('azure', 'over HTTP', shards, run, shards === 1 ? 500 : 500 * run),
  ]),
)
const memory: Memory[] = [1, 1000].map((shards) => ({
  shards,
  run: 1,
  carts: 100,
  residentBytes: 300,
  heldBytes: 200 + shards / 100,
}))

export const sample = (more: Partial<CartResult> = {}): CartResult => ({
  ...{ format: 1, command: 'bench:cart', startedAt: '2026-11-22T08:17:59.631Z', seconds: 12.4, rows, memory },
  settings: [['runs', '2']],
  machine: [['cores', '2']],
  lines: linesOf(rows, memory),
  books: [{ line: 'carts balanced: 7 pieces in 3 carts, 7 acknowledged', balanced: true }],
  notes: [],
  ...more,
})
