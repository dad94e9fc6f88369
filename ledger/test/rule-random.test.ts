import fc from 'fast-check'
import t from 'tap'
import type { Fact } from '../../storage/ledger.ts'
import { LedgerState } from '../../storage/ledger-state.ts'
import { comparable, LedgerModel } from '../../storage/test/conformance/ledger-model.ts'
import { someAccounts, someCommand } from '../../storage/test/ledger-commands.ts'
import { runs } from '../../storage/test/seed.ts'
import { rule } from '../rule.ts'

const batches = fc.array(fc.array(someCommand, { minLength: 1, maxLength: 8 }), { maxLength: 15 })

/** All that a state holds, as text. */
const told = (state: LedgerState): string =>
  JSON.stringify([
    [...state.accounts()].sort(([a], [b]) => (a < b ? -1 : 1)),
    [...state.reservations()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    [...state.decisions()].sort(),
    state.fence,
    state.lastMovement,
  ])

t.test('every answer and every balance is what the naive model says, and none is below zero', async (t) => {
  const property = fc.property(batches, (all) => {
    const state = new LedgerState()
    const model = new LedgerModel()
    for (const batch of all) {
      const { outcomes, changes } = rule(state, batch, 0)
      const wanted = JSON.stringify(batch.map((command) => comparable(model.take(command, 0))))
      const given = JSON.stringify(outcomes.map(comparable))
      if (given !== wanted) throw new Error(`answered ${given} where ${wanted} is right`)
      for (const fact of changes.flat()) state.apply(fact)
      for (const account of someAccounts) {
        const balance = state.account(account)?.balance
        const right = model.accounts.get(account)?.balance
        if (balance !== right || (balance ?? 0) < 0) throw new Error(`${account} has ${balance}, not ${right}`)
      }
    }
  })
  t.doesNotThrow(() => fc.assert(property, runs(1500)))
})

t.test('the state that the rule is given is not changed', async (t) => {
  const property = fc.property(batches, (all) => {
    const state = new LedgerState()
    for (const batch of all) {
      const before = told(state)
      const { changes } = rule(state, batch, 0)
      if (told(state) !== before) throw new Error(`${before} became ${told(state)}`)
      for (const fact of changes.flat()) state.apply(fact)
    }
  })
  t.doesNotThrow(() => fc.assert(property, runs(300)))
})

t.test('a batch is answered like its commands one by one', async (t) => {
  const property = fc.property(batches, (all) => {
    const [one, other] = [new LedgerState(), new LedgerState()]
    for (const batch of all) {
      const together = rule(one, batch, 0)
      for (const fact of together.changes.flat()) one.apply(fact)
      const outcomes = batch.flatMap((command) => {
        const alone = rule(other, [command], 0)
        for (const fact of alone.changes.flat()) other.apply(fact)
        return alone.outcomes
      })
      if (
        JSON.stringify(outcomes.map(comparable)) !== JSON.stringify(together.outcomes.map(comparable)) ||
        told(one) !== told(other)
      )
        throw new Error('they differ')
    }
  })
  t.doesNotThrow(() => fc.assert(property, runs(300)))
})

t.test('facts that are applied a second time, from any point on, change nothing', async (t) => {
  const property = fc.property(batches, fc.nat(), (all, where) => {
    const state = new LedgerState()
    const facts: Fact[] = []
    for (const batch of all) {
      const { changes } = rule(state, batch, 0)
      for (const fact of changes.flat()) state.apply(fact)
      facts.push(...changes.flat())
    }
    const before = told(state)
    for (const fact of facts.slice(facts.length === 0 ? 0 : where % facts.length)) state.apply(fact)
    return told(state) === before
  })
  t.doesNotThrow(() => fc.assert(property, runs(500)))
})

t.test('movements count 1, 2, 3 … without a gap', async (t) => {
  const property = fc.property(batches, (all) => {
    const state = new LedgerState()
    let last = 0
    for (const batch of all)
      for (const fact of rule(state, batch, 0).changes.flat()) {
        state.apply(fact)
        if (fact.fact === 'movement' && fact.movement.number !== ++last) return false
      }
    return state.lastMovement === last
  })
  t.doesNotThrow(() => fc.assert(property, runs(300)))
})
