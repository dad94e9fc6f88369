/** The cart service through its HTTP door, over real files: reply, file, and state after reopening. */
import { readdirSync, readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { realClock } from '../../clock.ts'
import { createCaller } from '../../http/caller.ts'
import { ask, errorOf } from '../../test/ask.ts'
import { dataDirOf } from '../../test/store.ts'
import { startService } from '../../test/world.ts'
import type { Cart } from '../cart.ts'
import { Carts, type CartsOptions } from '../carts.ts'
import { type CartItem, type CartOp, createCartClient } from '../client.ts'
import { startCart } from '../start.ts'

async function started(t: Test, env: Record<string, string>) {
  const service = await startService(t, startCart, env)
  const caller = createCaller({
    origin: service.url,
    service: 'cart',
    token: env.INTERNAL_TOKEN,
    timeoutMs: 10_000,
    clock: realClock,
  })
  t.teardown(() => caller.close())
  const { run } = createCartClient(caller)
  const itemsOf = async (customer: string) => (await run({ op: 'get', customer }, {})) as readonly CartItem[]
  const add = (customer: string, item: number | string, count = 1) =>
    run({ op: 'add', customer, item, count, named: 'unitCount', offer: {} }, {})
  return { ...service, run: (op: CartOp) => run(op, {}), itemsOf, add }
}
const counts = (items: readonly CartItem[]) => items.map(({ itemId, unitCount }) => [itemId, unitCount])
const segments = (dataDir: string): string =>
  readdirSync(`${dataDir}/cart`)
    .filter((name) => /^carts-\d+\.csv$/.test(name))
    .map((name) => readFileSync(`${dataDir}/cart/${name}`, 'utf8'))
    .join('')

t.test('the copy is told of changes, and of nothing else', async (t) => {
  const kept = new Map<string, Cart>()
  const map: CartsOptions['map'] = {
    get: async (key) => kept.get(key),
    async update(key, change) {
      const value = change(kept.get(key))
      if (value === undefined) kept.delete(key)
      else kept.set(key, value)
      return value
    },
  }
  let told = 0
  const carts = new Carts({ map, clock: realClock, changed: () => told++ })
  const line = { itemId: 'Tux', count: 1 }
  const take: CartOp = { op: 'take', customer: 'ann', attempt: 'a1-1', order: 1, lines: [line] }
  const add: CartOp = { op: 'add', customer: 'ann', item: 'Tux', count: 2, named: 'unitCount', offer: {} }
  for (const [op, after] of [
    [{ op: 'clear', customer: 'nobody' }, 0],
    [{ op: 'remove', customer: 'nobody', item: 'Tux' }, 0],
    [add, 1],
    [{ op: 'get', customer: 'ann' }, 1],
    [take, 2],
    [take, 2],
    [{ op: 'set', customer: 'ann', item: 'Fox', count: 1 }, 2],
    [{ op: 'checkout', customer: 'ann' }, 3],
    [{ op: 'checkout', customer: 'ann' }, 3],
  ] as const) {
    await carts.runAll([op])
    t.equal(told, after, op.op)
  }
})

for (const THREADS of ['1', '2'])
  t.test(`with ${THREADS} threads`, async (t) => {
    const DATA_DIR = dataDirOf(t)
    const env = { DATA_DIR, THREADS }

    t.test('a change is answered, is in the file, and is there after a start', async (t) => {
      const first = await started(t, env)
      t.match(await first.add('ann', 'Tux', 2), { itemId: 'Tux', unitCount: 2 })
      t.match(await first.add('ann', 36000291459), { itemId: 36000291459, unitCount: 1 })
      t.match(segments(DATA_DIR), /ann,new,"\[\{""itemId"":""Tux"",""unitCount"":2/)
      await first.close()
      const again = await started(t, env)
      t.strictSame(counts(await again.itemsOf('ann')), [
        ['Tux', 2],
        [36000291459, 1],
      ])
      t.strictSame(await again.run({ op: 'clear', customer: 'ann' }), {})
      t.strictSame(await again.itemsOf('ann'), [])
      await again.close()
    })

    t.test('400 adds at the same time are 400, and two checkouts at the same time share nothing', async (t) => {
      const { add, run, itemsOf, close } = await started(t, env)
      await Promise.all(Array.from({ length: 400 }, () => add('bob', 'Tux')))
      t.strictSame(counts(await itemsOf('bob')), [['Tux', 400]])
      const both = await Promise.all([
        run({ op: 'checkout', customer: 'bob' }),
        run({ op: 'checkout', customer: 'bob' }),
      ])
      t.strictSame(both.map((items) => (items as CartItem[]).length).sort(), [0, 1])
      await close()
    })

    t.test('what an order took stays out after a start, however often it is asked', async (t) => {
      const bought: CartOp = {
        op: 'take',
        customer: 'carl',
        attempt: 'a1-1',
        order: 1,
        lines: [{ itemId: 'Tux', count: 2 }],
      }
      const first = await started(t, env)
      await first.add('carl', 'Tux', 3)
      await Promise.all([first.run(bought), first.run(bought)])
      t.strictSame(counts(await first.itemsOf('carl')), [['Tux', 1]])
      await first.close()
      const again = await started(t, env)
      t.strictSame(await again.run(bought), {})
      t.strictSame(counts(await again.itemsOf('carl')), [['Tux', 1]])
      await again.close()
    })
  })

t.test(
  'what the schema would take as it stands is taken without it, and all else is refused with its field',
  async (t) => {
    const { url } = await started(t, { DATA_DIR: dataDirOf(t) })
    const asked = (body: unknown) => ask(`${url}/carts`, { method: 'POST', body })
    const add = { op: 'add', customer: 'ann', item: 'Tux', count: 1, named: 'unitCount', offer: {} }
    t.equal((await asked(add)).status, 200)
    for (const [change, message] of [
      [{ count: 0 }, 'count: must be a whole number from 1 to 1000000'],
      [{ count: 1.5 }, 'count: must be a whole number from 1 to 1000000'],
      [{ customer: '' }, 'customer: must not be empty'],
      [{ customer: 'a\nb' }, 'customer: must not hold control characters or line breaks'],
      [{ customer: '=1+1' }, 'customer: must not begin with =, +, - or @ (a spreadsheet would run it)'],
      [{ offer: { saleExpiration: 'soon' } }, 'offer.saleExpiration: must be a time such as 2026-11-22T12:00:00Z'],
      [{ offer: { specialSale: '=1' } }, 'offer.specialSale: must be true or false, a number, or a short text'],
      [{ more: 1 }, 'unknown field "more"'],
    ] as const)
      t.strictSame((await asked({ ...add, ...change })).body, errorOf(400, 'bad_request', message))
    t.match((await asked({ op: 'buy', customer: 'ann' })).status, 400)
    const mixed = await asked([
      { ...add, count: -1 },
      { op: 'get', customer: 'ann' },
    ])
    t.match(mixed.body, [{ error: { reason: 'bad_request' } }, { data: [{ itemId: 'Tux', unitCount: 1 }] }])
  },
)

t.test('with an internal token, who has none is told so', async (t) => {
  const { url, itemsOf } = await started(t, { DATA_DIR: dataDirOf(t), INTERNAL_TOKEN: 'inside-inside' })
  t.equal((await ask(`${url}/carts`, { method: 'POST', body: { op: 'get', customer: 'ann' } })).status, 401)
  t.strictSame(await itemsOf('ann'), [])
})

t.test('the carts are counted', async (t) => {
  const { url, add } = await started(t, { DATA_DIR: dataDirOf(t) })
  await add('ann', 'Tux')
  await add('bob', 'Tux')
  t.match((await ask(`${url}/metrics`)).text, /carts(\{[^}]*\})? 2\n/)
})
