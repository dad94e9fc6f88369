/** Random commands for ledgers: few accounts and ids, so that they meet. */
import fc from 'fast-check'
import type { Command } from '../ledger.ts'

export const someAccounts = ['Tux', 'Fox', 'a, "b"', '__proto__', 'no such toy'] as const
export const someIds = [1, 2, 3].flatMap((incarnation) => [0, 1, 2, 3, 4].map((seq) => `a${incarnation}-${seq}`))

const account = fc.constantFrom(...someAccounts)
const id = fc.constantFrom(...someIds)
const amount = fc.integer({ min: 1, max: 6 })
const items = fc.uniqueArray(fc.record({ account, amount }), {
  selector: (item) => item.account,
  minLength: 1,
  maxLength: 3,
})
const reason = fc.constantFrom('restock', 'a "quoted", reason', '')

const key = fc.constantFrom('k1', 'k2', 'of a "quoted", key')
/** Few, so that a key meets its own change again. */
const someChange = fc.constantFrom(-2, 3)

export const someCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ op: fc.constant('reserve'), id, after: fc.nat(9), items }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constantFrom('confirm', 'void'), id }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('open'), fence: id, first: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('take'), account, amount, reason }) },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant('change'), account, change: fc.integer({ min: -6, max: 20 }), reason }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant('change'), account, change: someChange, reason, key }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('undo'), account, key, reason }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('put'),
      account,
      attributes: fc.constantFrom(['1.00'], ['25.99']),
      balance: fc.nat(20),
      reason,
      isNew: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('remove'), account, reason }) },
)
