/** A sweep as the loads that it is made of. */

import { weightsOf } from '../load/mix.ts'
import type { LoadPlan } from '../load/options.ts'
import { constant } from '../load/profile.ts'
import { scenarioOf } from '../scenarios/index.ts'
import type { SweepPlan } from './options.ts'

/** One load: a probability to buy, a number of clients, and the run, from 1, that it belongs to. */
export interface Step {
  run: number
  buy: number
  clients: number
}

/** Run by run, so that what changes on the machine in between is shared by all, and a sweep ended early has each. */
export function stepsOf({ runs, buy, clients }: SweepPlan): Step[] {
  const steps: Step[] = []
  for (let run = 1; run <= runs; run++)
    for (const probability of buy) for (const count of clients) steps.push({ run, buy: probability, clients: count })
  return steps
}

/**
 * All loads of a run draw from the same seed, so that they differ in what is swept and in as little else as possible; each run
 * draws anew.
 */
export function loadPlanOf(plan: SweepPlan, url: string, { run, buy, clients }: Step): LoadPlan {
  const scenario = scenarioOf('shop')
  return {
    url,
    scenario: scenario.name,
    weights: weightsOf(scenario, buy, undefined),
    processes: Math.min(plan.processes, clients),
    model: {
      type: 'closed',
      profile: constant(clients, Number.POSITIVE_INFINITY),
      rounds: plan.rounds,
      thinkMs: [0, 0],
    },
    warmupMs: 0,
    toys: undefined,
    quantityMax: 1,
    seed: (plan.seed + run - 1) % 2 ** 32,
    withKeys: true,
    timeoutMs: plan.timeoutMs,
    thresholds: [],
    verify: false,
    token: undefined,
    settings: [],
  }
}

export function stepText({ buy, clients }: Step): string {
  return `buy ${buy}, ${clients} ${clients === 1 ? 'client' : 'clients'}`
}
