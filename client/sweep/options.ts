/** The options of the sweep command: what each takes, and the sentence for one that it does not take. */
import { randomInt } from 'node:crypto'
import { type Command, Option } from 'commander'
import {
  addUrl,
  checkUrl,
  duration,
  durationText,
  numbers,
  numberWithin,
  oneOf,
  type UrlOptions,
  wholeNumber,
} from '../options.ts'

const second = 1000
const listedMax = 20

export interface SweepOptions extends Omit<UrlOptions, 'url'> {
  url?: string
  clients: number[]
  buy: number[]
  /** Rounds of each client. */
  requests: number
  runs: number
  /** Milliseconds; with `cache`, of the store that the sweep starts itself. */
  delay: number
  cache: 'on' | 'off'
  processes: number
  seed?: number
  /** Milliseconds. */
  timeout?: number
  json?: string
  csv?: string
  report?: string
}

/** What a sweep is to do, whole and checked but for the files. */
export interface SweepPlan {
  /** None where the sweep starts a store of its own. */
  url: string | undefined
  delayMs: number
  cache: 'on' | 'off'
  /** Rising, each once. */
  clients: number[]
  /** Probabilities that a round buys; rising, each once. */
  buy: number[]
  /** Rounds of each client in each load. */
  rounds: number
  runs: number
  /** At most so many, and never more than clients. */
  processes: number
  seed: number
  timeoutMs: number
  /** Every option as it was taken, in words. */
  settings: [string, string][]
}

export function addSweepOptions(command: Command): Command {
  return addUrl(command, { about: 'the store (default: one of its own, removed afterwards)', defaultUrl: undefined })
    .addOption(
      new Option('--clients <list>', 'numbers of sessions')
        .argParser(numbers(wholeNumber(1, 10_000), listedMax))
        .default([1, 2, 3, 4, 5], '1,2,3,4,5'),
    )
    .addOption(
      new Option('--buy <list>', 'probabilities that a round buys, 0 to 1')
        .argParser(numbers(numberWithin(0, 1), listedMax))
        .default([0, 0.2, 0.4, 0.6, 0.8, 1], '0,0.2,0.4,0.6,0.8,1'),
    )
    .option('--requests <n>', 'rounds of each client, a query and perhaps a purchase', wholeNumber(1, 1_000_000), 5)
    .option('--runs <n>', 'repeat everything and average', wholeNumber(1, 1000), 1)
    .option('--delay <ms>', "the own store's IO_DELAY_MS", wholeNumber(0, 10_000), 200)
    .addOption(new Option('--cache <word>', "the own store's CACHE").argParser(oneOf(['on', 'off'])).default('off'))
    .option('--processes <n>', 'worker processes at most; never more than clients', wholeNumber(1, 256), 2)
    .option(
      '--seed <n>',
      'repeats the choices of an earlier sweep (default: a random one)',
      wholeNumber(0, 2 ** 32 - 1),
    )
    .option('--timeout <time>', 'the most that a request may take (default: 10s)', duration(100, 60 * second))
    .option('--json <file>', 'write all figures there')
    .option('--csv <file>', 'write a row there for each probability, number of clients and kind')
    .option('--report <file>', 'write an HTML page with charts there')
}

/** Ends with exit code 2 where the options do not fit together. */
export function planOf(command: Command, options: SweepOptions): SweepPlan {
  const given = (name: string): boolean => command.getOptionValueSource(name) === 'cli'
  const refuse = (sentence: string): never => command.error(`error: ${sentence}`, { exitCode: 2 })
  const { url, delay, cache, clients, buy, requests, runs, processes } = options
  if (url !== undefined) {
    for (const name of ['delay', 'cache'] as const)
      if (given(name)) refuse(`--${name} is for the store that is started without --url; that of ${url} has its own`)
    checkUrl(command, { ...options, url })
  }
  const seed = options.seed ?? randomInt(2 ** 32)
  // A purchase takes the delay in several places, and may have to wait for others at each.
  const timeoutMs = options.timeout ?? 10 * second + (url === undefined ? 12 * delay : 0)
  return {
    url,
    delayMs: delay,
    cache,
    clients,
    buy,
    rounds: requests,
    runs,
    processes,
    seed,
    timeoutMs,
    settings: [
      ['store', url ?? `its own: IO_DELAY_MS=${delay} CACHE=${cache}`],
      ['clients', clients.join(', ')],
      ['probabilities to buy', buy.join(', ')],
      ['rounds of each client', String(requests)],
      ['runs', String(runs)],
      ['processes at most', String(processes)],
      ['seed', String(seed)],
      ['timeout', durationText(timeoutMs)],
    ],
  }
}
