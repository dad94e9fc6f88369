/**
 * `npm run test:model -- --runs N --seed S`: random scripts over the real engines against the naive models, as long as wanted.
 * Exit code 1 where anything was wrong; then the smallest script that still is wrong is printed, with the command that does
 * it again: `--replay` takes that script as JSON, a file that holds all that was printed, or fast-check's `seed:path`.
 */
import { randomInt } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { ledgerEngines, logEngines, mapEngines } from '../storage/csv/test/conformance-engines.ts'
import { type Checked, check, judge, told } from '../storage/test/conformance/check.ts'
import type { Engine } from '../storage/test/conformance/engine.ts'
import { ledgerSuite } from '../storage/test/conformance/ledger.ts'
import { logSuite } from '../storage/test/conformance/log.ts'
import { bulkMapSuite } from '../storage/test/conformance/map.ts'
import type { Script } from '../storage/test/conformance/script.ts'
import type { Suite } from '../storage/test/conformance/suite.ts'
import { mapEngines as referenceEngines } from '../storage/test/map-engines.ts'

interface Options {
  runs: number
  seed: number
  engine: string
  suite: string
  replay?: string
}

const whole = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}
const { runs, seed, engine, suite, replay } = new Command('test:model')
  .option('--runs <n>', 'how many scripts in all', whole, 2000)
  .option('--seed <n>', 'makes the scripts repeatable', whole, randomInt(2 ** 31))
  .option(
    '--engine <name>',
    'csv (over a disk in memory), or one alone: csv-64, csv-512, csv-4096, csv-files, or reference-64 of the map',
    'csv',
  )
  .option('--suite <name>', 'ledger, log, map, or all', 'all')
  .option('--replay <script>', 'only this one: JSON, a file that holds what was printed, or seed:path')
  .parse()
  .opts<Options>()

/** One suite over one engine. */
interface Pair {
  name: string
  check: (runs: number, at: { seed: number; path?: string }) => Promise<Checked>
  judge: (json: string) => Promise<string | undefined>
}

const pairs = [
  ...pairsOf(ledgerSuite, ledgerEngines),
  ...pairsOf(logSuite, logEngines),
  ...pairsOf(bulkMapSuite, [...mapEngines, ...referenceEngines]),
]
if (pairs.length === 0) {
  console.log(`there is no suite ${suite} over an engine ${engine}`)
  process.exit(2)
}
process.exit(replay === undefined ? await all() : await again(replay))

function pairsOf<Store, Call, State>(of: Suite<Store, Call, State>, engines: readonly Engine<Store>[]): Pair[] {
  if (suite !== 'all' && suite !== of.name) return []
  const isMeant = ({ name }: Engine<Store>) => (engine === 'csv' ? /^csv-\d+$/.test(name) : name === engine)
  return engines.filter(isMeant).map((each) => ({
    name: `${of.name} over ${each.name}`,
    check: (runs, at) => check(each, of, { runs, ...at }),
    async judge(json) {
      const script = JSON.parse(json) as Script<Call>
      const what = await judge(each, of, script)
      return what === undefined ? undefined : told(each, of, script, what, '').text
    },
  }))
}

async function all(): Promise<number> {
  console.log(`model: seed ${seed}`)
  const sum = { runs: 0, commands: 0, crashes: 0, wrong: 0 }
  const began = performance.now()
  for (const [i, pair] of pairs.entries()) {
    const started = performance.now()
    const share = Math.floor(runs / pairs.length) + (i < runs % pairs.length ? 1 : 0)
    const { wrong, ...ran } = await pair.check(share, { seed: seed + i })
    const seconds = (performance.now() - started) / 1000
    console.log(
      `${pair.name}: ${ran.runs} runs, ${ran.commands} commands, ${ran.crashes} crashes, ${ran.refusals} refused or ` +
        `unsure, ${ran.unanswered} unanswered, ${Math.round(ran.runs / seconds)} runs/s`,
    )
    if (wrong !== undefined) console.log(wrong.text)
    sum.runs += ran.runs
    sum.commands += ran.commands
    sum.crashes += ran.crashes
    sum.wrong += wrong === undefined ? 0 : 1
  }
  const rate = Math.round(sum.runs / ((performance.now() - began) / 1000))
  console.log(`${rate} runs/s`)
  console.log(`model: ${sum.runs} runs, ${sum.commands} commands, ${sum.crashes} crashes, ${sum.wrong} wrong`)
  return sum.wrong === 0 ? 0 : 1
}

async function again(given: string): Promise<number> {
  const [pair] = pairs
  if (pairs.length !== 1 || pair === undefined) {
    console.log('to do a script again, name its one suite and engine, as printed with it')
    return 2
  }
  const path = /^(-?\d+):([\d:]+)$/.exec(given)
  const text = path !== null ? undefined : existsSync(given) ? readFileSync(given, 'utf8') : given
  const wrong =
    text === undefined
      ? (await pair.check(1, { seed: Number(path![1]), path: path![2]! })).wrong?.text
      : await pair.judge(/--replay '(\[.*\])'/.exec(text)?.[1]?.replaceAll(String.raw`'\''`, "'") ?? text)
  if (wrong !== undefined) console.log(wrong)
  console.log(`model: 1 run, ${wrong === undefined ? 0 : 1} wrong`)
  return wrong === undefined ? 0 : 1
}
