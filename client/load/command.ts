/**
 * The load command: many sessions in several processes query and buy at a store, and what they saw is told. Exit code 1 when
 * anything failed, a threshold was missed or the books do not balance; 2 for a bad option; 130 when ended early without that.
 */
import type { Command } from 'commander'
import { newCommand } from '../options.ts'
import { showLive } from './live.ts'
import { addLoadOptions, type LoadOptions, type LoadPlan, planOf } from './options.ts'
import type { Result } from './result.ts'
import { startLoad } from './run.ts'
import { failuresIn, resultText } from './table.ts'
import { judge } from './thresholds.ts'
import { LoadError } from './toys.ts'

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** For the client's program. Sets the process's exit code when its work is done. */
export function loadCommand(): Command {
  const command = newCommand('load', 'query and buy from many processes, then report what came of it')
  return addLoadOptions(command).action(async (options: LoadOptions) => {
    process.exitCode = await load(planOf(command, options))
  })
}

async function load(plan: LoadPlan): Promise<number> {
  // Nobody reads on (as with `| head`): the workers end with this process.
  process.stdout.on('error', () => process.exit(1))
  try {
    const running = await startLoad(plan, 'load')
    console.log(
      `Load on ${plan.url}: ${running.toys.length} toys; ${plan.settings.map(([name, value]) => `${name} ${value}`).join('; ')}.`,
    )
    let endedEarly = false
    const endEarly = () => {
      endedEarly = true
      running.stop()
    }
    for (const signal of stopSignals) process.on(signal, endEarly)
    const endLive = showLive(process.stdout, running)
    const { result, deaths } = await running.done
    endLive()
    for (const signal of stopSignals) process.off(signal, endEarly)
    result.thresholds = judge(plan.thresholds, result)
    tell(result, deaths)
    if (endedEarly) console.error('Ended early.')
    return isGood(result, deaths) ? (endedEarly ? 130 : 0) : 1
  } catch (error) {
    if (!(error instanceof LoadError)) throw error
    console.error(error.message)
    return 1
  }
}

function tell(result: Result, deaths: readonly string[]): void {
  console.log(`\n${resultText(result)}`)
  for (const death of deaths) console.error(death)
}

const isGood = ({ all, notes, thresholds, verdict }: Result, deaths: readonly string[]): boolean =>
  deaths.length === 0 &&
  failuresIn(all) === 0 &&
  !notes.some((note) => note.startsWith('Sessions that gave up')) &&
  thresholds.every(({ held }) => held) &&
  verdict?.balanced !== false
