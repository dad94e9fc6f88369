/** Rounds in which the sides of a ratio take turns, so that what the machine does meanwhile meets both. */
import type { Bench } from './bench-run.ts'
import { checkLoad, type Load, loadFor, type Round } from './load.ts'
import { cpuSeconds } from './processes.ts'
import { median } from './spread.ts'

/** What is asked: a store or a ceiling, in processes of its own. */
export interface Target {
  url: string
  /** All its processes. */
  pids(): number[]
}

export interface Reading extends Round {
  /** CPU time of all the target's processes, in microseconds an answer. */
  cpuMicroseconds: number
}

export interface Side {
  target: Target
  load: Load
  connections: number
  /** Told of each measurement, the warm-up too. */
  answered?: (round: Round) => void
}

/** Warms each side up, then measures them in turn, the order reversed each time. The rounds go into the bench's record too. */
export async function byTurns<Name extends string>(
  bench: Bench,
  name: string,
  sides: Record<Name, Side>,
  afterEach: () => void = () => {},
): Promise<Record<Name, Reading>[]> {
  const names = Object.keys(sides) as Name[]
  for (const side of names) await checkLoad(sides[side].target.url, sides[side].load)
  for (const side of names) await read(sides[side], bench.warmUpSeconds)
  const all: Record<Name, Reading>[] = []
  for (let number = 1; number <= bench.rounds; number++) {
    const round: Partial<Record<Name, Reading>> = {}
    for (const side of number % 2 === 1 ? names : names.toReversed())
      round[side] = await read(sides[side], bench.seconds)
    all.push(round as Record<Name, Reading>)
    afterEach()
    const told = names.map((side) => `${side} ${tell(round[side]!)}`)
    bench.tell(`round ${number} of ${bench.rounds}, ${name}: ${told.join('; ')}`)
  }
  bench.record.push({ name, rounds: all })
  return all
}

async function read({ target, load, connections, answered }: Side, seconds: number): Promise<Reading> {
  await load.prepare?.(target.url)
  const pids = target.pids()
  const before = cpuSeconds(pids)
  const round = await loadFor(target.url, load, connections, seconds)
  answered?.(round)
  if (round.answers === 0)
    throw new Error(`${load.method} ${load.requests[0]!.path}: no answer ${load.status} in ${seconds} s`)
  return { ...round, cpuMicroseconds: ((cpuSeconds(pids) - before) * 1e6) / round.answers }
}

const tell = ({ perSecond, p50Ms, p99Ms, failed }: Round): string =>
  `${whole(perSecond)}/s, p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms${failed === 0 ? '' : `, ${failed} FAILED`}`

/** Medians a second of the sides, in words, and what failed. */
export function beside<Name extends string>(
  rounds: readonly Record<Name, Reading>[],
  of: (reading: Reading) => number = ({ perSecond }) => perSecond,
  unit = '/s',
): string {
  const names = Object.keys(rounds[0]!) as Name[]
  const words = names.map((name) => {
    const failed = rounds.reduce((sum, round) => sum + round[name].failed, 0)
    const value = median(rounds.map((round) => of(round[name])))
    return `${name} ${value < 100 ? value.toFixed(2) : whole(value)}${unit}${failed === 0 ? '' : ` (${failed} FAILED)`}`
  })
  return words.join(', ')
}

export const whole = (value: number): string => Math.round(value).toLocaleString('en-US')
