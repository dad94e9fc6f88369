import t from 'tap'
import type { Command, Outcome } from '../../storage/ledger.ts'
import { LedgerState } from '../../storage/ledger-state.ts'
import { rule } from '../rule.ts'

const now = Date.UTC(2026, 0, 1)

/** A ledger in memory: `run` answers a batch and takes its facts. */
function ledger(balances: Record<string, number> = { Tux: 10, Fox: 5 }) {
  const state = new LedgerState()
  for (const [account, balance] of Object.entries(balances))
    state.apply({ fact: 'account', account, balance, attributes: ['1.00'] })
  const run = (...commands: Command[]): Outcome[] => {
    const { outcomes, changes } = rule(state, commands, now)
    for (const fact of changes.flat()) state.apply(fact)
    return outcomes
  }
  const facts = (...commands: Command[]) => rule(state, commands, now).changes.flat()
  const balance = (account: string) => state.account(account)?.balance
  return { state, run, facts, balance }
}
const reserve = (id: string, items: Record<string, number>, after = 0): Command => {
  return { op: 'reserve', id, after, items: Object.entries(items).map(([account, amount]) => ({ account, amount })) }
}
const confirm = (id: string): Command => ({ op: 'confirm', id })
const giveBack = (id: string): Command => ({ op: 'void', id })
const open = (fence: string, first = false): Command => ({ op: 'open', fence, first })
const change = (account: string, by: number): Command => ({ op: 'change', account, change: by, reason: 'restock' })

t.test('a reserve takes all of its items, at the price of the moment', async (t) => {
  const { run, balance } = ledger()
  t.strictSame(run(reserve('a1-1', { Tux: 3, Fox: 5 })), [
    {
      outcome: 'held',
      items: [
        { account: 'Tux', amount: 3, attributes: ['1.00'] },
        { account: 'Fox', amount: 5, attributes: ['1.00'] },
      ],
    },
  ])
  t.strictSame([balance('Tux'), balance('Fox')], [7, 0])
})

t.test('a reserve that lacks one item takes none and says which', async (t) => {
  const { run, facts, balance } = ledger()
  t.strictSame(facts(reserve('a1-1', { Tux: 3, Fox: 6 })), [])
  t.match(run(reserve('a1-1', { Tux: 11, Fox: 6 })), [
    { outcome: 'refused', reason: 'insufficient', accounts: ['Tux', 'Fox'] },
  ])
  t.match(run(reserve('a1-1', { Tux: 3, Owl: 1 })), [{ outcome: 'refused', reason: 'not_found', accounts: ['Owl'] }])
  t.equal(balance('Tux'), 10)
  t.match(run(reserve('a1-1', { Tux: 3 })), [{ outcome: 'held' }], 'a refusal is not pinned to the id')
})

t.test('a reserve that comes again is answered the same and takes nothing', async (t) => {
  const { run, facts, balance } = ledger()
  const [first] = run(reserve('a1-1', { Tux: 10 }))
  t.strictSame(facts(reserve('a1-1', { Tux: 10 })), [])
  t.strictSame(run(reserve('a1-1', { Tux: 10 })), [first])
  t.equal(balance('Tux'), 0)
  run(confirm('a1-1'))
  t.strictSame(run(reserve('a1-1', { Tux: 10 })), [{ outcome: 'held', items: [] }])
})

t.test('confirm and void are done once, however often they come', async (t) => {
  const { run, facts, balance, state } = ledger()
  run(reserve('a1-1', { Tux: 4 }), reserve('a1-2', { Tux: 5 }))
  for (let i = 0; i < 3; i++)
    t.strictSame(run(confirm('a1-1'), giveBack('a1-2')), [{ outcome: 'done' }, { outcome: 'done' }])
  t.equal(balance('Tux'), 6)
  t.strictSame([...state.reservations()], [])
  t.strictSame(facts(confirm('a1-1'), giveBack('a1-2')), [])
})

t.test('what was decided is not decided otherwise', async (t) => {
  const { run, balance } = ledger()
  run(reserve('a1-1', { Tux: 4 }), confirm('a1-1'), reserve('a1-2', { Tux: 4 }), giveBack('a1-2'))
  t.strictSame(run(giveBack('a1-1'), confirm('a1-2')), [
    { outcome: 'conflict', decided: 'confirmed' },
    { outcome: 'conflict', decided: 'voided' },
  ])
  t.equal(balance('Tux'), 6)
})

t.test('a void that overtakes its reserve leaves a mark, and the late reserve takes nothing', async (t) => {
  const { run, balance } = ledger()
  t.strictSame(run(giveBack('a1-1')), [{ outcome: 'done' }])
  t.match(run(reserve('a1-1', { Tux: 4 })), [{ outcome: 'refused', reason: 'voided' }])
  t.equal(balance('Tux'), 10)
})

t.test('below the fence an unknown reserve is stale, and confirm and void are done', async (t) => {
  const { run, facts, balance } = ledger()
  run(open('a2-5', true))
  t.strictSame(run(reserve('a2-4', { Tux: 1 }), reserve('a1-99', { Tux: 1 })), [
    { outcome: 'stale', fence: 'a2-5' },
    { outcome: 'stale', fence: 'a2-5' },
  ])
  t.strictSame(run(confirm('a2-4'), giveBack('a2-3')), [{ outcome: 'done' }, { outcome: 'done' }])
  t.strictSame(facts(confirm('a2-4'), giveBack('a2-3')), [])
  t.match(run(reserve('a2-5', { Tux: 1 })), [{ outcome: 'held' }], 'the fence itself is not below it')
  t.equal(balance('Tux'), 9)
})

t.test('the first open of an incarnation that was seen, or of a lower one, changes nothing', async (t) => {
  const { run, facts, state } = ledger()
  t.match(run(open('a3-0', true)), [{ outcome: 'opened', fence: 'a3-0' }])
  for (const fence of ['a3-0', 'a3-7', 'a2-9']) {
    t.strictSame(run(open(fence, true)), [{ outcome: 'seen', fence: 'a3-0' }])
    t.strictSame(facts(open(fence, true)), [])
  }
  t.equal(state.fence, 'a3-0')
  t.match(run(open('a4-0', true)), [{ outcome: 'opened', fence: 'a4-0' }])
})

t.test('an open raises the fence and lists what is open below it, and never lowers it', async (t) => {
  const { run, facts } = ledger()
  run(
    open('a1-0', true),
    reserve('a1-1', { Tux: 1 }, 41),
    reserve('a1-2', { Tux: 1 }, 42),
    reserve('a1-3', { Tux: 1 }, 43),
  )
  run(confirm('a1-2'))
  t.strictSame(run(open('a1-3')), [{ outcome: 'opened', fence: 'a1-3', open: [{ id: 'a1-1', after: 41 }] }])
  t.match(run(open('a1-2')), [{ outcome: 'opened', fence: 'a1-3', open: [{ id: 'a1-1' }] }])
  t.strictSame(facts(open('a1-3')), [])
  t.match(run(reserve('a1-1', { Tux: 1 })), [{ outcome: 'held' }], 'what is open below the fence is known')
  t.strictSame(run(giveBack('a1-1'), open('a1-3')), [
    { outcome: 'done' },
    { outcome: 'opened', fence: 'a1-3', open: [] },
  ])
})

t.test('decided ids are remembered above the fence and forgotten below it', async (t) => {
  const { run, state } = ledger()
  for (const id of ['a1-1', 'a1-2', 'a1-3']) run(reserve(id, { Tux: 1 }), confirm(id))
  run(open('a1-2'))
  t.strictSame(
    [...state.decisions()].map(([id]) => id),
    ['a1-2', 'a1-3'],
  )
  t.match(run(giveBack('a1-1'), giveBack('a1-2')), [{ outcome: 'done' }, { outcome: 'conflict' }])
})

t.test('movements are numbered one by one, whatever makes them', async (t) => {
  const { run, balance } = ledger()
  const outcomes = run(
    change('Tux', 5),
    { op: 'take', account: 'Tux', amount: 15, reason: 'direct sale' },
    change('Tux', -1),
    { op: 'put', account: 'Owl', attributes: ['2.00'], balance: 3, reason: 'new' },
    { op: 'remove', account: 'Fox', reason: 'gone' },
  )
  t.match(outcomes, [
    { movement: 1, balance: 15 },
    { movement: 2, balance: 0 },
    { reason: 'insufficient' },
    { movement: 3 },
    { movement: 4 },
  ])
  t.strictSame([balance('Tux'), balance('Owl'), balance('Fox')], [0, 3, undefined])
})

t.test('an account that a reservation holds some of cannot be removed', async (t) => {
  const { run, facts } = ledger()
  run(reserve('a1-1', { Tux: 1, Fox: 1 }))
  const remove: Command = { op: 'remove', account: 'Fox', reason: 'gone' }
  t.strictSame(facts(remove), [])
  t.match(run(remove), [{ outcome: 'refused', reason: 'reserved', accounts: ['Fox'] }])
  t.match(run(giveBack('a1-1'), remove), [{ outcome: 'done' }, { outcome: 'changed', balance: 0, movement: 1 }])
  t.match(run(remove), [{ outcome: 'refused', reason: 'not_found' }])
})

t.test('a balance beyond the safe integers is refused', async (t) => {
  const { run, facts, balance } = ledger({ Tux: Number.MAX_SAFE_INTEGER })
  t.strictSame(facts(change('Tux', 1)), [])
  t.match(run(change('Tux', 1), change('Tux', Number.MAX_SAFE_INTEGER)), [
    { outcome: 'refused' },
    { outcome: 'refused' },
  ])
  t.equal(balance('Tux'), Number.MAX_SAFE_INTEGER)
})

const keyed = (account: string, by: number, key = 'k1'): Command =>
  ({ ...change(account, by), op: 'change', key }) as Command
const undo = (account: string, key = 'k1'): Command => ({ op: 'undo', account, key, reason: 'taken back' })
const refused = (reason: string, account = 'Tux') => ({ outcome: 'refused', reason, accounts: [account] })

t.test('a change with a key is made once and told as it was; another one under its key is refused', async (t) => {
  const { run, balance } = ledger()
  const [made] = run(keyed('Tux', 5))
  t.match(made, { outcome: 'changed', balance: 15, movement: 1 })
  run(change('Tux', 1))
  t.strictSame(run(keyed('Tux', 5), keyed('Tux', 5)), [made, made])
  t.strictSame(run(keyed('Tux', 6), keyed('Fox', 5)), [refused('key_reused'), refused('key_reused', 'Fox')])
  t.equal(balance('Tux'), 16)
  t.strictSame(run(keyed('Tux', -99, 'k2')), [refused('insufficient')])
  t.match(run(keyed('Tux', -1, 'k2')), [{ outcome: 'changed', balance: 15, movement: 3 }], 'a refusal keeps no key')
})

t.test('a change is taken back once, by its key and of its account, and can then be made anew', async (t) => {
  const { run, balance } = ledger()
  run(keyed('Tux', -4))
  t.strictSame(run(undo('Fox'), undo('Tux', 'k2')), [refused('not_found', 'Fox'), refused('not_found')])
  t.match(run(undo('Tux'), undo('Tux')), [{ outcome: 'changed', balance: 10, movement: 2 }, refused('voided')])
  t.match(run(keyed('Tux', -3)), [{ outcome: 'changed', balance: 7, movement: 3 }])
  t.match(run(undo('Tux'), keyed('Tux', 2), undo('Tux')), [{ balance: 10 }, { balance: 12 }, { balance: 10 }])
  t.equal(balance('Tux'), 10)
})

t.test('what was put in and is spent cannot be taken back, until it is there again', async (t) => {
  const { run } = ledger()
  run(keyed('Tux', 5), change('Tux', -12))
  t.strictSame(run(undo('Tux')), [refused('insufficient')])
  t.match(run(change('Tux', 2), undo('Tux')), [{ balance: 5 }, { balance: 0 }])
})

t.test('an account that must be new is refused where there is one', async (t) => {
  const { run, balance } = ledger()
  const put = (account: string): Command => ({
    op: 'put',
    account,
    attributes: [],
    balance: 1,
    reason: 'new',
    isNew: true,
  })
  t.match(run(put('Tux'), put('Owl'), put('Owl')), [
    refused('exists'),
    { outcome: 'changed', balance: 1 },
    refused('exists', 'Owl'),
  ])
  t.strictSame([balance('Tux'), balance('Owl')], [10, 1])
})
