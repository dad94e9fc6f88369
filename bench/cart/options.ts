/** The options of `npm run bench:cart`: what each takes, and the sentence for one that it does not take. */
import { tmpdir } from 'node:os'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { newCommand, numbers, oneOf, wholeNumber } from '../../client/options.ts'

export const engineNames = ['local', 'azure'] as const
export type EngineName = (typeof engineNames)[number]

interface Given {
  runs?: number
  engines: EngineName[]
  shards?: number[]
  seconds?: number
  quick?: true
  million?: true
  account?: true
  folder: string
  report?: string
  csv?: string
  json?: string
}

export interface Plan {
  runs: number
  engines: EngineName[]
  /** Rising, each once. */
  shards: number[]
  /** How long adds go on before those that are measured warm. */
  warmUpMs: number
  /** Of load at 256 connections, a side and round. */
  seconds: number
  /** In the measurement of memory. */
  carts: number
  /** Also a store with a million carts. */
  million: boolean
  /** The account that the environment names, in place of azurite. */
  account: boolean
  /** Where the stores lie. */
  folder: string
  files: { report?: string; csv?: string; json?: string }
}

export function newCartCommand(): Command {
  return newCommand('bench:cart', 'what a cart takes, for each number of shards, in process and over HTTP')
    .option('--runs <n>', 'of everything (default: 5, quick: 1)', wholeNumber(1, 1000))
    .addOption(
      new Option('--engines <list>', 'where the carts are kept')
        .argParser(engines)
        .default([...engineNames], engineNames.join(',')),
    )
    .option(
      '--shards <list>',
      'numbers of shards (default: 1,10,100,1000,10000, quick: 1,10000)',
      numbers(wholeNumber(1, 1_000_000), 20),
    )
    .option('--seconds <n>', 'of load by 256 connections, a side and run (default: 3, quick: 1)', wholeNumber(1, 600))
    .option('--quick', 'one short run')
    .option('--million', 'also a store with a million carts, which takes a minute and 200 MB')
    .option(
      '--account',
      'the account that AZURE_COSMOS_CONNECTION_STRING names, in place of azurite: one that holds nothing else, for its carts are moved from shard to shard',
    )
    .option('--folder <path>', 'where the stores lie', tmpdir())
    .option('--report <file>', 'write an HTML page with charts there')
    .option('--csv <file>', 'write a row there for each run of each engine, way and number of shards')
    .option('--json <file>', 'write all of it there')
    .addHelpText('after', '\nFiles that are not named go into a folder that is told at the end.')
}

export function planOf(command: Command): Plan {
  const { runs, engines, shards, seconds, quick, million, account, folder, report, csv, json } = command.opts<Given>()
  return {
    runs: runs ?? (quick ? 1 : 5),
    engines,
    shards: shards ?? (quick ? [1, 10_000] : [1, 10, 100, 1000, 10_000]),
    warmUpMs: quick ? 300 : 1500,
    seconds: seconds ?? (quick ? 1 : 3),
    carts: quick ? 20_000 : 200_000,
    million: million === true,
    account: account === true,
    folder,
    files: { ...(report && { report }), ...(csv && { csv }), ...(json && { json }) },
  }
}

/** In the order in which they are measured, each once. */
function engines(text: string): EngineName[] {
  const names = text.split(',').map((name) => oneOf(engineNames)(name.trim()))
  if (new Set(names).size < names.length) throw new InvalidArgumentError('An engine stands there twice.')
  return engineNames.filter((name) => names.includes(name))
}
