/** A few seconds of the exploration with fixed seeds; `node test/schedules.ts` explores longer, and all small stores to the end. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { StoreError } from '../errors.ts'
import { LedgerState } from '../storage/ledger-state.ts'
import { large } from './schedules/configurations.ts'
import { Onlooker } from './schedules/onlooker.ts'
import { play, randomSchedule } from './schedules/random.ts'
import { shrink } from './schedules/shrink.ts'

const script = fileURLToPath(new URL('schedules.ts', import.meta.url))

async function explore(...options: string[]): Promise<string | undefined> {
  const { NODE_OPTIONS: _, ...env } = process.env
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...options], { env })
  return stdout.trimEnd().split('\n').at(-1)
}

t.test('nothing goes wrong in 500 schedules at random', async (t) => {
  t.equal(
    await explore('--random', '500', '--seed', '3'),
    'schedules: 500 random, 0 exhaustive (0 configurations), 0 wrong',
  )
})

t.test('nothing goes wrong in the first 40 schedules of each small store', async (t) => {
  t.match(
    await explore('--exhaustive', '--max', '40'),
    /^schedules: 0 random, \d+ exhaustive \(\d+ configurations\), 0 wrong$/,
  )
})

t.test('one seed, one story; and its words alone tell it again', async (t) => {
  const story = await randomSchedule(7, 2)
  t.ok(story.says.length > 3)
  t.same(await randomSchedule(7, 2), story)
  t.same(await play(story.configuration, story.says), story)
})

t.test('a story that goes wrong is told with the choices that it needs', async (t) => {
  // A store that begins with a piece less than its books say.
  const disks = large[0]!
  const configuration = { ...disks, firstStart: true, stock: { catalog: { ...disks.stock.catalog } } }
  await play(configuration, [])
  Object.assign(configuration.stock.catalog, { Tux: 2 })
  const story = { configuration, says: ['catalog is killed', 'catalog starts', 'order is killed'], wrong: '?' }
  const { says, wrong } = await shrink(story)
  t.equal(says.length, 1)
  t.match(wrong, /^catalog had 2 of Tux/)
})

const header = 'order_number,line,name,quantity,price,user,cart,key,attempt,placed_at\n'
const row = (number: number, key: string, attempt: string): string =>
  `${number},1 of 1,Tux,1,10.00,,,${key},${attempt},2026-01-01T00:00:00.000Z\n`
const tux = { name: 'Tux', quantity: 1 }
const bought = (number: number) => ({ order_number: number, ...tux, price: 10, total: 10 })

function catalog(balance: number, ...open: string[]): ReadonlyMap<string, LedgerState> {
  const state = new LedgerState()
  state.apply({ fact: 'account', account: 'Tux', balance, attributes: ['10.00'] })
  for (const id of open)
    state.apply({ fact: 'open', reservation: { id, after: 0, items: [{ account: 'Tux', amount: 1, attributes: [] }] } })
  return new Map([['catalog', state]])
}

/** Of a customer who pays: two lines, 30.00 in all. */
const paidRows = (number: number, key: string, attempt: string): string =>
  [
    [1, 'Tux', 1, '10.00'],
    [2, 'Fox', 2, '10.00'],
  ]
    .map(
      ([line, toy, pieces, price]) =>
        `${number},${line} of 2,${toy},${pieces},${price},pat,,${key},${attempt},2026-01-01T00:00:00.000Z\n`,
    )
    .join('')

t.test('the onlooker notices what is wrong with credit', async (t) => {
  const log = Buffer.from(header + paidRows(1, 'k7', 'a1-1'))
  const lines = [tux, { name: 'Fox', quantity: 2 }]
  const items = lines.map((line) => ({ ...line, price: 10 }))
  const call = { key: 'k7', purchase: { items: lines, user: 'pat' }, attempts: ['a1-1'] }
  const payment = (credit: number, ...open: string[]): ReadonlyMap<string, LedgerState> => {
    const state = new LedgerState()
    state.apply({ fact: 'account', account: 'pat', balance: credit, attributes: [] })
    for (const id of open)
      state.apply({
        fact: 'open',
        reservation: { id, after: 0, items: [{ account: 'pat', amount: 3000, attributes: [] }] },
      })
    return new Map([['payment', state]])
  }
  const accused = (look: (onlooker: Onlooker) => void): string | undefined => {
    const onlooker = new Onlooker({ catalog: { Tux: 1, Fox: 2 }, payment: { pat: 5000 } })
    look(onlooker)
    return onlooker.wrong
  }
  const told = (onlooker: Onlooker, more: object): void =>
    onlooker.told({ order_number: 1, items, total: 30, user: 'pat', ...more }, call, () => log)
  t.equal(
    accused((o) => {
      told(o, {})
      o.check(log, payment(2000))
      o.check(log, payment(2000, 'a1-1'))
    }),
    undefined,
    'nothing where all is well',
  )
  t.match(
    accused((o) => o.check(log, payment(3000))),
    /payment had 5000 of pat; 3000 are left, and 3000 set aside or sold/,
    'sold for more than was taken',
  )
  t.match(
    accused((o) => told(o, { total: 29 })),
    /a total of 29, and it is 3000 cents/,
    'another total',
  )
  t.match(
    accused((o) => told(o, { user: 'quin' })),
    /asked for .* by pat and was sold .* by quin/,
    'another customer',
  )
  t.match(
    accused((o) => told(o, { items: items.slice(0, 1), total: 10 })),
    /asked for 1 Tux,2 Fox by pat and was sold 1 Tux/,
    'half of it',
  )
  t.match(
    accused((o) => {
      o.told({ order_number: 1, items, total: 30, user: 'pat' }, { ...call, attempts: ['a1-0', 'a1-1'] }, () => log)
      o.check(log, payment(2000 - 3000, 'a1-0'))
    }),
    /holds a1-0, whose buyer was told no/,
    'what was begun at another price and is still held',
  )
})

t.test('the onlooker notices', async (t) => {
  const log = (...rows: string[]): Buffer => Buffer.from(header + rows.join(''))
  const one = row(1, 'k1', 'a1-1')
  const call = { key: 'k1', purchase: tux, attempts: ['a1-1'] }
  const accused = (look: (onlooker: Onlooker) => void): string | undefined => {
    const onlooker = new Onlooker({ catalog: { Tux: 2 } })
    look(onlooker)
    return onlooker.wrong
  }
  const refuse = (onlooker: Onlooker, code: 'unavailable' | 'out_of_stock'): void =>
    onlooker.told(new StoreError(code, 'no'), call, () => log())

  t.equal(
    accused((o) => o.check(log(one), catalog(1))),
    undefined,
    'nothing where all is well',
  )
  t.match(
    accused((o) => o.check(log(one), catalog(2))),
    /2 are left, and 1/,
    'a piece too many',
  )
  t.match(
    accused((o) => o.check(log(one, row(2, 'k2', 'a1-2'), row(3, 'k3', 'a1-3')), catalog(-1))),
    /has -1/,
    'below zero',
  )
  t.match(
    accused((o) => o.check(log(one, row(2, 'k1', 'a1-2')), catalog(0))),
    /two orders/,
    'a key with two orders',
  )
  t.match(
    accused((o) => o.check(log(row(2, 'k1', 'a1-1')), catalog(1))),
    /the 1. order has the number 2/,
    'a gap',
  )
  t.match(
    accused((o) => o.told(bought(1), call, () => log())),
    /before its row is synced/,
    'an answer before the sync',
  )
  t.match(
    accused((o) => {
      o.told(bought(1), call, () => log(one))
      o.check(log(), catalog(2))
    }),
    /is lost/,
    'an acknowledged order that is lost',
  )
  t.match(
    accused((o) => {
      o.told(bought(1), call, () => log(one))
      o.told(bought(2), call, () => log(one, row(2, 'k1', 'a1-2')))
    }),
    /was answered .* then/,
    'two answers for a key',
  )
  t.match(
    accused((o) => {
      refuse(o, 'unavailable')
      o.check(log(one), catalog(1))
    }),
    /told no, and it is order 1/,
    'an order of an attempt that was given up',
  )
  t.match(
    accused((o) => {
      refuse(o, 'out_of_stock')
      o.check(log(), catalog(1, 'a1-1'))
    }),
    /holds a1-1, whose buyer was told no/,
    'a piece held for a buyer who was told no',
  )
  t.match(
    accused((o) => {
      o.settled('catalog', 'a1-2')
      o.check(log(), catalog(1, 'a1-1'))
    }),
    /nothing was open below a1-2/,
    'a piece held below a settled fence',
  )
})
