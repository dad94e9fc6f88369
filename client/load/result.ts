/**
 * What a load came to, as `--json` writes it and as `--report`, `--csv` and `compare` read it. Words that come from the store
 * stand in lists of pairs, never as names of fields. Times are milliseconds; seconds where the name says so.
 */
import { z } from 'zod'

const count = z.int().nonnegative()
const amount = z.number().nonnegative()
const words = z.array(z.tuple([z.string(), count]))

/** All null where nothing was measured. */
export const latencySchema = z.object({
  count,
  min: amount.nullable(),
  mean: amount.nullable(),
  p50: amount.nullable(),
  p90: amount.nullable(),
  p95: amount.nullable(),
  p99: amount.nullable(),
  p999: amount.nullable(),
  max: amount.nullable(),
})
export type Latency = z.infer<typeof latencySchema>

const tallySchema = z.object({
  /** Requests sent, repeated ones too. */
  requests: count,
  /** Those of them that repeat an earlier one under its key, since nobody knew what had become of it. */
  retries: count,
  /** Requests whose outcome was unknown (no answer in time, a cut connection, `outcome_unknown`), retried or not. */
  unknown: count,
  perSecond: amount,
  /** `ok`, `out_of_stock` and other answers that the store is there to give. */
  answers: words,
  /** What went wrong in the end, retries included: `timeout`, `connection`, `http_502`, `wrong_answer`, … */
  failures: words,
  latency: latencySchema,
})
export type ResultTally = z.infer<typeof tallySchema>

const kindSchema = tallySchema.extend({
  /** `query`, `buy`, … */
  kind: z.string(),
  /** Latency by percentile, rising: [percentile from 0 to 100, milliseconds]. */
  distribution: z.array(z.tuple([z.number(), amount])),
  /** The HDR histogram in microseconds, compressed, base64: what makes adding results up exact. */
  histogram: z.string(),
})
export type ResultKind = z.infer<typeof kindSchema>

const secondSchema = z.object({
  /** Whole seconds since the load began, the warm-up's too; the row is of what ended in this second. */
  second: count,
  kind: z.string(),
  requests: count,
  ok: count,
  /** Other answers that the store is there to give. */
  refused: count,
  failures: count,
  retries: count,
  mean: amount.nullable(),
  p50: amount.nullable(),
  p90: amount.nullable(),
  p99: amount.nullable(),
  max: amount.nullable(),
})
export type ResultSecond = z.infer<typeof secondSchema>

export const resultSchema = z.object({
  format: z.literal(1),
  /** The command that made it: `load`, `chaos`. */
  command: z.string(),
  /** ISO 8601. */
  startedAt: z.string(),
  /** What was measured, without the warm-up. */
  seconds: amount,
  warmupSeconds: amount,
  url: z.string(),
  /** Every option as it was taken, in words: [name, value]. */
  settings: z.array(z.tuple([z.string(), z.string()])),
  /** [what, value]: cores, memory, system, Node. */
  machine: z.array(z.tuple([z.string(), z.string()])),
  rounds: count,
  /** All kinds together, without a distribution: kinds differ too much for one to mean something. */
  all: tallySchema,
  kinds: z.array(kindSchema),
  perSecond: z.array(secondSchema),
  /** Sessions at work, and for an open load what was asked for, second by second. */
  load: z.array(z.object({ second: count, clients: count, arrivalsPerSecond: amount.nullable() })),
  /** What happened to the store, told by who did it (chaos): seconds since the load began, and until when it lasted. */
  events: z.array(z.object({ at: amount, until: amount.nullable(), what: z.string() })),
  /** The client itself: by process, the share of a core that it took, and the p99 of how late its own loop was. */
  processes: z.array(z.object({ process: count, requests: count, cpuShare: amount, lateP99: amount })),
  /** Sentences: ended early, a rate that could not be reached, sessions that gave up. */
  notes: z.array(z.string()),
  /** `measured` is null where there were no samples, which misses it. */
  thresholds: z.array(z.object({ text: z.string(), measured: z.string().nullable(), held: z.boolean() })),
  /** None where it was not asked for. */
  verdict: z.object({ line: z.string(), balanced: z.boolean(), differences: z.array(z.string()) }).nullable(),
})
export type Result = z.infer<typeof resultSchema>
