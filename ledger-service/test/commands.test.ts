/** What any service with a ledger takes as a command: payment's rules stand for all. */
import fc from 'fast-check'
import t from 'tap'
import { commands as stock } from '../../catalog/server.ts'
import { commands as credit } from '../../payment/server.ts'
import type { Command } from '../../storage/ledger.ts'
import { runs } from '../../storage/test/seed.ts'
import { accountsOf, itemsMax } from '../commands.ts'

const items = (count: number) => Array.from({ length: count }, (_, i) => ({ account: `toy ${i}`, amount: 1 }))
const reserve = (all: unknown) => ({ op: 'reserve', id: 'a1-1', after: 0, items: all })
const takes = (command: unknown, of = stock): boolean => of.schema.safeParse(command).success

t.test('a reservation names one to a hundred accounts, each once', (t) => {
  t.ok(takes(reserve(items(1))))
  t.ok(takes(reserve(items(itemsMax))))
  t.notOk(takes(reserve(items(itemsMax + 1))))
  t.notOk(takes(reserve([])))
  t.notOk(takes(reserve([...items(2), { account: 'toy 0', amount: 2 }])))
  t.end()
})

t.test('of stock one to a million pieces are reserved, of credit any cents, none too', (t) => {
  const of = (amount: unknown) => reserve([{ account: 'ann', amount }])
  t.strictSame(
    [0, 1, 1_000_000, 1_000_001, 1.5, '1'].map((amount) => takes(of(amount))),
    [false, true, true, false, false, false],
  )
  t.strictSame(
    [-1, 0, 1, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER + 1, 0.5].map((amount) => takes(of(amount), credit)),
    [false, true, true, true, false, false],
  )
  t.end()
})

t.test('of a toy a price is written, of a customer nothing', (t) => {
  const put = (attributes: unknown) => ({ op: 'put', account: 'ann', attributes, balance: 5, reason: 'set' })
  const given = [[], ['1.00'], ['1'], ['1.00', '1.00'], ['-1.00'], ['cheap'], '1.00']
  t.strictSame(
    given.map((attributes) => takes(put(attributes))),
    [false, true, false, false, false, false, false],
  )
  t.strictSame(
    given.map((attributes) => takes(put(attributes), credit)),
    [true, false, false, false, false, false, false],
  )
  t.end()
})

t.test('a command touches as many accounts as its items', (t) => {
  t.equal(accountsOf(reserve(items(7)) as Command), 7)
  t.equal(accountsOf({ op: 'confirm', id: 'a1-1' }), 1)
  t.equal(accountsOf({ op: 'change', account: 'ann', change: 1, reason: 'restock' }), 1)
  t.end()
})

t.test('the quick look takes only what the schema takes, as it stands', (t) => {
  const text = fc.constantFrom('ann', '', '=1+1', ' ann', 'a'.repeat(201), 'a\nb', '__proto__', 'é', '\ud800')
  const id = fc.constantFrom('a1-1', 'a1', '', 'b1-1', 'a01-1', 'a9007199254740991-9007199254740991', 'a1-1\n', 7)
  const amount = fc.constantFrom(0, 1, -1, 1.5, 1_000_000, 1_000_001, 2 ** 53 - 1, 2 ** 53, '1', null, Number.NaN)
  const item = fc.record({ account: text, amount, more: fc.constant(1) }, { requiredKeys: ['account', 'amount'] })
  const op = fc.constantFrom('reserve', 'confirm', 'void', 'open', 'put')
  const near = fc.oneof(
    fc.record({ op, id }),
    fc.record({ op: fc.constant('reserve'), id, after: amount, items: fc.tuple(item) }),
  )
  const far = fc.record(
    { op, id, after: amount, items: fc.oneof(fc.array(item, { maxLength: 2 }), fc.constant('ann')), more: text },
    { requiredKeys: ['op'] },
  )
  const command = fc.oneof(near, far)
  let taken = 0
  const property = fc.property(command, (given) => {
    for (const { schema, looksRight } of [stock, credit]) {
      if (!looksRight(given)) continue
      taken += 1
      t.equal(JSON.stringify(schema.parse(given)), JSON.stringify(given))
    }
  })
  t.doesNotThrow(() => fc.assert(property, runs(5000)))
  t.ok(taken > 100, `${taken} were taken`)
  t.end()
})
