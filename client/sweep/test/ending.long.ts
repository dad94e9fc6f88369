/** How a sweep ends when it does not end by itself, and what its own store leaves: nothing. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { startFakeStore } from '../../load/test/fake-store.ts'
import type { SweepResult } from '../result.ts'
import { later, runSweep, startSweep } from './run.ts'

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const start = performance.now(); !holds(); await pause(20)) {
    if (performance.now() - start > 30_000) throw new Error(`not within 30 s: ${what}`)
  }
}

t.test('a store that cannot be reached ends with exit code 1 and a sentence', async (t) => {
  const start = performance.now()
  const { code, err } = await runSweep('--url http://127.0.0.1:1')
  t.equal(code, 1)
  t.match(err, /^The store at http:\/\/127\.0\.0\.1:1 cannot be reached\.[^\n]*\n$/)
  // It takes half a second alone; the bound leaves room for a busy machine, and is below the timeout.
  t.ok(performance.now() - start < 9000)
})

t.test('a store that goes away in between ends with exit code 1, and what was measured is told', async (t) => {
  let orders = 0
  const store = await startFakeStore(t, { toys: ['bear'], order: () => ++orders > 0 && false })
  const folder = t.testdir()
  const { child, ran } = startSweep([
    ...['--url', store.url, '--clients', '1', '--buy', '1', '--requests', '3', '--runs', '1000'],
    ...['--json', `${folder}/s.json`],
  ])
  t.teardown(() => child.kill('SIGKILL'))
  await until('some loads are done', () => orders > 6)
  store.close()
  const { code, out, err } = await ran
  t.equal(code, 1)
  t.match(err, /cannot be reached/)
  t.match(out, /^1 +[\d.]+/m)
  const { loads, notes } = JSON.parse(readFileSync(`${folder}/s.json`, 'utf8')) as SweepResult
  t.ok(loads.measured >= 2 && loads.measured < 1000)
  t.match(notes.at(-1), /^Not all could be measured: The store at/)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  t.test(`${signal} ends early with exit code 130, and what was measured is told`, async (t) => {
    const store = await startFakeStore(t, {
      query: (response) => {
        later(response, 100)
        return false
      },
    })
    const folder = t.testdir()
    const { child, ran } = startSweep([
      ...['--url', store.url, '--clients', '2', '--buy', '0,1', '--requests', '1000', '--runs', '100'],
      ...['--csv', `${folder}/s.csv`, '--json', `${folder}/s.json`],
    ])
    t.teardown(() => child.kill('SIGKILL'))
    await until('the first load is at work', () => store.seen.length > 12)
    const start = performance.now()
    child.kill(signal)
    const { code, out, err } = await ran
    t.equal(code, 130, err)
    t.ok(performance.now() - start < 50_000, 'the load at work, of more than 100 s, is ended too')
    t.match(err, /Ended early/)
    t.match(out, /^Ended early: 1 of 200 loads/m)
    t.match(out, /^2 +\d+/m)
    const { figures } = JSON.parse(readFileSync(`${folder}/s.json`, 'utf8')) as SweepResult
    t.equal(
      figures.reduce((sum, { requests }) => sum + requests, 0),
      store.seen.length,
    )
    t.ok(existsSync(`${folder}/s.csv`))
  })

t.test('its own store takes the delay, and leaves neither process nor folder', async (t) => {
  const tmp = t.testdir()
  const { child, ran } = startSweep(
    ['--clients', '1,2', '--buy', '0,1', '--requests', '3', '--delay', '20', '--json', `${tmp}/s.json`],
    tmp,
  )
  t.teardown(() => child.kill('SIGKILL'))
  await until('its store runs', () => below(child.pid!).some(({ command }) => command.includes('catalog/main.ts')))
  const processes = below(child.pid!).map(({ pid }) => pid)
  const { code, err } = await ran
  t.equal(code, 0, err)
  // Who would have killed the store, had the sweep died, ends a moment later.
  await until('nothing of it runs', () => !processes.some(isAlive))
  const { figures, settings } = JSON.parse(readFileSync(`${tmp}/s.json`, 'utf8')) as SweepResult
  t.same(settings[0], ['store', 'its own: IO_DELAY_MS=20 CACHE=off'])
  t.equal(figures.length, 8)
  for (const { buy, kind, requests, p50, failures } of figures) {
    t.equal(failures, 0)
    if (requests === 0) t.same([buy, kind], [0, 'buy'])
    // A query takes one delay, a purchase at least one in the ledger and one in the log.
    else t.ok(p50! >= (kind === 'query' ? 20 : 40), `buy ${buy}, ${kind}: ${p50}`)
  }
  t.same(readdirSync(tmp), ['s.json'])
})

t.test('SIGINT leaves nothing of its own store', async (t) => {
  const tmp = t.testdir()
  const { child, ran } = startSweep(['--runs', '1000', '--delay', '5'], tmp)
  t.teardown(() => child.kill('SIGKILL'))
  let out = ''
  child.stdout!.on('data', (chunk) => {
    out += chunk
  })
  await until('two loads are done', () => out.includes('\n2/'))
  t.equal(readdirSync(tmp).length, 1)
  const store = below(child.pid!).map(({ pid }) => pid)
  t.ok(store.length > 0)
  child.kill('SIGINT')
  t.equal((await ran).code, 130)
  t.same(readdirSync(tmp), [])
  await until('nothing of it runs', () => !store.some(isAlive))
})

interface Process {
  pid: number
  parent: number
  command: string
}

/** Those that a process has started, and those that they have. */
function below(parent: number): Process[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).trim().split('\n')
  const all = rows.map((row): Process => {
    const [pid, of, ...command] = row.trim().split(/ +/)
    return { pid: Number(pid), parent: Number(of), command: command.join(' ') }
  })
  const under = (parent: number): Process[] =>
    all.filter((one) => one.parent === parent).flatMap((one) => [one, ...under(one.pid)])
  return under(parent)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
