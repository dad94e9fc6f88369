/** The options of the chaos command: what each takes, and the plan that they make. */
import { randomInt } from 'node:crypto'
import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { weightsOf } from '../load/mix.ts'
import { constant } from '../load/profile.ts'
import { readThreshold, type Threshold } from '../load/thresholds.ts'
import { duration, durationText, nearest, numberWithin, wholeNumber } from '../options.ts'
import { addFileOptions, type FileOptions } from '../report/files.ts'
import { scenarioOf } from '../scenarios/index.ts'
import { type FaultKind, faultKinds, faultsOf } from './faults.ts'
import type { ChaosPlan } from './run.ts'

const minute = 60_000
const timeoutMs = 10_000

export interface ChaosCommandOptions extends FileOptions {
  data: string
  kills: number
  faults: FaultKind[]
  /** Milliseconds. */
  every: number
  seed?: number
  clients: number
  buy: number
  quantity: number
  threads: number
  threshold: Threshold[]
}

export function addChaosOptions(command: Command): Command {
  command
    .requiredOption('--data <folder>', 'a new folder, or the one of a stopped store; what is bought there stays bought')
    .option('--kills <n>', 'faults in all, one after the other', wholeNumber(1, 1_000_000), 20)
    .option('--faults <list>', 'which: kill (kill -9), pause (kill -STOP), cut (connections)', readKinds, faultKinds)
    .option('--every <time>', 'mean gap between a recovery and the next fault', duration(0, 10 * minute), 500)
    .option('--seed <n>', 'repeats the faults of an earlier run (default: a random one)', wholeNumber(0, 2 ** 32 - 1))
    .option('--clients <n>', 'sessions, each on its own connection', wholeNumber(1, 1000), 16)
    .option('--buy <p>', 'the probability that a round buys, above 0 and to 1', readBuy, 0.5)
    .option('--quantity <n>', 'the most pieces that a purchase asks for', wholeNumber(1, 1_000_000), 5)
    .option('--threads <n>', 'of each service', wholeNumber(1, 64), 1)
    .option(
      '--threshold <text>',
      "must hold, else exit code 1: 'buy.p99<2s'; may be repeated",
      (text: string, all: Threshold[]) => [...all, readThreshold(text)],
      [],
    )
  return addFileOptions(command)
}

export function planOf(options: ChaosCommandOptions): ChaosPlan {
  const { data, kills: count, faults: kinds, every, clients, buy, quantity, threads, threshold: thresholds } = options
  const seed = options.seed ?? randomInt(2 ** 32)
  const scenario = scenarioOf('mixed')
  return {
    dataDir: resolve(data),
    faults: faultsOf({ count, kinds, everyMs: every, seed }),
    threads,
    load: {
      scenario: scenario.name,
      weights: weightsOf(scenario, buy, undefined),
      processes: 1,
      // It lasts as long as the faults do.
      model: { type: 'closed', profile: constant(clients, Number.POSITIVE_INFINITY), rounds: null, thinkMs: [0, 0] },
      warmupMs: 0,
      toys: undefined,
      quantityMax: quantity,
      seed,
      withKeys: true,
      timeoutMs,
      thresholds,
      verify: true,
      token: undefined,
      settings: [
        ['faults', `${count} of ${kinds.join(', ')}`],
        ['mean gap', durationText(every)],
        ['seed', String(seed)],
        ['clients', String(clients)],
        ['buy', String(buy)],
        ['pieces at most', String(quantity)],
        ['threads', String(threads)],
        ['timeout', durationText(timeoutMs)],
      ],
    },
  }
}

function readKinds(text: string): FaultKind[] {
  const words = text.split(',').map((word) => word.trim())
  for (const word of words)
    if (!faultKinds.some((kind) => kind === word))
      throw new InvalidArgumentError(
        `There is no fault ${JSON.stringify(word)}${nearest(word, faultKinds)}. There are ${faultKinds.join(', ')}.`,
      )
  return faultKinds.filter((kind) => words.includes(kind))
}

/** A run that buys nothing could never see a recovery. */
function readBuy(text: string): number {
  const share = numberWithin(0, 1)(text)
  if (share < 0.01) throw new InvalidArgumentError('It must be from 0.01 to 1: each fault waits for a purchase.')
  return share
}
