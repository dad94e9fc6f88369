/** `load --verify`: an honest shop ends with a verdict in one line, and whatever a shop does wrong is a difference. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { type Fault, startModelShop } from '../../verify/test/model-shop.ts'
import { resultSchema } from '../result.ts'
import { loadResult, startLoad } from './run.ts'

t.test('an honest shop balances, sold out too, and says so in the last line and in all files', async (t) => {
  const shop = await startModelShop(t)
  const json = `${t.testdir()}/result.json`
  const { code, out } = await startLoad([
    '--url',
    shop.url,
    ...'--clients 8 --requests 80 --buy 0.9 --verify'.split(' '),
    '--json',
    json,
  ]).ran
  t.equal(code, 0, out)
  const [, orders] = /^books balanced: (\d+) orders, 3 toys, 0 differences$/.exec(out.trimEnd().split('\n').at(-1)!)!
  t.equal(Number(orders), shop.orders.length)
  t.match(resultSchema.parse(JSON.parse(readFileSync(json, 'utf8'))).verdict, { balanced: true, differences: [] })
})

// Each waits seconds for what may be in flight still; together they take as long as one.
t.jobs = 5

const faults: [Fault, RegExp][] = [
  ['oversell', /^Cube: movements add up to 3, but 0 in stock \+ \d+ sold/],
  ['lost order', /was acknowledged, but the shop has no such order$/],
  ['doubled number', /^order number \d+ was given twice/],
  ['gap', /^order \d+ is missing/],
  ['stale product', /pieces were shown, with those that we had bought before, .* more than there were$/],
  ['wrong price', /^order \d+ was acknowledged as .* at 25\.99, .* but the shop shows .* at 26\.00/],
  ['restock without movement', /^\w+: movements add up to \d+, but/],
  ['shows too many', /more than there were$/],
  ['shows too few', /fewer than there were$/],
  ['refuses what is there', /pieces were refused as out of stock, but \d+ are left$/],
]

for (const [fault, told] of faults)
  t.test(`a shop with the fault "${fault}" ends with exit code 1 and the difference`, { buffered: true }, async (t) => {
    const shop = await startModelShop(t, {
      fault,
      toys: { Ball: 2000, Bear: 2000, Cube: fault === 'oversell' ? 3 : 2000 },
    })
    const { verdict, all } = await loadResult(
      t,
      shop.url,
      '--scenario mixed --clients 8 --requests 40 --quantity 3 --verify'.replace(
        'mixed',
        fault === 'oversell' || fault === 'refuses what is there' ? 'purchases' : 'shop --buy 0.6',
      ),
      1,
    )
    t.same(all.failures, [], 'no request failed: only the books tell')
    t.equal(verdict?.balanced, false)
    t.match(verdict?.line, /^BOOKS DO NOT BALANCE: /)
    const differences = verdict?.differences ?? []
    t.ok(
      differences.some((difference) => told.test(difference)),
      differences.slice(0, 5).join('\n'),
    )
  })
