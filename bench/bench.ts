/**
 * `npm run bench`: durable purchases a second through the three services, against a bare node:http echo in the same run,
 * round by round in turn. Prints each round and the medians; the books are verified at the end.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { verdictLine, verifyFiles } from '../client/verify.ts'
import { startStore } from '../test/store.ts'
import { buyFor, hasWrk, type Round } from './load.ts'

const whole = (text: string): number => {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.')
  return Number(text)
}
const { connections, rounds, seconds } = new Command('bench')
  .option('--connections <n>', 'at the same time', whole, 64)
  .option('--rounds <n>', 'of each', whole, 5)
  .option('--seconds <n>', 'a round', whole, 3)
  .parse()
  .opts<{ connections: number; rounds: number; seconds: number }>()

const dataDir = mkdtempSync(`${tmpdir()}/toy-store-bench-`)
const plenty = ['Tux', 'Whale', 'Elephant', 'Fox', 'Python', 'Dolphin'].map((name) => `${name},25.99,100000000`)
const folder = `${dataDir}/catalog`
mkdirSync(folder)
writeFileSync(`${folder}/toys_db.csv`, `name,price,quantity\n${plenty.join('\n')}\n`)
const store = await startStore({ dataDir })
const echo = fork(fileURLToPath(new URL('./echo.ts', import.meta.url)))
const [{ port }] = (await once(echo, 'message')) as [{ port: number }]
const urls = { echo: `http://127.0.0.1:${port}`, store: store.url }

console.log(
  `${cpus().length} cores, ${cpus()[0]?.model}, Node ${process.version}, load by ${hasWrk ? 'wrk' : 'sessions of our own'}`,
)
console.log(`${connections} connections, ${rounds} rounds of ${seconds} s each, after a warm-up`)
await buyFor(urls.echo, connections, 2)
await buyFor(urls.store, connections, 2)
const ratios: number[] = []
const bought: Round[] = []
for (let round = 1; round <= rounds; round++) {
  const ceiling = await buyFor(urls.echo, connections, seconds)
  const buys = await buyFor(urls.store, connections, seconds)
  bought.push(buys)
  ratios.push(buys.perSecond / ceiling.perSecond)
  console.log(
    `round ${round}: echo ${Math.round(ceiling.perSecond)}/s, purchases ${Math.round(buys.perSecond)}/s (${tell(buys)}), ratio ${ratios.at(-1)!.toFixed(3)}`,
  )
}
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!
const spread = `${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}`
console.log(
  `median: ${Math.round(median(bought.map((one) => one.perSecond)))} purchases/s, ratio ${median(ratios).toFixed(3)} (${spread})`,
)

echo.disconnect()
await store.stop()
const verdict = await verifyFiles(dataDir)
console.log(verdictLine(verdict))
rmSync(dataDir, { recursive: true })
process.exit(verdict.differences.length === 0 ? 0 : 1)

function tell({ p50Ms, p99Ms, failed }: Round): string {
  return `p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, ${failed} failed`
}
