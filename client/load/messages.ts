/** What the load command and its worker processes say to each other, checked on arrival. */
import { z } from 'zod'
import { encodedCounts } from './counts.ts'

const count = z.int().nonnegative()

const job = z.object({
  url: z.string(),
  toys: z.array(z.string()).min(1),
  /** The numbers of the sessions that this worker runs. */
  sessions: z.array(count),
  rounds: count,
  buy: z.number(),
  quantityMax: count,
  seed: count,
  timeoutMs: z.number(),
})
export type Job = z.infer<typeof job>

export const toWorker = z.discriminatedUnion('type', [
  z.object({ type: z.literal('job'), job }),
  z.object({ type: z.literal('stop') }),
])
export type ToWorker = z.infer<typeof toWorker>

/** `ready` comes first, then `progress` now and then, `report` last. */
export const fromWorker = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('progress'), progress: z.object({ rounds: count, requests: count, failures: count }) }),
  z.object({ type: z.literal('report'), counts: encodedCounts, seconds: z.number() }),
])
export type FromWorker = z.infer<typeof fromWorker>
