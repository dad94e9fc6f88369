/**
 * The load command: many sessions in several processes query and buy at a store, and what they saw is told. Exit code 1 when
 * anything failed, a threshold was missed or the books do not balance; 2 for a bad option or a file that cannot be written;
 * 130 when ended early without that.
 */
import type { Command } from 'commander'
import { newCommand } from '../options.ts'
import { newProgress } from '../progress.ts'
import { checkFiles, writeFiles } from '../report/files.ts'
import { type Snapshot, snapshot, verifyAfterLoad } from '../verify/after-load.ts'
import { ShopError } from '../verify/shop.ts'
import { showLive } from './live.ts'
import { addLoadOptions, type LoadOptions, type LoadPlan, planOf } from './options.ts'
import type { Result } from './result.ts'
import { type LoadOutcome, startLoad } from './run.ts'
import { failuresIn, resultText } from './table.ts'
import { judge } from './thresholds.ts'
import { LoadError } from './toys.ts'

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** Of the differences in the books, so many are printed; the files have all. */
const differencesMax = 100

/** For the client's program. Sets the process's exit code when its work is done. */
export function loadCommand(): Command {
  const command = newCommand('load', 'query and buy from many processes, then report what came of it')
  return addLoadOptions(command).action(async (options: LoadOptions) => {
    const plan = planOf(command, options)
    await checkFiles(command, options)
    // Nobody reads on (as with `| head`): the workers end with this process.
    process.stdout.on('error', () => process.exit(1))
    try {
      process.exitCode = await load(plan, options)
    } catch (error) {
      if (!(error instanceof LoadError || error instanceof ShopError)) throw error
      console.error(error.message)
      process.exitCode = 1
    }
  })
}

async function load(plan: LoadPlan, files: LoadOptions): Promise<number> {
  const before = plan.verify ? await snapshot(plan.url, plan.token, plan.timeoutMs) : undefined
  const running = await startLoad(plan, 'load')
  console.log(headText(plan, running.toys.length))
  let endedEarly = false
  const endEarly = () => {
    endedEarly = true
    running.stop()
  }
  for (const signal of stopSignals) process.on(signal, endEarly)
  const endLive = showLive(process.stdout, running)
  const outcome = await running.done
  endLive()
  for (const signal of stopSignals) process.off(signal, endEarly)

  const { result, deaths } = outcome
  result.thresholds = judge(plan.thresholds, result)
  console.log(`\n${resultText(result)}`)
  for (const death of deaths) console.error(death)
  if (endedEarly) console.error('Ended early.')
  if (before !== undefined) await tellVerdict(plan, before, outcome)
  const isWritten = await writeFiles(files, result)
  return isWritten && isGood(result, deaths) ? (endedEarly ? 130 : 0) : 1
}

const headText = ({ url, settings }: LoadPlan, toys: number): string => {
  const of = (wanted: string): string => settings.find(([name]) => name === wanted)![1]
  const clients = settings.find(([name]) => name.startsWith('clients'))!
  return (
    `Load on ${url}: ${toys.toLocaleString('en-US')} toys, scenario ${of('scenario')} (${of('stories')}),\n` +
    `${clients[1]} ${clients[0]} in ${of('processes')} processes, ${of('load')}, seed ${of('seed')}.`
  )
}

async function tellVerdict(plan: LoadPlan, before: Snapshot, { result, witness }: LoadOutcome): Promise<void> {
  const progress = newProgress()
  const { url, token, timeoutMs } = plan
  const found = await verifyAfterLoad({ url, token, timeoutMs, before, witness, progress }).finally(progress.end)
  const { line, balanced, differences, notes } = found
  result.verdict = { line, balanced, differences }
  result.notes.push(...notes)
  console.log('')
  for (const difference of differences.slice(0, differencesMax)) console.log(difference)
  if (differences.length > differencesMax) console.log(`… and ${differences.length - differencesMax} more`)
  for (const note of notes) console.log(note)
  console.log(line)
}

const isGood = ({ all, notes, thresholds, verdict }: Result, deaths: readonly string[]): boolean =>
  deaths.length === 0 &&
  failuresIn(all) === 0 &&
  !notes.some((note) => note.startsWith('Sessions that gave up')) &&
  thresholds.every(({ held }) => held) &&
  verdict?.balanced !== false
