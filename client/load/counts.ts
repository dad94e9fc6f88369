/**
 * What a process counts while it loads, and how the counts of several become one. Once nothing is in flight, each tally
 * holds: requests = answers + failures + retries.
 */
import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js'
import { z } from 'zod'

/** The longest time that is told apart, in microseconds; longer ones count as this. */
const microsecondsMax = 60_000_000

/** How many of each kind (`ok`, `out_of_stock`, `timeout` …). A Map, since the words come from the store. */
export type Kinds = Map<string, number>

export interface Tally {
  /** Requests sent, repeated ones too. */
  requests: number
  /** Those of the requests that repeat an earlier one under its key. */
  retries: number
  answers: Kinds
  failures: Kinds
  /** Microseconds from the first sending to the last answer, pauses between retries included. */
  times: Histogram
}

export interface Counts {
  rounds: number
  /** Rounds that meant to buy, but whose query showed no piece. */
  soldOutSeen: number
  /** Sessions that ended before their last round, because the store had stopped answering. */
  gaveUp: number
  queries: Tally
  buys: Tally
}

const count = z.int().nonnegative()
const kinds = z.array(z.tuple([z.string(), count]))
const tally = z.object({ requests: count, retries: count, answers: kinds, failures: kinds, times: z.string() })

export interface Progress {
  rounds: number
  requests: number
  failures: number
}

/** Counts as they travel between processes. */
export const encodedCounts = z.object({ rounds: count, soldOutSeen: count, gaveUp: count, queries: tally, buys: tally })
export type EncodedCounts = z.infer<typeof encodedCounts>
type EncodedTally = z.infer<typeof tally>

export function newTally(): Tally {
  // Every histogram has the same layout and never grows, which is what makes adding them exact.
  const times = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: microsecondsMax,
    numberOfSignificantValueDigits: 3,
    autoResize: false,
  })
  return { requests: 0, retries: 0, answers: new Map(), failures: new Map(), times }
}

export function newCounts(): Counts {
  return { rounds: 0, soldOutSeen: 0, gaveUp: 0, queries: newTally(), buys: newTally() }
}

export function addKind(kinds: Kinds, kind: string, more = 1): void {
  kinds.set(kind, (kinds.get(kind) ?? 0) + more)
}

export function recordTime(tally: Tally, ms: number): void {
  tally.times.recordValue(Math.min(Math.max(Math.round(ms * 1000), 0), microsecondsMax))
}

export function sumOfKinds(kinds: Kinds): number {
  return kinds.values().reduce((sum, more) => sum + more, 0)
}

/** Queries and buys that failed. */
export function failuresOf(counts: Counts): number {
  return sumOfKinds(counts.queries.failures) + sumOfKinds(counts.buys.failures)
}

/** What a worker tells of its counts while it runs; totals since its start. */
export function progressOf(counts: Counts): Progress {
  const requests = counts.queries.requests + counts.buys.requests
  return { rounds: counts.rounds, requests, failures: failuresOf(counts) }
}

/** A new sum; the parts stay as they are. */
export function mergeCounts(parts: readonly Counts[]): Counts {
  const sum = newCounts()
  for (const part of parts) {
    sum.rounds += part.rounds
    sum.soldOutSeen += part.soldOutSeen
    sum.gaveUp += part.gaveUp
    addTally(sum.queries, part.queries)
    addTally(sum.buys, part.buys)
  }
  return sum
}

function addTally(sum: Tally, part: Tally): void {
  sum.requests += part.requests
  sum.retries += part.retries
  for (const [kind, more] of part.answers) addKind(sum.answers, kind, more)
  for (const [kind, more] of part.failures) addKind(sum.failures, kind, more)
  if (part.times.totalCount > 0) sum.times.add(part.times)
}

export function encodeCounts(counts: Counts): EncodedCounts {
  return { ...counts, queries: encodeTally(counts.queries), buys: encodeTally(counts.buys) }
}

export function decodeCounts(encoded: EncodedCounts): Counts {
  return { ...encoded, queries: decodeTally(encoded.queries), buys: decodeTally(encoded.buys) }
}

function encodeTally({ requests, retries, answers, failures, times }: Tally): EncodedTally {
  return { requests, retries, answers: [...answers], failures: [...failures], times: encodeIntoCompressedBase64(times) }
}

function decodeTally({ requests, retries, answers, failures, times }: EncodedTally): Tally {
  return {
    requests,
    retries,
    answers: new Map(answers),
    failures: new Map(failures),
    times: decodeFromCompressedBase64(times),
  }
}
