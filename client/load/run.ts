/** A load from its plan to its result: what the commands that load a store have in common. */
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { scenarioOf } from '../scenarios/index.ts'
import { Purchases, type Witness } from '../verify/witness.ts'
import { Connection } from './connection.ts'
import type { Progress } from './messages.ts'
import type { LoadPlan } from './options.ts'
import { LoadProcesses } from './processes.ts'
import { levelAt } from './profile.ts'
import type { Result } from './result.ts'
import { resultOf } from './result-of.ts'
import { SecondsSum } from './seconds-sum.ts'
import { chosenToys, listToys } from './toys.ts'
import { joinWitnesses } from './watch.ts'

const sampleMs = 1000

export interface RunningLoad {
  readonly plan: LoadPlan
  readonly toys: readonly string[]
  /** When it began, milliseconds since 1970; 0 before. */
  readonly startedAt: number
  progress(): Progress
  /** Of the last whole second: percentiles of all requests, milliseconds. */
  lately(): { p50: number; p99: number } | undefined
  /** Ends it; what was counted until then is reported. `asPlanned` where its caller had no other end in mind. */
  stop(options?: { asPlanned?: boolean }): void
  readonly done: Promise<LoadOutcome>
}

export interface LoadOutcome {
  /** Without thresholds, verdict and events, which are its caller's. */
  result: Result
  /** A sentence for each process that died before its report. */
  deaths: string[]
  /** What was bought and seen; empty unless the plan says `verify`. */
  witness: Witness
}

/** Resolves when the load is about to begin. Throws a LoadError where it cannot. */
export async function startLoad(plan: LoadPlan, command: string): Promise<RunningLoad> {
  const { url, timeoutMs, model, seed } = plan
  const toys = chosenToys(await listToys(url, timeoutMs), plan.toys)
  const prepared = await prepare(plan, toys)
  const sum = new SecondsSum()
  const {
    thresholds: _,
    settings: __,
    token,
    warmupMs,
    verify,
    weights,
    scenario,
    quantityMax,
    withKeys,
    processes,
  } = plan
  const workers = new LoadProcesses(
    {
      url,
      scenario,
      prepared,
      weights,
      toys,
      quantityMax,
      seed,
      timeoutMs,
      withKeys,
      token,
      witness: verify,
      processes,
      warmupMs,
      model,
    },
    (parts) => sum.add(parts),
  )
  const load: Result['load'] = []
  const sampling = setInterval(() => {
    const { startedAt } = workers
    if (startedAt === 0 || Date.now() < startedAt) return
    const ms = Date.now() - startedAt
    const arrivalsPerSecond = model.type === 'open' ? levelAt(model.profile, ms) : null
    load.push({ second: Math.floor(ms / 1000), clients: workers.progress().clients, arrivalsPerSecond })
  }, sampleMs)
  let endedEarly = false
  return {
    plan,
    toys,
    get startedAt() {
      return workers.startedAt
    },
    progress: () => workers.progress(),
    lately: () => sum.lately(sum.newest - 1) ?? sum.lately(sum.newest),
    stop({ asPlanned = false } = {}) {
      if (!asPlanned) endedEarly = true
      workers.stop()
    },
    done: workers.done.then(({ reports, deaths, startedAt }) => {
      clearInterval(sampling)
      return {
        result: resultOf({
          plan,
          command,
          reports,
          startedAt,
          seconds: sum.rows(),
          load,
          endedEarly,
          machine: machine(),
        }),
        deaths,
        witness: joinWitnesses(
          reports.flatMap(({ witness }) =>
            witness === undefined ? [] : [{ ...witness, purchases: Purchases.unpacked(witness.purchases) }],
          ),
        ),
      }
    }),
  }
}

async function prepare({ url, scenario, timeoutMs, seed, token }: LoadPlan, toys: readonly string[]): Promise<unknown> {
  const connection = new Connection(url, timeoutMs, token)
  try {
    return await scenarioOf(scenario).prepare?.({ connection, toys, seed })
  } finally {
    connection.interrupt()
  }
}

const machine = (): Result['machine'] => [
  ['cores', `${availableParallelism()} (${cpus()[0]?.model ?? 'unknown'})`],
  ['memory', `${(totalmem() / 2 ** 30).toFixed(1)} GiB`],
  ['system', `${type()} ${release()}`],
  ['Node', process.version],
]
