/** A fuzz run: a store of its own, sessions in several threads, the undisturbed buyer, the watch; and the verdict. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { eventually } from '../ask.ts'
import { type Store, startStore } from '../store.ts'
import { faultsOfBooks } from './books.ts'
import { requestAt } from './grammar.ts'
import { toysFile } from './names.ts'
import { type QuietBuyer, startQuietBuyer } from './quiet-buyer.ts'
import { filesMoreMax, type Growth, tooMuch, Watch } from './watch.ts'
import type { Job, Report, Told, Wrong } from './worker.ts'

export interface FuzzOptions {
  /** An empty folder. */
  dataDir: string
  requests: number
  seed: number
  sessions?: number
  print?: (line: string) => void
  /** The store is killed when this ends. */
  t?: { teardown(work: () => unknown): unknown }
}

export interface FuzzResult {
  kinds: Record<string, number>
  statuses: Record<string, number>
  seconds: number
  growth: Growth[]
  quiet: Pick<QuietBuyer, 'bought' | 'times'>
  orders: number
  wrong: string[]
}

/** Fewer are over before the heaps have found their size. */
const requestsForGrowth = 200_000
const wrongShown = 50

export async function fuzzRun({
  dataDir,
  requests,
  seed,
  sessions = 64,
  print = () => {},
  t,
}: FuzzOptions): Promise<FuzzResult> {
  const store = await startFuzzedStore(dataDir, t)
  const pids = store.pids
  const watch = new Watch(pids)
  const buyer = startQuietBuyer(store.url)
  const began = performance.now()
  const all = await sendAll({ port: Number(new URL(store.url).port), seed, requests, sessions }, print)
  const seconds = (performance.now() - began) / 1000
  await buyer.stop()
  watch.stop()

  const wrong = all.wrong.slice(0, wrongShown).flatMap((one) => describe(seed, one))
  if (all.wrong.length > wrongShown) wrong.push(`… and ${all.wrong.length - wrongShown} more`)
  wrong.push(...buyer.wrong)
  const growth = watch.growth()
  if (requests >= requestsForGrowth) wrong.push(...tooMuch(growth))
  wrong.push(...(await faultsOfProcesses(store, pids, watch)))
  if ((await store.stop()) !== 0) wrong.push('the store did not stop in order')
  wrong.push(...faultsOfOutput(store.output))
  const refusedBusy = all.statuses[503] ?? 0
  if (refusedBusy * 100 > requests) wrong.push(`${refusedBusy} of ${requests} requests were answered 503`)
  const books = await faultsOfBooks(dataDir, { seed, requests, told: all.told, quiet: buyer.bought })
  wrong.push(...books.wrong)
  const { kinds, statuses } = all
  return { kinds, statuses, seconds, growth, quiet: buyer, orders: books.orders, wrong }
}

/** A store that sells the toys of the fuzz. */
export function startFuzzedStore(dataDir: string, t?: FuzzOptions['t']): Promise<Store> {
  mkdirSync(`${dataDir}/catalog`, { recursive: true })
  writeFileSync(`${dataDir}/catalog/toys_db.csv`, toysFile)
  // As package.json starts it: a small young generation, so that memory which grows is not only not collected yet.
  const env = { NODE_OPTIONS: '--max-semi-space-size=4' }
  return startStore({ dataDir, env, ...(t !== undefined && { t: t as never }) })
}

async function sendAll(job: Omit<Job, 'next'>, print: (line: string) => void): Promise<Report> {
  const threads = Math.min(availableParallelism(), job.sessions)
  const next = new SharedArrayBuffer(4)
  const sum: Report & { told: Told[]; wrong: Wrong[] } = { kinds: {}, statuses: {}, told: [], wrong: [], done: true }
  let sent = 0
  let toldAt = performance.now()
  const run = (sessions: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./worker.ts', import.meta.url), {
        workerData: { ...job, sessions, next } satisfies Job,
      })
      worker.on('error', reject)
      worker.on('message', (report: Report) => {
        for (const [kind, count] of Object.entries(report.kinds)) sum.kinds[kind] = (sum.kinds[kind] ?? 0) + count
        for (const [status, count] of Object.entries(report.statuses))
          sum.statuses[status] = (sum.statuses[status] ?? 0) + count
        for (const one of report.told) sum.told.push(one)
        for (const one of report.wrong) sum.wrong.push(one)
        sent += Object.values(report.kinds).reduce((all, count) => all + count, 0)
        if (performance.now() - toldAt > 10_000) {
          toldAt = performance.now()
          print(`${sent} of ${job.requests} requests, ${sum.wrong.length} wrong`)
        }
        if (report.done) resolve()
      })
    })
  await Promise.all(Array.from({ length: threads }, (_, i) => run(Math.ceil((job.sessions - i) / threads))))
  if (sent !== job.requests) throw new Error(`${sent} of ${job.requests} requests were sent`)
  return sum
}

/** The same processes run as before, and have closed what they opened. */
async function faultsOfProcesses(store: Store, before: Record<string, number>, watch: Watch): Promise<string[]> {
  const wrong: string[] = []
  const now = store.pids
  for (const [name, pid] of Object.entries(before))
    if (now[name] !== pid) wrong.push(`${name} ended and was started again`)
  await eventually(() => watch.filesMore().every(({ more }) => more <= filesMoreMax)).catch(() => {})
  for (const { name, more } of watch.filesMore())
    if (!(more <= filesMoreMax)) wrong.push(`${name} has ${more} more open files than before`)
  return wrong
}

/** All that it says are log lines, and none of an error. */
export function faultsOfOutput(output: readonly string[]): string[] {
  return output
    .filter((line) => !line.startsWith('The toy store is open at ') && !/^\{"level":"(info|warn)"/.test(line))
    .slice(0, 10)
    .map((line) => `the store said: ${line.slice(0, 500)}`)
}

const bytesShown = 3000

/** What was wrong with a request, and how to send it again. */
export function describe(seed: number, { index, group: [first, last], faults }: Wrong): string[] {
  const { kind, bytes } = requestAt(seed, index)
  const alone = `node test/fuzz.ts --seed ${seed} --only ${index}`
  const together = first === last ? '' : `, or with its neighbours: --only ${first}..${last}`
  const cut = bytes.length > bytesShown ? ` (the first ${bytesShown} of ${bytes.length} bytes)` : ''
  const raw = bytes.subarray(0, bytesShown).toString('base64')
  return [
    `${kind}, request ${index} of seed ${seed}: ${faults.join('; ')}`,
    `    ${alone}${together}`,
    `    base64 -d <<< ${raw} | nc 127.0.0.1 8080${cut}`,
  ]
}
