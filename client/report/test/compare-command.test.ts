/** The compare command as a process of its own, with its exit codes. */

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { compileCache } from '../../own-store.ts'
import { plausibleResult } from './plausible.ts'

const program = fileURLToPath(new URL('../../main.ts', import.meta.url))

/** The empty environment keeps tap's options out. */
function compare(cwd: string, ...args: string[]) {
  return spawnSync(process.execPath, [program, 'compare', ...args], { cwd, env: compileCache, encoding: 'utf8' })
}

const json = (value: unknown) => JSON.stringify(value)
const good = plausibleResult()

t.test('two results are compared, as text, as JSON and as a page', async (t) => {
  const folder = t.testdir({ 'a.json': json(good), 'b.json': `\uFEFF${json(plausibleResult({ medianMs: 3 }))}` })
  const text = compare(folder, 'a.json', 'b.json', '--report', 'out.html')
  t.equal(text.stderr, '')
  t.equal(text.status, 0)
  t.match(text.stdout, /p50 ms .* worse$/m)
  t.match(readFileSync(`${folder}/out.html`, 'utf8'), '<h1>a.json against b.json</h1>')
  const { stdout, status } = compare(folder, 'a.json', 'b.json', '--json')
  t.equal(status, 0)
  t.equal(JSON.parse(stdout).kinds[0].measures[2].judgement, 'worse')
})

t.test('bad files and wrong use end with exit code 2 and one sentence, and change nothing', async (t) => {
  const folder = t.testdir({ 'a.json': json(good), 'text.json': 'no', folder: {} })
  const refused: [string[], RegExp][] = [
    [['a.json', 'text.json'], /^compare: text\.json: it is no JSON/],
    [['a.json', 'a.json', '--report', 'none/out.html'], /none\/out\.html cannot be written: there is no folder none/],
    [['a.json'], /missing required argument 'b\.json'/],
    [['a.json', 'a.json', '--reprot', 'x'], /unknown option '--reprot'/],
  ]
  const before = readdirSync(folder)
  for (const [args, sentence] of refused) {
    const { status, stdout, stderr } = compare(folder, ...args)
    t.equal(status, 2, args.join(' '))
    t.match(stderr.split('\n')[0], sentence)
    t.equal(stdout, '')
  }
  t.same(readdirSync(folder), before)
})
