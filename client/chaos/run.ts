/**
 * A run: a store of our own under a load, one fault after the other, then the books. Always: a fault waits for the recovery of the
 * one before, and nothing of the store or the load runs when this is over.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { LoadPlan } from '../load/options.ts'
import type { Result } from '../load/result.ts'
import { type LoadOutcome, type RunningLoad, startLoad } from '../load/run.ts'
import { judge } from '../load/thresholds.ts'
import { newProgress } from '../progress.ts'
import { snapshot } from '../verify/after-load.ts'
import { judgeBooks } from './books.ts'
import type { Fault } from './faults.ts'
import { piecesLeft } from './pieces.ts'
import { Shop, type Strike } from './shop.ts'
import { recoveryNote } from './table.ts'
import { Till } from './till.ts'

const recoveryMsMax = 30_000
/** A shop that is empty does not recover: after so long without a purchase it is asked whether it is, now and then. */
const soldOutMs = 2000

export interface ChaosPlan {
  /** Whole, from the root on. */
  dataDir: string
  faults: readonly Fault[]
  threads: number
  /** But for the address, which the store chooses. */
  load: Omit<LoadPlan, 'url'>
}

/** A fault that was made, and how long it took until a purchase was answered again. */
export interface Endured {
  fault: Fault
  what: string
  /** Seconds since the load began. */
  at: number
  /** None where there was no purchase any more. */
  recoveryMs: number | undefined
}

export interface ChaosOutcome {
  result: Result
  endured: Endured[]
  /** Sentences: what went wrong, beside the books. */
  findings: string[]
}

export interface ChaosOptions {
  /** Lines for people, as things happen. */
  tell(line: string): void
  /** Ends the faults early. */
  ending: AbortSignal
}

/** Throws a Refused where the store does not open, a LoadError where it cannot be loaded. */
export async function runChaos(plan: ChaosPlan, { tell, ending }: ChaosOptions): Promise<ChaosOutcome> {
  const { dataDir, threads } = plan
  const till = new Till()
  const shop = await Shop.open({ dataDir, threads, watch: till.watch })
  try {
    const before = await snapshot(shop.ownUrl)
    const load = await startLoad({ ...plan.load, url: shop.url }, 'chaos')
    let endured: Endured[] = []
    let findings: string[] = []
    let loaded: LoadOutcome
    try {
      ;({ endured, findings } = await new Ordeal({ shop, load, till, tell, ending }).endure(plan.faults))
    } finally {
      load.stop({ asPlanned: !ending.aborted })
      loaded = await load.done
    }
    const { result, deaths, witness } = loaded
    result.events = endured.map(({ at, recoveryMs, what }) => ({
      at,
      until: recoveryMs === undefined ? null : at + recoveryMs / 1000,
      what,
    }))
    tell('Checking the books: as they are, and after a stop and a new start.')
    const { line, differences, notes } = await judgeBooks({ shop, dataDir, before, witness, progress: newProgress() })
    result.verdict = { line, balanced: differences.length === 0, differences }
    findings.push(...deaths)
    result.notes.push(
      ...findings,
      ...(endured.some(({ recoveryMs }) => recoveryMs !== undefined) ? [recoveryNote(endured)] : []),
      ...notes,
    )
    result.thresholds = [
      ...promisesOf(plan.faults.length, endured, ending.aborted),
      ...judge(plan.load.thresholds, result),
    ]
    return { result, endured, findings }
  } finally {
    await shop.close()
  }
}

/** What a run asks of every store, in the form of thresholds. */
function promisesOf(asked: number, endured: readonly Endured[], endedEarly: boolean): Result['thresholds'] {
  const waited = endedEarly ? 0 : Number.POSITIVE_INFINITY
  const slowest = Math.max(0, ...endured.map(({ recoveryMs }) => recoveryMs ?? waited))
  return [
    {
      text: endedEarly ? 'faults that were made before the end' : `${asked} faults made`,
      measured: String(endured.length),
      held: endedEarly || endured.length === asked,
    },
    {
      text: `a purchase answered within ${recoveryMsMax / 1000} s of each fault`,
      measured: slowest < recoveryMsMax ? `${(slowest / 1000).toFixed(1)} s at most` : null,
      held: slowest < recoveryMsMax,
    },
  ]
}

interface Around extends ChaosOptions {
  shop: Shop
  load: RunningLoad
  till: Till
}

class Ordeal {
  readonly #around: Around
  readonly #endured: Endured[] = []
  readonly #findings: string[] = []

  constructor(around: Around) {
    this.#around = around
  }

  async endure(faults: readonly Fault[]): Promise<{ endured: Endured[]; findings: string[] }> {
    const { ending } = this.#around
    let goesOn = (await this.#purchaseAfter(0, 'the start')) !== undefined
    for (const fault of faults) {
      if (goesOn) await pause(fault.gapMs, undefined, { signal: ending }).catch(() => {})
      if (!goesOn || ending.aborted) break
      goesOn = await this.#suffer(fault)
    }
    if (this.#endured.length < faults.length && !ending.aborted)
      this.#findings.push(`Only ${this.#endured.length} of ${faults.length} faults were made.`)
    return { endured: this.#endured, findings: this.#findings }
  }

  /** Whether purchases are answered again. */
  async #suffer(fault: Fault): Promise<boolean> {
    const { shop, load, tell, ending } = this.#around
    let strike: Strike
    try {
      strike = await shop.strike(fault, ending)
    } catch (error) {
      this.#findings.push(`${fault.kind} ${fault.victim}: ${(error as Error).message}.`)
      return false
    }
    const { what, over } = strike
    const at = (performance.timeOrigin + strike.at - load.startedAt) / 1000
    const [answeredAt, failed] = await Promise.all([
      this.#purchaseAfter(strike.at, what),
      over.then(
        () => undefined,
        (error: Error) => error.message,
      ),
    ])
    const recoveryMs = answeredAt === undefined ? undefined : answeredAt - strike.at
    this.#endured.push({ fault, what, at, recoveryMs })
    if (failed !== undefined) this.#findings.push(`After it ${what}: ${failed}.`)
    const then =
      recoveryMs === undefined
        ? 'no purchase was answered after it'
        : `the next purchase was answered after ${Math.round(recoveryMs).toLocaleString('en-US')} ms`
    tell(`${at.toFixed(1)} s: ${what}; ${then}`)
    return recoveryMs !== undefined && failed === undefined
  }

  /** When the first purchase was answered that was asked for later; undefined, and the reason among the findings, where none was. */
  async #purchaseAfter(since: number, what: string): Promise<number | undefined> {
    const { shop, till, ending } = this.#around
    const hopeless = new AbortController()
    let reason = `No purchase within ${recoveryMsMax / 1000} s (${what}).`
    const looking = setInterval(async () => {
      const left = shop.whyEnded === undefined ? await piecesLeft(shop.ownUrl, soldOutMs) : undefined
      if (shop.whyEnded !== undefined) reason = `${shop.whyEnded} (${what}).`
      else if (left === 0) reason = 'The toys are sold out: nothing can be bought any more.'
      else return
      hopeless.abort()
    }, soldOutMs)
    const answeredAt = await till.next(since, recoveryMsMax, AbortSignal.any([ending, hopeless.signal]))
    clearInterval(looking)
    if (answeredAt === undefined && !ending.aborted) this.#findings.push(reason)
    return answeredAt
  }
}
