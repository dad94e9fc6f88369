/** What a run of `npm run bench:cart` found: every measurement as it came. */
import { z } from 'zod'

const times = z.object({ addsMs: z.number(), checkoutMs: z.number() })
export const ways = ['in process', 'over HTTP'] as const
export type Way = (typeof ways)[number]

const row = z.object({
  engine: z.enum(['local', 'azure']),
  way: z.enum(ways),
  shards: z.number(),
  run: z.number(),
  /** In process until the carts are open, over HTTP until the whole store is. */
  startMs: z.number(),
  /** What is done first of all. */
  first: times,
  /** After a warm-up: of several times the median. */
  warm: times,
  /** In the same turns: one request to a bare server on a kept connection, and one line appended and synced. */
  bare: z.object({ hopMs: z.number(), syncMs: z.number() }).optional(),
})
export type Row = z.infer<typeof row>

const memory = z.object({
  shards: z.number(),
  run: z.number(),
  carts: z.number(),
  /** A cart's share of what the service's process grew by. */
  residentBytes: z.number(),
  /** The same of objects and buffers in use. */
  heldBytes: z.number(),
})
export type Memory = z.infer<typeof memory>

const million = z.object({
  carts: z.number(),
  openMs: z.number(),
  emptyOpenMs: z.number(),
  firstLookMs: z.number(),
  residentBytes: z.number(),
  emptyResidentBytes: z.number(),
  fileBytes: z.number(),
})
export type Million = z.infer<typeof million>

const line = z.object({
  name: z.string(),
  title: z.string(),
  must: z.string(),
  aim: z.string(),
  measured: z.string(),
  verdict: z.string(),
  beside: z.string(),
  how: z.string(),
})

const pairs = z.array(z.tuple([z.string(), z.string()]))
export const resultSchema = z.object({
  format: z.literal(1),
  command: z.literal('bench:cart'),
  startedAt: z.string(),
  seconds: z.number(),
  settings: pairs,
  machine: pairs,
  rows: z.array(row),
  memory: z.array(memory),
  million: million.optional(),
  lines: z.array(line),
  books: z.array(z.object({ line: z.string(), balanced: z.boolean() })),
  /** What was left out, and why. */
  notes: z.array(z.string()),
})
export type CartResult = z.infer<typeof resultSchema>
