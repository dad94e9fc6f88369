/** Buying what a cart holds, with all other services held in hand. */
import t from 'tap'
import type { StoreError } from '../../errors.ts'
import { type HeldShop, heldShop, seen } from './held-carts.ts'
import { turns } from './held-world.ts'

const getsOf = ({ cart }: HeldShop): number => cart.sent.filter(({ op }) => op === 'look').length
const nothing: [] = []
const all = { Tux: 10, Fox: 10, ann: 10_000, bob: 10_000 }

t.test('what a cart holds is one order, and the cart is empty before the buyer is told', async (t) => {
  const shop = await heldShop()
  shop.cart.auto = ({ op }) => op === 'look'
  const told = seen(shop.buy('k1', { user: 'bob' }))
  await turns()
  t.equal(shop.log.lastNumber, 1)
  t.equal(told.value, 'nothing yet')
  t.strictSame(shop.cart.only('take').op, {
    op: 'take',
    customer: 'ann',
    attempt: shop.log.entries[0]!.attempt,
    order: 1,
    lines: [
      { itemId: 'Tux', count: 1 },
      { itemId: 'Fox', count: 2 },
    ],
  })
  shop.cart.only('take').deliver()
  await turns()
  t.strictSame(told.value, {
    order_number: 1,
    total: 30,
    items: [
      { name: 'Tux', quantity: 1, price: 10 },
      { name: 'Fox', quantity: 2, price: 10 },
    ],
    user: 'bob',
  })
  t.strictSame(shop.cart.in('ann'), nothing)
  t.strictSame(shop.sides.balances(), { Tux: 9, Fox: 8, ann: 10_000, bob: 7000 })
  t.match(shop.log.entries, [{ key: 'k1', rows: [{ cart: 'ann', user: 'bob' }, { cart: 'ann' }] }])
  t.equal(shop.carts.untaken, 0)
})

t.test('nothing leaves the cart before the row is synced', async (t) => {
  const shop = await heldShop()
  shop.log.holding = true
  const told = seen(shop.buy('k1'))
  await turns()
  t.equal(shop.reserved().length, 1)
  t.strictSame(shop.cart.takes(), [])
  shop.log.release()
  await turns()
  t.match(told.value, { order_number: 1, total: 30 })
  t.equal(shop.cart.takes().length, 1)
})

t.test('a number buys the toy that its digits name, together with the one given by its name', async (t) => {
  const shop = await heldShop({ '4011': 9 })
  shop.cart.put('bob', 4011, 2)
  shop.cart.put('bob', '4011', 1)
  t.match(await shop.buy('k1', { cart: 'bob' }), { name: '4011', quantity: 3, total: 30 })
  t.equal(shop.sides.catalog.stock('4011'), 6)
  t.strictSame(shop.cart.in('bob'), nothing)
})

t.test('what is added while a cart is bought stays', async (t) => {
  const shop = await heldShop()
  shop.sides.catalog.auto = ({ op }) => op !== 'reserve'
  const told = seen(shop.buy('k1'))
  await turns()
  shop.cart.put('ann', 'Fox', 3)
  shop.cart.put('ann', 'Owl')
  shop.sides.catalog.only('reserve').deliver()
  await turns()
  t.match(told.value, { order_number: 1, total: 30 })
  t.strictSame(shop.cart.in('ann'), [
    ['Fox', 3],
    ['Owl', 1],
  ])
})

for (const [why, code, prepare, more] of [
  ['an empty cart', 'cart_empty', (shop) => shop.cart.execute(emptying), {}],
  ['too few pieces', 'out_of_stock', (shop) => shop.cart.put('ann', 'Tux', 99), {}],
  ['a toy that is not there', 'product_not_found', (shop) => shop.cart.put('ann', 'Gnu'), {}],
  [
    'a toy that is not there, for a customer',
    'product_not_found',
    (shop) => shop.cart.put('ann', 'Gnu'),
    { user: 'ann' },
  ],
  ['no such customer', 'user_not_found', () => {}, { user: 'eve' }],
  ['too little credit', 'out_of_credit', (shop) => shop.cart.put('ann', 'Tux', 8), { user: 'ann' }],
  ['a lower offer', 'price_changed', (shop) => shop.cart.put('ann', 'Owl', 1, { offeredPrice: 9.99 }), {}],
] as const satisfies readonly (readonly [
  string,
  string,
  (shop: Awaited<ReturnType<typeof heldShop>>) => unknown,
  object,
])[])
  t.test(`${why} changes nothing, and the cart stays as it was`, async (t) => {
    const stock = { Tux: 10, Fox: 10, Owl: 1 }
    const shop = await heldShop(stock, { ann: 9000 })
    prepare(shop)
    const before = shop.cart.in('ann')
    for (const key of ['k1', 'k1', 'k2']) t.equal(await shop.buy(key, more), code)
    t.strictSame(shop.cart.in('ann'), before)
    t.strictSame(shop.sides.balances(), { ...stock, ann: 9000 })
    t.strictSame([shop.reserved(), shop.cart.takes(), shop.log.entries], [[], [], []])
  })

const emptying = {
  op: 'take',
  customer: 'ann',
  attempt: 'a0-1',
  order: 0,
  lines: [
    { itemId: 'Tux', count: 1 },
    { itemId: 'Fox', count: 2 },
  ],
} as const

t.test('what is refused of a cart is named, also where it is the only toy in it', async (t) => {
  const shop = await heldShop()
  shop.cart.put('ann', 'Gnu')
  shop.cart.put('bob', 'Emu')
  shop.cart.put('eve', 'Tux', 11)
  const told = async (cart: string, user?: string) => shop.place({ key: `k ${cart}`, cart, user })
  t.match(await told('ann'), { message: 'product not found: Gnu', details: { items: ['Gnu'] } })
  for (const user of [undefined, 'ann'])
    t.match(await told('bob', user), { message: 'product not found: Emu', details: { items: ['Emu'] } })
  t.match(await told('eve'), { message: 'not enough stock: Tux', details: { items: ['Tux'] } })
})

t.test('more toys than one purchase takes are refused, and told so', async (t) => {
  const names = Array.from({ length: 101 }, (_, i) => `toy ${i}`)
  const shop = await heldShop(Object.fromEntries(names.map((name) => [name, 1])))
  for (const name of names.slice(1)) shop.cart.put('bob', name)
  shop.cart.put('eve', 'toy 0')
  for (const name of names.slice(1)) shop.cart.put('eve', name)
  const told = await shop.place({ key: 'k1', cart: 'eve' })
  t.match(told, { code: 'bad_request', message: 'the cart holds 101 toys; one purchase takes at most 100' })
  t.equal(shop.cart.in('eve').length, 101)
  t.match(await shop.buy('k2', { cart: 'bob' }), { order_number: 1, total: 1000 })
})

t.test('a price above what was offered is told with both, unless the buyer takes any', async (t) => {
  const shop = await heldShop()
  shop.sides.setPrice('Tux', 1050)
  shop.cart.put('bob', 'Tux', 1, { offeredPrice: 10.49 })
  shop.cart.put('bob', 'Fox', 1, { offeredPrice: 12 })
  for (const user of [undefined, 'bob']) {
    const told = (await shop.place({ key: 'k1', cart: 'bob', user })) as StoreError
    t.equal(told.code, 'price_changed')
    t.strictSame(told.details, { items: [{ name: 'Tux', old: 10.49, new: 10.5 }] })
    t.strictSame(shop.sides.balances(), all)
  }
  t.strictSame(shop.reserved(), [])
  t.match(await shop.buy('k2', { cart: 'bob', acceptPrices: true }), { total: 20.5 })
  for (const offeredPrice of [10.5, 10.501, 99]) {
    shop.cart.put('bob', 'Tux', 1, { offeredPrice })
    t.match(await shop.buy(`at ${offeredPrice}`, { cart: 'bob' }), { total: 10.5 }, 'and pays what it costs today')
  }
})

t.test('where a toy is in the cart by its number and by its name, the lower offer counts', async (t) => {
  for (const [first, second] of [
    [9.99, 99],
    [99, 9.99],
  ] as const) {
    const shop = await heldShop({ '7': 9 })
    shop.cart.put('bob', 7, 1, { offeredPrice: first })
    shop.cart.put('bob', '7', 1, { offeredPrice: second })
    const { details } = (await shop.place({ key: 'k1', cart: 'bob' })) as StoreError
    t.strictSame(details, { items: [{ name: '7', old: 9.99, new: 10 }] })
  }
})

t.test('a price that rises while the cart is bought is noticed by what is held', async (t) => {
  const shop = await heldShop()
  shop.cart.put('bob', 'Tux', 1, { offeredPrice: 10 })
  await shop.buyToys('before', { user: 'ann' })
  shop.sides.catalog.auto = ({ op }) => {
    if (op === 'reserve') shop.sides.setPrice('Tux', 1001)
    return true
  }
  const told = (await shop.place({ key: 'k1', cart: 'bob', user: 'bob' })) as StoreError
  t.strictSame(told.details, { items: [{ name: 'Tux', old: 10, new: 10.01 }] })
  t.strictSame(shop.sides.balances(), { ...all, Tux: 9, ann: 9000 })
  t.strictSame(shop.reserved(), [])
})

t.test('an offer that is over binds nobody; one that holds still does', async (t) => {
  const shop = await heldShop()
  const now = shop.clock.now()
  const offers: [saleExpiration: number | string, isOver: boolean][] = [
    [now - 1, true],
    [Math.floor(now / 1000) - 1, true],
    [new Date(now - 1).toISOString(), true],
    [now + 1, false],
    [Math.floor(now / 1000) + 1, false],
    [new Date(now + 1000).toISOString(), false],
  ]
  for (const [i, [saleExpiration, isOver]] of offers.entries()) {
    const cart = `customer ${i}`
    shop.cart.put(cart, 'Tux', 1, { offeredPrice: 1, saleExpiration })
    t.match(await shop.buy(`k${i}`, { cart }), isOver ? { total: 10 } : 'price_changed', `${saleExpiration}`)
  }
})

t.test('a purchase by its key is one order, whatever the cart holds when it is asked again', async (t) => {
  const shop = await heldShop()
  shop.sides.catalog.auto = () => false
  const together = [shop.buy('k1'), shop.buy('k1'), shop.buy('k1', { acceptPrices: true })]
  await turns()
  t.equal(shop.sides.catalog.messages.length, 1, 'they join the first')
  shop.sides.catalog.auto = () => true
  shop.sides.catalog.only('reserve').deliver()
  const bought = await Promise.all(together)
  t.match(bought[0], { order_number: 1, total: 30 })
  t.strictSame(bought, [bought[0], bought[0], bought[0]])
  t.equal(getsOf(shop), 1)
  t.strictSame(await shop.buy('k1'), bought[0], 'the cart is empty')
  shop.cart.put('ann', 'Tux', 5)
  t.strictSame(await shop.buy('k1'), bought[0], 'it holds something else')
  t.strictSame(shop.cart.in('ann'), [['Tux', 5]])
  await shop.crash()
  t.strictSame(await shop.buy('k1'), bought[0], 'after a start')
  t.equal(shop.log.lastNumber, 1)
})

t.test('what joins a purchase that is refused is refused with it', async (t) => {
  const shop = await heldShop({ Tux: 0, Fox: 9 })
  t.strictSame(await Promise.all([shop.buy('k1'), shop.buy('k1')]), ['out_of_stock', 'out_of_stock'])
  t.equal(getsOf(shop), 1)
})

t.test('a key of a cart is no key of another cart, payer or purchase, nor the other way round', async (t) => {
  const shop = await heldShop()
  const tux = { items: [{ account: 'Tux', amount: 1 }] }
  t.match(await shop.buyToys('toys', { ...tux, user: 'ann' }), { order_number: 1 })
  t.match(await shop.buy('cart', { user: 'ann' }), { order_number: 2 })
  shop.cart.put('ann', 'Tux')
  shop.cart.put('bob', 'Tux')
  t.equal(await shop.buy('toys', { user: 'ann' }), 'key_reused')
  for (const other of [{}, { user: 'bob' }, { cart: 'bob', user: 'ann' }])
    t.equal(await shop.buy('cart', other), 'key_reused')
  t.equal(await shop.buyToys('cart', { ...tux, user: 'ann' }), 'key_reused')
  t.equal(
    await shop.buyToys('cart', { items: [...tux.items, { account: 'Fox', amount: 2 }], user: 'ann' }),
    'key_reused',
  )
  t.equal(shop.log.lastNumber, 2)
  t.strictSame([shop.cart.in('ann'), shop.cart.in('bob')], [[['Tux', 1]], [['Tux', 1]]])
})

t.test(
  'of two payers under one key at the same time one buys, and the other is told that the key is used',
  async (t) => {
    const shop = await heldShop()
    const told = await Promise.all([shop.buy('k1', { user: 'ann' }), shop.buy('k1', { user: 'bob' })])
    t.match(told, [{ order_number: 1, user: 'ann' }, 'key_reused'])
  },
)

t.test('two purchases of one cart at the same time share nothing: the second looks at it again', async (t) => {
  for (const added of [undefined, 'Owl'] as const) {
    const shop = await heldShop({ Tux: 10, Fox: 10, Owl: 10 })
    shop.sides.catalog.auto = ({ op }) => op !== 'reserve'
    const [first, second] = [seen(shop.buy('k1')), seen(shop.buy('k2'))]
    await turns()
    t.equal(getsOf(shop), 1)
    if (added !== undefined) shop.cart.put('ann', added)
    shop.sides.catalog.auto = () => true
    for (const message of shop.sides.catalog.messages) message.deliver()
    await turns()
    t.match(first.value, { order_number: 1, total: 30 })
    t.match(second.value, added === undefined ? 'cart_empty' : { order_number: 2, name: 'Owl', total: 10 })
    t.strictSame(shop.cart.in('ann'), nothing)
  }
})
