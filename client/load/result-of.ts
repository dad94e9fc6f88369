/** Makes the result of what the processes reported. */
import type { Histogram } from 'hdr-histogram-js'
import { addTally, type Counts, decodeCounts, encodeTimes, mergeCounts, newTally, type Tally } from './counts.ts'
import type { LoadPlan } from './options.ts'
import type { Report } from './processes.ts'
import type { Latency, Result, ResultSecond, ResultTally } from './result.ts'

/** A process that takes more of a core than this is at its limit: the rest goes to the system and its own pauses. */
const busyShare = 0.85
/** Fewer of the rounds that were due than this are told. */
const begunShare = 0.99

export interface Made {
  plan: LoadPlan
  command: string
  reports: readonly Report[]
  startedAt: number
  seconds: ResultSecond[]
  load: Result['load']
  endedEarly: boolean
  machine: Result['machine']
}

export function resultOf({
  plan,
  command,
  reports,
  startedAt,
  seconds: perSecond,
  load,
  endedEarly,
  machine,
}: Made): Result {
  const counts = mergeCounts(reports.map((report) => decodeCounts(report.counts)))
  const seconds = Math.max(0, ...reports.map((report) => report.seconds))
  const kinds = [...counts.kinds].sort(([a], [b]) => order(a) - order(b) || (a < b ? -1 : 1))
  const all = newTally()
  for (const [, tally] of kinds) addTally(all, tally)
  return {
    format: 1,
    command,
    startedAt: new Date(startedAt).toISOString(),
    seconds,
    warmupSeconds: plan.warmupMs / 1000,
    url: plan.url,
    settings: plan.settings,
    machine,
    rounds: counts.rounds,
    all: tallyResult(all, seconds),
    kinds: kinds.map(([kind, tally]) => ({
      ...tallyResult(tally, seconds),
      kind,
      distribution: distributionOf(tally.times),
      histogram: encodeTimes(tally.times),
    })),
    perSecond,
    load,
    events: [],
    processes: reports.map(({ process, counts, cpuShare, lateP99 }) => ({
      process,
      requests: counts.kinds.reduce((sum, [, { requests }]) => sum + requests, 0),
      cpuShare,
      lateP99,
    })),
    notes: notesOf(plan, counts, reports, seconds, endedEarly),
    thresholds: [],
    verdict: null,
  }
}

const firstKinds = ['query', 'buy']
/** The kinds of the shop come first, in the order of a purchase. */
const order = (kind: string): number => (firstKinds.includes(kind) ? firstKinds.indexOf(kind) : firstKinds.length)

const tallyResult = (
  { requests, retries, unknown, answers, failures, times }: Tally,
  seconds: number,
): ResultTally => ({
  requests,
  retries,
  unknown,
  perSecond: seconds > 0 ? requests / seconds : 0,
  answers: [...answers],
  failures: [...failures],
  latency: latencyOf(times),
})

const nothing: Latency = {
  count: 0,
  min: null,
  mean: null,
  p50: null,
  p90: null,
  p95: null,
  p99: null,
  p999: null,
  max: null,
}

function latencyOf(times: Histogram): Latency {
  if (times.totalCount === 0) return nothing
  const at = (percentile: number): number => times.getValueAtPercentile(percentile) / 1000
  return {
    count: times.totalCount,
    min: times.minNonZeroValue / 1000,
    mean: times.mean / 1000,
    p50: at(50),
    p90: at(90),
    p95: at(95),
    p99: at(99),
    p999: at(99.9),
    max: times.maxValue / 1000,
  }
}

/** Points a half-distance to 100 %: fine enough for a smooth line. */
const perHalf = 5

/** Finer towards 100 %, as far as there are samples to tell apart. */
function distributionOf(times: Histogram): [number, number][] {
  const points: [number, number][] = []
  if (times.totalCount === 0) return points
  for (let i = 0; 2 ** (-i / perHalf) * times.totalCount >= 1; i++) {
    const percentile = 100 * (1 - 2 ** (-i / perHalf))
    points.push([percentile, times.getValueAtPercentile(percentile) / 1000])
  }
  points.push([100, times.maxValue / 1000])
  return points
}

function notesOf(
  plan: LoadPlan,
  counts: Counts,
  reports: readonly Report[],
  seconds: number,
  endedEarly: boolean,
): string[] {
  const notes = endedEarly ? ['Ended early.'] : []
  const soldOut = counts.noted.get('sold_out_seen') ?? 0
  if (soldOut > 0) notes.push(`Sold out seen, so not bought: ${number(soldOut)}.`)
  const gaveUp = counts.noted.get('gave_up') ?? 0
  if (gaveUp > 0) notes.push(`Sessions that gave up on a silent store: ${number(gaveUp)}.`)
  const unknown = counts.noted.get('cart_unknown') ?? 0
  if (unknown > 0) notes.push(`Carts that were left, since nobody told what became of a change: ${number(unknown)}.`)
  if (plan.model.type === 'open') notes.push(...arrivalNotes(plan, reports, seconds, plan.model.clients))
  return notes
}

function arrivalNotes({ processes }: LoadPlan, reports: readonly Report[], seconds: number, clients: number): string[] {
  const sum = (of: (report: Report) => number): number => reports.reduce((all, report) => all + of(report), 0)
  const [due, begun, late] = [
    sum(({ arrivals }) => arrivals.due),
    sum(({ arrivals }) => arrivals.begun),
    sum(({ arrivals }) => arrivals.late),
  ]
  const never = due - begun
  if (due === 0 || (never <= due * (1 - begunShare) && late <= due * (1 - begunShare))) return []
  const busiest = Math.max(...reports.map(({ cpuShare }) => cpuShare))
  const why =
    busiest > busyShare
      ? `The load's own processes were at their limit (${Math.round(100 * busiest)} % of a core): this machine cannot send more with ${processes} of them.`
      : `The store was that slow for ${number(clients)} clients at a time, or this machine was busy.`
  const began = `of ${number(due)} rounds, ${number(late)} began late, and their waiting is counted`
  if (never === 0) return [`Rounds had to wait: ${began}. ${why}`]
  const perSecond = number(Math.round(begun / Math.max(seconds, 0.001)))
  return [
    `The rate asked for was not reached: ${began}; ${number(never)} never began and are in no figure. Begun: ${perSecond} a second. ${why}`,
  ]
}

const number = (value: number): string => value.toLocaleString('en-US')
