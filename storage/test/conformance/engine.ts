/**
 * What an engine gives so that the conformance suites can run over it: a store that is empty but for its first content, and
 * processes over it, one after the other, that are stopped, crashed and made to fail.
 */
import type { FaultKind } from '../memory-disk.ts'

/**
 * What becomes of a request: `cut` and `failed` (500) get nowhere, `-after` it was done; `throttled` is 429; `silent` is done and never
 * answered; `late` is cut, and done a few requests later.
 */
export type NetworkFault = 'cut' | 'cut-after' | 'failed' | 'failed-after' | 'throttled' | 'silent' | 'late'

/** Of a process from whose n-th call on something out of its hands the system does another thing than it was asked. */
export interface Fault {
  at: number
  kind: FaultKind | NetworkFault
  lasting?: boolean
}

export interface Crash {
  /** `kill`: what was written stays. `power cut`: what was not synced is kept or lost, as `seed` chooses. */
  kind: 'kill' | 'power cut'
  seed: number
}

/** One process. After it is crashed or closed, the next one can be started. */
export interface Process<Store> {
  /** Rejects where it refuses to start. */
  readonly opened: Promise<Store>
  /** It answers nobody any more. */
  readonly ended: boolean
  /** The system has refused it something: from now on it may refuse calls. */
  readonly struck: boolean
  /** It may go on refusing, since the system does, or since it waits to be started again. */
  readonly refusing: boolean
  /** It can only be started again. */
  readonly givenUp: boolean
  crash(crash: Crash): Promise<void>
}

/** One run's store, from its making on. */
export interface Stage<Store> {
  start(fault: Fault | undefined): Process<Store>
  /** Lets time pass; undefined where time passes by itself. */
  pass: ((ms: number) => Promise<void>) | undefined
  /** What the engine takes for the time. */
  now: () => number
  /** Removes all that it left. */
  end(): Promise<void>
}

export interface Engine<Store> {
  /** For the command line and for what is printed. */
  name: string
  crashes: readonly Crash['kind'][]
  /** Empty where the engine's calls cannot be reached. */
  faults: readonly (FaultKind | NetworkFault)[]
  /** How long the slowest call may take in a process that lives, in milliseconds. */
  patienceMs: number
  stage(): Promise<Stage<Store>>
}
