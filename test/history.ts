/**
 * `node test/history.ts --operations N --faults N --seed S --sessions N`: customers under whom services are killed and paused,
 * and whether what they were told can have happened. Exit code 1 where it cannot; then the history is kept, and
 * `--judge <file>` judges it again.
 */
import { randomInt } from 'node:crypto'
import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'
import { Command, InvalidArgumentError } from 'commander'
import { judgeHistory } from './history/checker.ts'
import { callLine, readHistory } from './history/record.ts'
import { type HistoryRunResult, historyRun } from './history/run.ts'

const whole = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}
const { operations, faults, seed, sessions, judge } = new Command('test:history')
  .option('--operations <n>', 'how many calls', whole, 100_000)
  .option('--faults <n>', 'how often a service is killed or paused under them', whole, 20)
  .option('--seed <n>', 'makes the choices repeatable', whole, randomInt(2 ** 31))
  .option('--sessions <n>', 'customers at the same time', whole, 24)
  .option('--judge <file>', 'judge a history that was kept, and do nothing else')
  .parse()
  .opts<{ operations: number; faults: number; seed: number; sessions: number; judge?: string }>()

process.exitCode = judge === undefined ? await run() : await judgeAgain(judge)

async function run(): Promise<number> {
  console.log(`history: ${operations} operations, ${faults} faults, ${sessions} sessions, seed ${seed}`)
  const folder = mkdtempSync(`${tmpdir()}/toy-store-history-`)
  const result = await historyRun({ folder, operations, faults, seed, sessions, print: console.log })
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
  const each = (counts: Record<string, number>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join('; ')
  console.log(`answers: ${each(result.answers)}`)
  console.log(`faults: ${each(result.faults)}`)
  const rate = Math.round(result.operations / (result.callingMs / 1000))
  console.log(`called for ${seconds(result.callingMs)}, ${rate} operations a second, faults and calms included`)
  console.log(`judged in ${seconds(result.judgingMs)}, at most ${result.ways} ways at the same time`)
  if (result.verdict !== '') console.log(result.verdict)
  for (const what of result.wrong.slice(0, 20)) console.log(`WRONG: ${what}`)
  console.log(summary(result))
  if (result.wrong.length === 0) rmSync(folder, { recursive: true })
  else console.log(`the files and history.jsonl are kept in ${folder}`)
  return result.wrong.length === 0 ? 0 : 1
}

/** A fault that does both counts as a kill and as a pause. */
function summary({ operations: made, faults: done, wrong }: HistoryRunResult): string {
  const count = (word: string): number =>
    Object.entries(done).reduce((sum, [name, times]) => sum + (name.includes(word) ? times : 0), 0)
  return `${made} operations, ${count('kill')} kills, ${count('pause')} pauses, ${wrong.length} wrong`
}

async function judgeAgain(file: string): Promise<number> {
  const lines: string[] = []
  for await (const line of createInterface(createReadStream(file))) lines.push(line)
  const { toys, windows } = readHistory(lines)
  const { violations, undecided } = judgeHistory(toys, windows)
  for (const { sentence, calls } of violations) console.log([`WRONG: ${sentence}`, ...calls.map(callLine)].join('\n'))
  for (const toy of undecided) console.log(`WRONG: ${toy}: there are too many possible orders to judge them`)
  const wrong = violations.length + undecided.length
  console.log(`${windows.reduce((sum, { calls }) => sum + calls.length, 0)} operations, ${wrong} wrong`)
  return wrong === 0 ? 0 : 1
}
