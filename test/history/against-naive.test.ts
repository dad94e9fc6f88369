/** The clever judge against the one that tries everything: on tiny histories they must always agree. */
import fc from 'fast-check'
import t from 'tap'
import { runs } from '../../storage/test/seed.ts'
import { judgeHistory } from './checker.ts'
import { isPossible, type Moment, refuses, sees } from './naive.ts'
import type { Answer, Asked, Call, Row } from './record.ts'
import { type Sight, searchStock } from './stock-search.ts'

const lastTime = 8
const span = fc
  .tuple(fc.nat(lastTime), fc.nat(lastTime))
  .map(([a, b]) => ({ from: Math.min(a, b), until: Math.max(a, b) }))
const quantity = fc.integer({ min: 1, max: 3 })
const take = fc.record({ span, quantity }).map(({ span, quantity }) => ({ ...span, quantity }))
const sight = fc
  .record({ span, saw: fc.boolean(), pieces: fc.integer({ min: 0, max: 8 }) })
  .map(({ span, saw, pieces }): Sight => ({ ...span, ...(saw ? { saw: pieces } : { short: pieces + 1 }) }))
const list = <Value>(value: fc.Arbitrary<Value>, maxLength: number) => fc.array(value, { maxLength })

/** Fails where too few of one kind came up to say anything. */
function tally() {
  const counts = { yes: 0, no: 0 }
  return { counts, count: (is: boolean) => (is ? counts.yes++ : counts.no++) }
}

t.test('the search over a stock says yes exactly where some order of all moments fits', async (t) => {
  const { counts, count } = tally()
  const stocks = fc.integer({ min: 4, max: 8 })
  const property = fc.property(stocks, list(take, 5), list(take, 3), list(sight, 4), (stock, takes, holds, sights) => {
    const found = searchStock(stock, { takes, holds, sights })
    const moments: Moment[] = [
      ...takes.map(({ from, until, quantity }) => ({ from, until, takes: quantity })),
      ...sights.map(({ from, until, saw, short }) => ({
        from,
        until,
        fits: saw === undefined ? refuses(short!) : sees(saw),
      })),
    ]
    const possible = isPossible(stock, moments, holds)
    count(possible)
    if (found.fits !== possible) throw new Error(`it said ${found.fits}, and ${possible} is right`)
  })
  t.doesNotThrow(() => fc.assert(property, runs(4000)))
  t.ok(counts.yes > 200 && counts.no > 200, `${counts.yes} possible, ${counts.no} impossible`)
})

type Fate = { fate: 'bought' | 'untold' | 'unavailable' | 'given back later' | 'refused' }
const fates = ['bought', 'bought', 'untold', 'unavailable', 'given back later', 'refused'] as const
const purchase = fc.record({ span, quantity, fate: fc.constantFrom<Fate['fate'][]>(...fates) })
const look = fc.record({ span, stock: fc.integer({ min: 0, max: 6 }) })
const read = fc.record({ span, number: fc.integer({ min: 1, max: 3 }), there: fc.boolean() })

t.test('a whole window is accepted exactly where some order of all moments fits', async (t) => {
  const { counts, count } = tally()
  const all = [fc.integer({ min: 3, max: 6 }), list(purchase, 4), list(look, 3), list(read, 3)] as const
  const property = fc.property(...all, (stock, purchases, looks, reads) => {
    const rows: Row[] = []
    const calls: Call[] = []
    const moments: Moment[] = []
    const missing: { from: number; until: number; quantity: number }[] = []
    const committed: number[] = []
    const call = ({ from, until }: { from: number; until: number }, asked: Asked, answer: Answer) =>
      calls.push({ id: calls.length, session: 0, start: from, end: until, asked, answer })
    for (const [i, { span, quantity, fate }] of purchases.entries()) {
      const asked = { kind: 'buy', key: `key-${i}`, toy: 'Tux', quantity } as const
      const order = { number: rows.length + 1, toy: 'Tux', quantity, price: 2 }
      if (fate === 'bought' || fate === 'untold') {
        rows.push({ ...order, key: asked.key })
        call(span, asked, fate === 'bought' ? { kind: 'bought', ...order } : { kind: 'unknown' })
        const until = fate === 'bought' ? span.until : lastTime
        const reserved = moments.push({ from: span.from, until: lastTime, takes: quantity }) - 1
        committed.push(moments.push({ from: 0, until, after: [reserved, ...committed.slice(-1)] }) - 1)
      } else if (fate === 'refused') {
        call(span, asked, { kind: 'refused', reason: 'out_of_stock' })
        moments.push({ ...span, fits: refuses(quantity) })
      } else {
        call(span, asked, { kind: 'unavailable', lasting: fate === 'given back later' })
        missing.push({ from: span.from, until: fate === 'unavailable' ? span.until : lastTime, quantity })
      }
    }
    for (const { span, stock: saw } of looks) {
      call(span, { kind: 'product', toy: 'Tux' }, { kind: 'product', toy: 'Tux', price: 2, stock: saw })
      moments.push({ ...span, fits: sees(saw) })
    }
    for (const { span, number, there } of reads) {
      const row = rows[number - 1]
      if (row === undefined && there) continue // shown without a row: refused by a rule of its own
      const { key: _, ...order } = row ?? { key: '', number, toy: '', quantity: 0, price: 0 }
      call(
        span,
        { kind: 'order', number },
        there ? { kind: 'order', ...order } : { kind: 'refused', reason: 'order_not_found' },
      )
      const seen = moments.push({ ...span, after: there ? [committed[number - 1]!] : [] }) - 1
      const row404 = moments[committed[number - 1]!]
      if (!there && row404 !== undefined) row404.after = [...row404.after!, seen]
    }
    const { violations } = judgeHistory([{ name: 'Tux', price: 2, stock }], [{ calls, calmAt: lastTime, rows }])
    const possible = isPossible(stock, moments, missing)
    count(possible)
    if ((violations.length === 0) !== possible)
      throw new Error(`it said ${violations.map(({ sentence }) => sentence)}, and ${possible} is right`)
  })
  t.doesNotThrow(() => fc.assert(property, runs(6000)))
  t.ok(counts.yes > 300 && counts.no > 300, `${counts.yes} possible, ${counts.no} impossible`)
})
