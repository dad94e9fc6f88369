/** Purchases that a customer pays: what is held of both, compared, and given back by both. */
import t, { type Test } from 'tap'
import { type HeldStore, heldStore, turns } from './held-world.ts'

const ann = (key: string, ...items: [toy: string, pieces: number][]) => ({
  key,
  user: 'ann',
  items: (items.length === 0 ? ([['Tux', 1]] as const) : items).map(([account, amount]) => ({ account, amount })),
})
const credit = ({ payment }: HeldStore): number => payment.stock('ann')
const costs = ({ catalog }: HeldStore, price: string, toy = 'Tux'): void =>
  catalog.state.apply({ fact: 'account', account: toy, balance: catalog.stock(toy), attributes: [price] })
const isFree = (t: Test, { catalog, payment }: HeldStore): void => {
  t.same(catalog.reserved(), [], 'the catalog holds nothing')
  t.same(payment.reserved(), [], 'payment holds nothing')
}

t.test('who does not pay does not wait for payment', async (t) => {
  const store = await heldStore({ Tux: 5 }, { ann: 10_000 })
  const before = store.payment.sent.length
  t.match(await store.buy('k1'), { order_number: 1 })
  t.equal(store.payment.sent.length, before)
})

t.test('what was begun at another price is given back before it is begun again', async (t) => {
  const store = await heldStore({ Tux: 5 }, { ann: 2500 })
  t.match(await store.buyAll(ann('k1')), [{ total: 10 }])
  costs(store, '15.00')
  t.match(await store.buyAll(ann('k2')), [{ total: 15 }], 'for both there was not enough')
  await turns()
  t.equal(credit(store), 0)
  isFree(t, store)
})

t.test('a key stands for its purchase with its customer', async (t) => {
  const store = await heldStore({ Tux: 5 }, { ann: 10_000, bob: 10_000 })
  const first = await store.buyAll(ann('k1'))
  t.same(await store.buyAll(ann('k1')), first)
  t.same(await store.buyAll({ ...ann('k1'), user: 'bob' }), ['key_reused'])
  t.same(await store.buy('k1'), 'key_reused')
  t.strictSame([store.catalog.stock(), credit(store)], [4, 9000])
})

t.test('a crash between the two holds gives back what is held, and one behind the row finishes both', async (t) => {
  const store = await heldStore({ Tux: 5 }, { ann: 10_000 })
  t.match(await store.buyAll(ann('k1')), [{ order_number: 1 }])
  store.payment.auto = ({ op }) => op !== 'reserve'
  void store.buyAll(ann('k2'))
  await turns()
  t.equal(store.catalog.reserved().length, 1)
  store.payment.auto = () => true
  await store.crash()
  store.clock.jump(200)
  await turns()
  t.strictSame([store.catalog.stock(), credit(store)], [4, 9000])
  isFree(t, store)

  store.catalog.auto = store.payment.auto = ({ op }) => op !== 'confirm'
  t.match(await store.buyAll(ann('k3')), [{ order_number: 2 }])
  await turns()
  t.equal(store.payment.reserved().length, 1)
  store.catalog.auto = store.payment.auto = () => true
  await store.crash()
  store.clock.jump(200)
  await turns()
  t.strictSame([store.catalog.stock(), credit(store)], [3, 8000])
  isFree(t, store)
  t.same(store.notes, [])
})
