/**
 * The limits run: sessions that query and buy, alone and beside one disturbance at a time, in interleaved rounds.
 *
 * What is compared with what, and why that is fair:
 * - The sessions are few and paced, so that the store has room: their times are the store's and not a queue of their own.
 * - Each disturbance has a baseline of its own, just before it, and the median over the rounds is judged: this machine's
 *   other work comes and goes.
 * - Who disturbs is another process, which does as little as it can, and sets itself up before the measuring begins: to open
 *   5,000 connections is work, to have them is what is measured. The readers' first pages too are fetched before; they
 *   are as much work for one who reads them.
 * - A burst is judged by what it leaves behind. While it lasts the store is full, and says so: the 5,000 purchases that it
 *   does take are half a second's work for it.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { verifyFiles } from '../../client/verify/files.ts'
import { eventually } from '../ask.ts'
import { type Store, startStore } from '../store.ts'
import type { Disturbed, FromDisturber, Kind, Measure, Measured } from './messages.ts'

/**
 * How much the front end's memory may grow beside a disturbance. What 200 readers make it hold is 25 MB; the rest is what the
 * heap keeps of the 8,000 large pages that filled their connections, and it must not grow from round to round.
 */
const growthMaxMb = (kind: Kind): number => (kind === 'readers' ? 250 : 150)
/** How much more it may have at most after the last round than after the first, in which it has met all kinds. */
const driftMaxMb = 60
const timesMax = 2
const moreMsMax = 5
const stallMs = 1_000
const refusedMsMax = 1_000

export interface LimitsOptions {
  dataDir: string
  rounds: number
  seed: number
  seconds: number
  kinds: readonly Kind[]
  print: (line: string) => void
}

interface Round {
  without: Measured
  beside: Measured
  disturbed: Disturbed
  rssMb: { before: number; peak: number; after: number }
}

/** What was wrong, a sentence each. */
export async function limitsRun({ dataDir, rounds, seed, seconds, kinds, print }: LimitsOptions): Promise<string[]> {
  mkdirSync(`${dataDir}/catalog`, { recursive: true })
  writeFileSync(`${dataDir}/catalog/toys_db.csv`, toysFile())
  // As `npm start` does.
  const store = await startStore({ dataDir, env: { NODE_OPTIONS: '--max-semi-space-size=4' } })
  const measuring = fork(fileURLToPath(new URL('measure.ts', import.meta.url)))
  try {
    let run = 0
    const measure = async (): Promise<Measured> => {
      const order: Measure = { url: store.url, toys: ['Tux', 'Fox'], seconds, seed: seed + ++run }
      measuring.send(order)
      return (await once(measuring, 'message'))[0] as Measured
    }
    await measure() // warm
    const seen = new Map<Kind, Round[]>(kinds.map((kind) => [kind, []]))
    for (let round = 1; round <= rounds; round++)
      for (const kind of kinds) {
        const result = await oneRound(kind, store, measure)
        seen.get(kind)!.push(result)
        print(`round ${round} ${lineOf(kind, [result])}`)
      }
    measuring.disconnect()
    const wrong = [...seen].flatMap(([kind, all]) => judge(kind, all))
    const mostAfter = (round: number): number =>
      Math.max(...[...seen.values()].map((all) => all.at(round)!.rssMb.after))
    const drift = mostAfter(-1) - mostAfter(0)
    if (drift > driftMaxMb) wrong.push(`the front end keeps ${drift} MB more after the last round than after the first`)
    for (const [kind, all] of seen) print(`${rounds} rounds ${lineOf(kind, all)}`)
    const code = await store.stop()
    if (code !== 0) wrong.push(`the store ended with exit code ${code}`)
    return [...wrong, ...(await verifyFiles(dataDir)).differences]
  } finally {
    if (measuring.connected) measuring.disconnect()
    await store.kill()
  }
}

async function oneRound(kind: Kind, store: Store, measure: () => Promise<Measured>): Promise<Round> {
  const { frontend = 0, order = 0 } = store.pids
  const without = await measure()
  const before = rssMbOf(frontend)
  let peak = before
  const watch = setInterval(() => {
    peak = Math.max(peak, rssMbOf(frontend))
  }, 50)
  const child = fork(fileURLToPath(new URL('disturb.ts', import.meta.url)), { execArgv: [] })
  const reports = inbox(child)
  child.send({ kind, port: Number(new URL(store.url).port) })
  await reports.next('ready')
  let beside: Measured
  let disturbed: Disturbed
  await settled(kind === 'pipelines' ? undefined : frontend)
  if (kind === 'burst') {
    process.kill(order, 'SIGSTOP') // so that certainly more are in flight than may be
    child.send('go')
    await pause(stallMs)
    process.kill(order, 'SIGCONT')
    disturbed = (await reports.next('done')).done
    beside = await measure()
  } else {
    beside = await measure()
    child.kill('SIGUSR2')
    disturbed = (await reports.next('done')).done
  }
  child.disconnect()
  await once(child, 'exit')
  await pause(2_000)
  clearInterval(watch)
  return { without, beside, disturbed, rssMb: { before, peak, after: rssMbOf(frontend) } }
}

function judge(kind: Kind, all: readonly Round[]): string[] {
  const wrong: string[] = []
  const say = (fault: string): void => void wrong.push(`${kind}: ${fault}`)
  if (!withinBound(all))
    say(`p99 ${p99Of(all, 'beside').toFixed(1)} ms instead of ${p99Of(all, 'without').toFixed(1)} ms`)
  for (const [index, { rssMb, beside, without, disturbed }] of all.entries()) {
    if (rssMb.peak - rssMb.before > growthMaxMb(kind))
      say(`round ${index + 1}: the front end grew by ${rssMb.peak - rssMb.before} MB`)
    for (const failures of [beside.failures, without.failures])
      if (Object.keys(failures).length > 0) say(`round ${index + 1}: others got ${JSON.stringify(failures)}`)
    if (kind !== 'burst') continue
    if (disturbed.lost > 0) say(`round ${index + 1}: ${disturbed.lost} of the burst got no answer`)
    if (disturbed.refused === 0) say(`round ${index + 1}: the burst did not reach the limit`)
  }
  const refusedMs = median(all.map(({ disturbed }) => disturbed.refusedP99))
  if (refusedMs > refusedMsMax) say(`refusals took ${refusedMs.toFixed(0)} ms`)
  return wrong
}

const withinBound = (all: readonly Round[]): boolean => {
  const [without, beside] = [p99Of(all, 'without'), p99Of(all, 'beside')]
  return beside <= without * timesMax || beside <= without + moreMsMax
}
const p99Of = (all: readonly Round[], which: 'without' | 'beside'): number =>
  median(all.map((round) => round[which].p99))
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

function lineOf(kind: Kind, all: readonly Round[]): string {
  const [without, beside] = [p99Of(all, 'without'), p99Of(all, 'beside')]
  const rss = (['before', 'peak', 'after'] as const).map((when) => median(all.map(({ rssMb }) => rssMb[when])))
  const refused = all.reduce((sum, { disturbed }) => sum + disturbed.refused, 0)
  const answered = all.reduce((sum, { disturbed }) => sum + disturbed.answered, 0)
  const quick =
    kind === 'burst' ? `, refused within ${Math.max(...all.map((one) => one.disturbed.refusedP99)).toFixed(0)} ms` : ''
  return (
    `${kind.padEnd(9)} p99 without ${without.toFixed(2)} ms, ${kind === 'burst' ? 'after' : 'beside'} ${beside.toFixed(2)} ms, ` +
    `ratio ${(beside / without).toFixed(2)}, within ${timesMax} x or + ${moreMsMax} ms: ${withinBound(all) ? 'yes' : 'no'}; ` +
    `front end ${rss.join(' / ')} MB before / peak / after; answered ${answered}, refused ${refused}${quick}`
  )
}

/** A page of 1,000 of them is a good hundred kilobytes. */
function toysFile(): string {
  const names = Array.from({ length: 1_000 }, (_, index) => `Toy ${String(index).padStart(4, '0')} ${'x'.repeat(50)}`)
  return `name,price,quantity\n${['Tux', 'Fox', 'Whale', ...names].map((name) => `${name},9.99,1000000\n`).join('')}`
}

const rssMbOf = (pid: number): number =>
  Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024)

/** Waits until what a disturbance asked for at its beginning is done. */
async function settled(pid: number | undefined): Promise<void> {
  if (pid === undefined) return
  for (let quiet = 0, tries = 0; quiet < 2; tries++) {
    if (tries > 120) throw new Error('the front end does not come to rest')
    const before = cpuMsOf(pid)
    await pause(500)
    quiet = cpuMsOf(pid) - before < 50 ? quiet + 1 : 0
  }
}

/** Fields 14 and 15 are its time in hundredths of a second; the name, field 2, may hold spaces. */
function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return 10 * (Number(fields[11]) + Number(fields[12]))
}

/** The messages of a process by their name; what comes before it is asked for is kept. */
function inbox(child: ChildProcess) {
  const came: FromDisturber[] = []
  child.on('message', (message: FromDisturber) => came.push(message))
  return {
    async next<Name extends 'ready' | 'done'>(name: Name): Promise<Extract<FromDisturber, Record<Name, unknown>>> {
      await eventually(() => came.some((message) => name in message), 60_000)
      return came.find((message) => name in message) as Extract<FromDisturber, Record<Name, unknown>>
    },
  }
}
