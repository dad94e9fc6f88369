/**
 * What sessions do, as a set of stories that are told more or less often. A scenario is one file of this folder, named in
 * index.ts; whatever a story does with its visit is counted, timed and, with `--verify`, held against the books.
 */
import type { Connection } from '../load/connection.ts'
import type { Visit } from '../load/visit.ts'

export interface Story {
  name: string
  /** How often it is told, against the others; `buy` is the option `--buy`, 0 to 1. `--mix` changes it. */
  weight: number | ((buy: number) => number)
  /** One round. It ends early where `visit.stopping`, and throws never. */
  tell(visit: Visit): Promise<unknown>
}

export interface Scenario {
  name: string
  /** For people, in a line. */
  about: string
  stories: readonly Story[]
  /**
   * Once, before the load: makes or learns what the stories need, which reaches them as `visit.prepared`. What it gives must
   * survive JSON. Throws a LoadError with a sentence where the scenario cannot be played.
   */
  prepare?(store: { connection: Connection; toys: readonly string[]; seed: number }): Promise<unknown>
}
