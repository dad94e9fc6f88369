/** How a load ends when it does not end by itself: no store, a silent store, signals, dead processes. */
import { type ChildProcess, execFileSync } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startFakeStore } from './fake-store.ts'
import { runLoad, startLoad } from './run.ts'

const long = ['--processes', '3', '--clients', '3', '--requests', '1000000', '--buy', '0.5']

/** The process ids of the workers of a load. */
function workersOf({ pid }: ChildProcess): number[] {
  const lines = execFileSync('ps', ['-e', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n')
  return lines
    .map((line) => line.trim().split(/ +/))
    .filter(([, parent, ...args]) => parent === String(pid) && args.join(' ').includes('load/worker'))
    .map(([worker]) => Number(worker))
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const start = performance.now(); !holds(); await pause(20)) {
    if (performance.now() - start > 60_000) throw new Error(`not within a minute: ${what}`)
  }
}

async function startLong(t: Test) {
  const store = await startFakeStore(t)
  const { child, ran } = startLoad(['--url', store.url, ...long])
  t.teardown(() => child.kill('SIGKILL'))
  await until('the load has begun', () => store.seen.length > 100)
  const workers = workersOf(child)
  t.equal(workers.length, 3)
  return { store, child, ran, workers }
}

t.test('a store that cannot be reached ends with exit code 1 and a sentence, soon', async (t) => {
  const start = performance.now()
  const { code, out, err } = await runLoad('http://127.0.0.1:1', '--timeout 60')
  t.equal(code, 1)
  t.match(err, /^The store at http:\/\/127\.0\.0\.1:1 cannot be reached\.[^\n]*\n$/)
  t.equal(out, '')
  // It takes a fifth of a second alone; the bound leaves room for a busy machine, and is below the timeout.
  t.ok(performance.now() - start < 50_000)
})

t.test('a store without toys ends with exit code 1 and a sentence', async (t) => {
  const store = await startFakeStore(t, { toys: [] })
  const { code, err } = await runLoad(store.url, '')
  t.equal(code, 1)
  t.match(err, /has no toys/)
})

t.test('a store that does not answer costs no more than its timeouts', async (t) => {
  const store = await startFakeStore(t, { query: () => true })
  const { code, out } = await runLoad(store.url, '--processes 1 --clients 1 --requests 3 --buy 1 --timeout 1')
  t.equal(code, 1)
  t.match(out, /query timeout +3/)
})

t.test('an answer that trickles is cut off in time', async (t) => {
  const timers: NodeJS.Timeout[] = []
  t.teardown(() => timers.forEach(clearInterval))
  const store = await startFakeStore(t, {
    query: (response) => {
      response.writeHead(200)
      timers.push(setInterval(() => response.write(' '), 50))
      return true
    },
  })
  const { code, out } = await runLoad(store.url, '--processes 1 --clients 1 --requests 1 --timeout 0.5')
  t.equal(code, 1)
  t.match(out, /query timeout +1/)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  t.test(`${signal} ends early, reports what was done, and leaves no process`, async (t) => {
    const { store, child, ran, workers } = await startLong(t)
    child.kill(signal)
    const { code, out, err } = await ran
    t.equal(code, 130)
    t.match(err, /Ended early/)
    t.notOk(workers.some(isAlive))
    const [, requests] = /^([\d,]+) requests in /m.exec(out)!
    t.equal(Number(requests!.replaceAll(',', '')), store.seen.length)
  })
}

t.test('SIGINT ends early also while the store is silent', async (t) => {
  let isSilent = false
  const store = await startFakeStore(t, { query: () => isSilent })
  const { child, ran } = startLoad(['--url', store.url, ...long])
  await until('the load has begun', () => store.seen.length > 100)
  isSilent = true
  await pause(200)
  const start = performance.now()
  child.kill('SIGINT')
  const { code, out } = await ran
  t.equal(code, 1)
  t.match(out, /query interrupted +3/)
  t.ok(performance.now() - start < 8000)
})

t.test('a process that dies makes the load fail with a sentence; the others still report', async (t) => {
  const { child, ran, workers } = await startLong(t)
  process.kill(workers[1]!, 'SIGKILL')
  const { code, out, err } = await ran
  t.equal(code, 1)
  t.match(err, /^Process 2 of the load died before its report: it ended with SIGKILL\.$/m)
  t.match(out, /^query +[1-9]/m)
  t.notOk(workers.some(isAlive))
  t.equal(child.exitCode, 1)
})

t.test('when the parent is killed, its processes end by themselves', async (t) => {
  const { child, ran, workers } = await startLong(t)
  child.kill('SIGKILL')
  await ran
  await until('no worker is left', () => !workers.some(isAlive))
  t.notOk(workers.some(isAlive))
})
