/** A part of the sweep with a fixed seed: every 613th call in every way. The whole of it is `npm run test:sweep`. */
import t from 'tap'
import { Calls, MemoryDisk } from '../storage/test/memory-disk.ts'
import { judge } from './sweep/judge.ts'
import { named, trials } from './sweep/plan.ts'
import { Record } from './sweep/record.ts'
import { RunningStore } from './sweep/running-store.ts'
import { Sweep } from './sweep/sweep.ts'
import { creditCommand, putIn } from './sweep/workload.ts'

const seed = 3
const sweep = new Sweep(seed)

t.test(
  `whatever call fails, and wherever the power is cut, the books hold and nothing told is lost (seed ${seed})`,
  async (t) => {
    const wrong: string[] = []
    let [runs, cuts, doubles] = [0, 0, 0]
    for await (const trial of trials(sweep, { pages: [64, 4096], cuts: 2, double: false, every: 613 })) {
      runs += 1
      cuts += trial.powerCuts
      for (const what of trial.wrong) wrong.push(`${trial.name}: ${what}`)
    }
    for (const number of [233])
      for (const trial of [...(await sweep.twice(number, 64, 'cut')), ...(await sweep.again(number))]) {
        doubles += 1
        for (const what of trial.wrong) wrong.push(`${trial.name}: ${what}`)
      }
    t.strictSame(wrong, [])
    t.ok(sweep.calls.length > 600, `${sweep.calls.length} calls`)
    t.ok(runs > 100 && cuts > 100 && doubles > 100, `${runs} runs, ${cuts} power cuts, ${doubles} double crashes`)
  },
)

t.test('the same seed gives the same calls, another one others', async (t) => {
  const [same, other] = [new Sweep(seed), new Sweep(seed + 1)]
  await same.prepare(64)
  await other.prepare(64)
  t.equal(same.fingerprint, sweep.fingerprint)
  t.not(other.fingerprint, sweep.fingerprint)
})

t.test('a trial is found by its name again', async (t) => {
  for (const name of ['EIO:57', 'EIO:57+4', 'kill-all:57', 'cut:57:512:3', 'twice:57:31:cut:512', 'again:57:31:EIO'])
    t.match(await named(sweep, name), [{ name, wrong: { length: 0 } }])
  await t.rejects(named(sweep, 'nonsense:1'))
})

/** A store that has sold two things and a cart, one of them to a customer, stopped in order. */
async function sold() {
  const disk = new MemoryDisk()
  const calls = new Calls()
  const store = new RunningStore(disk, calls)
  const record = new Record(() => calls.all.length)
  store.start()
  await store.ready()
  for (const [op, account, by, reason] of [
    ['new', 'ann', 10_000, 'her own'],
    ['change', 'ann', 2000, 'put in'],
  ] as const) {
    const credit = record.change({ books: 'payment', reason, account, by, keyed: op === 'change' })
    record.answer(credit, await store.settle(store.change(creditCommand(op, account, by, reason), 'payment')))
  }
  for (const [key, basket] of [
    ['one', { lines: [['Tux', 2]] }],
    [
      'two',
      {
        user: 'ann',
        lines: [
          ['Fox', 1],
          ['Tux', 1],
        ],
      },
    ],
  ] as const) {
    const asked = record.order(key, basket)
    record.answer(asked, await store.settle(store.buy(key, basket)))
  }
  for (const op of [putIn('eve', 'Tux', 1), putIn('eve', 'Tux', 1), undefined, putIn('eve', 'Fox', 1)]) {
    if (op !== undefined) {
      const asked = record.cart(op)
      record.answer(asked, await store.settle(store.cart(op)))
      continue
    }
    const asked = record.order('three', { cart: 'eve', lines: [] })
    record.answer(asked, await store.settle(store.buy('three', asked)))
  }
  const change = record.change({ books: 'catalog', reason: 'more', account: 'Fox', by: 5, keyed: false })
  const command = { op: 'change', account: 'Fox', change: 5, reason: 'more' } as const
  record.answer(change, await store.settle(store.change(command)))
  await store.stop()
  return { disk, record }
}

const orders = '/data/order/orders.csv'
const carts = '/data/cart/carts-00000001.csv'
const movements = '/data/catalog/movements.csv'
const credit = '/data/payment/movements.csv'
const customers = '/data/payment/customers.csv'

const withoutLast =
  (lines: number) =>
  (text: string): string =>
    text
      .split('\n')
      .slice(0, -1 - lines)
      .concat('')
      .join('\n')

t.test('the judge finds what is wrong', async (t) => {
  const sound = await sold()
  t.strictSame(await judge(sound.disk, sound.record), [])
  for (const [what, path, change, message] of [
    [
      'a lost order',
      orders,
      (text: string) => text.replace(/^2,.*\n2,.*\n/m, ''),
      /acknowledged order 2 \(two\) is lost/,
    ],
    [
      'half an order',
      orders,
      (text: string) => text.replace(/^2,2.*\n3,.*\n/m, ''),
      /acknowledged order 2 \(two\) is lost/,
    ],
    ['a doubled order', orders, (text: string) => text.replace(/^(1,.*\n)/m, '$1$1'), /comes after 1/],
    ['another quantity', orders, (text: string) => text.replace('Tux,2', 'Tux,3'), /stands as 1 with Tux,3/],
    ['a lost change', movements, (text: string) => text.replace(/^7.*more\n/m, ''), /it does not start|"more"/],
    ['another customer', orders, (text: string) => text.replace(/,ann,/g, ',bob,'), /two was .* by ann .* by bob/],
    [
      'a row of another customer',
      orders,
      (text: string) => text.replace(',ann,', ',bob,'),
      /another's row than the one/,
    ],
    ['lost credit', credit, (text: string) => text.replace(/^2,.*\n/m, ''), /it does not start|"put in"/],
    ['other credit', credit, (text: string) => text.replace(',20.00,', ',21.00,'), /nobody asked for the movement/],
    ['credit without cents', customers, (text: string) => text.replace('.02', ''), /by hand|edit|does not start/],
    ['a lost change of a cart', carts, withoutLast(1), /eve's cart cannot end as "Fox 1"|eve's cart cannot end as ""/],
    ['a cart that still holds what was bought', carts, withoutLast(2), /eve's cart cannot end as /],
    [
      'an order without a cart',
      orders,
      (text: string) => text.replace(/,eve,three,/, ',,three,'),
      /three was .* eve by/,
    ],
    ['another change', movements, (text: string) => text.replace('Fox,5', 'Fox,6'), /nobody asked for the movement/],
  ] as const) {
    const { disk, record } = await sold()
    const before = disk.read(path)!.toString()
    disk.put(path, Buffer.from(change(before)))
    if (change(before) === before) t.fail(`nothing was planted: ${what}`)
    t.match((await judge(disk, record)).join('\n'), message, what)
  }
  const { disk, record } = await sold()
  const refused = record.order('one-more-refused', { lines: [['Tux', 1]] })
  record.answer(refused, { is: 'refused', code: 'unavailable' })
  refused.key = 'one'
  t.match((await judge(disk, record)).join('\n'), /one was refused \(unavailable\) and is order 1/)
})

t.test('the judge finds what was told of a cart and never was, or was and never told', async (t) => {
  for (const [what, change] of [
    ['a change that is not known', ({ carts }: Record) => carts.splice(1, 1)],
    ['a change that was refused', ({ carts }: Record) => Object.assign(carts[2]!, { answer: { is: 'refused' } })],
    ['another answer', ({ carts }: Record) => Object.assign(carts[1]!, { answer: { is: 'done', shown: 'Tux 1' } })],
    [
      'a cart that was emptied before its order was asked for',
      (record: Record) => {
        const [, , { from }] = record.carts as [unknown, unknown, { from: number }]
        const get = record.cart({ op: 'get', customer: 'eve' })
        const order = record.orders.at(-1)!
        Object.assign(get, { answer: { is: 'done', shown: '' }, from: order.from - 0.2, to: order.from - 0.1 })
        t.ok(from > order.from)
      },
    ],
  ] as const) {
    const { disk, record } = await sold()
    change(record)
    t.match((await judge(disk, record)).join('\n'), /eve's cart cannot end as /, what)
  }
  const { disk, record } = await sold()
  for (const asked of record.carts) asked.answer = { is: 'unknown' }
  t.strictSame(await judge(disk, record), [], 'what nobody knows may have been')
})
