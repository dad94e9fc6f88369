/** The options of the consistency command: what each takes, and the plan that they make. */
import { randomInt } from 'node:crypto'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { addToken, addUrl, checkUrl, duration, nearest, oneOf, type UrlOptions, wholeNumber } from '../options.ts'
import { type Case, type CaseName, caseNames, caseOf, type Sizes } from './cases.ts'
import { type ServiceName, services } from './own-store.ts'

const sizes = ['items', 'pieces', 'users', 'credit', 'checkouts', 'price'] as const

export interface ConsistencyOptions extends Omit<UrlOptions, 'url'>, Partial<Sizes> {
  url?: string
  own?: true
  token?: string
  cases: CaseName[]
  runs: number
  concurrency: number
  retries: number
  kill?: ServiceName | 'all'
  direct?: true
  seed?: number
  /** Milliseconds. */
  timeout: number
  json?: true
}

export interface ConsistencyPlan {
  /** None where a store of its own is started. */
  url: string | undefined
  token: string | undefined
  cases: Case[]
  runs: number
  concurrency: number
  retries: number
  /** In turn, run by run; empty: nothing is killed. */
  kills: readonly ServiceName[]
  direct: boolean
  seed: number
  timeoutMs: number
}

const about =
  'the store, whose items, users and drafts "0", "1" … are overwritten (default: one of its own, removed afterwards)'

export function addConsistencyOptions(command: Command): Command {
  addUrl(command, { about, defaultUrl: undefined })
    .option('--own', 'start a store of its own, as without --url')
    .addOption(
      new Option('--cases <list>', `which: ${caseNames.join(', ')}`)
        .argParser(readCases)
        .default([...caseNames], 'all'),
    )
    .option('--items <n>', 'items of a shop (default: 100; one: 1)', wholeNumber(1, 100_000))
    .option('--pieces <n>', 'of each item (default: 1; one: 100)', wholeNumber(0, 1_000_000))
    .option('--users <n>', 'customers (default: 1000)', wholeNumber(1, 100_000))
    .option('--credit <n>', 'of each customer (default: pairs: of two pieces, else of one)', wholeNumber(0, 1_000_000))
    .option('--checkouts <n>', 'orders that are checked out at once (default: 1000)', wholeNumber(1, 100_000))
    .option('--price <n>', 'of each item, in whole credits (default: 1)', wholeNumber(1, 100_000))
    .option('--runs <n>', 'repeat all of it', wholeNumber(1, 100_000), 1)
    .option('--concurrency <n>', 'connections, each with one order at a time', wholeNumber(1, 5000), 1000)
    .option('--retries <n>', 'times that a buyer without a clear answer asks again', wholeNumber(0, 1000), 30)
    .option(
      '--kill <service>',
      `kill -9 in the middle: ${services.join(', ')}, or all in turn`,
      oneOf([...services, 'all']),
    )
    .option('--direct', 'the same as purchases of several items with a key, instead of drafts')
    .option('--seed <n>', 'repeats the orders of an earlier check (default: a random one)', wholeNumber(0, 2 ** 32 - 1))
    .addOption(
      new Option('--timeout <time>', 'the most that a request may take')
        .argParser(duration(100, 60_000))
        .default(10_000, '10s'),
    )
    .option('--json', 'tell all of it as JSON')
  return addToken(command, "for the owner's routes, which set it up and look at it")
}

/** Ends with exit code 2 where the options do not fit together. */
export function planOf(command: Command, options: ConsistencyOptions): ConsistencyPlan {
  const refuse = (sentence: string): never => command.error(`error: ${sentence}`, { exitCode: 2 })
  const { url, own, token, cases, runs, concurrency, retries, kill, direct, seed, timeout } = options
  if (url !== undefined) {
    if (own) refuse('--own and --url exclude each other')
    if (kill !== undefined) refuse('--kill is for the store that is started without --url')
    checkUrl(command, { ...options, url })
  }
  const given: Partial<Sizes> = Object.fromEntries(
    sizes.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])),
  )
  return {
    url,
    token: url === undefined ? undefined : token,
    cases: cases.map((name) => caseOf(name, given)),
    runs,
    concurrency,
    retries,
    kills: kill === undefined ? [] : kill === 'all' ? services : [kill],
    direct: direct ?? false,
    seed: seed ?? randomInt(2 ** 32),
    timeoutMs: timeout,
  }
}

function readCases(text: string): CaseName[] {
  const words = text.split(',').map((word) => word.trim())
  for (const word of words)
    if (!caseNames.some((name) => name === word))
      throw new InvalidArgumentError(
        `There is no case ${JSON.stringify(word)}${nearest(word, caseNames)}. There are ${caseNames.join(', ')}.`,
      )
  return caseNames.filter((name) => words.includes(name))
}
