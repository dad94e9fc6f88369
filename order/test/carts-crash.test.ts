/** Carts whose order is in the log and whose cart does not know it yet: outages, crashes, and what a start makes of them. */
import t from 'tap'
import { StoreError } from '../../errors.ts'
import { type HeldShop, heldShop, seen } from './held-carts.ts'
import { HeldLog, turns } from './held-world.ts'

const noTakes = ({ op }: { op: string }): boolean => op !== 'take'
const everything = (): boolean => true
const getsOf = (shop: HeldShop): number => shop.cart.sent.filter(({ op }) => op === 'look').length

t.test(
  'until the cart knows, the buyer is not told; at the deadline the outcome is unknown, and asked again it is known',
  async (t) => {
    const shop = await heldShop()
    shop.cart.auto = noTakes
    const first = seen(shop.buy('k1'))
    await turns()
    const again = seen(shop.buy('k1'))
    await shop.pass(4900)
    t.strictSame([first.value, again.value], ['nothing yet', 'nothing yet'])
    await shop.pass(100)
    t.strictSame([first.value, again.value], ['outcome_unknown', 'outcome_unknown'])
    const third = seen(shop.buy('k1'))
    await shop.pass(3000)
    t.equal(third.value, 'nothing yet', 'nor later')
    t.equal(shop.carts.untaken, 1)
    shop.cart.only('take').deliver()
    await turns()
    t.match(third.value, { order_number: 1, total: 30 })
    t.equal(shop.carts.untaken, 0)
    t.equal(shop.log.lastNumber, 1)
  },
)

t.test('a take is asked again until it is acknowledged, a few times a second', async (t) => {
  const shop = await heldShop()
  shop.cart.auto = noTakes
  void shop.buy('k1')
  await turns()
  for (let sent = 1; sent <= 50; sent++) {
    t.equal(shop.cart.takes().length, sent)
    shop.cart.only('take').fail()
    await shop.pass(199)
    t.equal(shop.cart.takes().length, sent, 'not at once')
    await shop.pass(301)
  }
  t.equal(new Set(shop.cart.takes()).size, 1, 'as it was')
  shop.cart.only('take').deliver()
  await shop.pass(10_000)
  t.equal(shop.cart.takes().length, 51)
  t.strictSame(shop.notes, [])
})

t.test(
  'while a cart does not know what was bought of it, it is not bought again; other carts are, and toys',
  async (t) => {
    const shop = await heldShop()
    shop.cart.put('bob', 'Tux')
    shop.cart.auto = ({ op, ...rest }) => op === 'look' || (rest as { customer: string }).customer === 'bob'
    void shop.buy('k1')
    await turns()
    shop.cart.put('ann', 'Fox')
    const gets = getsOf(shop)
    const second = seen(shop.place({ key: 'k2', cart: 'ann' }))
    t.match(await shop.buy('k3', { cart: 'bob' }), { order_number: 2 })
    t.match(await shop.buyToys('k4'), { order_number: 3 })
    await shop.pass(5000)
    t.match(second.value, { code: 'unavailable', message: /nothing was bought/ })
    t.equal(getsOf(shop), gets + 1, 'nobody looked into it')
    const third = seen(shop.buy('k2'))
    await turns()
    for (const order of [1, 4]) {
      const take = shop.cart.only('take')
      t.match(take.op, { order })
      t.equal(third.value, 'nothing yet')
      take.deliver()
      await turns()
    }
    t.match(third.value, { order_number: 4, name: 'Fox', quantity: 1 }, 'what was added since')
    t.strictSame(shop.cart.in('ann'), [])
  },
)

t.test('a take that comes twice, or late, takes nothing more', async (t) => {
  const shop = await heldShop()
  shop.cart.auto = noTakes
  const told = seen(shop.buy('k1'))
  await turns()
  const late = shop.cart.only('take')
  late.arrive()
  late.fail()
  shop.cart.put('ann', 'Fox', 2)
  shop.cart.auto = everything
  await shop.pass(500)
  t.match(told.value, { order_number: 1 })
  late.arrive()
  t.strictSame(shop.cart.in('ann'), [['Fox', 2]])
  t.match(await shop.buy('k2'), { order_number: 2, name: 'Fox' })
  shop.cart.put('ann', 'Fox')
  late.arrive()
  t.strictSame(shop.cart.in('ann'), [['Fox', 1]])
})

t.test('a cart service that cannot be read sells nothing, and is no outcome that is unknown', async (t) => {
  const shop = await heldShop()
  shop.cart.auto = () => false
  const told = seen(shop.buy('k1'))
  await turns()
  shop.cart.only('look').fail()
  await turns()
  t.equal(told.value, 'unavailable')
  t.equal(shop.sides.catalog.sent.filter(({ op }) => op === 'reserve').length, 0)
  shop.cart.auto = everything
  t.match(await shop.buy('k1'), { order_number: 1 })
})

t.test('a cart service that refuses a take is told to the operator, once', async (t) => {
  const shop = await heldShop()
  shop.cart.auto = noTakes
  const told = seen(shop.buy('k1'))
  await turns()
  for (let i = 0; i < 3; i++) {
    shop.cart.only('take').fail(new StoreError('bad_request', 'what is this?'))
    await shop.pass(500)
  }
  t.strictSame(shop.notes, ['cart: what order 1 bought stays in its cart: what is this?'])
  shop.cart.only('take').deliver()
  await turns()
  t.match(told.value, { order_number: 1 })
})

/** Lets ann's purchase go as far as its name says. */
const steps: Record<string, (shop: HeldShop) => void> = {
  'before the cart is read': ({ cart }) => {
    cart.auto = () => false
  },
  'before anything is reserved': ({ sides }) => {
    sides.catalog.auto = ({ op }) => op !== 'reserve'
  },
  'when stock is held and credit is not': ({ sides }) => {
    sides.payment.auto = ({ op }) => op !== 'reserve'
  },
  'when all is held': ({ log }) => {
    log.holding = true
  },
  'when the row is synced and nobody knows': ({ log, kill }) => {
    const append = log.append.bind(log)
    log.append = async (entry) => {
      const number = await append(entry)
      delete (log as Partial<HeldLog>).append
      kill()
      return number
    }
  },
  'when the take is sent': ({ cart }) => {
    cart.auto = noTakes
  },
  'when the take has arrived and its answer is lost': ({ cart }) => {
    cart.auto = (op) => {
      if (op.op === 'take') cart.execute(op)
      return op.op !== 'take'
    }
  },
  'when all is done': () => {},
}

for (const [step, prepare] of Object.entries(steps))
  for (const isAdded of [true, false])
    for (const lives of [1, 3])
      t.test(
        `killed ${step}, ${lives} times, it is bought once, and ${isAdded ? 'what was added stays' : 'the cart is empty'}`,
        async (t) => {
          const shop = await heldShop()
          shop.kill = shop.kill.bind(shop)
          prepare(shop)
          const told = seen(shop.buy('k1', { user: 'ann' }))
          await turns()
          t.equal(typeof told.value, step === 'when all is done' ? 'object' : 'string')
          const isOrdered = shop.log.lastNumber === 1
          if (isAdded) shop.cart.put('ann', 'Fox', 3)
          shop.log.holding = false
          for (let life = 0; life < lives; life++) {
            shop.cart.auto = life === lives - 1 ? everything : noTakes
            await shop.crash()
          }
          if (isOrdered) t.strictSame(shop.cart.in('ann'), isAdded ? [['Fox', 3]] : [], 'before anybody asks')
          const bought = await shop.buy('k1', { user: 'ann' })
          const pieces = isAdded && !isOrdered ? 6 : 3
          t.match(bought, { order_number: 1, total: 10 * pieces })
          t.strictSame(await shop.buy('k1', { user: 'ann' }), bought)
          t.strictSame(shop.cart.in('ann'), isAdded && isOrdered ? [['Fox', 3]] : [])
          t.strictSame(shop.sides.balances(), { Tux: 9, Fox: 11 - pieces, ann: 10_000 - 1000 * pieces, bob: 10_000 })
          t.strictSame([shop.reserved(), shop.log.lastNumber, shop.carts.untaken], [[], 1, 0])
        },
      )

/** Order after order of one customer each is in the log, and the process is dead. */
async function killedAfter(...customers: string[]): Promise<HeldShop> {
  const shop = await heldShop({ Tux: 100, Fox: 100 })
  shop.cart.auto = noTakes
  for (const [i, customer] of customers.entries()) {
    const attempt = `a1-${i + 100}`
    const row = { name: 'Tux', quantity: '1', price: '10.00', cart: customer, user: '' }
    await shop.log.append({ key: `old ${i + 1}`, attempt, rows: [row] })
    shop.cart.put(customer, 'Tux')
  }
  return shop
}

t.test(
  'after a start the carts are asked again in the order of their attempts, one of a cart after the other',
  async (t) => {
    const shop = await killedAfter('ann', 'bob', '', 'ann', 'ann')
    const attempts = shop.log.entries.map(({ attempt }) => attempt)
    await shop.crash()
    t.strictSame(shop.cart.takes(), [`ann ${attempts[0]} 1`, `bob ${attempts[1]} 2`])
    const repeat = seen(shop.buy('old 1'))
    const late = seen(shop.buy('old 5'))
    const fresh = seen(shop.buy('new'))
    const tookOf = (customer: string) =>
      shop.cart.messages.find(({ op }) => op.op === 'take' && op.customer === customer)!
    await turns()
    t.equal(repeat.value, 'nothing yet')
    tookOf('ann').deliver()
    await turns()
    t.match(repeat.value, { order_number: 1 })
    t.strictSame(shop.cart.takes().slice(2), [`ann ${attempts[3]} 4`])
    tookOf('ann').fail()
    await turns()
    await shop.pass(300)
    t.strictSame(shop.cart.takes().slice(3), [`ann ${attempts[3]} 4`], 'before the next')
    tookOf('ann').deliver()
    await turns()
    t.strictSame([late.value, fresh.value], ['nothing yet', 'nothing yet'])
    tookOf('ann').deliver()
    await turns()
    t.match(late.value, { order_number: 5 })
    t.equal(shop.carts.untaken, 2, "bob's, and that of the new order")
    tookOf('ann').deliver()
    tookOf('bob').deliver()
    await turns()
    t.match(fresh.value, { order_number: 6, total: 30 }, 'what nobody had bought')
    t.strictSame([shop.cart.in('ann'), shop.cart.in('bob')], [[], []])
  },
)

t.test('until the log is read no cart is bought, and who waits too long is told that nothing happened', async (t) => {
  const shop = await heldShop()
  t.match(await shop.buy('old'), { order_number: 1 })
  shop.cart.put('ann', 'Tux')
  shop.kill()
  await shop.begin()
  const [fresh, repeat, waiting] = [
    seen(shop.buy('k1')),
    seen(shop.buy('old')),
    seen(shop.place({ key: 'k2', cart: 'bob' }, 60_000)),
  ]
  t.match(await shop.buyToys('k3'), { order_number: 2 }, 'toys are')
  await shop.pass(5000)
  t.strictSame([fresh.value, repeat.value, waiting.value], ['unavailable', 'outcome_unknown', 'nothing yet'])
  shop.carts.start()
  await turns()
  t.match(waiting.value, { code: 'cart_empty' })
  t.match(await shop.buy('k1'), { order_number: 3 })
})

t.test(
  'a log that cannot be read on sells no carts, and says why once; toys are sold, and mended it goes on',
  async (t) => {
    const shop = await killedAfter('ann', 'bob')
    shop.log.damage = new Error('orders.csv:3: the row is damaged')
    shop.cart.auto = everything
    await shop.crash()
    t.equal(await shop.buy('k1'), 'unavailable', 'at once')
    t.equal(await shop.buy('old 1'), 'outcome_unknown')
    t.match(await shop.buyToys('k2'), { order_number: 3 })
    await shop.pass(10_000)
    t.strictSame(shop.notes, ['no cart can be bought: orders.csv:3: the row is damaged'])
    t.strictSame([shop.cart.takes(), shop.mark.last], [[], 0])
    shop.log.damage = undefined
    await shop.pass(1000)
    t.match(await shop.buy('k1'), { order_number: 4 })
    t.strictSame([shop.cart.in('ann'), shop.cart.in('bob')], [[], []])
  },
)

t.test('the mark follows what carts know within a second or so, and a start asks about nothing below it', async (t) => {
  const shop = await heldShop()
  await shop.buy('k1')
  await shop.buyToys('k2')
  await shop.pass(1000)
  t.equal(shop.mark.last, 2)
  await shop.pass(60_000)
  t.equal(shop.mark.writes, 1, 'it is written while it rises')
  const before = shop.cart.takes().length
  await shop.crash()
  await shop.pass(5000)
  t.equal(shop.cart.takes().length, before)
  t.match(await shop.buy('k1'), { order_number: 1 })
})

t.test("orders that are no cart's write the mark every ten thousand, and at a stop", async (t) => {
  const shop = await heldShop()
  await shop.buyToys('k1')
  await shop.pass(5000)
  t.equal(shop.mark.writes, 0)
  const entry = { key: 'k', attempt: 'a1-9', rows: [{ name: 'Tux', quantity: '1', price: '1.00' }] }
  while (shop.log.lastNumber < 10_000) await shop.log.append(entry)
  await shop.pass(5000)
  t.strictSame(shop.mark, { last: 10_000, writes: 1, refused: false })
  await shop.log.append(entry)
  await shop.carts.close()
  t.equal(shop.mark.last, 10_001)
})

t.test('the mark stays below an order whose cart does not know it, and below one that is being written', async (t) => {
  const shop = await heldShop()
  shop.cart.put('bob', 'Tux')
  await shop.buyToys('k1')
  shop.cart.auto = (op) => op.op === 'look' || op.customer === 'bob'
  void shop.buy('k2')
  await turns()
  await shop.buy('k3', { cart: 'bob' })
  await shop.pass(3000)
  t.equal(shop.log.lastNumber, 3)
  t.equal(shop.mark.last, 1)
  shop.cart.only('take').deliver()
  await shop.pass(1000)
  t.equal(shop.mark.last, 3)
  shop.cart.auto = everything
  shop.cart.put('bob', 'Tux')
  shop.cart.put('eve', 'Tux')
  await shop.buy('k4', { cart: 'eve' })
  const append = shop.log.append.bind(shop.log)
  const answer = Promise.withResolvers<void>()
  shop.log.append = (entry) => append(entry).then((number) => answer.promise.then(() => number))
  void shop.buy('k5', { cart: 'bob' })
  await shop.pass(3000)
  t.equal(shop.log.lastNumber, 5, 'it is in the log, and nobody knows')
  t.equal(shop.mark.last, 4)
  answer.resolve()
  await shop.pass(1000)
  t.equal(shop.mark.last, 5)
})

t.test('a mark above the log, as after a backup, is taken back before a cart is bought', async (t) => {
  const shop = await heldShop()
  shop.mark.last = 50
  shop.cart.put('bob', 'Tux')
  await shop.crash()
  t.equal(shop.mark.last, 0)
  shop.cart.auto = noTakes
  void shop.buy('k1')
  await turns()
  t.equal(shop.log.lastNumber, 1)
  shop.cart.auto = everything
  await shop.crash()
  t.strictSame(shop.cart.in('ann'), [])
})

t.test('where the disk refuses the mark it is told once, and carts are bought', async (t) => {
  const shop = await heldShop()
  shop.mark.refused = true
  await shop.buy('k1')
  await shop.pass(10_000)
  t.strictSame(shop.notes, ['taken.csv cannot be written yet: the disk is full'])
  shop.mark.refused = false
  await shop.pass(1000)
  t.equal(shop.mark.last, 1)
})

t.test('a stop waits a second for what is being taken, and writes the mark', async (t) => {
  const shop = await heldShop()
  shop.cart.auto = noTakes
  void shop.buy('k1')
  await turns()
  const closed = seen(shop.carts.close().then(() => 'closed'))
  await shop.pass(500)
  t.equal(closed.value, 'nothing yet')
  shop.cart.only('take').deliver()
  await shop.pass(50)
  t.equal(closed.value, 'closed')
  t.equal(shop.mark.last, 1)
  const other = await heldShop()
  other.cart.auto = noTakes
  void other.buy('k1')
  await turns()
  const late = seen(other.carts.close().then(() => 'closed'))
  await other.pass(1100)
  t.equal(late.value, 'closed')
  t.equal(other.mark.last, 0)
  other.cart.only('take').fail()
  await other.pass(10_000)
  t.equal(other.cart.takes().length, 1, 'and asks no more')
})

t.test('orders whose numbers begin again at 1 are taken, since attempts count', async (t) => {
  const shop = await heldShop()
  for (const key of ['k1', 'k2', 'k3']) {
    t.match(await shop.buy(key), { name: undefined })
    shop.cart.put('ann', 'Tux')
    shop.cart.put('ann', 'Fox')
  }
  shop.kill()
  shop.log = new HeldLog()
  shop.mark.last = 0
  await shop.crash()
  t.match(await shop.buy('new'), { order_number: 1, total: 20 })
  t.strictSame(shop.cart.in('ann'), [])
})

t.test(
  'a cart that remembers another life of the shop, all of whose folders are gone, is still taken from',
  async (t) => {
    const shop = await heldShop()
    shop.cart.execute({ op: 'take', customer: 'ann', attempt: 'a7-400', order: 900, lines: [] })
    t.equal(await shop.buy('k1'), 'unavailable', 'first everyone is opened with a higher incarnation')
    await shop.pass(1000)
    t.match(await shop.buy('k1'), { order_number: 1, total: 30 })
    t.strictSame(shop.cart.in('ann'), [])
    t.match(shop.cart.takes(), [/^ann a8-\d+ 1$/])
    shop.cart.put('ann', 'Tux')
    t.match(await shop.buy('k2'), { order_number: 2 })
    t.strictSame(shop.cart.in('ann'), [])
    t.match(await shop.buyToys('k3'), { order_number: 3 })
    t.strictSame(shop.reserved(), [])
  },
)

t.test('a row of which nobody knows whether it is there leaves its cart to a new start, which finds it', async (t) => {
  for (const isThere of [true, false]) {
    const shop = await heldShop()
    const append = shop.log.append.bind(shop.log)
    shop.log.append = async (entry) => {
      if (isThere) await append(entry)
      throw new StoreError('outcome_unknown', 'a sync failed')
    }
    const byKey = shop.log.byKey
    shop.log.byKey = async () => undefined // nor do readers see it
    t.equal(await shop.buy('k1'), 'outcome_unknown')
    for (const key of ['k1', 'k2']) t.equal(await shop.buy(key), 'outcome_unknown')
    await shop.pass(5000)
    t.equal(shop.mark.last, 0)
    shop.log.append = append
    shop.log.byKey = byKey
    await shop.crash()
    t.strictSame(shop.cart.in('ann').length, isThere ? 0 : 2)
    t.match(await shop.buy('k1'), { order_number: 1, total: 30 })
    t.strictSame(shop.sides.balances(), { Tux: 9, Fox: 8, ann: 10_000, bob: 10_000 })
  }
})

t.test('a row that is certainly not there leaves the cart as it is, to be bought', async (t) => {
  const shop = await heldShop()
  shop.log.fault = new StoreError('unavailable', 'the disk is full')
  t.equal(await shop.buy('k1'), 'unavailable')
  shop.log.fault = undefined
  t.match(await shop.buy('k2'), { order_number: 1, total: 30 })
  await shop.pass(1000)
  t.equal(shop.mark.last, 1)
})

t.test('with ten thousand orders unknown to their carts no further cart is bought, and toys are', async (t) => {
  const shop = await killedAfter(...Array.from({ length: 9998 }, (_, i) => `customer ${i}`))
  await shop.crash()
  t.equal(shop.carts.untaken, 9998)
  for (const cart of ['c1', 'c2', 'c3']) shop.cart.put(cart, 'Fox')
  const told = ['c1', 'c2', 'c3'].map((cart) => seen(shop.buy(`k ${cart}`, { cart })))
  await turns()
  t.equal(shop.log.lastNumber, 10_000)
  t.equal(told[2]!.value, 'unavailable')
  t.equal(shop.sides.catalog.sent.filter(({ op }) => op === 'reserve').length, 2)
  t.match(await shop.buyToys('toys'), { order_number: 10_001 })
  shop.cart.messages[0]!.deliver()
  await turns()
  shop.cart.auto = everything
  t.match(await shop.buy('k c3', { cart: 'c3' }), { order_number: 10_002 })
})
