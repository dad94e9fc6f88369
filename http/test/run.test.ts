import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { until } from './harness.ts'

const script = fileURLToPath(new URL('run-child.ts', import.meta.url))

interface Child {
  child: ChildProcess
  out: () => string
  err: () => string
  /** Its exit code. */
  exited: Promise<unknown>
}

function start(t: Test, behaviour: string, { parent = true }: { parent?: boolean } = {}): Child {
  const env = { ...process.env, NODE_OPTIONS: '' }
  const child = parent
    ? fork(script, [behaviour], { env, silent: true, execArgv: [] })
    : spawn(process.execPath, [script, behaviour], { env })
  let out = ''
  let err = ''
  child.stdout?.on('data', (chunk) => {
    out += chunk
  })
  child.stderr?.on('data', (chunk) => {
    err += chunk
  })
  t.teardown(() => child.kill('SIGKILL'))
  // Not 'close': it never comes after a disconnect() of ours.
  const ends = [once(child, 'exit'), once(child.stdout!, 'end'), once(child.stderr!, 'end')] as const
  return { child, out: () => out, err: () => err, exited: Promise.all(ends).then(([[code]]) => code) }
}

t.test('a service tells its parent that it is ready, and stops once for many signals', async (t) => {
  const { child, out, exited } = start(t, 'well')
  const [message] = await once(child, 'message')
  t.match(message, { ready: true, url: /^http:\/\/127\.0\.0\.1:\d+$/ })
  for (const signal of ['SIGINT', 'SIGINT', 'SIGTERM'] as const) child.kill(signal)
  t.equal(await exited, 0)
  t.equal(out().match(/^closed$/gm)?.length, 1)
  const [ready] = out().split('\n')
  t.match(JSON.parse(ready ?? ''), {
    level: 'info',
    service: 'child',
    time: /^\d{4}-.*Z$/,
    msg: 'ready',
    url: message.url,
  })
})

t.test('a Ctrl-C is left to the parent, which stops all in their order', async (t) => {
  const { child, out, exited } = start(t, 'well')
  await once(child, 'message')
  child.kill('SIGINT')
  t.equal(await Promise.race([exited, pause(300).then(() => 'runs on')]), 'runs on')
  t.notMatch(out(), /stopping/)
  child.kill('SIGTERM')
  t.equal(await exited, 0)
})

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  t.test(`a service without a parent runs too, and stops at ${signal}`, async (t) => {
    const { child, out, exited } = start(t, 'well', { parent: false })
    await until(() => out().includes('"ready"'))
    child.kill(signal)
    t.equal(await exited, 0)
  })

t.test('a service stops when its parent has gone', async (t) => {
  const { child, out, exited } = start(t, 'well')
  await once(child, 'message')
  child.disconnect()
  t.equal(await exited, 0)
  t.match(out(), /the parent has gone.*closed/s)
})

t.test('a second signal counts only later, and then forces the end', async (t) => {
  const { child, out, exited } = start(t, 'stuck')
  await once(child, 'message')
  child.kill('SIGTERM')
  await until(() => out().includes('closed'))
  child.kill('SIGTERM')
  await new Promise((resolve) => setTimeout(resolve, 2_200))
  t.equal(child.exitCode, null)
  child.kill('SIGTERM')
  t.equal(await exited, 1)
})

t.test('what a person must mend ends with 2 and one sentence, anything else with 1 and a log line', async (t) => {
  const misconfigured = start(t, 'misconfigured')
  t.equal(await misconfigured.exited, 2)
  t.equal(misconfigured.err(), 'child: PORT must be a number\n')
  const broken = start(t, 'broken')
  t.equal(await broken.exited, 1)
  t.match(JSON.parse(broken.out()), { level: 'fatal', err: { message: 'broken', stack: /run-child/ } })
})
