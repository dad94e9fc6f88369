/**
 * `npm run test:flat -- --orders 10000000 --toys 100000`: whether a large store is as quick as a small one. Two stores run side
 * by side, one with few orders and one with many, then one with six toys and one with many; the same is asked of both in
 * turn, round by round, so that what else the machine does meets both. Prints a table of ratios; the books are verified at
 * the end. Exit code 1 where they are wrong, or, with `--strict`, where a ratio misses its bound.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, watch } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { Pool } from 'undici'
import { toyName, writeBooks } from './flat/books.ts'
import { askFor, askOnce, median, type Question, quantile } from './flat/load.ts'
import { Pair } from './flat/services.ts'

const whole = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.')
  return Number(text)
}
const given = new Command('test:flat')
  .option('--orders <n>', 'of the large log; the small one has 1,000', whole, 10_000_000)
  .option('--toys <n>', 'of the large catalog; the small one has 6', whole, 100_000)
  .option('--rounds <n>', 'of each; many short ones, so that what else the machine does meets both', whole, 12)
  .option('--ms <n>', 'a round, in milliseconds', whole, 500)
  .option('--starts <n>', 'of each', whole, 5)
  .option('--connections <n>', 'at the same time', whole, 32)
  .option('--only <part>', 'orders or toys')
  .option('--no-verify', 'leave the books unread at the end; ten million orders take minutes')
  .option('--strict', 'exit code 1 where a ratio misses its bound')
  .parse()
  .opts<{
    orders: number
    toys: number
    rounds: number
    ms: number
    starts: number
    connections: number
    only?: string
    verify: boolean
    strict?: true
  }>()
const { rounds, ms, starts, connections } = given
const few = { orders: 1000, toys: 6 }
const root = mkdtempSync(`${tmpdir()}/toy-store-flat-`)
process.on('exit', () => rmSync(root, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))

interface Figure {
  small: number
  large: number
}
/** A bound of the ratio large ÷ small: at least or at most. */
type Bound = { least: number } | { most: number } | undefined

let missed = 0
let wrong = 0
const rows: string[] = []

function tell(what: string, unit: string, figures: readonly Figure[], bound: Bound): void {
  const ratios = figures.map(({ small, large }) => large / small)
  const ratio = median(ratios)
  const misses =
    bound !== undefined && ('least' in bound ? ratio < bound.least : ratio > bound.most) && Number.isFinite(ratio)
  if (misses) missed += 1
  const spread = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`
  const must = bound === undefined ? '' : 'least' in bound ? `≥ ${bound.least}` : `≤ ${bound.most}`
  const shown = (value: number) => (value < 20 ? value.toFixed(2) : Math.round(value).toLocaleString('en'))
  const [small, large] = [median(figures.map((each) => each.small)), median(figures.map((each) => each.large))]
  const row = `| ${what} | ${shown(small)} ${unit} | ${shown(large)} ${unit} | ${ratio.toFixed(2)} (${spread}) | ${must}${misses ? ' MISSED' : ''} |`
  rows.push(row)
  console.log(row)
}

/** The same load on both in turn; tells answers a second, and the CPU time that an answer takes of the service. */
async function compare(
  what: string,
  [small, large]: readonly [Pair, Pair],
  service: 'order' | 'catalog',
  question: (pair: Pair) => Question,
): Promise<void> {
  const rates: Figure[] = []
  const costs: Figure[] = []
  const once = async (pair: Pair): Promise<[number, number]> => {
    const before = pair[service].cpuMs
    const round = await askFor(pair[service].url, connections, ms, () => question(pair))
    return [round.perSecond, ((pair[service].cpuMs - before) * 1000) / round.answers]
  }
  await askFor(small[service].url, connections, 1000, () => question(small))
  await askFor(large[service].url, connections, 1000, () => question(large))
  for (let round = 0; round < rounds; round++) {
    const turns = round % 2 === 0 ? [small, large] : [large, small]
    const found = new Map<Pair, [number, number]>()
    for (const pair of turns) found.set(pair, await once(pair))
    rates.push({ small: found.get(small)![0], large: found.get(large)![0] })
    costs.push({ small: found.get(small)![1], large: found.get(large)![1] })
  }
  tell(what, 'a second', rates, { least: 0.85 })
  tell(`${what}: CPU of the ${service}`, 'µs each', costs, undefined)
}

const purchase = (toys: number): Question => ({
  path: '/order',
  body: { name: toyName(Math.floor(Math.random() * toys)), quantity: 1 },
})

/** Milliseconds from the start of the order service until a purchase with a key never given is answered. */
async function firstPurchase(pair: Pair, began: number): Promise<number> {
  const pool = new Pool(pair.order.url)
  for (;;)
    try {
      await askOnce(pool, purchase(6))
      break
    } catch (error) {
      if (!(error as Error).message.includes('unavailable')) throw error
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  const took = performance.now() - began
  await pool.close()
  return took
}

async function ordersFlat(): Promise<void> {
  console.log(`\n${given.orders.toLocaleString('en')} orders against ${few.orders.toLocaleString('en')}`)
  await writeBooks(`${root}/few`, few)
  await writeBooks(`${root}/many`, { ...few, orders: given.orders })
  const pairs = [new Pair(`${root}/few`), new Pair(`${root}/many`)] as const
  const readies: Figure[] = []
  const buys: Figure[] = []
  const memory: Figure[] = []
  try {
    for (const pair of pairs) await pair.start()
    for (let round = -1; round < starts; round++) {
      const found: [number, number, number][] = []
      for (const pair of pairs) {
        await pair.order.stop()
        const began = performance.now()
        const ready = await pair.startOrder()
        const bought = await firstPurchase(pair, began)
        await new Promise((resolve) => setTimeout(resolve, 500))
        found.push([ready, bought, pair.order.residentBytes / 1e6])
      }
      if (round < 0) continue // it warms the machine's caches
      const figure = (i: 0 | 1 | 2) => ({ small: found[0]![i], large: found[1]![i] })
      readies.push(figure(0))
      buys.push(figure(1))
      memory.push(figure(2))
    }
    tell('start of the order service', 'ms', readies, { most: 1.3 })
    tell('start to the first purchase with a new key', 'ms', buys, undefined)
    tell('resident memory after it', 'MB', memory, { most: 1.2 })
    const last = (pair: Pair) => (pair === pairs[0] ? few.orders : given.orders)
    const any = (pair: Pair) => 1 + Math.floor(Math.random() * last(pair))
    await compare('GET /orders/<n>', pairs, 'order', (pair) => ({ path: `/orders/${any(pair)}` }))
    await compare('GET /orders', pairs, 'order', () => ({ path: '/orders?limit=50' }))
    await compare('GET /orders?before=', pairs, 'order', (pair) => ({
      path: `/orders?limit=50&before=${Math.max(51, any(pair))}`,
    }))
    await compare('POST /order', pairs, 'order', () => purchase(6))
    const after = pairs.map((pair) => pair.order.residentBytes / 1e6)
    tell('resident memory after all', 'MB', [{ small: after[0]!, large: after[1]! }], { most: 1.2 })
  } finally {
    for (const pair of pairs) await pair.stop()
  }
  for (const pair of pairs) await verify(pair.dataDir)
}

/** When the catalog's files are written anew, in milliseconds of `performance.now()`. */
function watchTurns(folder: string): { turns: { from: number; to: number }[]; close(): void } {
  const turns: { from: number; to: number }[] = []
  let from: number | undefined
  const watcher = watch(folder, (_, name) => {
    const now = performance.now()
    if (name?.startsWith('journal-') && from === undefined) from = now
    if (name !== 'toys_db.csv' || from === undefined) return
    turns.push({ from, to: now })
    from = undefined
  })
  return { turns, close: () => watcher.close() }
}

async function toysFlat(): Promise<void> {
  console.log(`\n${given.toys.toLocaleString('en')} toys against ${few.toys}`)
  await writeBooks(`${root}/six`, few)
  await writeBooks(`${root}/catalog`, { ...few, toys: given.toys })
  const pairs = [new Pair(`${root}/six`), new Pair(`${root}/catalog`)] as const
  const toysOf = (pair: Pair) => (pair === pairs[0] ? few.toys : given.toys)
  const readies: Figure[] = []
  try {
    for (const pair of pairs) await pair.start()
    for (let round = -1; round < starts; round++) {
      const found: number[] = []
      for (const pair of pairs) {
        await pair.stop()
        found.push(await pair.catalog.start())
        await pair.startOrder()
      }
      if (round >= 0) readies.push({ small: found[0]!, large: found[1]! })
    }
    tell('start of the catalog', 'ms', readies, { most: 1.3 })
    const any = (pair: Pair) => encodeURIComponent(toyName(Math.floor(Math.random() * toysOf(pair))))
    await compare('GET /query/<name>', pairs, 'catalog', (pair) => ({ path: `/query/${any(pair)}` }))
    await compare('GET /products', pairs, 'catalog', () => ({ path: '/products?limit=5' }))
    await compare('POST /order, any toy', pairs, 'order', (pair) => purchase(toysOf(pair)))
    await purchasesDuringTurns(pairs, toysOf)
  } finally {
    for (const pair of pairs) await pair.stop()
  }
  for (const pair of pairs) await verify(pair.dataDir)
}

/** How long purchases take while the readable file of the many toys is written anew, against those at all other times. */
async function purchasesDuringTurns(pairs: readonly [Pair, Pair], toysOf: (pair: Pair) => number): Promise<void> {
  for (const pair of pairs) {
    const watched = watchTurns(`${pair.dataDir}/catalog`)
    const p99: Figure[] = []
    const most: Figure[] = []
    let turns = 0
    for (let round = 0; round < starts; round++) {
      watched.turns.length = 0
      const { times } = await askFor(pair.order.url, connections, 4000, () => purchase(toysOf(pair)))
      const within: number[] = []
      const outside: number[] = []
      for (const { from, to } of times.filter((time) => time.from > times[0]!.from + 500))
        (watched.turns.some((turn) => from <= turn.to && to >= turn.from) ? within : outside).push(to - from)
      turns += watched.turns.length
      if (within.length < 100) continue
      p99.push({ small: quantile(outside, 0.99), large: quantile(within, 0.99) })
      most.push({ small: Math.max(...outside.slice(0, 1e5)), large: Math.max(...within.slice(0, 1e5)) })
    }
    watched.close()
    const what = `${toysOf(pair).toLocaleString('en')} toys, without and during the rewriting (${turns} times)`
    if (p99.length === 0) console.log(`${what}: too few purchases met one`)
    else {
      tell(`p99 of a purchase, ${what}`, 'ms', p99, { most: 2 })
      tell('the longest', 'ms', most, undefined)
    }
  }
}

/** In a process of its own, with the memory that so many keys take. */
async function verify(dataDir: string): Promise<void> {
  if (!given.verify) return
  const client = fileURLToPath(new URL('../client/main.ts', import.meta.url))
  const child = spawn(process.execPath, ['--max-old-space-size=8192', client, 'verify', '--data', dataDir], {
    stdio: 'inherit',
  })
  const [code] = await once(child, 'exit')
  if (code !== 0) wrong += 1
}

if (given.only !== 'toys') await ordersFlat()
if (given.only !== 'orders') await toysFlat()
console.log(`\n| figure | small | large | ratio | must |\n|---|---|---|---|---|\n${rows.join('\n')}\n`)
console.log(`${rows.length} figures, ${missed} missed their bound, ${wrong} wrong`)
process.exit(wrong > 0 || (given.strict && missed > 0) ? 1 : 0)
