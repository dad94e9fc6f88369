/** What each change makes of a cart. */
import fc from 'fast-check'
import t from 'tap'
import { type Cart, type CartChange, changeCart } from '../cart.ts'
import { type CartItem, cartCharsMax, type Offer } from '../client.ts'

const at = '2026-11-22T12:00:00.000Z'
const ann = { customer: 'ann' }
const add = (item: number | string, count = 1, offer: Offer = {}, named: 'unitCount' | 'itemCount' = 'unitCount') =>
  ({ op: 'add', ...ann, item, count, named, offer }) as const
const take = (attempt: string, lines: [number | string, number][], order = 7) =>
  ({ op: 'take', ...ann, attempt, order, lines: lines.map(([itemId, count]) => ({ itemId, count })) }) as const

/** The cart after these, from none. */
const after = (...changes: CartChange[]): Cart | undefined =>
  changes.reduce<Cart | undefined>((cart, change) => changeCart(cart, change, at).cart, undefined)
const counts = (cart: Cart | undefined): [number | string, number][] =>
  (cart?.items ?? []).map(({ itemId, unitCount }) => [itemId, unitCount])

t.test('counts of one item add up in one entry, and what is said anew counts', async (t) => {
  const cart = after(
    add('Tux', 2, { offeredPrice: 25.99, specialSale: true }),
    add('Fox'),
    add('Tux', 3, { offeredPrice: 20 }),
  )
  t.strictSame(cart?.items, [
    { itemId: 'Tux', unitCount: 5, offeredPrice: 20, specialSale: true, timestamp: at },
    { itemId: 'Fox', unitCount: 1, timestamp: at },
  ])
  t.equal(
    JSON.stringify(cart?.items[0]),
    `{"itemId":"Tux","unitCount":5,"offeredPrice":20,"specialSale":true,"timestamp":"${at}"}`,
  )
})

t.test('a number and a name of the same digits are two items', async (t) => {
  t.strictSame(counts(after(add(7), add('7'), add(7))), [
    [7, 2],
    ['7', 1],
  ])
})

t.test('who counts by itemCount is told it too, from then on', async (t) => {
  const cart = after(add('Tux'), add('Tux', 2, {}, 'itemCount'), add('Tux'))
  t.strictSame(cart?.items, [{ itemId: 'Tux', unitCount: 4, itemCount: 4, timestamp: at }])
  t.match(changeCart(cart, { op: 'set', ...ann, item: 'Tux', count: 9 }, at).answer, { unitCount: 9, itemCount: 9 })
})

t.test('an item holds at most a million pieces, and a refusal changes nothing', async (t) => {
  const cart = after(add('Tux', 999_999))
  t.throws(() => changeCart(cart, add('Tux', 2), at), { code: 'bad_request' })
  t.strictSame(counts(changeCart(cart, add('Tux', 1), at).cart), [['Tux', 1_000_000]])
})

t.test('a new count is set; 0 takes the item out; what is not there stays so', async (t) => {
  const cart = after(add('Tux', 2), add('Fox', 3))
  const set = (item: string, count: number) => changeCart(cart, { op: 'set', ...ann, item, count }, at)
  t.strictSame(counts(set('Tux', 5).cart), [
    ['Tux', 5],
    ['Fox', 3],
  ])
  t.match(set('Tux', 0).answer, { itemId: 'Tux', unitCount: 0 })
  t.strictSame(counts(set('Tux', 0).cart), [['Fox', 3]])
  t.equal(set('Whale', 1).answer, null)
  t.equal(set('Whale', 1).cart, cart)
})

t.test('a checkout answers what it takes out; nothing is left to keep', async (t) => {
  const cart = after(add('Tux', 2))
  const { cart: left, answer } = changeCart(cart, { op: 'checkout', ...ann }, at)
  t.equal(left, undefined)
  t.equal(answer, cart?.items)
  t.strictSame(changeCart(undefined, { op: 'checkout', ...ann }, at), { cart: undefined, answer: [] })
})

t.test('removing and clearing answer {} whatever was there', async (t) => {
  for (const change of [
    { op: 'remove', ...ann, item: 'Tux' },
    { op: 'clear', ...ann },
  ] as const) {
    t.strictSame(changeCart(after(add('Tux')), change, at), { cart: undefined, answer: {} })
    t.strictSame(changeCart(undefined, change, at), { cart: undefined, answer: {} })
  }
})

t.test('what an order took goes out once; what was added meanwhile stays', async (t) => {
  const cart = after(add('Tux', 2), add('Fox', 1), add(9, 4), add('Tux', 3))
  const bought = take('a3-10', [
    ['Tux', 2],
    ['Fox', 1],
  ])
  const left = changeCart(cart, bought, at).cart
  t.strictSame(counts(left), [
    ['Tux', 3],
    [9, 4],
  ])
  t.strictSame(left?.taken, { order: 7, attempt: 'a3-10' })
  t.equal(changeCart(left, bought, at).cart, left, 'asked again')
  t.equal(changeCart(left, take('a3-9', [['Tux', 1]]), at).cart, left, 'an earlier attempt')
  t.strictSame(
    counts(changeCart(left, take('a10-1', [['Tux', 1]], 3), at).cart),
    [
      ['Tux', 2],
      [9, 4],
    ],
    'a later life, whose order numbers began anew',
  )
})

t.test(
  'a cart that an order emptied is kept, so that the same order finds nothing of what comes after it',
  async (t) => {
    const emptied = after(add('Tux', 2), take('a1-1', [['Tux', 2]]))
    t.strictSame(emptied, { items: [], taken: { order: 7, attempt: 'a1-1' } })
    const filled = changeCart(emptied, add('Tux', 2), at).cart
    t.equal(changeCart(filled, take('a1-1', [['Tux', 2]]), at).cart, filled)
    t.strictSame(changeCart(filled, { op: 'checkout', ...ann }, at).cart?.taken, { order: 7, attempt: 'a1-1' })
    t.strictSame(changeCart(filled, { op: 'clear', ...ann }, at).cart?.taken, { order: 7, attempt: 'a1-1' })
  },
)

t.test('an order names toys: a number goes out by the toy that its digits name', async (t) => {
  const cart = after(add(7, 2), add('7', 2), add(8))
  t.strictSame(counts(changeCart(cart, take('a1-1', [['7', 3]]), at).cart), [
    ['7', 1],
    [8, 1],
  ])
})

t.test('what an order took and is there no more takes nothing else', async (t) => {
  const cart = after(add('Tux', 1), add('Fox', 5))
  t.strictSame(
    counts(
      changeCart(
        cart,
        take('a1-1', [
          ['Tux', 3],
          ['Whale', 1],
        ]),
        at,
      ).cart,
    ),
    [['Fox', 5]],
  )
})

t.test(`a cart takes as many items as ${cartCharsMax} characters of JSON hold, whatever their names`, async (t) => {
  for (const name of ['item', `"${'\\'.repeat(190)}`, 'ä'.repeat(190)]) {
    let cart: Cart | undefined
    let refused: unknown
    for (let i = 0; refused === undefined && i < 2000; i++) {
      try {
        cart = changeCart(cart, add(`${name}${i}`, 1, { offeredPrice: 1 }), at).cart
      } catch (error) {
        refused = error
      }
    }
    t.match(refused, { code: 'cart_full' })
    const chars = JSON.stringify(cart?.items).length
    t.ok(chars <= cartCharsMax && chars > cartCharsMax - 1500, `${cart?.items.length} items, ${chars} characters`)
    t.ok(changeCart(cart, add(`${name}0`), at).cart, 'one more piece of what is in it')
  }
})

t.test('random changes: no call changes a cart in place, and counts are never below one', async (t) => {
  const item = fc.constantFrom<number | string>('Tux', 'Fox', 7, '__proto__')
  const count = fc.integer({ min: 1, max: 5 })
  const change: fc.Arbitrary<CartChange> = fc.oneof(
    fc.tuple(item, count).map(([id, n]) => add(id, n)),
    fc
      .tuple(item, fc.integer({ min: 0, max: 5 }))
      .map(([id, n]): CartChange => ({ op: 'set', ...ann, item: id, count: n })),
    item.map((id): CartChange => ({ op: 'remove', ...ann, item: id })),
    fc.constantFrom<CartChange>({ op: 'clear', ...ann }, { op: 'checkout', ...ann }),
    fc.tuple(fc.integer({ min: 1, max: 9 }), item, count).map(([seq, id, n]) => take(`a1-${seq}`, [[id, n]])),
  )
  const seed = Number(process.env.SEED ?? 8)
  t.comment(`seed ${seed}`)
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      let cart: Cart | undefined
      for (const one of changes) {
        const before = JSON.stringify(cart)
        const kept = cart
        const { cart: next, answer } = changeCart(cart, one, at)
        if (JSON.stringify(kept) !== before) throw new Error('changed in place')
        const items = next?.items ?? []
        if (items.some(({ unitCount }) => !(unitCount >= 1))) throw new Error('an item of nothing')
        if (new Set(items.map(({ itemId }) => itemId)).size !== items.length) throw new Error('an item twice')
        const sum = (all: readonly CartItem[]) => all.reduce((n, { unitCount }) => n + unitCount, 0)
        if (one.op === 'add' && sum(items) !== sum(kept?.items ?? []) + one.count) throw new Error('a piece was lost')
        if (one.op === 'checkout' && (answer !== (kept?.items ?? answer) || items.length > 0))
          throw new Error('not emptied')
        if (next !== undefined && next.items.length === 0 && next.taken === undefined)
          throw new Error('kept for nothing')
        cart = next
      }
    }),
    { seed, numRuns: 300 },
  )
  t.pass()
})
