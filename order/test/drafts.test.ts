/** Drafts and their checkouts, over real files and a store whose other services are held in hand. */
import t, { type Test } from 'tap'
import { StoreError } from '../../errors.ts'
import { answered, until } from '../../storage/csv/test/harness.ts'
import { HandClock } from '../../storage/test/hand-clock.ts'
import type { Draft } from '../draft.ts'
import { Drafts } from '../drafts.ts'
import { heldDrafts } from './held-drafts.ts'
import { turns } from './held-world.ts'

const some = { Tux: 10, Fox: 10, ann: 10_000, bob: 10_000 }

/** A store with a draft of one Tux and two Foxes, for ann: 30.00. */
async function withDraft(t: Test, ...given: [stock?: Record<string, number>, credit?: Record<string, number>]) {
  const store = await heldDrafts(t, ...given)
  await store.create('d1')
  await store.add('d1', 'Tux')
  await store.add('d1', 'Fox', 2)
  return store
}
const bought = { Tux: 9, Fox: 8, ann: 7000, bob: 10_000 }

t.test('a draft is made once, filled, looked at and deleted', async (t) => {
  const store = await heldDrafts(t)
  t.strictSame(await store.create('d1', 'bob'), { id: 'd1' })
  t.equal(await store.create('d1'), 'conflict')
  t.strictSame(await store.find('d1'), { id: 'd1', user: 'bob', items: [], total: 0, paid: false })
  await store.add('d1', 'Tux', 2, 1250)
  await store.add('d1', 'Fox', 1, 50)
  await store.add('d1', 'Tux', 1, 1250)
  await store.take('d1', 'Fox')
  const found = { id: 'd1', user: 'bob', items: [['Tux', 3]], total: 37.5, paid: false }
  t.strictSame(await store.find('d1'), found)
  t.equal(await store.take('d1', 'Fox'), 'bad_request')
  await store.kill()
  t.strictSame(await store.find('d1'), found, 'it is durable')
  t.strictSame(await store.remove('d1'), { id: 'd1' })
  for (const op of [store.find, store.checkout, store.remove]) t.equal(await op('d1'), 'order_not_found')
  t.equal(await store.add('d1', 'Tux'), 'order_not_found')
  t.equal(await store.take('d1', 'Tux'), 'order_not_found')
  t.strictSame(store.sides.balances(), some)
})

t.test(
  'its checkout is one order, however often it is asked for: at once, together, later, and after a start',
  async (t) => {
    const store = await withDraft(t)
    const { sides } = store
    sides.catalog.auto = () => false
    const first = store.checkout('d1')
    await turns()
    const joined = [
      store.checkout('d1'),
      ...Array.from({ length: 3 }, () => store.runAll(Array(10).fill({ op: 'checkout', id: 'd1' }))),
    ]
    await turns()
    t.equal(sides.catalog.messages.length, 1, 'they join the first')
    sides.catalog.auto = () => true
    sides.catalog.only('reserve').deliver()
    t.match(await first, { id: 'd1', paid: true, names: ['Tux', 'Fox'] })
    for (const one of (await Promise.all(joined)).flat()) t.match(one, { id: 'd1', paid: true })
    t.strictSame(await store.checkout('d1'), { id: 'd1', paid: true }, 'bought before: nothing is new of its items')
    for (const restart of [() => store.stop().then(() => store.start()), () => store.kill()]) {
      await restart()
      t.strictSame(await store.checkout('d1'), { id: 'd1', paid: true })
      t.equal(await store.isPaid('d1'), true)
    }
    t.strictSame(sides.balances(), bought)
    t.equal(store.now.log.lastNumber, 1)
    t.match(await store.now.log.get(1), {
      key: '~d1',
      rows: [
        { name: 'Tux', user: 'ann' },
        { name: 'Fox', quantity: '2' },
      ],
    })
    t.equal((await store.now.map.get('d1'))!.order, 1)
  },
)

t.test('killed between the sync of its order and the mark, it is paid, and paid once', async (t) => {
  const store = await withDraft(t)
  store.now.files.hold({ kind: 'write', name: 'drafts' })
  t.match(await store.checkout('d1'), { paid: true }, 'nobody waits for the mark')
  t.equal(store.now.drafts.unmarked, 1)
  t.equal(await store.isPaid('d1'), true)
  await store.kill()
  t.equal((await store.now.map.get('d1'))!.order, undefined, 'the mark was lost')
  t.equal(await store.add('d1', 'Tux'), 'conflict')
  t.equal(await store.isPaid('d1'), true)
  t.strictSame(await store.checkout('d1'), { id: 'd1', paid: true })
  t.strictSame(store.sides.balances(), bought)
  t.equal(store.now.log.lastNumber, 1)
  await store.stop()
  await store.start()
  t.equal((await store.now.map.get('d1'))!.order, 1, 'and marked by who found it')
})

t.test('killed before its order is written, it is not paid, all is given back, and it can be bought', async (t) => {
  const store = await withDraft(t)
  const held = store.now.files.hold({ kind: 'write', name: 'orders.csv' })
  const lost = store.checkout('d1')
  await held.reached
  t.notOk(await answered(lost, 5))
  await store.kill()
  t.equal(await store.isPaid('d1'), false)
  t.strictSame(store.sides.balances(), some)
  t.match(await store.checkout('d1'), { paid: true })
  t.strictSame(store.sides.balances(), bought)
})

t.test('killed when its order is written but nobody was told, it is paid', async (t) => {
  const store = await withDraft(t)
  const held = store.now.files.hold({ kind: 'sync', name: 'orders.csv' })
  void store.checkout('d1')
  await held.reached
  await store.kill()
  t.equal(await store.isPaid('d1'), true)
  t.strictSame(await store.checkout('d1'), { id: 'd1', paid: true })
  t.strictSame(store.sides.balances(), bought)
  t.strictSame([store.sides.catalog.reserved(), store.sides.payment.reserved()], [[], []])
  t.equal(store.now.log.lastNumber, 1)
})

t.test('while it is checked out it is not changed; another draft is', async (t) => {
  const store = await withDraft(t)
  await store.create('d2')
  store.sides.catalog.auto = () => false
  const checkout = store.checkout('d1')
  await turns()
  t.equal(await store.add('d1', 'Tux'), 'conflict')
  t.equal(await store.take('d1', 'Tux'), 'conflict')
  t.equal(await store.remove('d1'), 'conflict')
  t.equal(await store.fill('b1', { id: 'd1', user: 'bob', items: [] }), 'conflict')
  t.match(await store.find('d1'), { paid: false, total: 30 })
  t.strictSame(await store.add('d2', 'Tux'), { id: 'd2' })
  store.sides.catalog.auto = () => true
  store.sides.catalog.only('reserve').deliver()
  t.match(await checkout, { paid: true })
  t.strictSame(store.sides.balances(), bought)
})

t.test('a change that is under way when a checkout begins is part of it', async (t) => {
  const store = await withDraft(t)
  const held = store.now.files.hold({ kind: 'sync', name: 'drafts' })
  const changes = [store.add('d1', 'Fox'), store.take('d1', 'Tux')]
  const checkout = store.checkout('d1')
  await held.reached
  t.notOk(await answered(checkout, 10))
  held.release()
  t.strictSame(await Promise.all(changes), [{ id: 'd1' }, { id: 'd1' }])
  t.match(await checkout, { paid: true, names: ['Fox'] })
  t.match(await store.find('d1'), { items: [['Fox', 3]], total: 30 })
  t.strictSame(store.sides.balances(), { Tux: 10, Fox: 7, ann: 7000, bob: 10_000 })
})

t.test('a draft that is deleted as its checkout begins is not bought', async (t) => {
  const store = await withDraft(t)
  const held = store.now.files.hold({ kind: 'sync', name: 'drafts' })
  const [removed, checkout] = [store.remove('d1'), store.checkout('d1')]
  await held.reached
  held.release()
  t.strictSame(await Promise.all([removed, checkout]), [{ id: 'd1' }, 'order_not_found'])
  t.strictSame(store.sides.balances(), some)
})

t.test('what is paid is changed no more, marked or not, and after a start', async (t) => {
  const store = await withDraft(t)
  const held = store.now.files.hold({ kind: 'write', name: 'drafts' })
  await store.checkout('d1')
  const refused = async () => {
    const all = [store.add('d1', 'Tux'), store.take('d1', 'Tux'), store.remove('d1')]
    t.strictSame(await Promise.all(all), ['conflict', 'conflict', 'conflict'])
    t.match(await store.find('d1'), {
      items: [
        ['Tux', 1],
        ['Fox', 2],
      ],
      total: 30,
      paid: true,
    })
  }
  await refused()
  held.release()
  await store.marked()
  t.equal(store.now.drafts.unmarked, 0)
  await refused()
  await store.kill()
  await refused()
})

t.test(
  'a draft that a batch overwrites is a new one, unpaid, bought under a key of its own; the old order stays',
  async (t) => {
    const store = await withDraft(t)
    await store.checkout('d1')
    const draft = { id: 'd1', user: 'bob', items: [{ name: 'Tux', quantity: 1, cents: 1000 }] }
    for (const [batch, order] of [
      ['b1', 2],
      ['b2', 3],
    ] as const) {
      t.strictSame(await store.fill(batch, draft, { ...draft, id: 'd2' }), { id: batch })
      t.strictSame(await store.find('d1'), { id: 'd1', user: 'bob', items: [['Tux', 1]], total: 10, paid: false })
      t.match(await store.checkout('d1'), { paid: true })
      t.strictSame(await store.checkout('d1'), { id: 'd1', paid: true })
      t.match(await store.now.log.get(order), { key: `~d1.${batch}`, rows: [{ user: 'bob' }] })
    }
    await store.fill('b3', draft)
    await store.kill()
    t.equal(await store.isPaid('d1'), false)
    t.equal(store.now.log.lastNumber, 3)
    t.match(await store.now.log.get(1), { key: '~d1', rows: [{ user: 'ann' }, {}] })
    t.strictSame(store.sides.balances(), { Tux: 7, Fox: 8, ann: 7000, bob: 8000 })
  },
)

t.test('a draft that is overwritten before its order was marked in it keeps the mark off the new one', async (t) => {
  const store = await withDraft(t)
  store.now.files.fail({ kind: 'write', name: 'drafts' }, { code: 'ENOSPC' })
  await store.checkout('d1')
  await store.fill('b1', { id: 'd1', user: 'bob', items: [{ name: 'Tux', quantity: 1, cents: 1000 }] })
  t.equal(await store.isPaid('d1'), false)
  await store.marked()
  t.equal(store.now.drafts.unmarked, 0)
  t.equal(await store.isPaid('d1'), false)
  t.equal((await store.now.map.get('d1'))!.order, undefined)
})

t.test(
  'a mark that the disk refuses is tried again, the operator is told once, and it is paid meanwhile',
  async (t) => {
    const store = await withDraft(t)
    await store.create('d2', 'bob')
    await store.add('d2', 'Tux')
    store.now.files.fail({ kind: 'write', name: 'drafts' }, { times: 5, code: 'ENOSPC' })
    const both = await store.runAll([
      { op: 'checkout', id: 'd1' },
      { op: 'checkout', id: 'd2' },
    ])
    t.match(both, [{ paid: true }, { paid: true }])
    await until(() => store.now.notes.length > 0)
    t.equal(store.now.drafts.unmarked, 2)
    t.strictSame([await store.isPaid('d1'), await store.isPaid('d2')], [true, true])
    await store.marked()
    t.strictSame(store.now.notes, ['drafts cannot be marked as paid yet: the disk is full; nothing was changed'])
    const orders = await Promise.all(['d1', 'd2'].map(async (id) => (await store.now.map.get(id))!.order))
    t.strictSame(orders.sort(), [1, 2])
  },
)

t.test('where its order may or may not be durable nothing is told of it, until a start knows', async (t) => {
  const store = await withDraft(t)
  store.now.files.fail({ kind: 'sync', name: 'orders.csv' })
  const ask = () => [store.checkout('d1'), store.find('d1'), store.add('d1', 'Tux'), store.remove('d1')]
  t.equal(await store.checkout('d1'), 'outcome_unknown')
  for (const one of await Promise.all(ask())) t.match(one, /^(outcome_unknown|conflict)$/)
  t.equal(await store.find('d1'), 'outcome_unknown')
  await turns()
  t.strictSame(store.sides.balances(), bought, 'nothing is given back')
  await store.kill()
  t.equal(await store.isPaid('d1'), true, 'the row was there')
  t.strictSame(await store.checkout('d1'), { id: 'd1', paid: true })
  t.strictSame(store.sides.balances(), bought)
  t.equal(store.now.log.lastNumber, 1)
})

t.test('where its order cannot be written all is given back, and it is bought later', async (t) => {
  const store = await withDraft(t)
  store.now.files.fail({ kind: 'write', name: 'orders.csv' }, { code: 'ENOSPC' })
  t.equal(await store.checkout('d1'), 'unavailable')
  t.strictSame(store.sides.balances(), some)
  t.equal(await store.isPaid('d1'), false)
  t.match(await store.checkout('d1'), { paid: true })
})

t.test('an empty draft is not bought', async (t) => {
  const store = await heldDrafts(t)
  await store.create('d1')
  t.equal(await store.checkout('d1'), 'bad_request')
  await store.add('d1', 'Tux')
  await store.take('d1', 'Tux')
  t.equal(await store.checkout('d1'), 'bad_request')
  t.equal(store.now.log.lastNumber, 0)
})

t.test('what costs something else than was shown is not bought; added once more, it is shown anew', async (t) => {
  const store = await withDraft(t)
  for (const cents of [1500, 500]) {
    store.sides.setPrice('Tux', cents)
    const [told] = await store.now.drafts.runAll([{ op: 'checkout', id: 'd1' }], 5000)
    t.match(told, { code: 'conflict', message: 'what it costs has changed since it was shown' })
    t.strictSame(store.sides.balances(), some)
    t.equal(await store.isPaid('d1'), false)
  }
  await store.add('d1', 'Tux', 1, 500)
  t.match(await store.find('d1'), {
    items: [
      ['Tux', 2],
      ['Fox', 2],
    ],
    total: 30,
  })
  t.match(await store.checkout('d1'), { paid: true })
  t.strictSame(store.sides.balances(), { ...bought, Tux: 8 })
})

t.test('an item that is gone is not bought, nor what is with it', async (t) => {
  const store = await withDraft(t)
  store.sides.catalog.state.apply({ fact: 'removed', account: 'Fox' })
  t.equal(await store.checkout('d1'), 'product_not_found')
  t.strictSame(store.sides.balances(), { Tux: 10, ann: 10_000, bob: 10_000 })
  await store.take('d1', 'Fox')
  await store.take('d1', 'Fox')
  t.match(await store.checkout('d1'), { paid: true })
})

for (const [what, stock, credit, code] of [
  ['stock', { Tux: 10, Fox: 1 }, { ann: 10_000 }, 'out_of_stock'],
  ['credit', { Tux: 10, Fox: 10 }, { ann: 2999 }, 'out_of_credit'],
  ['its customer', { Tux: 10, Fox: 10 }, { bob: 1 }, 'user_not_found'],
] as const)
  t.test(`for want of ${what} all is given back, and the draft can be changed`, async (t) => {
    const store = await withDraft(t, stock, credit)
    for (let times = 0; times < 2; times++) {
      t.equal(await store.checkout('d1'), code)
      t.strictSame(store.sides.balances(), { ...stock, ...credit })
      t.equal(await store.isPaid('d1'), false)
    }
    t.strictSame(await store.take('d1', 'Tux'), { id: 'd1' })
  })

t.test('of many drafts for the last piece, exactly one is bought', async (t) => {
  const store = await heldDrafts(t, { Tux: 1 }, { ann: 100_000 })
  const ids = Array.from({ length: 20 }, (_, i) => `d${i}`)
  for (const id of ids) {
    await store.create(id)
    await store.add(id, 'Tux')
  }
  const checkouts = ids.map((id) => ({ op: 'checkout', id }) as const)
  const [some, others] = await Promise.all([store.runAll(checkouts.slice(0, 10)), store.runAll(checkouts.slice(10))])
  const all = [...some, ...others]
  t.equal(all.filter((one) => one === 'out_of_stock').length, 19)
  t.equal(all.filter((one) => typeof one !== 'string' && one.paid === true).length, 1)
  t.strictSame(store.sides.balances(), { Tux: 0, ann: 99_000 })
  const paid = await Promise.all(ids.map(store.isPaid))
  t.equal(paid.filter(Boolean).length, 1)
})

t.test('many large drafts together are each bought, or refused, by itself', async (t) => {
  const toys = Array.from({ length: 100 }, (_, i) => `toy ${i}`)
  const store = await heldDrafts(t, Object.fromEntries(toys.map((name) => [name, 45])), { ann: 1e9 })
  const items = toys.map((name) => ({ name, quantity: 1, cents: 1000 }))
  const ids = Array.from({ length: 50 }, (_, i) => `d${i}`)
  await store.fill('b1', ...ids.map((id) => ({ id, user: 'ann', items })))
  const all = await store.runAll([...ids, 'none'].map((id) => ({ op: 'checkout', id }) as const))
  t.equal(all.pop(), 'order_not_found')
  t.equal(all.filter((one) => one === 'out_of_stock').length, 5)
  t.equal(all.filter((one) => typeof one !== 'string').length, 45)
  t.strictSame(new Set(Object.values(store.sides.balances())), new Set([0, 1e9 - 45 * 100_000]))
  t.equal(store.now.log.lastNumber, 45)
})

/** Drafts over a map and a log that are made up, whose marks the disk refuses. */
function unmarkable(t: Test) {
  const state = { lastNumber: 0, given: [] as string[], placed: 0 }
  const draft: Draft = { user: 'ann', items: [{ name: 'Tux', quantity: 1, cents: 1 }], key: '', order: undefined }
  const clock = new HandClock()
  const drafts = new Drafts({
    map: {
      get: async (id: string) => ({ ...draft, key: `~${id}` }),
      update: () => Promise.reject(new StoreError('unavailable', 'the disk is full')),
    } as never,
    orders: {
      placeAll: async (wanted) =>
        wanted.map(() => {
          state.placed += 1
          state.lastNumber += 1
          return { bought: { order_number: state.lastNumber, total: 0.01 }, at: undefined }
        }),
    },
    log: {
      isNew: () => true,
      byKey: async () => undefined,
      get lastNumber() {
        return state.lastNumber
      },
    },
    clock,
    note: () => {},
    giveUp: ({ message }) => void state.given.push(message),
  })
  t.teardown(() => drafts.close())
  const checkout = async (from: number, to: number) => {
    const ops = Array.from({ length: to - from }, (_, i) => ({ op: 'checkout', id: `d${from + i}` }) as const)
    return drafts.runAll(ops, 5000)
  }
  return { state, drafts, clock, checkout }
}

t.test('while too many orders are not marked in their drafts, no more drafts are bought', async (t) => {
  const { state, drafts, checkout } = unmarkable(t)
  for (let from = 0; from < 10_000; from += 1000) await checkout(from, from + 1000)
  t.equal(drafts.unmarked, 10_000)
  t.match(await checkout(10_000, 10_001), [{ code: 'unavailable' }])
  t.equal(state.placed, 10_000)
  t.match(await checkout(5, 6), [{ paid: true }], 'what is paid is told')
})

t.test('where a mark stays out until the log is about to forget its key, the service is given up', async (t) => {
  const { state, clock, checkout } = unmarkable(t)
  await checkout(0, 1)
  state.lastNumber += 524_287
  await clock.pass(600)
  await turns()
  t.strictSame(state.given, [])
  state.lastNumber += 2
  await clock.pass(600)
  await turns()
  t.strictSame(state.given, ['drafts cannot be marked as paid'])
})
