/** Whole runs, as a person starts them: what they say, write and leave behind. */
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { dataDirOf } from '../../../test/store.ts'
import { resultSchema } from '../../load/result.ts'
import { leftOf, runChaos, startChaos } from './run.ts'

t.test('three faults, one of each kind, and the books balance; nothing is left but the files', async (t) => {
  const dir = dataDirOf(t)
  const dataDir = `${dir}/shop`
  const files = ['--json', `${dir}/result.json`, '--csv', `${dir}/seconds.csv`, '--report', `${dir}/report.html`]
  const { code, out, err } = await runChaos(
    '--data',
    dataDir,
    '--kills',
    '3',
    '--seed',
    '3',
    '--every',
    '100ms',
    ...files,
  )
  t.equal(err, '')
  t.equal(code, 0, out)
  t.match(out, /^\d+\.\d s: killed \w+ \(kill -9\).*; the next purchase was answered after [\d,]+ ms$/m)
  t.match(out, /^\d+\.\d s: paused \w+ for \d\.\d\d s; the next purchase was answered after [\d,]+ ms$/m)
  t.match(
    out,
    /^\d+\.\d s: cut \d+ connections? to \w+ for \d\.\d\d s; the next purchase was answered after [\d,]+ ms$/m,
  )
  t.match(out, /^all +3 +[\d,]+ +[\d,]+ +[\d,]+$/m)
  t.match(out, /^held +3 faults made +\(3\)$/m)
  t.match(out, /^3 faults; books balanced: [\d,]+ orders, 6 toys, \d+ carts?, 0 differences\n$/m)
  t.same(leftOf(dataDir), [])

  const result = resultSchema.parse(JSON.parse(readFileSync(`${dir}/result.json`, 'utf8')))
  t.equal(result.command, 'chaos')
  t.equal(result.events.length, 3)
  for (const { at, until } of result.events) t.ok(until! > at && at > 0 && until! <= result.seconds)
  t.equal(result.verdict?.balanced, true)
  t.match(
    result.notes[0],
    /^A fault lasts until the next purchase is answered: p50 [\d,]+, p99 [\d,]+, at most [\d,]+ ms\.$/,
  )
  t.notOk(result.notes.includes('Ended early.'), 'an end as planned is none that came early')
  t.match(readFileSync(`${dir}/seconds.csv`, 'utf8'), /^second,kind,/)
  const page = readFileSync(`${dir}/report.html`, 'utf8')
  for (const { what } of result.events) t.ok(page.includes(what), what)
})

t.test('Ctrl-C ends the faults, checks the books, and leaves nothing running', async (t) => {
  const dir = dataDirOf(t)
  const dataDir = `${dir}/shop`
  const report = `${dir}/report.html`
  const { child, ran } = startChaos(['--data', dataDir, '--kills', '1000', '--faults', 'pause', '--report', report])
  t.teardown(() => child.kill('SIGKILL'))
  let seen = ''
  child.stdout!.on('data', (bytes: Buffer) => {
    seen += bytes.toString()
  })
  for (const start = performance.now(); !seen.includes('paused'); await pause(20))
    if (performance.now() - start > 60_000) throw new Error(`no fault within a minute:\n${seen}`)
  // Most of the time some process is stopped: it must not stay so.
  await pause(300)
  child.kill('SIGINT')
  const { code, out, err } = await ran
  t.equal(code, 130, out)
  t.match(err, /^Ending early/)
  t.match(out, /books balanced/)
  t.match(readFileSync(report, 'utf8'), /Ended early/)
  t.same(leftOf(dataDir), [])
})

t.test('a run that is killed itself leaves no store behind', async (t) => {
  const dataDir = `${dataDirOf(t)}/shop`
  const { child, ran } = startChaos(['--data', dataDir, '--kills', '1000'])
  t.teardown(() => child.kill('SIGKILL'))
  for (const start = performance.now(); !existsSync(`${dataDir}/order/orders.csv`); await pause(20))
    if (performance.now() - start > 60_000) throw new Error('no store within a minute')
  t.ok(leftOf(dataDir).length > 0)
  child.kill('SIGKILL')
  await ran
  for (let tries = 0; tries < 100 && leftOf(dataDir).length > 0; tries++) await pause(100)
  t.same(leftOf(dataDir), [])
})
