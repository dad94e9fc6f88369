/**
 * The load command: many sessions in several processes query and buy at a store on this machine, and what they saw is
 * told in a table. Exit code 1 when anything failed, 2 for a bad option, 130 when ended early without a failure.
 */
import { randomInt } from 'node:crypto'
import { Command } from 'commander'
import { failuresOf } from './counts.ts'
import { showProgress } from './live.ts'
import type { Job } from './messages.ts'
import { addLoadOptions, type LoadOptions } from './options.ts'
import { LoadProcesses, type Outcome } from './processes.ts'
import { reportText } from './table.ts'
import { LoadError, listToys } from './toys.ts'

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** For the client's program. Sets the process's exit code when its work is done. */
export function loadCommand(): Command {
  const command = new Command('load').description('query and buy from many processes, then report counts and times')
  return addLoadOptions(command)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .action(async (options: LoadOptions) => {
      const clients = options.clients ?? options.processes
      if (clients < options.processes) command.error('error: --clients must be at least --processes')
      process.exitCode = await load({ ...options, clients, seed: options.seed ?? randomInt(2 ** 32) })
    })
}

async function load(options: Required<LoadOptions>): Promise<number> {
  const { url, processes, clients, requests, buy, seed } = options
  try {
    const toys = await listToys(url, options.timeout * 1000)
    console.log(
      `Load on ${url}: ${processes} processes, ${clients} clients, ${requests} rounds each,\n` +
        `a purchase in ${Number((100 * buy).toFixed(3))} % of them, ${toys.length} toys, seed ${seed}.`,
    )
    return await run(jobsOf(options, toys), clients * requests)
  } catch (error) {
    if (!(error instanceof LoadError)) throw error
    console.error(error.message)
    return 1
  }
}

/** Session by session to the processes in turn, as one deals cards. */
function jobsOf({ url, processes, clients, ...options }: Required<LoadOptions>, toys: string[]): Job[] {
  const sessions = Array.from({ length: clients }, (_, number) => number)
  return Array.from({ length: processes }, (_, process) => ({
    url,
    toys,
    sessions: sessions.filter((number) => number % processes === process),
    rounds: options.requests,
    buy: options.buy,
    quantityMax: options.quantity,
    seed: options.seed,
    timeoutMs: options.timeout * 1000,
  }))
}

async function run(jobs: Job[], rounds: number): Promise<number> {
  const workers = new LoadProcesses(jobs)
  let endedEarly = false
  const endEarly = () => {
    endedEarly = true
    workers.stop()
  }
  for (const signal of stopSignals) process.on(signal, endEarly)
  // Nobody reads on (as with `| head`): the workers end with this process.
  process.stdout.on('error', () => process.exit(1))
  const endProgress = showProgress(process.stdout, rounds, () => workers.progress())
  const outcome = await workers.done
  endProgress()
  for (const signal of stopSignals) process.off(signal, endEarly)

  if (outcome.reports.length > 0) console.log(`\n${reportText(outcome)}`)
  for (const death of outcome.deaths) console.error(death)
  if (endedEarly) console.error('Ended early.')
  return isClean(outcome) ? (endedEarly ? 130 : 0) : 1
}

function isClean({ reports, deaths }: Outcome): boolean {
  return deaths.length === 0 && reports.every(({ counts }) => failuresOf(counts) === 0 && counts.gaveUp === 0)
}
