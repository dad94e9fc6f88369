/** The purchase protocol, rule by rule: each test fails when its rule is taken out (`npm run test:rules` does that). */
import t from 'tap'
import { StoreError } from '../../errors.ts'
import type { Command } from '../../storage/ledger.ts'
import { heldStore, turns } from './held-world.ts'

const not =
  (...ops: string[]) =>
  ({ op }: Command) =>
    !ops.includes(op)

t.test('a confirmation follows the sync of the row', async (t) => {
  const { buy, catalog, log } = await heldStore()
  log.holding = true
  const bought = buy('k1')
  await turns()
  t.notOk(catalog.ops().includes('confirm'))
  t.equal(catalog.reserved().length, 1)
  log.release()
  t.match(await bought, { order_number: 1, total: 10 })
  await turns()
  t.ok(catalog.ops().includes('confirm'))
  t.same(catalog.reserved(), [])
})

t.test('a buyer is answered after the sync of the row', async (t) => {
  const { buy, log } = await heldStore()
  log.holding = true
  let answered = false
  const bought = buy('k1').then(() => {
    answered = true
  })
  await turns()
  t.notOk(answered)
  log.release()
  await bought
  t.equal(log.lastNumber, 1)
})

t.test('a refusal is answered after the refuser, too, has acknowledged its void', async (t) => {
  const { buy, catalog } = await heldStore({ Tux: 0 })
  catalog.auto = not('void')
  let answer: unknown
  const asked = buy('k1').then((told) => {
    answer = told
  })
  await turns()
  t.equal(answer, undefined, 'no answer before the void')
  catalog.only('void').deliver()
  await asked
  t.equal(answer, 'out_of_stock')
})

t.test('a doubled reserve after a refusal holds nothing, although there is stock again', async (t) => {
  const { buy, catalog } = await heldStore({ Tux: 0 })
  catalog.auto = not('reserve')
  const asked = buy('k1')
  await turns()
  const reserve = catalog.only('reserve')
  reserve.deliver()
  t.equal(await asked, 'out_of_stock')
  catalog.state.apply({ fact: 'account', account: 'Tux', balance: 5, attributes: ['10.00'] })
  reserve.arrive()
  t.same(catalog.reserved(), [])
  t.equal(catalog.stock(), 5)
})

t.test('a reserve that arrives twice holds once', async (t) => {
  const { buy, catalog } = await heldStore({ Tux: 5 })
  catalog.auto = not('reserve')
  const asked = buy('k1')
  await turns()
  const reserve = catalog.only('reserve')
  reserve.arrive()
  reserve.deliver()
  t.match(await asked, { order_number: 1 })
  t.equal(catalog.stock(), 4)
})

t.test('a void that overtakes its reserve makes the late reserve a refusal', async (t) => {
  const { buy, catalog } = await heldStore()
  catalog.auto = not('reserve')
  const asked = buy('k1')
  await turns()
  const reserve = catalog.only('reserve')
  reserve.fail()
  t.equal(await asked, 'unavailable')
  reserve.arrive()
  t.same(catalog.reserved(), [])
  t.equal(catalog.stock(), 2)
})

t.test('the fence stays at or below a purchase in flight, so that open never gives it back', async (t) => {
  const { buy, catalog, clock, log } = await heldStore()
  catalog.auto = not('confirm')
  log.holding = true
  const slow = buy('slow')
  await turns()
  const [id] = catalog.reserved()
  log.release()
  log.holding = false
  await slow
  log.holding = true
  const later = buy('later') // undecided: its row is not synced
  await turns()
  await clock.pass(1100) // the lost confirmation makes the store ask
  const opens = catalog.sent.filter((command) => command.op === 'open')
  t.ok(opens.length > 1, 'it asked again')
  t.equal(catalog.state.belowFence(id!), true, 'what is decided lies below')
  t.equal(catalog.reserved().length, 2 - (catalog.reserved().includes(id!) ? 0 : 1))
  log.release()
  t.match(await later, { order_number: 2 })
  catalog.auto = () => true
  for (const message of catalog.messages) message.deliver()
  await clock.pass(2500)
  t.same(catalog.reserved(), [])
  t.equal(catalog.stock(), 0)
})

t.test('what a crash left open is settled by the log: a row is confirmed, no row is given back', async (t) => {
  const store = await heldStore({ Tux: 5 })
  store.catalog.auto = not('confirm', 'void')
  t.match(await store.buy('sold'), { order_number: 1 })
  store.log.holding = true
  void store.buy('lost')
  await turns()
  t.equal(store.catalog.reserved().length, 2)
  store.catalog.auto = () => true
  await store.crash()
  t.same(store.catalog.reserved(), [])
  t.equal(store.catalog.stock(), 4)
  t.strictSame(store.recovered.at(-1), { finished: 1, givenBack: 1 })
})

t.test('an incarnation rises at every start, so no attempt id is given twice', async (t) => {
  const store = await heldStore({ Tux: 5 })
  await store.buy('k1')
  await store.crash()
  await store.buy('k2')
  const ids = store.catalog.sent.filter(({ op }) => op === 'reserve').map((command) => 'id' in command && command.id)
  t.same(ids, ['a1-1', 'a2-1'])
  t.same(store.catalog.reserved(), [])
})

t.test('nothing is reserved before the first open is answered', async (t) => {
  const store = await heldStore()
  store.catalog.auto = () => false
  await store.crash()
  t.equal(await store.buy('k1'), 'unavailable')
  t.equal(store.catalog.ops().filter((op) => op === 'reserve').length, 0)
  t.match(store.coordinator.notReady, /catalog/)
  store.catalog.auto = () => true
  store.catalog.only('open').deliver()
  await turns()
  t.match(await store.buy('k1'), { order_number: 1 })
})

t.test('a lost incarnation heals itself: the catalog has seen it, a higher one is taken', async (t) => {
  const store = await heldStore({ Tux: 5 })
  await store.crash()
  await store.crash()
  await store.buy('k1')
  store.incarnation.last = 0
  await store.crash()
  await store.clock.pass(500)
  t.equal(store.incarnation.last, 4)
  t.match(await store.buy('k2'), { order_number: 2 })
  t.equal(store.rivals.length, 0)
})

t.test('a lost answer to the first open costs one incarnation', async (t) => {
  const store = await heldStore()
  store.catalog.auto = () => false
  await store.crash()
  const open = store.catalog.only('open')
  open.arrive()
  open.fail()
  store.catalog.auto = () => true
  await store.clock.pass(500)
  t.equal(store.incarnation.last, 3)
  t.match(await store.buy('k1'), { order_number: 1 })
})

t.test('a reservation carries the last synced order number', async (t) => {
  const { buy, catalog } = await heldStore({ Tux: 5 })
  await buy('k1')
  await buy('k2')
  const afters = catalog.sent.flatMap((command) => (command.op === 'reserve' ? [command.after] : []))
  t.same(afters, [0, 1])
})

t.test('a lost confirmation is found again', async (t) => {
  const { buy, catalog, clock } = await heldStore()
  catalog.auto = not('confirm')
  await buy('k1')
  await turns()
  catalog.only('confirm').fail()
  catalog.auto = () => true
  await clock.pass(1500)
  t.same(catalog.reserved(), [])
  t.equal(catalog.stock(), 1)
})

t.test('a lost void is found again, and the buyer was told that nothing happened', async (t) => {
  const { buy, catalog, clock } = await heldStore()
  catalog.auto = not('reserve', 'void')
  const asked = buy('k1')
  await turns()
  const reserve = catalog.only('reserve')
  reserve.arrive()
  reserve.fail()
  await turns()
  catalog.only('void').fail()
  t.equal(await asked, 'unavailable')
  t.equal(catalog.reserved().length, 1)
  catalog.auto = () => true
  await clock.pass(1500)
  t.same(catalog.reserved(), [])
  t.equal(catalog.stock(), 2)
})

t.test('after a failed sync nothing is given back: the row may survive', async (t) => {
  const { buy, catalog, log } = await heldStore()
  log.fault = new StoreError('outcome_unknown', 'the sync failed')
  t.equal(await buy('k1'), 'outcome_unknown')
  await turns()
  t.notOk(catalog.ops().includes('void'))
  t.equal(catalog.reserved().length, 1)
})

t.test('a refused write gives back and says that nothing happened', async (t) => {
  const { buy, catalog, log } = await heldStore()
  log.fault = new StoreError('unavailable', 'the disk is full')
  t.equal(await buy('k1'), 'unavailable')
  t.same(catalog.reserved(), [])
  t.equal(catalog.stock(), 2)
})

t.test('one attempt is in flight per key: the second request joins the first', async (t) => {
  const { buy, catalog, log } = await heldStore()
  log.holding = true
  const first = buy('k1')
  const second = buy('k1')
  await turns()
  t.equal(await buy('k1', 2), 'key_reused', 'another purchase under the key')
  await turns()
  t.equal(catalog.ops().filter((op) => op === 'reserve').length, 1)
  log.release()
  t.same(await first, await second)
  t.same(await buy('k1'), await first, 'and again from the log')
  t.equal(await buy('k1', 2), 'key_reused')
  t.equal(log.lastNumber, 1)
})

t.test('each attempt has an id of its own, so a refusal is not pinned to the key', async (t) => {
  const { buy, catalog } = await heldStore({ Tux: 0 })
  t.equal(await buy('k1'), 'out_of_stock')
  catalog.state.apply({ fact: 'account', account: 'Tux', balance: 1, attributes: ['10.00'] })
  t.match(await buy('k1'), { order_number: 1 })
})

t.test('a catalog known to be down refuses before anything is reserved, and is found again', async (t) => {
  const { buy, catalog, clock } = await heldStore()
  catalog.auto = () => false
  const asked = buy('k1')
  await turns()
  catalog.only('reserve').fail()
  await turns()
  catalog.only('void').fail()
  t.equal(await asked, 'unavailable')
  const sent = catalog.sent.length
  t.equal(await buy('k2'), 'unavailable')
  t.equal(catalog.sent.length, sent)
  catalog.auto = () => true
  await clock.pass(300)
  t.match(await buy('k2'), { order_number: 1 })
})

t.test('a purchase whose time is up is given back, not written', async (t) => {
  const { buy, catalog, clock, log } = await heldStore()
  catalog.auto = not('reserve')
  const asked = buy('k1')
  await clock.pass(5001)
  catalog.only('reserve').deliver()
  t.equal(await asked, 'unavailable')
  t.equal(log.lastNumber, 0)
  t.equal(catalog.stock(), 2)
})

t.test('a rival order service on the same catalog is noticed', async (t) => {
  const { buy, catalog, rivals } = await heldStore()
  catalog.execute([{ op: 'open', fence: 'a9-1', first: true }])
  t.equal(await buy('k1'), 'unavailable')
  t.match(rivals, [/another order service/])
})

t.test('a clean start recovers nothing and says so once', async (t) => {
  const store = await heldStore({ Tux: 5 })
  t.strictSame(store.recovered, [{ finished: 0, givenBack: 0 }])
  await store.buy('one')
  store.catalog.auto = not('confirm')
  await store.buy('two')
  store.catalog.auto = () => true
  for (const message of store.catalog.messages) message.fail()
  await store.clock.pass(5000)
  t.same(store.catalog.reserved(), [], 'what this life left open was settled')
  t.strictSame(store.recovered, [{ finished: 0, givenBack: 0 }])
})

t.test(
  'recovery is told when all of it is settled, each purchase counted once, however many messages are lost',
  async (t) => {
    const store = await heldStore({ Tux: 9 })
    store.catalog.auto = not('confirm', 'void')
    for (const key of ['a', 'b', 'c']) t.match(await store.buy(key), { name: 'Tux' })
    store.log.holding = true
    void store.buy('lost')
    await turns()
    store.recovered.length = 0
    await store.crash()
    t.equal(store.catalog.reserved().length, 4)
    for (let round = 0; round < 3; round++) {
      for (const message of [...store.catalog.messages]) message.fail()
      await store.clock.pass(1500)
      t.strictSame(store.recovered, [], 'nothing is told before all is settled')
      t.match(await store.buy(`own-${round}`), { name: 'Tux' }, 'this life buys meanwhile')
    }
    for (const message of store.catalog.messages) message.arrive()
    for (const message of [...store.catalog.messages]) message.fail()
    await store.clock.pass(2500) // the answers were lost, but the next open lists nothing
    t.same(store.catalog.reserved(), [])
    t.strictSame(store.recovered, [{ finished: 3, givenBack: 1 }])
  },
)

t.test('a log that cannot be read keeps purchases closed, gives nothing back, and is told once a minute', async (t) => {
  const store = await heldStore({ Tux: 9 })
  store.catalog.auto = not('confirm')
  t.match(await store.buy('sold'), { order_number: 1 })
  const read = store.log.attemptsAfter
  store.log.attemptsAfter = async () => {
    throw new Error('orders.csv:2: the row is damaged')
  }
  store.catalog.auto = () => true
  store.recovered.length = 0
  await store.crash()
  const told = () => store.notes.filter((note) => note.includes('orders.csv:2: the row is damaged')).length
  await store.clock.pass(59_000)
  t.equal(told(), 1)
  await store.clock.pass(5000)
  t.equal(told(), 2)
  t.match(
    store.notes.at(-1),
    /^what is open at catalog cannot be settled, and no purchase is taken before it is: orders\.csv:2/,
  )
  t.equal(await store.buy('another'), 'unavailable')
  t.equal(store.catalog.reserved().length, 1, 'nothing was given back')
  t.strictSame(store.recovered, [])
  store.log.attemptsAfter = read
  await store.clock.pass(200)
  t.strictSame(store.recovered, [{ finished: 1, givenBack: 0 }])
  t.match(await store.buy('another'), { order_number: 2 })
  store.log.attemptsAfter = async () => {
    throw new Error('orders.csv:2: the row is damaged')
  }
  await store.crash()
  await store.buy('third')
  await store.clock.pass(200)
  t.ok(store.catalog.stock() === 6, 'where nothing is open, the log is not asked')
})
