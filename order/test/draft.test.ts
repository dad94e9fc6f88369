import fc from 'fast-check'
import t from 'tap'
import { runs } from '../../storage/test/seed.ts'
import { type Draft, draftFormat, totalOf, wantedByDraft, withItem, withoutPiece } from '../draft.ts'

const empty: Draft = { user: 'ann', items: [], key: '~d1', order: undefined }
const tux = { name: 'Tux', quantity: 2, cents: 2599 }

t.test('an item that comes again is more of it, at the price that it has now', (t) => {
  const draft = withItem(withItem(withItem(empty, tux), { name: 'Fox', quantity: 1, cents: 50 }), {
    ...tux,
    cents: 3000,
  })
  t.strictSame(draft.items, [
    { name: 'Tux', quantity: 4, cents: 3000 },
    { name: 'Fox', quantity: 1, cents: 50 },
  ])
  t.equal(totalOf(draft), 12_050)
  t.strictSame(empty.items, [], 'a draft is not changed in place')
  t.end()
})

t.test('a piece is taken out at a time, and with the last one its item', (t) => {
  const two = withItem(withItem(empty, tux), { name: 'Fox', quantity: 1, cents: 50 })
  const one = withoutPiece(two, 'Tux')
  t.strictSame(one.items[0], { ...tux, quantity: 1 })
  t.strictSame(withoutPiece(one, 'Tux').items, [{ name: 'Fox', quantity: 1, cents: 50 }])
  t.throws(() => withoutPiece(two, 'Owl'), { code: 'bad_request', message: 'this item is not in the order' })
  t.strictSame(two.items[0], tux)
  t.end()
})

t.test('a draft has at most a hundred items, and of each at most a million pieces', (t) => {
  let draft = empty
  for (let i = 0; i < 100; i++) draft = withItem(draft, { name: `toy ${i}`, quantity: 1, cents: 1 })
  t.throws(() => withItem(draft, tux), { code: 'bad_request', message: 'an order may have at most 100 items' })
  t.equal(withItem(draft, { name: 'toy 7', quantity: 999_999, cents: 1 }).items[7]!.quantity, 1_000_000)
  t.throws(() => withItem(draft, { name: 'toy 7', quantity: 1_000_000, cents: 1 }), {
    code: 'bad_request',
    message: 'quantity: at most 1000000 pieces of an item',
  })
  t.end()
})

t.test('what a draft costs can always be counted: what would be more is not added', (t) => {
  let draft = empty
  const castle = (i: number, quantity = 1_000_000) => ({ name: `castle ${i}`, quantity, cents: 1_000_000_000 })
  for (let i = 0; i < 9; i++) draft = withItem(draft, castle(i))
  t.equal(totalOf(draft), 9e15)
  t.throws(() => withItem(draft, castle(9)), {
    code: 'bad_request',
    message: 'a purchase may cost at most 90071992547409.91',
  })
  t.equal(totalOf(withItem(draft, castle(9, 7000))), 9e15 + 7e12)
  t.end()
})

t.test('its purchase is under its key, at the prices that were shown', (t) => {
  const draft = withItem(withItem(empty, tux), { name: 'Fox', quantity: 1, cents: 50 })
  t.strictSame(wantedByDraft(draft), {
    key: '~d1',
    user: 'ann',
    items: [
      { account: 'Tux', amount: 2 },
      { account: 'Fox', amount: 1 },
    ],
    prices: [2599, 50],
  })
  t.throws(() => wantedByDraft(empty), { code: 'bad_request', message: 'the order is empty; add an item first' })
  t.end()
})

t.test('a draft is read as it was written, whatever its names are', (t) => {
  const name = fc.oneof(
    fc.string({ minLength: 1, maxLength: 20 }),
    fc.constantFrom('__proto__', '"],["', 'a,"b"', "Mäuse 🐭 \\ '", '1,5', '\u00a0'),
  )
  const item = fc.record(
    { name, quantity: fc.integer({ min: 1, max: 1e6 }), cents: fc.integer({ min: 1, max: 1e9 }) },
    { noNullPrototype: true },
  )
  const draft = fc.record(
    {
      user: name,
      items: fc.array(item, { maxLength: 5 }),
      key: name.map((text) => `~${text}`),
      order: fc.option(fc.nat({ max: 999_999_999_999_999 }), { nil: undefined }),
    },
    { noNullPrototype: true },
  )
  const property = fc.property(draft, (given) => {
    const fields = draftFormat.write(given)
    t.strictSame(draftFormat.read(fields), given)
    return fields.length === draftFormat.columns.length
  })
  t.doesNotThrow(() => fc.assert(property, runs(300)))
  t.end()
})

t.test('what is no draft is refused, and never taken for another one', (t) => {
  const good = ['ann', '[["Tux",2,"25.99"]]', '~d1', '7']
  t.strictSame(draftFormat.read(good), { ...empty, items: [tux], order: 7 })
  for (const items of [
    '',
    'Tux',
    '{}',
    '[1]',
    '[["Tux"]]',
    '[["Tux",1.5,"1.00"]]',
    '[["Tux","2","1.00"]]',
    '[[2,2,"1.00"]]',
    '[["Tux",2,"1.005"]]',
    '[["Tux",0,"1.00"]]',
    '[["Tux",2,"1.00"]',
    'null',
  ])
    t.throws(
      () => draftFormat.read(['ann', items, '~d1', '']),
      { name: 'RangeError', message: 'items must be JSON' },
      items,
    )
  for (const order of ['-1', 'seven', '1.5', ' 7', '1e3', '1234567890123456'])
    t.throws(() => draftFormat.read(['ann', '[]', '~d1', order]), {
      name: 'RangeError',
      message: 'order_number must be',
    })
  t.end()
})
