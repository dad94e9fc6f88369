/** Whole runs, as a person starts them: what they say, write and leave behind. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { dataDirOf, startStore } from '../../../test/store.ts'
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
  t.match(out, /^3 faults; books balanced: [\d,]+ orders, 6 toys, 0 differences\n$/m)
  t.same(leftOf(dataDir), [])

  const result = resultSchema.parse(JSON.parse(readFileSync(`${dir}/result.json`, 'utf8')))
  t.equal(result.command, 'chaos')
  t.equal(result.events.length, 3)
  for (const { at, until } of result.events) t.ok(until! > at && at > 0 && until! <= result.seconds)
  t.equal(result.verdict?.balanced, true)
  t.same(result.notes, [], 'an end as planned is none that came early')
  t.match(readFileSync(`${dir}/seconds.csv`, 'utf8'), /^second,kind,/)
  const page = readFileSync(`${dir}/report.html`, 'utf8')
  for (const { what } of result.events) t.ok(page.includes(what), what)
})

t.test('a shop that is sold out is told, instead of waiting for what cannot come', async (t) => {
  const dataDir = dataDirOf(t, { catalog: { 'toys_db.csv': 'name,price,quantity\nBear,1.00,20\n' }, order: {} })
  const { code, out } = await runChaos('--data', dataDir, '--kills', '500', '--faults', 'cut', '--every', '0')
  t.equal(code, 1)
  t.match(out, /\(the store there\)/)
  t.match(out, /^WRONG: The toys are sold out: nothing can be bought any more\.$/m)
  t.match(out, /^WRONG: Only \d+ of 500 faults were made\.$/m)
  t.match(out, /books balanced: \d+ orders, 1 toys, 0 differences$/m)
  t.same(leftOf(dataDir), [])
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

t.test('a folder that a running store holds is refused in its own words, and the store goes on', async (t) => {
  const dataDir = dataDirOf(t)
  const store = await startStore({ dataDir, t })
  const { code, out, err } = await runChaos('--data', dataDir, '--kills', '1')
  t.equal(code, 2)
  t.match(err, /catalog is in use by another store \(process \d+\); stop it/)
  t.match(out, /^Chaos in [^\n]*\n$/)
  t.equal((await fetch(`${store.url}/products/Tux`)).status, 200)
})

t.test('wrong use ends with exit code 2 and a sentence, before anything starts', async (t) => {
  const dir = dataDirOf(t, { other: { 'thesis.doc': '' } })
  for (const [args, said] of [
    [['--kills', '0'], /--kills.*It must be a whole number from 1/],
    [['--faults', 'kil,cut'], /There is no fault "kil"; did you mean kill\. There are kill, pause, cut\./],
    [['--faults', ''], /There is no fault ""/],
    [['--every', 'soon'], /--every.*It must be a time/],
    [['--buy', '0'], /It must be from 0\.01 to 1: each fault waits for a purchase/],
    [['--threads', '65'], /whole number from 1 to 64/],
    [['--threshold', 'buy.p98<1s'], /There is no figure p98; did you mean p9/],
    [['--report', `${dir}/nowhere/report.html`], /report\.html cannot be written: there is no folder .*nowhere/],
    [['--json', dir], /cannot be written: it is a folder/],
    [['--data', `${dir}/other`], /other holds what is no store's \(thesis\.doc\)/],
    [['--fault', 'kill'], /unknown option '--fault'.*--faults/s],
  ] as [string[], RegExp][]) {
    const { code, out, err } = await runChaos('--data', `${dir}/new`, ...args)
    t.equal(code, 2, args.join(' '))
    t.match(err, said)
    t.equal(out, '')
  }
  const { code, err } = await runChaos()
  t.equal(code, 2)
  t.match(err, /required option '--data <folder>'/)
  t.same(readdirSync(dir), ['other'])
})

t.test('a threshold that is missed makes a good run end with exit code 1', async (t) => {
  const dataDir = `${dataDirOf(t)}/shop`
  mkdirSync(dataDir)
  const { code, out } = await runChaos(
    ...['--data', dataDir, '--kills', '1', '--faults', 'cut', '--clients', '2'],
    ...['--threshold', 'buy.p50<0.001ms'],
  )
  t.equal(code, 1)
  t.match(out, /^MISSED +buy\.p50<0\.001ms/m)
  t.match(out, /books balanced/)
})
