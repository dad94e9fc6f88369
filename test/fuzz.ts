/**
 * `npm run test:fuzz -- --requests N --seed S --sessions N`: requests from a grammar of valid, nearly valid and hostile ones
 * against a store of its own. Exit code 1 where anything was wrong.
 *
 *   npm run test:fuzz -- --seed S --only 17        sends request 17 of that run alone, and shows it
 *   npm run test:fuzz -- --seed S --only 16..23    sends these, together where they were
 */
import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { Command, InvalidArgumentError } from 'commander'
import { groupsOf } from './fuzz/grammar.ts'
import { fuzzRun, startFuzzedStore } from './fuzz/run.ts'
import { Session } from './fuzz/session.ts'

const whole = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}
const range = (text: string): [number, number] => {
  const [, first, last = first] = /^(\d{1,9})(?:\.\.(\d{1,9}))?$/.exec(text) ?? []
  if (first === undefined) throw new InvalidArgumentError('It must be a number, or two such as 16..23.')
  return [Number(first), Number(last)]
}
const { requests, seed, sessions, only } = new Command('test:fuzz')
  .option('--requests <n>', 'how many requests', whole, 100_000)
  .option('--seed <n>', 'makes the requests repeatable', whole, randomInt(2 ** 31))
  .option('--sessions <n>', 'clients at the same time', whole, 64)
  .option('--only <index>', 'sends only this request of the run, or these (16..23)', range)
  .parse()
  .opts<{ requests: number; seed: number; sessions: number; only?: [number, number] }>()

const counts = (by: Record<string, number>): string =>
  Object.entries(by)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')

async function sendOnly(dataDir: string, [first, last]: [number, number]): Promise<[sent: number, wrong: number]> {
  const store = await startFuzzedStore(dataDir)
  const session = new Session(Number(new URL(store.url).port), seed)
  let wrong = 0
  for (const group of groupsOf(
    seed,
    Array.from({ length: last - first + 1 }, (_, i) => first + i),
  ))
    for (const { index, request, answers, faults } of await session.send(group)) {
      console.log(
        `\nrequest ${index}, ${request.kind}, ${request.after}: ${JSON.stringify(request.bytes.toString('latin1'))}`,
      )
      for (const { status, text } of answers) console.log(`answer ${status}: ${text}`)
      for (const fault of faults) console.log(`WRONG: ${fault}`)
      wrong += faults.length
    }
  session.close()
  await store.stop()
  console.log('')
  return [last - first + 1, wrong]
}

async function sendAll(dataDir: string): Promise<[sent: number, wrong: number]> {
  const result = await fuzzRun({ dataDir, requests, seed, sessions, print: console.log })
  const { kinds, statuses, seconds, growth, quiet, orders, wrong } = result
  console.log(`kinds: ${counts(kinds)}`)
  console.log(`answers: ${counts(statuses)}`)
  console.log(`${Math.round(requests / seconds)} requests a second, ${orders} orders`)
  for (const { name, secondMb, lastMb, mostMb } of growth)
    console.log(
      `${name}: ${secondMb.toFixed(1)} MB in the second quarter, ${lastMb.toFixed(1)} MB in the last, at most ${mostMb.toFixed(1)} MB`,
    )
  const times = quiet.times.toSorted((a, b) => a - b)
  const at = (share: number): string =>
    (times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0).toFixed(1)
  console.log(
    `the undisturbed buyer: ${quiet.bought.size} purchases, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`,
  )
  for (const what of wrong) console.log(what.startsWith(' ') ? what : `WRONG: ${what}`)
  return [requests, wrong.filter((what) => !what.startsWith(' ')).length]
}

console.log(`fuzz: ${only === undefined ? `${requests} requests, ` : ''}seed ${seed}`)
const dataDir = mkdtempSync(`${tmpdir()}/toy-store-fuzz-`)
const [sent, wrong] = only === undefined ? await sendAll(dataDir) : await sendOnly(dataDir, only)
console.log(`${sent} requests, ${wrong} wrong`)
if (wrong === 0) rmSync(dataDir, { recursive: true })
else console.log(`the files are kept in ${dataDir}`)
process.exit(wrong === 0 ? 0 : 1)
