/**
 * The purchase protocol's real code under every order of things: small stores exhaustively, larger ones at random, on all
 * cores. Exit code 1 where a story went wrong; it is told as short as it could be made, and how to play it again.
 *
 *   node test/schedules.ts --random 100000 --seed 7     at random
 *   node test/schedules.ts --exhaustive                 the small stores, to the end
 *   node test/schedules.ts --exhaustive --max 5000      the first so many of each
 *   node test/schedules.ts --replay 7:4711              one of the random ones, told in full
 *   node test/schedules.ts --replay '{"title": …}'      a story as it was printed
 */
import { type ChildProcess, fork } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { configurations, small } from './schedules/configurations.ts'
import type { Found, Task } from './schedules/tasks.ts'

const whole = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}
const known = (text: string): string => {
  const title = [...configurations.keys()].find((title) => title.includes(text))
  if (title === undefined) throw new InvalidArgumentError(`It must be one of: ${[...configurations.keys()].join('; ')}`)
  return title
}
const { random, seed, exhaustive, config, replay, max, goOn, processes } = new Command('schedules')
  .option('--random <n>', 'how many schedules at random', whole, 0)
  .option('--seed <n>', 'makes them repeatable', whole, randomInt(2 ** 31))
  .option('--exhaustive', 'the small stores, to the end', false)
  .option('--config <words>', 'only the store whose title holds these words', known)
  .option('--replay <story>', 'SEED:INDEX, or a story as it was printed')
  .option('--max <n>', 'how many schedules of one store exhaustively, at most', whole, 999_999_999)
  .option('--go-on', 'to the other stores, where a story went wrong', false)
  .option('--processes <n>', 'how many at the same time', whole, availableParallelism())
  .parse()
  .opts<{
    random: number
    seed: number
    exhaustive: boolean
    config?: string
    replay?: string
    max: number
    goOn: boolean
    processes: number
  }>()

if (replay !== undefined) {
  await import('./schedules/small-index.ts')
  const { retell } = await import('./schedules/retell.ts')
  process.exit((await retell(replay, config)) ? 0 : 1)
}

const chunk = 500
const tasks: Task[] = []
if (exhaustive)
  for (const { title } of small)
    if (config === undefined || config === title) tasks.push({ kind: 'exhaustive', title, schedulesMax: max })
const explored = tasks.length
for (let from = 0; from < random; from += chunk)
  tasks.push({ kind: 'random', seed, from, count: Math.min(chunk, random - from), title: config })

const began = performance.now()
const total = { random: 0, exhaustive: 0, wrong: 0 }
let printedAt = 0
console.log(`schedules: seed ${seed}`)
await Promise.all(Array.from({ length: Math.min(processes, tasks.length) }, () => work()))
const seconds = (performance.now() - began) / 1000
console.log(`${Math.round((total.random + total.exhaustive) / seconds)} schedules a second, ${seconds.toFixed(1)} s`)
console.log(
  `schedules: ${total.random} random, ${total.exhaustive} exhaustive (${explored} configurations), ${total.wrong} wrong`,
)
process.exit(total.wrong === 0 ? 0 : 1)

/** One process; after the first story that goes wrong no other task is begun. */
async function work(): Promise<void> {
  const child = fork(fileURLToPath(new URL('schedules/process.ts', import.meta.url)), { stdio: 'inherit' })
  for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
    const found = await ask(child, task)
    total[task.kind] += found.schedules
    tell(found)
  }
  child.kill()
}

function ask(child: ChildProcess, task: Task): Promise<Found> {
  return new Promise((resolve, reject) => {
    const gone = (code: number | null): void =>
      reject(new Error(`a process ended with ${code} at ${JSON.stringify(task)}`))
    child.once('exit', gone)
    child.once('message', (found) => {
      child.off('exit', gone)
      resolve(found as Found)
    })
    child.send(task)
  })
}

function tell({ task, schedules, ms, states, longest, departures, complete, story, index }: Found): void {
  if (task.kind === 'exhaustive')
    console.log(
      `${task.title}: ${schedules} schedules, ${states} states, up to ${longest} choices, ${(ms / 1000).toFixed(1)} s${complete ? '' : `, NOT to the end: those with up to ${departures} departures`}`,
    )
  else if (performance.now() - printedAt > 10_000) {
    printedAt = performance.now()
    console.log(`${total.random} of ${random} at random`)
  }
  if (story === undefined) return
  total.wrong += 1
  if (!goOn) tasks.length = 0
  const which = index === undefined ? 'exhaustively' : `${seed}:${index}`
  console.log(`WRONG (${which}, after ${index === undefined ? schedules : index + 1} schedules), with ${story.title}:`)
  for (const [i, words] of story.says.entries()) console.log(`${String(i + 1).padStart(4)}  ${words}`)
  console.log(`  =>  ${story.wrong}`)
  console.log(`again: node test/schedules.ts --replay ${quoted(JSON.stringify(story))}`)
}

/** For a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
