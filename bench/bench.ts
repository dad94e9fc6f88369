/**
 * `npm run bench`: the store against its ceilings, in one run and by turns. Prints each round, then the table of the figures.
 * Exit code 0 when everything ran and all books balance; a figure that was missed is told, and is no fault of the run.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { nodeOptions } from '../programs.ts'
import { Bench } from './bench-run.ts'
import { type FigureName, figureNames, figures } from './figures.ts'
import type { Group, Outcome } from './group.ts'
import { cartAdds1, cartAdds256 } from './groups/carts.ts'
import { client } from './groups/client.ts'
import { checkouts256, customers1, customers256 } from './groups/customers.ts'
import { disk } from './groups/disk.ts'
import { errors } from './groups/errors.ts'
import { one } from './groups/one.ts'
import { orders } from './groups/orders.ts'
import { postgres } from './groups/postgres.ts'
import { purchases64, purchases256 } from './groups/purchases.ts'
import { reads } from './groups/reads.ts'
import { sync } from './groups/sync.ts'
import { threads } from './groups/threads.ts'
import { hasWrk } from './load.ts'
import { lineOf, markdownTable, plainTable } from './table.ts'

const groups: readonly Group[] = [
  disk,
  reads,
  purchases256,
  purchases64,
  checkouts256,
  customers256,
  customers1,
  cartAdds256,
  cartAdds1,
  sync,
  one,
  threads,
  errors,
  orders,
  postgres,
  client,
]

const whole =
  (min: number, max: number) =>
  (text: string): number => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= min && value <= max))
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
    return value
  }

/** `orders` means all that begin with `orders-`. */
function namesOf(text: string): FigureName[] {
  return text.split(',').flatMap((given) => {
    const names = figureNames.filter((name) => name === given || name.startsWith(`${given}-`))
    if (names.length === 0) throw new InvalidArgumentError(`There is no ${given}. There are ${figureNames.join(', ')}.`)
    return names
  })
}

const options = new Command('bench')
  .description('the store against its ceilings, in one run and by turns')
  .addOption(
    new Option(
      '--only <names>',
      'these figures, with commas between them; orders means all that begin with it',
    ).argParser(namesOf),
  )
  .option('--rounds <n>', 'of each', whole(1, 1000), 5)
  .option('--seconds <n>', 'of load, a side and round', whole(1, 600), 3)
  .option('--warm-up <n>', 'seconds of load before the first round, a side', whole(1, 600), 2)
  .option('--orders <n>', 'also a store with so many orders (10000000 take 1.1 GB)', whole(10_000, 100_000_000))
  .option('--postgres', 'also PostgreSQL, which comes with `npm ci`')
  .option('--folder <path>', 'where the stores lie', tmpdir())
  .option('--json <file>', 'write every round there')
  .option('--markdown', 'print the table for a document')
  .option('--list', 'name the figures, and how each is measured')
  .parse()
  .opts<{
    only?: FigureName[]
    rounds: number
    seconds: number
    warmUp: number
    orders?: number
    postgres?: boolean
    folder: string
    json?: string
    markdown?: boolean
    list?: boolean
  }>()

const chosen = options.only ?? figureNames
if (options.list) for (const name of chosen) console.log(`${name}: ${figures[name].title}; ${figures[name].how}`)
else await run()

async function run(): Promise<void> {
  const began = performance.now()
  const { rounds, seconds, warmUp: warmUpSeconds, orders } = options
  const bench = new Bench({
    rounds,
    seconds,
    warmUpSeconds,
    folder: mkdtempSync(`${options.folder}/toy-store-bench-`),
    ...(orders !== undefined && { orders }),
    tell: (line) => console.log(line),
  })
  process.on('exit', () => bench.remove())
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130)) // all it started ends with it
  const machine = tellMachine(bench)
  const outcome: Outcome = {}
  for (const group of groups.filter((each) => each.figures.some((name) => chosen.includes(name)))) {
    const missing = group.missing?.(options)
    const measured = missing === undefined ? await runGroup(bench, group) : undefined
    for (const name of group.figures) outcome[name] = measured?.[name] ?? { missing: missing! }
  }
  const lines = chosen.map((name) => lineOf(name, outcome[name]!))
  for (const { line } of bench.books) console.log(line)
  console.log(`\n${options.markdown ? markdownTable(lines) : plainTable(lines)}\n`)
  const missed = lines.filter(({ verdict }) => verdict === 'MISSED')
  const wrong = bench.books.filter(({ balanced }) => !balanced).length
  if (options.json !== undefined) {
    const { record, books } = bench
    const at = new Date().toISOString()
    writeFileSync(
      options.json,
      `${JSON.stringify({ at, machine, options, lines, figures: outcome, books, record }, null, 2)}\n`,
    )
  }
  const took = Math.round((performance.now() - began) / 1000)
  console.log(`${lines.length} figures in ${took} s, ${missed.length} missed, ${wrong} wrong`)
  process.exit(wrong === 0 ? 0 : 1)
}

/** Whatever becomes of it, nothing of it runs on. */
async function runGroup(bench: Bench, group: Group): Promise<Outcome> {
  try {
    const outcome = await group.run(bench)
    for (const name of group.figures)
      if (chosen.includes(name)) console.log(`median ${name}: ${lineOf(name, outcome[name]!).measured}`)
    return outcome
  } finally {
    await bench.close()
  }
}

function tellMachine({ startLine }: Bench): Record<string, string> {
  const machine = {
    cores: `${cpus().length} (${cpus()[0]?.model})`,
    node: [process.version, ...startLine.flags, ...nodeOptions].join(' '),
    load: hasWrk
      ? 'wrk -t1, which takes its part of these cores'
      : 'sessions of our own, which take a large part of these cores',
  }
  console.log(`${machine.cores} cores; Node ${machine.node}; load by ${machine.load}`)
  console.log(`${options.rounds} rounds of ${options.seconds} s a side, after a warm-up of ${options.warmUp} s each`)
  return machine
}
