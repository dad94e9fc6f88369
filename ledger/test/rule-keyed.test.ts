/** Changes under a key, and accounts that must be new. */
import t from 'tap'
import { balanceMax, type Command, type Outcome } from '../../storage/ledger.ts'
import { LedgerState } from '../../storage/ledger-state.ts'
import { rule } from '../rule.ts'

function ledger(balances: Record<string, number> = { ann: 100, bob: 5 }) {
  const state = new LedgerState()
  for (const [account, balance] of Object.entries(balances))
    state.apply({ fact: 'account', account, balance, attributes: [] })
  const run = (...commands: Command[]): Outcome[] => {
    const { outcomes, changes } = rule(state, commands, 0)
    for (const fact of changes.flat()) state.apply(fact)
    return outcomes
  }
  return { state, run, balance: (account: string) => state.account(account)?.balance }
}
const change = (account: string, by: number, key: string): Command => ({
  op: 'change',
  account,
  change: by,
  reason: 'credit put in',
  key,
})
const undo = (account: string, key: string): Command => ({ op: 'undo', account, key, reason: 'taken back' })
const refused = (reason: string, account = 'ann') => ({ outcome: 'refused', reason, accounts: [account] })
const changed = (balance: number, movement: number, account = 'ann') => ({
  outcome: 'changed',
  account,
  balance,
  attributes: [],
  movement,
})

t.test('a change with a key is made once, and told again as it was, also in one batch', async (t) => {
  const { run, balance, state } = ledger()
  t.strictSame(run(change('ann', 7, 'k'), change('ann', 7, 'k')), [changed(107, 1), changed(107, 1)])
  t.strictSame(run(change('ann', 1, 'other'), change('ann', 7, 'k')), [changed(108, 2), changed(107, 1)])
  t.equal(balance('ann'), 108)
  t.equal(state.lastMovement, 2)
})

t.test('a key of another account or amount is refused', async (t) => {
  const { run, balance } = ledger()
  run(change('ann', 7, 'k'))
  t.strictSame(run(change('ann', 8, 'k'), change('bob', 7, 'k')), [refused('key_reused'), refused('key_reused', 'bob')])
  t.strictSame([balance('ann'), balance('bob')], [107, 5])
})

t.test('a refusal is not remembered: with enough credit the same key is made', async (t) => {
  const { run, balance } = ledger()
  t.strictSame(run(change('bob', -6, 'k')), [refused('insufficient', 'bob')])
  t.strictSame(run(change('bob', 1, 'more'), change('bob', -6, 'k')), [changed(6, 1, 'bob'), changed(0, 2, 'bob')])
  t.strictSame(run(change('ann', balanceMax, 'much')), [refused('too_much')])
  t.equal(balance('ann'), 100)
})

t.test('a change is taken back once, by its account only; then its key is free again', async (t) => {
  const { run, balance } = ledger()
  run(change('ann', -30, 'pay'))
  t.strictSame(run(undo('bob', 'pay'), undo('ann', 'nothing')), [refused('not_found', 'bob'), refused('not_found')])
  t.strictSame(run(undo('ann', 'pay'), undo('ann', 'pay')), [changed(100, 2), refused('voided')])
  t.equal(balance('ann'), 100)
  t.strictSame(run(change('ann', -30, 'pay')), [changed(70, 3)])
  t.strictSame(run(undo('ann', 'pay')), [changed(100, 4)])
})

t.test('what was put in and is spent cannot be taken back', async (t) => {
  const { run, balance } = ledger({ ann: 0 })
  run(change('ann', 50, 'k'), change('ann', -20, 'spent'))
  t.strictSame(run(undo('ann', 'k')), [refused('insufficient')])
  t.equal(balance('ann'), 30)
})

t.test('an account that must be new is refused where there is one, and nothing changes', async (t) => {
  const { run, balance, state } = ledger()
  const put = (account: string, isNew?: boolean): Command => {
    const command = { op: 'put', account, attributes: [], balance: 9, reason: 'new' } as const
    return isNew === undefined ? command : { ...command, isNew }
  }
  t.strictSame(run(put('ann', true), put('cid', true), put('cid', true)), [
    refused('exists'),
    changed(9, 1, 'cid'),
    refused('exists', 'cid'),
  ])
  t.strictSame([balance('ann'), state.lastMovement], [100, 1])
  t.strictSame(run(put('ann')), [changed(9, 2)])
})
