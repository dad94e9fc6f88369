/**
 * `npm run test:limits -- --rounds N --seed S`: what each kind of bad client does to the others and to the front end's memory
 * (limits/run.ts says how it is measured). Exit code 1 where anything was out of bounds.
 */
import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { Command, InvalidArgumentError } from 'commander'
import { type Kind, kinds } from './limits/messages.ts'
import { limitsRun } from './limits/run.ts'

const whole = (text: string): number => {
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1) throw new InvalidArgumentError('It must be a whole number above 0.')
  return Number(text)
}
const kind = (text: string, before: readonly Kind[] | undefined): Kind[] => {
  const found = kinds.find((one) => one === text)
  if (found === undefined) throw new InvalidArgumentError(`It must be one of ${kinds.join(', ')}.`)
  return [...(before ?? []), found]
}
const options = new Command('test:limits')
  .option('--rounds <n>', 'how many rounds; the median is judged', whole, 5)
  .option('--seed <n>', 'makes the sessions repeatable', whole, randomInt(1, 2 ** 30))
  .option('--seconds <n>', 'how long each measuring takes', whole, 4)
  .option('--only <kind>', `only this disturbance, may be repeated: ${kinds.join(', ')}`, kind)
  .parse()
  .opts<{ rounds: number; seed: number; seconds: number; only?: Kind[] }>()

console.log(`limits run: ${options.rounds} rounds, seed ${options.seed}`)
const dataDir = mkdtempSync(`${tmpdir()}/toy-store-limits-`)
const wrong = await limitsRun({ ...options, kinds: options.only ?? kinds, dataDir, print: console.log })
for (const what of wrong) console.log(`WRONG: ${what}`)
console.log(`${options.rounds} rounds, ${wrong.length} wrong`)
if (wrong.length === 0) rmSync(dataDir, { recursive: true })
else console.log(`the files are kept in ${dataDir}`)
process.exit(wrong.length === 0 ? 0 : 1)
