/** A sweep from its plan to its result: one load after another. */
import type { Result } from '../load/result.ts'
import { type RunningLoad, startLoad } from '../load/run.ts'
import { LoadError } from '../load/toys.ts'
import { loadPlanOf, type Step, stepsOf } from './loads.ts'
import type { SweepPlan } from './options.ts'
import { Gathered, type SweepResult } from './result.ts'

export interface RunningSweep {
  /** How much is done, 0 to 1, by rounds. */
  share(): number
  /** The load at work; none before the first and after the last. */
  readonly step: Step | undefined
  readonly startedAt: number
  readonly done: Promise<SweepOutcome>
}

export interface SweepOutcome {
  result: SweepResult
  /** Why not all was measured, in a sentence; none where all was, or where it was ended early by who started it. */
  trouble: string | undefined
}

interface Settings {
  plan: SweepPlan
  url: string
  /** Ends the sweep early; what was measured until then is reported. */
  signal: AbortSignal
  /** Called after each load, with how many there have been. */
  onLoad?: (step: Step, result: Result, place: number, loads: number) => void
}

/** Never rejects for what a store does. */
export function startSweep({ plan, url, signal, onLoad }: Settings): RunningSweep {
  const steps = stepsOf(plan)
  const roundsOf = ({ clients }: Step): number => clients * plan.rounds
  const roundsAll = steps.reduce((sum, step) => sum + roundsOf(step), 0)
  const startedAt = Date.now()
  let roundsDone = 0
  let step: Step | undefined
  let load: RunningLoad | undefined
  signal.addEventListener('abort', () => load?.stop())

  async function run(): Promise<SweepOutcome> {
    const gathered = new Gathered()
    let trouble: string | undefined
    for (const [place, each] of steps.entries()) {
      if (signal.aborted || trouble !== undefined) break
      step = each
      try {
        load = await startLoad(loadPlanOf(plan, url, each), 'sweep')
        if (signal.aborted) load.stop()
        const { result, deaths } = await load.done
        gathered.add(each, result)
        trouble = deaths[0]
        if (trouble === undefined && !signal.aborted) onLoad?.(each, result, place + 1, steps.length)
      } catch (error) {
        if (!(error instanceof LoadError)) throw error
        trouble = error.message
      }
      load = undefined
      roundsDone += roundsOf(each)
    }
    step = undefined
    const { figures, measured, machine, failures } = gathered
    const notes = [...gathered.notes]
    if (signal.aborted) notes.push(`Ended early: ${measured} of ${steps.length} loads were at least begun.`)
    if (trouble !== undefined) notes.push(`Not all could be measured: ${trouble}`)
    const result: SweepResult = {
      format: 1,
      command: 'sweep',
      startedAt: new Date(startedAt).toISOString(),
      seconds: (Date.now() - startedAt) / 1000,
      url,
      settings: plan.settings,
      machine,
      loads: { planned: steps.length, measured },
      figures: figures.each(),
      together: figures.together(),
      failures,
      notes,
    }
    return { result, trouble }
  }

  return {
    share: () => Math.min(1, (roundsDone + (load?.progress().rounds ?? 0)) / roundsAll),
    get step() {
      return step
    },
    startedAt,
    done: run(),
  }
}
