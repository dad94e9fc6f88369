/** What stands in a cart's row, here and where the shopping-cart service wrote it. */
import t from 'tap'
import type { Cart } from '../cart.ts'
import { cartFormat } from '../store.ts'

const read = (items: unknown, order = '', attempt = ''): Cart =>
  cartFormat.read([JSON.stringify(items), order, attempt])

t.test('what is written is read again', async (t) => {
  const timestamp = '2026-11-22T12:00:00.000Z'
  const items = [
    { itemId: 'Tux, "the" one', unitCount: 2, itemCount: 2, offeredPrice: 9.99, specialSale: true, timestamp },
    { itemId: 36000291459, unitCount: 1_000_000, saleExpiration: '2027-01-01', timestamp },
  ]
  for (const cart of [{ items }, { items: [] }, { items, taken: { order: 7, attempt: 'a1-2' } }])
    t.strictSame(cartFormat.read(cartFormat.write(cart)), cart)
})

t.test('rows of the shopping-cart service are read as it meant them', async (t) => {
  const first = { unitCount: 1, offeredPrice: 50, itemId: 36000291459, timestamp: 1574380000 }
  t.strictSame(read([{ ...first, colour: 'red' }]).items, [
    { itemId: 36000291459, unitCount: 1, offeredPrice: 50, timestamp: '2019-11-21T23:46:40.000Z' },
  ])
  t.match(read([{ itemId: 7, itemCount: 3, unitCount: 1 }]).items, [{ unitCount: 1, itemCount: 1, timestamp: '' }])
  const again = read([first, { itemId: 8, unitCount: 1 }, { ...first, unitCount: 3, offeredPrice: 40 }]).items
  t.match(again, [{ itemId: 36000291459, unitCount: 3, offeredPrice: 40 }, { itemId: 8 }])
  t.equal(again.length, 2)
})

t.test('what is no cart is refused, so that its row is named', async (t) => {
  for (const items of ['{}', 'rubbish', '[1]', '[null]', '[{"itemId":"a"}]', '[{"itemId":"a","unitCount":0}]'])
    t.throws(() => cartFormat.read([items, '', '']), RangeError, items)
  for (const items of [
    '[{"itemId":"=1","unitCount":1}]',
    '[{"itemId":1.5,"unitCount":1}]',
    '[{"itemId":1,"unitCount":"2"}]',
  ])
    t.throws(() => cartFormat.read([items, '', '']), RangeError, items)
  t.throws(() => read([], '7', ''), RangeError)
  t.throws(() => read([], '7', 'b1-1'), RangeError)
})
