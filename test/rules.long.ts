/** Taking a rule out of a copy of the code, as `npm run test:rules` does for every rule; here for one. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { copyOfTheProject, without } from './broken-copy.ts'
import { watches } from './noticed.ts'
import { plants } from './plants.ts'

const copy = copyOfTheProject()
const bounds = { max: 200, seed: 1, every: 1 }
const plant = plants.find(({ rule }) => rule === 'voids-before-refusal')!
const code = (): string => readFileSync(`${copy}/${plant.file}`, 'utf8')

function explored(...options: string[]): { status: number | null; lines: string[] } {
  const { NODE_OPTIONS: _, NODE_COMPILE_CACHE: __, ...env } = process.env
  const { status, stdout } = spawnSync(process.execPath, ['test/schedules.ts', ...options], {
    cwd: copy,
    env,
    encoding: 'utf8',
  })
  return { status, lines: stdout.trimEnd().split('\n') }
}

t.test('with the code as it is no schedule goes wrong', async (t) => {
  t.equal(await watches.schedules(bounds)(copy, { tests: [] }), undefined)
})

t.test('a rule that is taken out is noticed, at random and exhaustively, and is back afterwards', async (t) => {
  const before = code()
  for (const watch of [watches.schedules(bounds), watches.exhaustive({ ...bounds, max: 30 })])
    t.match(await without(plant, copy, () => watch(copy, { tests: [] })), /whose buyer was told no$/)
  t.equal(code(), before)
})

t.test('the story that is printed can be told again, and so can the one that it was made from', async (t) => {
  await without(plant, copy, async () => {
    const { status, lines } = explored('--random', '200', '--seed', '1', '--processes', '1')
    t.equal(status, 1)
    const why = lines.find((line) => line.startsWith('  =>  '))!
    const story = /^again: node test\/schedules\.ts --replay '(.*)'$/m
      .exec(lines.join('\n'))![1]!
      .replaceAll("'\\''", "'")
    const again = explored('--replay', story)
    t.equal(again.status, 1)
    t.same(again.lines.slice(1), lines.slice(lines.indexOf(why) - again.lines.length + 2, lines.indexOf(why) + 1))
    const [, index] = /^WRONG \((1:\d+), /m.exec(lines.join('\n'))!
    const whole = explored('--replay', index!)
    t.equal(whole.status, 1)
    t.match(whole.lines.at(-1), /^ {2}=> {2}/)
    t.ok(whole.lines.length >= again.lines.length)
  })
})

t.test('a rule whose place in the code has changed is stale', async (t) => {
  const moved = { ...plant, from: 'this is nowhere' }
  await t.rejects(
    without(moved, copy, async () => 'never'),
    { message: /^STALE: order\/coordinator\.ts does not hold/ },
  )
})
