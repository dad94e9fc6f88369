import t from 'tap'
import { LedgerState } from '../ledger-state.ts'

const tux = { fact: 'account', account: 'Tux', balance: 5, attributes: ['1.00'] } as const
const reservation = { id: 'a1-1', after: 0, items: [] }

t.test('a state over another one reads through to it and keeps its own changes to itself', async (t) => {
  const below = new LedgerState()
  below.apply(tux)
  below.apply({ ...tux, account: 'Fox' })
  below.apply({ fact: 'open', reservation })
  const over = new LedgerState(below)
  over.apply({ ...tux, balance: 3 })
  over.apply({ fact: 'removed', account: 'Fox' })
  over.apply({ ...tux, account: 'Owl' })
  over.apply({ fact: 'decided', id: 'a1-1', decision: 'voided' })
  over.apply({ fact: 'fence', fence: 'a1-1' })
  t.strictSame([...over.accounts()].map(([name, { balance }]) => [name, balance]).sort(), [
    ['Owl', 5],
    ['Tux', 3],
  ])
  t.equal(over.account('Fox'), undefined)
  t.equal(over.reservation('a1-1'), undefined)
  t.equal(over.decision('a1-1'), 'voided')
  t.strictSame(
    [...below.accounts()].map(([name, { balance }]) => [name, balance]),
    [
      ['Tux', 5],
      ['Fox', 5],
    ],
  )
  t.equal(below.reservation('a1-1'), reservation)
  t.equal(below.decision('a1-1'), undefined)
  t.equal(below.fence, 'a0-0')
})

t.test('an account that is removed and made again is there once', async (t) => {
  const below = new LedgerState()
  below.apply(tux)
  const over = new LedgerState(below)
  over.apply({ fact: 'removed', account: 'Tux' })
  over.apply({ ...tux, balance: 9 })
  t.strictSame([...over.accounts()], [['Tux', { balance: 9, attributes: ['1.00'] }]])
})

t.test('names that objects have are ordinary names', async (t) => {
  const state = new LedgerState()
  t.equal(state.account('__proto__'), undefined)
  t.equal(state.account('constructor'), undefined)
  state.apply({ ...tux, account: '__proto__' })
  t.equal(state.account('__proto__')?.balance, 5)
})

t.test('the fence and the count of movements only rise', async (t) => {
  const state = new LedgerState()
  state.apply({ fact: 'fence', fence: 'a2-10' })
  state.apply({ fact: 'fence', fence: 'a2-9' })
  t.equal(state.fence, 'a2-10')
  state.countMovements(7)
  state.apply({ fact: 'movement', movement: { number: 3, at: '', account: 'Tux', change: 1, reason: '' } })
  t.equal(state.lastMovement, 7)
})

t.test('what is decided below the fence is not remembered, but its reservation ends', async (t) => {
  const state = new LedgerState()
  state.apply({ fact: 'open', reservation })
  state.apply({ fact: 'fence', fence: 'a2-0' })
  state.apply({ fact: 'decided', id: 'a1-1', decision: 'confirmed' })
  t.strictSame([...state.reservations()], [])
  t.strictSame([...state.decisions()], [])
  t.equal(state.decision('a1-1'), undefined)
})
