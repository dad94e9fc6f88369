/** What happened second by second in all processes: their parts, added up exactly. */
import type { Histogram } from 'hdr-histogram-js'
import { decodeTimes, newTimes } from './counts.ts'
import type { SecondPart } from './messages.ts'
import type { ResultSecond } from './result.ts'

type Open = Omit<SecondPart, 'times'> & { times: Histogram }

/** A second is over when parts of one so much later have come from any process: all send theirs within half a second. */
const openSeconds = 5

export class SecondsSum {
  readonly #rows: ResultSecond[] = []
  readonly #open = new Map<string, Open>()
  #newest = 0

  add(parts: readonly SecondPart[]): void {
    for (const part of parts) {
      const name = `${part.second} ${part.kind}`
      const times = decodeTimes(part.times)
      const sum = this.#open.get(name)
      if (sum === undefined) this.#open.set(name, { ...part, times: withAll(times) })
      else {
        sum.requests += part.requests
        sum.ok += part.ok
        sum.refused += part.refused
        sum.failures += part.failures
        sum.retries += part.retries
        sum.times.add(times)
      }
      this.#newest = Math.max(this.#newest, part.second)
    }
    this.#close(this.#newest - openSeconds)
  }

  /** Of all kinds in that second: percentiles in milliseconds; undefined where nothing was timed. */
  lately(second: number): { p50: number; p99: number } | undefined {
    const times = newTimes()
    for (const open of this.#open.values()) if (open.second === second) times.add(open.times)
    if (times.totalCount === 0) return undefined
    return { p50: times.getValueAtPercentile(50) / 1000, p99: times.getValueAtPercentile(99) / 1000 }
  }

  get newest(): number {
    return this.#newest
  }

  /** Every second, in order. Nothing may be added after it. */
  rows(): ResultSecond[] {
    this.#close(Number.POSITIVE_INFINITY)
    return this.#rows.toSorted((a, b) => a.second - b.second || (a.kind < b.kind ? -1 : 1))
  }

  #close(before: number): void {
    for (const [name, { times, ...row }] of this.#open) {
      if (row.second >= before) continue
      this.#open.delete(name)
      const at = (percentile: number) => (times.totalCount === 0 ? null : times.getValueAtPercentile(percentile) / 1000)
      const [mean, max] = times.totalCount === 0 ? [null, null] : [times.mean / 1000, times.maxValue / 1000]
      this.#rows.push({ ...row, mean, p50: at(50), p90: at(90), p99: at(99), max })
    }
  }
}

/** A decoded histogram may be smaller than ours; added to one of ours, nothing is lost. */
function withAll(times: Histogram): Histogram {
  const all = newTimes()
  if (times.totalCount > 0) all.add(times)
  return all
}
