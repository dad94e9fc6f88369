/**
 * `chaos --data DIR`: a store of our own under load, while its processes are killed and paused and its connections cut, and the
 * proof that no acknowledged order was lost. Exit code 1 when anything was wrong, 2 where no run can begin, 130 when ended early.
 */
import type { Command } from 'commander'
import { resultText } from '../load/table.ts'
import { LoadError } from '../load/toys.ts'
import { newCommand } from '../options.ts'
import { checkFiles, type FileOptions, writeFiles } from '../report/files.ts'
import { ShopError } from '../verify/shop.ts'
import { prepareFolder, Refused } from './folder.ts'
import { addChaosOptions, type ChaosCommandOptions, planOf } from './options.ts'
import { type ChaosOutcome, type ChaosPlan, runChaos } from './run.ts'
import { faultsText } from './table.ts'

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const shown = 100

/** For the client's program. Sets the process's exit code when its work is done. */
export function chaosCommand(): Command {
  const command = newCommand('chaos', 'kill, pause and cut a store of its own under load, then check its books')
  return addChaosOptions(command).action(async (options: ChaosCommandOptions) => {
    await checkFiles(command, options)
    process.exitCode = await chaos(planOf(options), options)
  })
}

async function chaos(plan: ChaosPlan, files: FileOptions): Promise<number> {
  // Nobody reads on (as with `| head`): the store and the load end with this process.
  process.stdout.on('error', () => process.exit(1))
  const ending = new AbortController()
  const endEarly = (): void => {
    if (ending.signal.aborted) process.exit(130)
    console.error('Ending early: the books are checked; again to end at once.')
    ending.abort()
  }
  try {
    const folder = await prepareFolder(plan.dataDir)
    const settings = plan.load.settings.map(([name, value]) => `${name} ${value}`).join('; ')
    console.log(`Chaos in ${plan.dataDir} (${folder === 'new' ? 'a new store' : 'the store there'}): ${settings}.`)
    for (const signal of stopSignals) process.on(signal, endEarly)
    const outcome = await runChaos(plan, { tell: console.log, ending: ending.signal })
    tell(outcome)
    if (!isGood(outcome)) console.log(`The files are kept in ${plan.dataDir}.`)
    const isWritten = await writeFiles(files, outcome.result)
    if (!isGood(outcome) || !isWritten) return 1
    return ending.signal.aborted ? 130 : 0
  } catch (error) {
    if (!(error instanceof LoadError || error instanceof Refused || error instanceof ShopError)) throw error
    console.error(error.message)
    return error instanceof Refused ? 2 : 1
  }
}

function tell({ result, endured, findings }: ChaosOutcome): void {
  const { line, differences } = result.verdict!
  const notes = result.notes.filter((note) => !findings.includes(note)) // those follow
  console.log(`\n${faultsText(endured)}\n\n${resultText({ ...result, notes })}\n`)
  for (const finding of findings) console.log(`WRONG: ${finding}`)
  for (const difference of differences.slice(0, shown)) console.log(`WRONG: ${difference}`)
  if (differences.length > shown) console.log(`… and ${differences.length - shown} more`)
  console.log(`${endured.length} fault${endured.length === 1 ? '' : 's'}; ${line}`)
}

const isGood = ({ result: { thresholds, verdict }, findings }: ChaosOutcome): boolean =>
  findings.length === 0 && verdict?.balanced === true && thresholds.every(({ held }) => held)
