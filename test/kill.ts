/** `npm run test:kill -- --kills N --seed S`: the kill run, as long as wanted. Exit code 1 where anything was wrong. */
import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { Command, InvalidArgumentError } from 'commander'
import { killRun } from './kill-run.ts'

const whole = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}
const { kills, seed, sessions, cartSessions, threads } = new Command('test:kill')
  .option('--kills <n>', 'how many kills', whole, 100)
  .option('--seed <n>', 'makes the choices of victims and toys repeatable', whole, randomInt(2 ** 31))
  .option('--sessions <n>', 'buyers at the same time', whole, 16)
  .option('--cart-sessions <n>', 'customers with carts of their own, and half as many pairs that share one', whole, 4)
  .option('--threads <n>', 'of each service (THREADS)', whole, 1)
  .parse()
  .opts<{ kills: number; seed: number; sessions: number; cartSessions: number; threads: number }>()

console.log(`kill run: ${kills} kills, seed ${seed}, threads ${threads}`)
const dataDir = mkdtempSync(`${tmpdir()}/toy-store-kill-`)
const {
  outages,
  wrong,
  verdict,
  acknowledged,
  several,
  paid,
  drafts,
  refused,
  credited,
  askedAgain,
  cartCalls,
  carts,
  cartsBought,
  cartsUnderWay,
  betweenRowAndAnswer,
  kills: done,
} = await killRun({
  dataDir,
  kills,
  seed,
  sessions,
  cartSessions,
  env: { THREADS: String(threads) },
  print: console.log,
})
const sorted = outages.toSorted((a, b) => a - b)
const at = (share: number): string =>
  `${Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0)} ms`
console.log(
  `killed: ${Object.entries(done)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')}`,
)
console.log(
  `${acknowledged} purchases acknowledged, ${several} of several toys, ${paid} paid by a customer (${drafts} drafts), asked again ${askedAgain} times`,
)
console.log(`credit was put in ${credited} times; ${refused} purchases were refused, or drafts left`)
console.log(
  `${cartCalls} calls of ${carts} carts, ${cartsBought} purchases of carts acknowledged; ${cartsUnderWay} were under way at a kill, and ${betweenRowAndAnswer} kills came between the row of one and its answer`,
)
console.log(`from a kill to the next purchase: p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)}`)
console.log(verdict)
for (const what of wrong) console.log(`WRONG: ${what}`)
console.log(`${kills} kills, ${wrong.length} wrong`)
if (wrong.length === 0) rmSync(dataDir, { recursive: true })
else console.log(`the files are kept in ${dataDir}`)
process.exit(wrong.length === 0 ? 0 : 1)
