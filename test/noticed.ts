/**
 * Who may notice that a rule is missing: the usual tests, schedules of the purchase at random, or all of them in small stores;
 * and the sweep, that something which makes the files survive is missing.
 */
import { execFile } from 'node:child_process'
import type { Plant } from './plants.ts'

/** What is run in a copy, and what it found: undefined where nothing went wrong. */
export type Watch = (copy: string, plant: Pick<Plant, 'tests' | 'trials'>) => Promise<string | undefined>

export interface Bounds {
  /** Schedules: in all at random, or of each small store. */
  max: number
  seed: number
  /** The sweep tries one in so many of the calls. */
  every: number
}

export const watches = {
  tests: (): Watch => byTests,
  schedules: (bounds: Bounds): Watch => bySchedules(bounds),
  exhaustive: (bounds: Bounds): Watch => exhaustively(bounds),
  sweep: (bounds: Bounds): Watch => bySweep(bounds),
}

function run(copy: string, command: string, words: readonly string[]): Promise<{ passed: boolean; says: string }> {
  const { NODE_OPTIONS: _, NODE_COMPILE_CACHE: __, ...env } = process.env
  const options = { cwd: copy, env, timeout: 1_200_000, maxBuffer: 1 << 28 }
  return new Promise((resolve) => {
    execFile(command, words, options, (error, stdout, stderr) =>
      resolve({ passed: error === null, says: `${stdout}\n${stderr}` }),
    )
  })
}

const byTests: Watch = async (copy, { tests }) => {
  const { passed, says } = await run(copy, 'npx', ['tap', '--reporter=tap', '--bail', '--jobs=1', ...tests])
  if (passed) return undefined
  const before = says.slice(0, says.search(/^ *not ok /m))
  return [...before.matchAll(/^ *# Subtest: (.*)$/gm)].at(-1)?.[1] ?? 'it ended or hung'
}

/** Of what went wrong, that of the lowest index: it is the same however many processes there are. */
const bySchedules =
  ({ max, seed }: Bounds): Watch =>
  async (copy) => {
    const { passed, says } = await explore(copy, ['--random', `${max}`, '--seed', `${seed}`])
    if (passed) return undefined
    const [first] = told(says).toSorted((a, b) => a.after - b.after)
    return first === undefined ? ended(says) : `${first.title} | ${first.after} | ${first.steps} | ${first.why}`
  }

/** Of what went wrong, the shortest story; and in how many of the stores something did. */
const exhaustively =
  ({ max }: Bounds): Watch =>
  async (copy) => {
    const { passed, says } = await explore(copy, ['--exhaustive', '--max', `${max}`, '--go-on'])
    if (passed) return undefined
    const all = told(says)
    const [first] = all.toSorted((a, b) => a.steps - b.steps || a.after - b.after)
    return first === undefined
      ? ended(says)
      : `${first.title} (and ${all.length - 1} more) | ${first.after} | ${first.steps} | ${first.why}`
  }

/** Where few kinds of trials have to do, there are other days for them, too. */
const daysOfFew = 4

/** The first trial that goes wrong. */
const bySweep =
  ({ seed, every }: Bounds): Watch =>
  async (copy, { trials = [] }) => {
    const kinds = trials.flatMap((kind) => ['--kind', kind])
    const days = kinds.length === 0 ? 1 : daysOfFew
    for (let day = seed; day < seed + days; day++) {
      const words = ['--every', `${every}`, '--cuts', '1', '--page', '512', '--seed', `${day}`, '--first', ...kinds]
      const { passed, says } = await run(copy, process.execPath, ['test/sweep.ts', ...words])
      if (passed) continue
      const [, trial, why] = /^WRONG (\S+): (.*)$/m.exec(says) ?? []
      return trial === undefined ? ended(says) : `${trial} | ${why}`
    }
    return undefined
  }

const explore = (copy: string, words: readonly string[]): ReturnType<typeof run> =>
  run(copy, process.execPath, ['test/schedules.ts', ...words])

const ended = (says: string): string => `the exploration ended: ${says.trimEnd().slice(-300)}`

interface Told {
  title: string
  /** How many schedules it took. */
  after: number
  steps: number
  why: string
}

/** The stories that schedules.ts printed. */
function told(says: string): Told[] {
  const stories = says.matchAll(/^WRONG \(.*, after (\d+) schedules\), with (.*):\n((?: *\d+ {2}.*\n)*) *=> +(.*)$/gm)
  return [...stories].map(([, after, title, steps, why]) => ({
    title: title!,
    after: Number(after),
    steps: steps!.split('\n').length - 1,
    why: why!,
  }))
}
