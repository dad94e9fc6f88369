/** The options of the load command: what each takes, and the sentence for one that it does not take. */
import { randomInt } from 'node:crypto'
import { type Command, InvalidArgumentError, Option } from 'commander'
import {
  addToken,
  addUrl,
  checkUrl,
  duration,
  durations,
  durationText,
  numberWithin,
  oneOf,
  readDuration,
  type UrlOptions,
  wholeNumber,
} from '../options.ts'
import { addFileOptions, type FileOptions } from '../report/files.ts'
import { scenarioNames, scenarioOf } from '../scenarios/index.ts'
import type { ClosedModel, OpenModel } from './messages.ts'
import { usesBuy, weightsOf } from './mix.ts'
import { constant, fromStages, highestOf } from './profile.ts'
import { readThreshold, type Threshold } from './thresholds.ts'

const second = 1000
const day = 86_400_000

export interface LoadOptions extends UrlOptions, FileOptions {
  scenario: string
  processes: number
  clients?: number
  /** All times are milliseconds. */
  duration?: number
  requests?: number
  warmup: number
  rate?: number
  arrivals: 'poisson' | 'constant'
  stages?: Stage[]
  buy: number
  mix?: string
  toys?: string
  quantity: number
  think: readonly [least: number, most: number]
  seed?: number
  key: boolean
  timeout: number
  threshold: Threshold[]
  verify?: true
  token?: string
}

interface Stage {
  ms: number
  level: number
  /** The level is arrivals a second, not sessions. */
  open: boolean
}

/** What a load is to do, whole and checked. */
export interface LoadPlan {
  url: string
  scenario: string
  weights: number[]
  processes: number
  model: ClosedModel | OpenModel
  warmupMs: number
  /** Names, or so many of the shop's first; none: all. */
  toys: string[] | number | undefined
  quantityMax: number
  seed: number
  withKeys: boolean
  timeoutMs: number
  thresholds: Threshold[]
  verify: boolean
  token: string | undefined
  /** Every option as it was taken, in words. */
  settings: [string, string][]
}

export function addLoadOptions(command: Command): Command {
  const all = addUrl(command)
    .addOption(
      new Option('--scenario <name>', `what the clients do: ${scenarioNames.join(', ')}`)
        .argParser(oneOf(scenarioNames))
        .default('shop'),
    )
    .option('--processes <n>', 'worker processes', wholeNumber(1, 256), 2)
    .option(
      '--clients <n>',
      'sessions in all, each on its own connection (default: 16; with --rate at most so many at a time, 256)',
      wholeNumber(1, 10_000),
    )
    .option(
      '--duration <time>',
      'how long (default: 10s, unless --requests or --stages say when it ends)',
      duration(100, day),
    )
    .option(
      '--requests <n>',
      'instead: rounds of each client, a query and perhaps a purchase',
      wholeNumber(1, 1_000_000_000),
    )
    .option('--warmup <time>', 'left out of the figures', duration(0, day), 0)
    .option('--rate <n>', 'open load: so many rounds begin a second, answered or not', numberWithin(0.001, 10_000_000))
    .addOption(
      new Option('--arrivals <clock>', 'of an open load: poisson or constant')
        .argParser(oneOf(['poisson', 'constant']))
        .default('poisson'),
    )
    .option('--stages <list>', 'ramps, such as 10s:5,30s:50,10s:0 (clients) or 10s:500/s (rounds a second)', readStages)
    .option('--buy <p>', 'the probability that a round buys, 0 to 1', numberWithin(0, 1), 0.2)
    .option('--mix <list>', 'how often each story of the scenario is told, such as look=80,buy=20')
    .option('--toys <which>', 'names with commas between them, or so many of the first by name (default: all)')
    .option('--quantity <n>', 'the most pieces that a purchase asks for', wholeNumber(1, 1_000_000), 5)
    .option(
      '--think <time>',
      'pause of a client between two rounds; 0s-1s is drawn anew each time',
      durations(0, day),
      [0, 0],
    )
    .option('--seed <n>', 'repeats the choices of an earlier run (default: a random one)', wholeNumber(0, 2 ** 32 - 1))
    .option('--key', 'send an Idempotency-Key with each purchase (default)', true)
    .option('--no-key', 'send none: what nobody answered cannot be asked again')
    .option('--timeout <time>', 'the most that a request may take', duration(100, 60 * second), 10 * second)
    .option(
      '--threshold <text>',
      "must hold, else exit code 1: 'buy.p99<50ms', 'errors<0.1%'; may be repeated",
      (text: string, all: Threshold[]) => [...all, readThreshold(text)],
      [],
    )
    .option('--verify', 'then check the books: what was bought and seen against the shop')
  return addFileOptions(addToken(all, "for --verify and for the scenarios that use the owner's routes"))
}

/** Ends with exit code 2 where the options do not fit together. */
export function planOf(command: Command, options: LoadOptions): LoadPlan {
  const given = (name: string): boolean => command.getOptionValueSource(name) === 'cli'
  const refuse = (sentence: string): never => command.error(`error: ${sentence}`, { exitCode: 2 })
  checkUrl(command, options)
  for (const [one, other] of [
    ['duration', 'requests'],
    ['duration', 'stages'],
    ['rate', 'requests'],
    ['rate', 'stages'],
    ['rate', 'think'],
    ['buy', 'mix'],
  ] as const)
    if (given(one) && given(other)) refuse(`--${one} and --${other} exclude each other`)
  const { rate, stages, buy, mix, quantity, timeout, token, threshold } = options
  const isOpen = rate !== undefined || stages?.[0]?.open === true
  if (stages !== undefined && !isOpen && given('clients'))
    refuse('--stages says how many clients there are; --clients cannot too')
  if (isOpen && stages !== undefined && (given('requests') || given('think')))
    refuse('--requests and --think are for clients, not for rounds a second')
  if (!isOpen && given('arrivals'))
    refuse('--arrivals is for an open load: say --rate, or --stages with a rate such as 10s:500/s')
  const scenario = scenarioOf(options.scenario)
  if (given('buy') && !usesBuy(scenario)) refuse(`--buy changes nothing in the scenario ${scenario.name}; --mix may`)
  const clients = options.clients ?? (isOpen ? 256 : 16)
  const profile =
    stages !== undefined
      ? fromStages(stages)
      : constant(
          rate ?? clients,
          options.requests === undefined ? (options.duration ?? 10 * second) : Number.POSITIVE_INFINITY,
        )
  const sessions = isOpen ? clients : Math.ceil(highestOf(profile))
  if (sessions < 1) refuse('--stages needs a stage with clients')
  if (highestOf(profile) <= 0) refuse('--stages needs a stage with a rate')
  if (given('processes') && sessions < options.processes) refuse('--clients must be at least --processes')
  const ms = profile.points.at(-1)!.ms
  if (options.warmup >= ms)
    refuse(`--warmup ${durationText(options.warmup)} leaves nothing to measure of ${durationText(ms)}`)
  const model: ClosedModel | OpenModel = isOpen
    ? { type: 'open', profile, clock: options.arrivals, clients }
    : { type: 'closed', profile, rounds: options.requests ?? null, thinkMs: options.think }
  const processes = Math.min(options.processes, sessions)
  const seed = options.seed ?? randomInt(2 ** 32)
  let weights: number[]
  try {
    weights = weightsOf(scenario, buy, mix)
  } catch (error) {
    return refuse(`--mix: ${(error as Error).message}`)
  }
  return {
    url: options.url,
    scenario: scenario.name,
    weights,
    processes,
    model,
    warmupMs: options.warmup,
    toys: readToys(options.toys),
    quantityMax: quantity,
    seed,
    withKeys: options.key,
    timeoutMs: timeout,
    thresholds: threshold,
    verify: options.verify ?? false,
    token,
    settings: [
      ['scenario', scenario.name],
      ['stories', scenario.stories.map(({ name }, i) => `${name} ${Number(weights[i]!.toPrecision(4))}`).join(', ')],
      ['processes', String(processes)],
      [isOpen ? 'clients at most' : 'clients', String(sessions)],
      ['load', loadText(options, stages)],
      ['warm-up', durationText(options.warmup)],
      ['toys', options.toys ?? 'all'],
      ['pieces at most', String(quantity)],
      [
        'think time',
        options.think[0] === options.think[1]
          ? durationText(options.think[0])
          : options.think.map(durationText).join(' to '),
      ],
      ['timeout', durationText(timeout)],
      ['idempotency keys', options.key ? 'yes' : 'no'],
      ['seed', String(seed)],
    ],
  }
}

function loadText({ rate, arrivals, requests, duration }: LoadOptions, stages: Stage[] | undefined): string {
  if (stages !== undefined)
    return `stages ${stages.map(({ ms, level, open }) => `${durationText(ms)}:${level}${open ? '/s' : ''}`).join(',')}`
  if (rate !== undefined)
    return `open, ${rate} rounds a second (${arrivals}) for ${durationText(duration ?? 10 * second)}`
  if (requests !== undefined) return `closed, ${requests} rounds of each client`
  return `closed, ${durationText(duration ?? 10 * second)}`
}

function readStages(text: string): Stage[] {
  const stages = text.split(',').map((part) => {
    const [, time = '', level, open] = /^\s*([^:]+):(\d+(?:\.\d+)?)(\/s)?\s*$/.exec(part) ?? []
    const ms = readDuration(time)
    if (ms === undefined || ms < 100 || ms > day || Number(level) > (open ? 10_000_000 : 10_000))
      throw new InvalidArgumentError(`"${part}" must be like 10s:50 (clients) or 10s:500/s (rounds a second).`)
    return { ms, level: Number(level), open: open !== undefined }
  })
  if (new Set(stages.map(({ open }) => open)).size > 1)
    throw new InvalidArgumentError('All stages must be clients, or all rounds a second.')
  return stages
}

function readToys(text: string | undefined): string[] | number | undefined {
  if (text === undefined) return undefined
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  return text.split(',').map((name) => name.trim())
}
