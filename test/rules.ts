/**
 * `npm run test:rules`: each rule of the purchase earns its place. For each, a copy of the code has it taken out, and the
 * named tests must fail there; with the code as it is they must pass. Exit code 1 where a missing rule goes unnoticed.
 *
 *   npm run test:rules -- --only fence        only those whose name holds the word
 *   npm run test:rules -- --schedules 50000   the exploration of the purchase must find each, within so many schedules
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { plants } from './plants.ts'

const project = fileURLToPath(new URL('..', import.meta.url))
const { only, schedules, seed } = new Command('test:rules')
  .option('--only <word>', 'only rules whose name holds this')
  .option('--schedules <n>', 'not the tests but so many schedules at random (test/schedules.ts) must notice')
  .option('--seed <n>', 'of the schedules', '1')
  .parse()
  .opts<{ only?: string; schedules?: string; seed: string }>()
const chosen = plants.filter(({ rule, unseen }) => {
  if (schedules !== undefined && unseen !== undefined) console.log(`not asked  ${rule}: ${unseen}`)
  return (only === undefined || rule.includes(only)) && (schedules === undefined || unseen === undefined)
})

const copy = mkdtempSync(`${tmpdir()}/toy-store-rules-`)
process.on('exit', () => rmSync(copy, { recursive: true, force: true }))
const leftOut = new Set(['node_modules', '.git', '.tap', 'data'])
cpSync(project, copy, { recursive: true, filter: (path) => !leftOut.has(path.slice(project.length).split('/')[0]!) })
for (const shared of ['node_modules', '.tap']) symlinkSync(`${project}/${shared}`, `${copy}/${shared}`)

/** Whether the tests pass in the copy, and the title of the first that does not. */
function run(tests: readonly string[]): { passed: boolean; failed: string } {
  const { NODE_OPTIONS: _, ...env } = process.env
  if (schedules !== undefined) return explore(env)
  const options = { cwd: copy, env, encoding: 'utf8', timeout: 120_000, maxBuffer: 1 << 28 } as const
  const { status, stdout } = spawnSync('npx', ['tap', '--reporter=tap', '--bail', ...tests], options)
  const before = stdout.slice(0, stdout.search(/^ *not ok /m))
  const failed = [...before.matchAll(/^ *# Subtest: (.*)$/gm)].at(-1)?.[1] ?? 'it ended or hung'
  return { passed: status === 0, failed }
}

/** The same by the exploration: what it found, and after how many schedules. */
function explore(env: NodeJS.ProcessEnv): { passed: boolean; failed: string } {
  const options = { cwd: copy, env, encoding: 'utf8', timeout: 1_200_000, maxBuffer: 1 << 28 } as const
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['test/schedules.ts', '--random', schedules!, '--seed', seed],
    options,
  )
  const [, after] = /^WRONG \([^)]* after (\d+) schedules\)/m.exec(stdout) ?? []
  const why = /^ *=> +(.*)$/m.exec(stdout)?.[1]
  const steps = /^ *(\d+) {2}END/m.exec(stdout)?.[1] ?? [...stdout.matchAll(/^ *(\d+) {2}/gm)].at(-1)?.[1]
  const failed = why === undefined ? `it ended: ${stderr.slice(-300)}` : `${after} schedules, ${steps} steps: ${why}`
  return { passed: status === 0, failed }
}

let unnoticed = 0
const all = [...new Set(chosen.flatMap(({ tests }) => tests))]
const sound = run(all)
if (!sound.passed) {
  console.log(`the tests do not pass with the code as it is: ${sound.failed}`)
  process.exit(1)
}
for (const { rule, file, tests, and, ...first } of chosen) {
  const path = `${copy}/${file}`
  const text = readFileSync(path, 'utf8')
  const edits = and === undefined ? [first] : [first, and]
  const stale = edits.find(({ from }) => text.split(from).length !== 2)
  if (stale !== undefined) {
    console.log(`STALE     ${rule}: ${file} does not hold this once: ${stale.from}`)
    unnoticed += 1
    continue
  }
  writeFileSync(
    path,
    edits.reduce((edited, { from, to }) => edited.replace(from, () => to), text),
  )
  const { passed, failed } = run(tests)
  writeFileSync(path, text)
  if (passed) unnoticed += 1
  console.log(passed ? `UNNOTICED ${rule}` : `caught    ${rule}: ${failed}`)
}
console.log(`${chosen.length - unnoticed} rules taken out and caught, ${unnoticed} unnoticed`)
process.exit(unnoticed === 0 ? 0 : 1)
