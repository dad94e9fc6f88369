/** Runs that cannot begin, or that end in a way of their own. */
import { mkdirSync, readdirSync } from 'node:fs'
import t from 'tap'
import { dataDirOf, startStore } from '../../../test/store.ts'
import { leftOf, runChaos } from './run.ts'

t.test('a shop that is sold out is told, instead of waiting for what cannot come', async (t) => {
  const dataDir = dataDirOf(t, { catalog: { 'toys_db.csv': 'name,price,quantity\nBear,1.00,20\n' }, order: {} })
  const { code, out } = await runChaos('--data', dataDir, '--kills', '500', '--faults', 'cut', '--every', '0')
  t.equal(code, 1)
  t.match(out, /\(the store there\)/)
  t.match(out, /^WRONG: The toys are sold out: nothing can be bought any more\.$/m)
  t.match(out, /^WRONG: Only \d+ of 500 faults were made\.$/m)
  t.match(out, /books balanced: \d+ orders, 1 toys(, \d+ carts?)?, 0 differences$/m)
  t.same(leftOf(dataDir), [])
})

t.test('a folder that a running store holds is refused in its own words, and the store goes on', async (t) => {
  const dataDir = dataDirOf(t)
  const store = await startStore({ dataDir, t })
  const { code, out, err } = await runChaos('--data', dataDir, '--kills', '1')
  t.equal(code, 2)
  t.match(err, /(catalog|payment|cart) is in use by another store \(process \d+\); stop it/)
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
