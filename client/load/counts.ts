/**
 * What a process counts while it loads, and how the counts of several become one. Once nothing is in flight, each tally
 * holds: requests = answers + failures + retries.
 */
import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js'

/** The longest time that is told apart, in microseconds; longer ones count as this. */
const microsecondsMax = 3_600_000_000

/** How many of each word (`ok`, `out_of_stock`, `timeout` …). A Map, since the words come from the store. */
export type Words = Map<string, number>

export interface Tally {
  /** Requests sent, repeated ones too. */
  requests: number
  /** Those of the requests that repeat an earlier one under its key. */
  retries: number
  /** Requests after which nobody knew what had become of them, asked again or not. */
  unknown: number
  answers: Words
  failures: Words
  /** Microseconds from the intended start to the last answer, pauses between retries included. */
  times: Histogram
}

export interface Counts {
  rounds: number
  /** What stories noted, by word: `sold_out_seen`, … */
  noted: Words
  /** By request kind: `query`, `buy`, … */
  kinds: Map<string, Tally>
}

/** Counts as they travel between processes: lists for maps, text for histograms. */
export interface EncodedCounts {
  rounds: number
  noted: [string, number][]
  kinds: [string, EncodedTally][]
}

interface EncodedTally extends Pick<Tally, 'requests' | 'retries' | 'unknown'> {
  answers: [string, number][]
  failures: [string, number][]
  times: string
}

export function newTimes(): Histogram {
  // Every histogram has the same layout and never grows, which is what makes adding them exact.
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: microsecondsMax,
    numberOfSignificantValueDigits: 3,
    autoResize: false,
  })
}

export const newTally = (): Tally => ({
  requests: 0,
  retries: 0,
  unknown: 0,
  answers: new Map(),
  failures: new Map(),
  times: newTimes(),
})

export const newCounts = (): Counts => ({ rounds: 0, noted: new Map(), kinds: new Map() })

export function tallyOf(counts: Counts, kind: string): Tally {
  let tally = counts.kinds.get(kind)
  if (tally === undefined) {
    tally = newTally()
    counts.kinds.set(kind, tally)
  }
  return tally
}

export function addWord(words: Words, word: string, more = 1): void {
  words.set(word, (words.get(word) ?? 0) + more)
}

export function recordMs(times: Histogram, ms: number): void {
  times.recordValue(Math.min(Math.max(Math.round(ms * 1000), 0), microsecondsMax))
}

export const sumOfWords = (words: Words): number => words.values().reduce((sum, more) => sum + more, 0)

export function sumOf(counts: Counts, of: (tally: Tally) => number): number {
  return counts.kinds.values().reduce((sum, tally) => sum + of(tally), 0)
}

export const failuresOf = (counts: Counts): number => sumOf(counts, ({ failures }) => sumOfWords(failures))

/** A new sum; the parts stay as they are. */
export function mergeCounts(parts: readonly Counts[]): Counts {
  const sum = newCounts()
  for (const part of parts) {
    sum.rounds += part.rounds
    for (const [word, more] of part.noted) addWord(sum.noted, word, more)
    for (const [kind, tally] of part.kinds) addTally(tallyOf(sum, kind), tally)
  }
  return sum
}

export function addTally(sum: Tally, part: Tally): void {
  sum.requests += part.requests
  sum.retries += part.retries
  sum.unknown += part.unknown
  for (const [word, more] of part.answers) addWord(sum.answers, word, more)
  for (const [word, more] of part.failures) addWord(sum.failures, word, more)
  if (part.times.totalCount > 0) sum.times.add(part.times)
}

export const encodeCounts = ({ rounds, noted, kinds }: Counts): EncodedCounts => ({
  rounds,
  noted: [...noted],
  kinds: [...kinds].map(([kind, tally]) => [kind, encodeTally(tally)]),
})

export const decodeCounts = ({ rounds, noted, kinds }: EncodedCounts): Counts => ({
  rounds,
  noted: new Map(noted),
  kinds: new Map(kinds.map(([kind, tally]) => [kind, decodeTally(tally)])),
})

const encodeTally = ({ answers, failures, times, ...numbers }: Tally): EncodedTally => ({
  ...numbers,
  answers: [...answers],
  failures: [...failures],
  times: encodeTimes(times),
})

const decodeTally = ({ answers, failures, times, ...numbers }: EncodedTally): Tally => ({
  ...numbers,
  answers: new Map(answers),
  failures: new Map(failures),
  times: decodeTimes(times),
})

export const encodeTimes = (times: Histogram): string => encodeIntoCompressedBase64(times)
export const decodeTimes = (text: string): Histogram => decodeFromCompressedBase64(text)
