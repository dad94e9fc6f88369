import fc from 'fast-check'
import t from 'tap'
import { LedgerState } from '../ledger-state.ts'
import { runs } from './seed.ts'

const set = (state: LedgerState, account: string, balance: number): void =>
  state.apply({ fact: 'account', account, balance, attributes: [] })
const take = (state: LedgerState, account: string): void => state.apply({ fact: 'removed', account })

t.test('frozen accounts are those of one moment, in their order, whatever changes while they are read', (t) => {
  const name = fc.integer({ min: 0, max: 12 }).map((i) => `toy ${i}`)
  const step = fc.oneof(
    { arbitrary: fc.record({ what: fc.constant('read' as const) }), weight: 4 },
    { arbitrary: fc.record({ what: fc.constant('set' as const), name, balance: fc.nat(99) }), weight: 4 },
    { arbitrary: fc.record({ what: fc.constant('remove' as const), name }), weight: 1 },
  )
  const property = fc.property(
    fc.array(fc.tuple(name, fc.nat(99))),
    fc.array(step, { maxLength: 60 }),
    (first, steps) => {
      const state = new LedgerState()
      for (const [account, balance] of first) set(state, account, balance)
      const wanted = [...state.accounts()]
      const frozen = state.frozenAccounts()
      const reading = frozen[Symbol.iterator]()
      const found: unknown[] = []
      for (const each of steps)
        if (each.what === 'set') set(state, each.name, each.balance)
        else if (each.what === 'remove') take(state, each.name)
        else {
          const next = reading.next()
          if (next.done !== true) found.push(next.value)
        }
      found.push(...reading)
      frozen.end()
      return JSON.stringify(found) === JSON.stringify(wanted)
    },
  )
  t.doesNotThrow(() => fc.assert(property, runs(2000)))
  t.end()
})

t.test('what is frozen later is of that later moment, and an end lets go of it', (t) => {
  const state = new LedgerState()
  set(state, 'Tux', 1)
  const first = state.frozenAccounts()
  set(state, 'Tux', 2)
  t.strictSame([...first], [['Tux', { balance: 1, attributes: [] }]])
  first.end()
  const second = state.frozenAccounts()
  first.end()
  set(state, 'Tux', 3)
  t.strictSame([...second], [['Tux', { balance: 2, attributes: [] }]], 'the end of an older one ends no newer one')
  second.end()
  t.end()
})

t.test('only the durable state can be frozen, not a draft over it', (t) => {
  const state = new LedgerState()
  t.throws(() => new LedgerState(state).frozenAccounts())
  t.end()
})
