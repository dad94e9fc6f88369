/** Figures that are measured in the same rounds. */
import type { Bench } from './bench-run.ts'
import type { FigureName } from './figures.ts'

export type Measured =
  | {
      /** One a round. */
      values: number[]
      /** What the values were made of, in words. */
      beside: string
    }
  | { missing: string }

export type Outcome = Partial<Record<FigureName, Measured>>

export interface Group {
  figures: readonly FigureName[]
  /** Why it cannot be measured with these options, or undefined. */
  missing?: (options: { orders?: number; postgres?: boolean }) => string | undefined
  run(bench: Bench): Promise<Outcome>
}
