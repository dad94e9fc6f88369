/**
 * The sweep command: latency against the number of clients, for queries and for buys, at several probabilities to buy, as the
 * original toy store was evaluated. Exit code 1 when anything failed or there is no store; 2 for a bad option or a file that
 * cannot be written; 130 when ended early without that.
 */
import type { Command } from 'commander'
import { newCommand } from '../options.ts'
import { NotOpened } from '../own-store.ts'
import { startPassingStore } from '../passing-store.ts'
import { checkFiles, type FileOptions, writeEach } from '../report/files.ts'
import { sweepCsv } from './csv.ts'
import { loadLine, showLive } from './live.ts'
import { addSweepOptions, planOf, type SweepOptions, type SweepPlan } from './options.ts'
import { sweepHtml } from './page.ts'
import type { SweepResult } from './result.ts'
import { type SweepOutcome, startSweep } from './run.ts'
import { sweepText } from './table.ts'

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** For the client's program. Sets the process's exit code when its work is done. */
export function sweepCommand(): Command {
  const command = newCommand('sweep', 'measure latency against the number of clients, at several probabilities to buy')
  return addSweepOptions(command).action(async (options: SweepOptions) => {
    const plan = planOf(command, options)
    await checkFiles(command, options)
    process.exitCode = await sweep(plan, options)
  })
}

async function sweep(plan: SweepPlan, files: FileOptions): Promise<number> {
  const ending = new AbortController()
  const end = () => ending.abort()
  for (const signal of stopSignals) process.on(signal, end)
  // Nobody reads on (as with `| head`): the store and its folder still have to go.
  process.stdout.on('error', end)
  try {
    const { result, trouble } = await measure(plan, ending.signal)
    if (result.loads.measured > 0) console.log(`\n${sweepText(result)}`)
    if (trouble !== undefined) console.error(trouble)
    else if (ending.signal.aborted) console.error('Ended early.')
    const written = result.loads.measured === 0 || (await write(files, result))
    if (!written || trouble !== undefined || result.failures.length > 0) return 1
    return ending.signal.aborted ? 130 : 0
  } catch (error) {
    if (!(error instanceof NotOpened)) throw error
    console.error(`No store could be started: ${error.message}`)
    return 1
  } finally {
    for (const signal of stopSignals) process.off(signal, end)
  }
}

/** With a store of its own where the plan names none, which is gone when this resolves. */
async function measure(plan: SweepPlan, signal: AbortSignal): Promise<SweepOutcome> {
  const own =
    plan.url === undefined
      ? await startPassingStore('sweep', { IO_DELAY_MS: String(plan.delayMs), CACHE: plan.cache })
      : undefined
  try {
    const url = plan.url ?? own!.url
    console.log(`Sweep of ${url}: ${plan.settings.map(([name, value]) => `${name} ${value}`).join('; ')}.`)
    const running = startSweep({
      plan,
      url,
      signal,
      onLoad(...load) {
        if (!process.stdout.isTTY) console.log(loadLine(...load))
      },
    })
    const endLive = showLive(process.stdout, running)
    try {
      return await running.done
    } finally {
      endLive()
    }
  } finally {
    await own?.remove()
  }
}

const write = (files: FileOptions, result: SweepResult): Promise<boolean> =>
  writeEach(files, {
    json: () => `${JSON.stringify(result, null, 2)}\n`,
    csv: () => sweepCsv(result),
    report: () => sweepHtml(result),
  })
