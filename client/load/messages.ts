/** What a load and its worker processes say to each other, by structured clone. Both ends are of one version. */
import type { PackedPurchases, Shown } from '../verify/witness.ts'
import type { EncodedCounts } from './counts.ts'
import type { Profile } from './profile.ts'

export interface Job {
  url: string
  scenario: string
  /** What the scenario's `prepare` gave. */
  prepared: unknown
  /** How often each story of the scenario is told. */
  weights: number[]
  toys: string[]
  quantityMax: number
  seed: number
  timeoutMs: number
  withKeys: boolean
  /** Under which the owner's routes are asked. */
  token: string | undefined
  /** What sessions buy and see is kept for `--verify`. */
  witness: boolean
  /** Which of how many processes, from 0. */
  process: number
  processes: number
  /** When the load begins, milliseconds since 1970. */
  startsAt: number
  warmupMs: number
  model: ClosedModel | OpenModel
}

/** A session asks again when it was answered. */
export interface ClosedModel {
  type: 'closed'
  /** Sessions at work by time, of all processes. */
  profile: Profile
  /** Rounds per session; the load ends with them, or with the profile. */
  rounds: number | null
  /** Between two rounds a pause from the one to the other, drawn anew each time. */
  thinkMs: readonly [least: number, most: number]
}

/** Rounds begin when they are due, whatever becomes of those before. */
export interface OpenModel {
  type: 'open'
  /** Arrivals a second by time, of all processes. */
  profile: Profile
  clock: 'poisson' | 'constant'
  /** Connections of all processes: the most rounds at a time. */
  clients: number
}

/** One kind of request in one second, of one process. */
export interface SecondPart {
  second: number
  kind: string
  requests: number
  ok: number
  refused: number
  failures: number
  retries: number
  times: string
}

export interface Progress {
  rounds: number
  requests: number
  failures: number
  /** Sessions in a round just now. */
  clients: number
}

export interface WorkerReport {
  counts: EncodedCounts
  /** From the end of the warm-up to the last answer. */
  seconds: number
  /** Of an open load: rounds that were due, and of those how many began, and later than they should. */
  arrivals: { due: number; begun: number; late: number }
  /** Shares of a core, 0 to 1. */
  cpuShare: number
  /** Milliseconds by which this process's own turns came late, 99th percentile. */
  lateP99: number
  witness: { purchases: PackedPurchases; shown: Shown[]; unknown: number } | undefined
}

export type ToWorker = { type: 'job'; job: Job } | { type: 'stop' }

/** `ready` comes first, then `progress` and `seconds` now and then, `report` last. */
export type FromWorker =
  | { type: 'ready' }
  | { type: 'progress'; progress: Progress }
  | { type: 'seconds'; parts: SecondPart[] }
  | ({ type: 'report' } & WorkerReport)
