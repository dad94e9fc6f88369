/**
 * What happened second by second, since the load began. A request counts in the second in which it ended. A second that is
 * over is handed on and forgotten, so a long load needs no more memory than a short one.
 */
import type { Histogram } from 'hdr-histogram-js'
import { encodeTimes, newTimes, recordMs } from './counts.ts'
import type { SecondPart } from './messages.ts'

interface Cell {
  requests: number
  ok: number
  refused: number
  failures: number
  retries: number
  times: Histogram
}

export class Seconds {
  readonly #open = new Map<number, Map<string, Cell>>()
  /** Of the seconds that are over, cleared: making one costs more than clearing one. */
  readonly #unused: Cell[] = []
  #second = -1
  #kinds: Map<string, Cell> | undefined

  /** `atMs` since the load began; `ms` that it took, none where it tells nothing of the store. */
  ended(atMs: number, kind: string, how: 'ok' | 'refused' | 'failures', retries: number, ms: number | undefined): void {
    const cell = this.#cell(Math.max(0, Math.floor(atMs / 1000)), kind)
    cell.requests += 1 + retries
    cell.retries += retries
    cell[how] += 1
    if (ms !== undefined) recordMs(cell.times, ms)
  }

  /** The seconds before this one, which are over, and forgets them. */
  take(before: number): SecondPart[] {
    const parts: SecondPart[] = []
    for (const [second, kinds] of this.#open) {
      if (second >= before) continue
      for (const [kind, { times, ...cell }] of kinds) {
        parts.push({ second, kind, ...cell, times: encodeTimes(times) })
        times.reset()
        this.#unused.push({ requests: 0, ok: 0, refused: 0, failures: 0, retries: 0, times })
      }
      this.#open.delete(second)
      if (second === this.#second) this.#second = -1
    }
    return parts
  }

  #cell(second: number, kind: string): Cell {
    if (second !== this.#second) {
      this.#second = second
      this.#kinds = this.#open.get(second)
      if (this.#kinds === undefined) {
        this.#kinds = new Map()
        this.#open.set(second, this.#kinds)
      }
    }
    let cell = this.#kinds!.get(kind)
    if (cell === undefined) {
      cell = this.#unused.pop() ?? { requests: 0, ok: 0, refused: 0, failures: 0, retries: 0, times: newTimes() }
      this.#kinds!.set(kind, cell)
    }
    return cell
  }
}
