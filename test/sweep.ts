/**
 * `npm run test:sweep -- --seed S`: every call of the store's day fails once in every way, the power is cut at every call,
 * and every recovery is cut again. Exit code 1 where anything was wrong; each wrong trial prints how to run it alone.
 *
 *   npm run test:sweep -- --cuts 100 --double      the long run
 *   npm run test:sweep -- --only cut:57:512:3      one trial, as a failure has named it
 */
import { type ChildProcess, fork } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError } from 'commander'
import { named, trials } from './sweep/plan.ts'
import { faultKinds, Sweep } from './sweep/sweep.ts'

interface Counts {
  runs: number
  powerCuts: number
  doubles: number
  flips: Record<string, number>
  wrong: string[]
  fingerprint: string
  calls: number
}

const whole = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}
const wholes = (text: string): number[] => text.split(',').map(whole)
const collect = (text: string, before: string[]): string[] => [...before, text]
const given = new Command('test:sweep')
  .option('--seed <n>', 'makes the run repeatable', whole, randomInt(2 ** 31))
  .option('--page <sizes>', 'bytes of a page that a power cut keeps or loses', wholes, [64, 512, 4096])
  .option('--cuts <n>', 'power cuts per call and size of pages', whole, 3)
  .option('--double', 'cut and fail every recovery at each of its calls', false)
  .option('--every <n>', 'only every n-th call', whole, 1)
  .option('--kind <kind>', 'only trials whose names begin so, such as bit-flip', collect, [])
  .option('--first', 'end at the first that is wrong', false)
  .option('--only <trial>', 'only this trial', collect, [])
  .option('--part <i/n>', 'only this part of the calls, in this process')
  .parse()
  .opts<{
    seed: number
    page: number[]
    cuts: number
    double: boolean
    every: number
    kind: string[]
    first: boolean
    only: string[]
    part?: string
  }>()
const { seed, page: pages, cuts, double, every, kind: kinds, first, only, part } = given
const sweep = new Sweep(seed)
const replay = (name: string): string => `npm run test:sweep -- --seed ${seed} --only ${name}`

const nothing = (): Counts => ({ runs: 0, powerCuts: 0, doubles: 0, flips: {}, wrong: [], fingerprint: '', calls: 0 })

async function run(part: number, parts: number, tell: (counts: Counts) => void): Promise<Counts> {
  const counts = nothing()
  for await (const trial of trials(sweep, { pages, cuts, double, every, kinds }, part, parts)) {
    counts.runs += 1
    counts.powerCuts += trial.powerCuts
    counts.doubles += trial.doubles
    if (trial.flip !== undefined) counts.flips[trial.flip] = (counts.flips[trial.flip] ?? 0) + 1
    if (trial.wrong.length > 0) {
      const line = `WRONG ${trial.name}: ${trial.wrong.slice(0, 3).join('; ')}\n      ${replay(trial.name)}`
      counts.wrong.push(line)
      console.log(line)
      if (first) break
    }
    if (counts.runs % 500 === 0) tell(counts)
  }
  Object.assign(counts, { fingerprint: sweep.fingerprint, calls: sweep.calls.length })
  tell(counts)
  return counts
}

/** Every part in a process of its own. */
async function runAll(): Promise<Counts> {
  const parts = availableParallelism()
  const began = performance.now()
  const all: Counts[] = Array.from({ length: parts }, nothing)
  const sum = (of: (counts: Counts) => number): number => all.reduce((total, counts) => total + of(counts), 0)
  let told = 0
  const tell = (): void => {
    if (performance.now() - told < 5000) return
    told = performance.now()
    const seconds = Math.round((told - began) / 1000)
    console.log(`${seconds} s: ${sum((one) => one.runs)} runs, ${sum((one) => one.wrong.length)} wrong`)
  }
  const children: ChildProcess[] = []
  const codes = await Promise.all(
    all.map((_, i) => {
      const child = fork(process.argv[1]!, [
        ...process.argv.slice(2),
        '--seed',
        String(seed),
        '--part',
        `${i}/${parts}`,
      ])
      child.on('message', (counts: Counts) => {
        all[i] = counts
        tell()
      })
      children.push(child)
      return new Promise<number>((resolve) => {
        child.on('exit', (code) => {
          if (first && code !== 0) for (const other of children) other.kill()
          resolve(code ?? 1)
        })
      })
    }),
  )
  const total = nothing()
  for (const counts of all) {
    total.runs += counts.runs
    total.powerCuts += counts.powerCuts
    total.doubles += counts.doubles
    total.wrong.push(...counts.wrong)
    for (const [what, count] of Object.entries(counts.flips)) total.flips[what] = (total.flips[what] ?? 0) + count
    Object.assign(total, { calls: counts.calls, fingerprint: counts.fingerprint })
  }
  if (first && total.wrong.length > 0) return total // the other parts were ended
  const add = (what: string): void => {
    total.wrong.push(what)
    console.log(`WRONG all: ${what}`)
  }
  if (all.some(({ fingerprint }) => fingerprint !== total.fingerprint)) add('the same seed gave other calls elsewhere')
  if (codes.some((code, i) => code !== 0 && all[i]!.wrong.length === 0)) add('a part ended by itself')
  if (total.runs === 0) add('nothing was tried')
  return total
}

if (only.length > 0) {
  let wrong = 0
  for (const name of only)
    for (const trial of await named(sweep, name)) {
      wrong += trial.wrong.length
      console.log(`${trial.name}: ${trial.flip ?? ''}${trial.wrong.length === 0 ? ' nothing wrong' : ''}`)
      for (const what of trial.wrong) console.log(`  ${what}`)
    }
  console.log(`seed ${seed}: ${only.length} trials, ${wrong} wrong`)
  process.exit(wrong === 0 ? 0 : 1)
}
if (part !== undefined) {
  const [i, parts] = part.split('/').map(Number)
  const counts = await run(i!, parts!, (counts) => process.send?.(counts)).catch((error: Error): Counts => {
    const line = `WRONG untold: ${error.message}`
    console.log(line)
    return { ...nothing(), wrong: [line] }
  })
  process.send?.(counts)
  process.disconnect?.()
  process.exitCode = counts.wrong.length === 0 ? 0 : 1
} else {
  const number = (count: number): string => count.toLocaleString('en-US')
  console.log(`sweep: seed ${seed}`)
  const { runs, powerCuts, doubles, wrong, flips, calls, fingerprint } = await runAll()
  for (const [what, count] of Object.entries(flips).sort()) console.log(`a flipped bit, ${what}: ${number(count)}`)
  console.log(`the calls are ${fingerprint}`)
  console.log(
    `sweep: ${number(calls)} calls × ${faultKinds.length + 1} faults = ${number(runs)} runs, ` +
      `${number(powerCuts)} power cuts, ${number(doubles)} double crashes, ${wrong.length} wrong`,
  )
  process.exitCode = wrong.length === 0 ? 0 : 1
}
