/** A purchase that a customer pays: stock and credit under one attempt, whichever of the two says no. */
import t from 'tap'
import { StoreError } from '../../errors.ts'
import { heldCustomers } from './held-customers.ts'
import { turns } from './held-world.ts'

const tux = (amount: number) => [{ account: 'Tux', amount }]
/** What a promise has come to so far. */
function seen<Value>(promise: Promise<Value>): { value: Value | 'nothing yet' } {
  const box: { value: Value | 'nothing yet' } = { value: 'nothing yet' }
  void promise.then((value) => {
    box.value = value
  })
  return box
}

t.test('stock and credit are asked for at the same time, and both are confirmed after the row', async (t) => {
  const { catalog, payment, log, buy, balances } = await heldCustomers({ Tux: 5 }, { ann: 10_000 })
  catalog.auto = () => false
  payment.auto = () => false
  const bought = seen(buy({ items: tux(2), user: 'ann' }))
  await turns()
  const [stock, credit] = [catalog.only('reserve'), payment.only('reserve')]
  t.equal((stock.commands[0] as { id: string }).id, (credit.commands[0] as { id: string }).id, 'under one attempt')
  t.match(credit.commands, [{ items: [{ account: 'ann', amount: 2000 }] }])
  credit.deliver()
  await turns()
  t.equal(log.lastNumber, 0)
  stock.deliver()
  await turns()
  t.match(bought.value, {
    order_number: 1,
    total: 20,
    user: 'ann',
    name: 'Tux',
    quantity: 2,
    items: [{ name: 'Tux', quantity: 2, price: 10 }],
  })
  t.strictSame(balances(), { Tux: 3, ann: 8000 })
  catalog.only('confirm').deliver()
  payment.only('confirm').deliver()
  t.strictSame([catalog.reserved(), payment.reserved()], [[], []])
  t.match(log.entries, [{ rows: [{ name: 'Tux', quantity: '2', price: '10.00', user: 'ann' }] }])
})

for (const [who, credit, stock, code] of [
  ['credit is short', 1999, 5, 'out_of_credit'],
  ['stock is short', 10_000, 1, 'out_of_stock'],
  ['both are short', 0, 0, 'out_of_stock'],
] as const)
  t.test(`where ${who}, no is told only when both have given back`, async (t) => {
    const { catalog, payment, log, buy, balances } = await heldCustomers({ Tux: stock }, { ann: credit })
    for (const late of [catalog, payment]) {
      catalog.auto = ({ op }) => late !== catalog || op !== 'void'
      payment.auto = ({ op }) => late !== payment || op !== 'void'
      const told = seen(buy({ items: tux(2), user: 'ann' }))
      await turns()
      t.equal(told.value, 'nothing yet')
      late.only('void').deliver()
      await turns()
      t.equal(told.value, code)
      t.strictSame(balances(), { Tux: stock, ann: credit })
    }
    t.equal(log.lastNumber, 0)
  })

t.test('one of several that is short takes none of the others, and is named', async (t) => {
  const { orders, clock, balances } = await heldCustomers({ Tux: 5, Fox: 1, Owl: 0, Bear: 5 }, { ann: 10_000 })
  const items = ['Tux', 'Fox', 'Owl', 'Bear'].map((account) => ({ account, amount: 2 }))
  const before = balances()
  for (const user of [undefined, 'ann']) {
    const [told] = await orders.placeAll([{ key: `k ${user}`, items, user }], clock.elapsed() + 1000)
    t.match(told, { code: 'out_of_stock', message: 'not enough stock: Fox, Owl', details: { items: ['Fox', 'Owl'] } })
    t.strictSame(balances(), before)
  }
})

t.test('several items that are not there are named, with a customer and without', async (t) => {
  const { orders, clock, balances } = await heldCustomers({ Tux: 5 }, { ann: 10_000 })
  const items = ['Tux', 'Gnu', 'Emu'].map((account) => ({ account, amount: 1 }))
  const before = balances()
  for (const user of [undefined, 'ann']) {
    const [told] = await orders.placeAll([{ key: `k ${user}`, items, user }], clock.elapsed() + 1000)
    const message = 'product not found: Gnu, Emu'
    t.match(told, { code: 'product_not_found', message, details: { items: ['Gnu', 'Emu'] } }, `for ${user}`)
    t.strictSame(balances(), before)
  }
  const [alone] = await orders.placeAll([{ key: 'alone', items: items.slice(1, 2), user: 'ann' }], 1000)
  t.match(alone, { code: 'product_not_found', message: 'product not found', details: {} })
})

t.test('who is no customer buys nothing', async (t) => {
  const { buy, balances } = await heldCustomers({ Tux: 5 }, { ann: 10_000 })
  t.equal(await buy({ items: tux(1), user: 'nobody' }), 'user_not_found')
  t.strictSame(balances(), { Tux: 5, ann: 10_000 })
})

for (const [what, before, after] of [
  ['more', 1000, 1500],
  ['less', 1000, 250],
] as const)
  t.test(`what costs ${what} than it was known for is sold at what it costs, and that is paid`, async (t) => {
    const { buy, setPrice, balances, payment, log } = await heldCustomers({ Tux: 9 }, { ann: 10_000 })
    t.match(await buy({ items: tux(1), user: 'ann' }), { total: before / 100 })
    setPrice('Tux', after)
    t.match(await buy({ items: tux(2), user: 'ann' }), { total: (2 * after) / 100, price: after / 100 })
    t.strictSame(balances(), { Tux: 6, ann: 10_000 - before - 2 * after })
    t.strictSame(payment.reserved(), [])
    t.equal(log.lastNumber, 2)
  })

t.test('with credit for the old price only, what costs more now is not bought, and nothing is taken', async (t) => {
  const { buy, setPrice, balances, catalog, payment } = await heldCustomers({ Tux: 9 }, { ann: 2400 })
  await buy({ items: tux(1), user: 'ann' })
  setPrice('Tux', 1500)
  t.equal(await buy({ items: tux(1), user: 'ann' }), 'out_of_credit')
  t.strictSame(balances(), { Tux: 8, ann: 1400 })
  t.strictSame([catalog.reserved(), payment.reserved()], [[], []])
})

t.test('what costs something else at each try is given up, and nothing is taken', async (t) => {
  const { buy, setPrice, balances, catalog, payment, log } = await heldCustomers({ Tux: 9 }, { ann: 10_000 })
  let cents = 1000
  catalog.auto = ({ op }) => {
    if (op === 'reserve') setPrice('Tux', ++cents)
    return true
  }
  t.equal(await buy({ items: tux(1), user: 'ann' }), 'unavailable')
  t.equal(cents, 1004, 'it was tried four times')
  t.strictSame(balances(), { Tux: 9, ann: 10_000 })
  t.strictSame([catalog.reserved(), payment.reserved()], [[], []])
  t.equal(log.lastNumber, 0)
})

t.test('at a price that was shown it is bought at that price or not at all', async (t) => {
  const { buy, setPrice, balances } = await heldCustomers({ Tux: 9, Fox: 9 }, { ann: 10_000 })
  const items = [...tux(1), { account: 'Fox', amount: 2 }]
  t.match(await buy({ items, user: 'ann', prices: [1000, 1000] }), { total: 30 })
  setPrice('Tux', 1200)
  setPrice('Fox', 900) // the same in all, and yet not what was shown
  t.equal(await buy({ items, user: 'ann', prices: [1000, 1000] }), 'conflict')
  t.strictSame(balances(), { Tux: 8, Fox: 7, ann: 7000 })
  t.match(await buy({ items, user: 'ann', prices: [1200, 900] }), { total: 30 })
})

t.test('a row that the disk refuses gives both back; one whose fate is unknown gives back neither', async (t) => {
  const { buy, balances, log, payment, catalog } = await heldCustomers({ Tux: 9 }, { ann: 10_000 })
  log.fault = new StoreError('unavailable', 'the disk is full')
  t.equal(await buy({ items: tux(1), user: 'ann' }), 'unavailable')
  t.strictSame(balances(), { Tux: 9, ann: 10_000 })
  log.fault = new StoreError('outcome_unknown', 'the sync failed')
  t.equal(await buy({ items: tux(1), user: 'ann' }), 'outcome_unknown')
  await turns()
  t.strictSame(balances(), { Tux: 8, ann: 9000 })
  t.equal(catalog.reserved().length, 1)
  t.strictSame(payment.reserved(), catalog.reserved())
})

t.test('what all cost together is never more than can be counted', async (t) => {
  const names = Array.from({ length: 10 }, (_, i) => `Castle ${i}`)
  const stock = Object.fromEntries(names.map((name) => [name, 1_000_000]))
  const { orders, clock, setPrice, balances } = await heldCustomers(stock, { ann: 1e12 })
  for (const name of names) setPrice(name, 1_000_000_000)
  const items = names.map((account) => ({ account, amount: 1_000_000 }))
  const before = balances()
  const tell = async (user?: string) => (await orders.placeAll([{ key: 'k', items, user }], clock.elapsed() + 1000))[0]
  t.match(await tell(), { code: 'bad_request', message: 'a purchase may cost at most 90071992547409.91' })
  t.match(await tell('ann'), { code: 'out_of_credit' }, 'nobody has so much')
  t.strictSame(balances(), before)
})

t.test('purchases that come together are paid each by itself, known prices and unknown ones', async (t) => {
  const { orders, clock, balances } = await heldCustomers({ Tux: 5, Fox: 5 }, { ann: 2000, bob: 500 })
  const wanted = (key: string, account: string, user?: string) => ({ key, items: [{ account, amount: 1 }], user })
  const told = await orders.placeAll(
    [
      wanted('a', 'Tux', 'ann'),
      wanted('b', 'Fox', 'bob'),
      wanted('c', 'Fox'),
      wanted('d', 'Gnu', 'ann'),
      wanted('e', 'Tux', 'nobody'),
      wanted('f', 'Fox', 'ann'),
    ],
    clock.elapsed() + 5000,
  )
  t.strictSame(
    told.map((one) => (one instanceof StoreError ? one.code : 'bought')),
    ['bought', 'out_of_credit', 'bought', 'product_not_found', 'user_not_found', 'bought'],
  )
  t.strictSame(balances(), { Tux: 4, Fox: 3, ann: 0, bob: 500 })
})
