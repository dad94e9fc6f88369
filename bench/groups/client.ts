/** The load client itself: how fast it is beside wrk, and how true its times are. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { resultSchema } from '../../client/load/result.ts'
import type { Bench } from '../bench-run.ts'
import type { Group } from '../group.ts'
import { hasWrk, loadFor } from '../load.ts'
import { product } from '../shop.ts'
import { median, percentile } from '../spread.ts'

const main = fileURLToPath(new URL('../../client/main.ts', import.meta.url))
const connections = 64
const delayMs = 20
/** Its processes begin cold with each load, which wrk does not know. */
const warmUpSeconds = 1

export const client: Group = {
  figures: ['client-rate', 'client-p99', 'client-p99-open'],
  missing: () => (hasWrk ? undefined : 'wrk is not here'),
  async run(bench) {
    const rate = await rates(bench)
    const closed = await errors(bench, 'client-p99', ['--clients', '16'])
    const open = await errors(bench, 'client-p99-open', ['--rate', '300'])
    return { 'client-rate': rate, 'client-p99': closed, 'client-p99-open': open }
  },
}

/** Requests a second ÷ wrk's, by turns. */
async function rates(bench: Bench) {
  const { url } = await bench.openCeiling('bare-shop.ts', '0')
  const ours = async (seconds: number): Promise<number> =>
    (
      await load(bench, url, seconds + warmUpSeconds, [
        '--clients',
        String(connections),
        '--warmup',
        `${warmUpSeconds}s`,
      ])
    ).all.perSecond
  const wrks = async (seconds: number): Promise<number> => (await loadFor(url, product, connections, seconds)).perSecond
  for (const side of [ours, wrks]) await side(bench.warmUpSeconds)
  const rounds: { ours: number; wrk: number }[] = []
  for (let round = 1; round <= bench.rounds; round++) {
    const oursFirst = round % 2 === 1 ? await ours(bench.seconds) : undefined
    const wrk = await wrks(bench.seconds)
    rounds.push({ ours: oursFirst ?? (await ours(bench.seconds)), wrk })
    const last = rounds.at(-1)!
    bench.tell(`round ${round} of ${bench.rounds}, client-rate: ours ${whole(last.ours)}/s; wrk ${whole(last.wrk)}/s`)
  }
  bench.record.push({ name: 'client-rate', rounds })
  const medians = `ours ${whole(median(rounds.map(({ ours }) => ours)))}/s, wrk ${whole(median(rounds.map(({ wrk }) => wrk)))}/s`
  return { values: rounds.map(({ ours, wrk }) => ours / wrk), beside: medians }
}

/** By how much the p99 that is told differs from what the server took, as a share of it. */
async function errors(bench: Bench, name: string, args: readonly string[]) {
  const { url } = await bench.openCeiling('bare-shop.ts', String(delayMs))
  const rounds: { told: number; took: number }[] = []
  for (let round = 1; round <= bench.rounds; round++) {
    const { all } = await load(bench, url, bench.seconds, args)
    const delays = (await (await fetch(`${url}/delays`)).json()) as number[]
    rounds.push({ told: all.latency.p99!, took: percentile(delays, 0.99) })
    const { told, took } = rounds.at(-1)!
    bench.tell(`round ${round} of ${bench.rounds}, ${name}: told ${told.toFixed(2)} ms; took ${took.toFixed(2)} ms`)
  }
  bench.record.push({ name, rounds })
  const medians = `told ${median(rounds.map(({ told }) => told)).toFixed(2)} ms, took ${median(rounds.map(({ took }) => took)).toFixed(2)} ms`
  return { values: rounds.map(({ told, took }) => Math.abs(told / took - 1)), beside: medians }
}

async function load(bench: Bench, url: string, seconds: number, args: readonly string[]) {
  const file = `${bench.folder}/load.json`
  const options = ['load', '--url', url, '--buy', '0', '--duration', `${seconds}s`, '--json', file, ...args]
  await promisify(execFile)(process.execPath, [main, ...options], { env: bench.startLine.env })
  return resultSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
}

const whole = (value: number): string => Math.round(value).toLocaleString('en-US')
