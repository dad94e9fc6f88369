/** All runs of all cases, one after the other, over one store. */
import { NotOpened } from '../own-store.ts'
import type { ConsistencyPlan } from './options.ts'
import { type OwnStore, type ServiceName, startOwnStore } from './own-store.ts'
import { isWrong, type Ran, runCase } from './run.ts'

export interface Outcome extends Ran {
  /** From 1. */
  run: number
  case: string
  killed: ServiceName | null
}

export interface CheckOptions {
  progress(what: string, share: number): void
  /** Told of each as it ends. */
  ended(outcome: Outcome): void
  /** Ends it after the run that is under way. */
  ending: AbortSignal
}

export interface Checked {
  url: string
  outcomes: Outcome[]
  /** Runs whose figures are all 0. */
  held: number
}

/** Throws a ConsistencyError, or a NotOpened where the own store does not open. The own store is gone when this is over. */
export async function checkConsistency(plan: ConsistencyPlan, options: CheckOptions): Promise<Checked> {
  const { cases, runs, kills, timeoutMs, token, concurrency, retries, direct, seed } = plan
  const own = plan.url === undefined ? await startOwnStore() : undefined
  const url = plan.url ?? own!.url
  const outcomes: Outcome[] = []
  try {
    for (let number = 0; number < runs * cases.length && !options.ending.aborted; number++) {
      const [run, size] = [Math.floor(number / cases.length), cases[number % cases.length]!]
      // Round by round another service for each case, so that each case meets each of them.
      const killed = kills.length === 0 ? null : kills[(run + (number % cases.length)) % kills.length]!
      const kill = killed === null ? undefined : await killerOf(own!, killed)
      const before = { done: number, all: runs * cases.length }
      const progress = (what: string, share: number): void =>
        options.progress(`run ${run + 1} of ${runs}, ${what}`, (before.done + share) / before.all)
      const common = { url, token, timeoutMs, concurrency, retries, direct, seed, number, kill, progress }
      const outcome: Outcome = { run: run + 1, case: size.name, killed, ...(await runCase(size, common)) }
      outcomes.push(outcome)
      options.ended(outcome)
    }
    return { url, outcomes, held: outcomes.filter((outcome) => !isWrong(outcome)).length }
  } finally {
    await own?.remove()
  }
}

const startsMax = 100
const startStepMs = 100

/** The service that was killed before may still be starting. */
async function killerOf(own: OwnStore, service: ServiceName): Promise<() => void> {
  for (let looks = 1; ; looks++)
    try {
      return own.killerOf(service)
    } catch (error) {
      if (error instanceof NotOpened || looks === startsMax) throw error
      await new Promise((resolve) => setTimeout(resolve, startStepMs))
    }
}
