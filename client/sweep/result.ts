/** What a sweep comes to, as it grows load by load and as it is written. */
import type { Result } from '../load/result.ts'
import { type Figure, Figures } from './figures.ts'
import { type Step, stepText } from './loads.ts'

/** What a sweep came to, as `--json` writes it. */
export interface SweepResult {
  format: 1
  command: 'sweep'
  /** ISO 8601. */
  startedAt: string
  seconds: number
  url: string
  /** Every option as it was taken, in words: [name, value]. */
  settings: [string, string][]
  machine: Result['machine']
  loads: { planned: number; measured: number }
  figures: Figure[]
  /** All probabilities together. */
  together: Figure[]
  /** What went wrong, by probability, number of clients, kind and word. */
  failures: { buy: number; clients: number; kind: string; word: string; count: number }[]
  /** Sentences: ended early, toys sold out, sessions that gave up, what stopped the sweep. */
  notes: string[]
}

/** What the loads brought so far. */
export class Gathered {
  readonly figures = new Figures()
  readonly failures: SweepResult['failures'] = []
  readonly notes: string[] = []
  machine: Result['machine'] = []
  /** Loads of which something was measured. */
  measured = 0

  add(step: Step, result: Result): void {
    this.machine = result.machine
    if (result.all.requests === 0) return
    this.measured += 1
    this.figures.add(step, result)
    const { buy, clients } = step
    for (const { kind, failures } of result.kinds)
      for (const [word, count] of failures) {
        const known = this.failures.find(
          (one) => one.buy === buy && one.clients === clients && one.kind === kind && one.word === word,
        )
        if (known === undefined) this.failures.push({ buy, clients, kind, word, count })
        else known.count += count
      }
    for (const note of result.notes)
      if (note !== 'Ended early.') this.notes.push(`Run ${step.run}, ${stepText(step)}: ${note}`)
  }
}
