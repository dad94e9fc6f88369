/** The conformance suite of the ledger's contract: random commands and reads, and what the naive model says to them. */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { type Account, balanceMax, type Command, type Ledger, type Movement } from '../../ledger.ts'
import { someAccounts, someCommand, someIds } from '../ledger-commands.ts'
import { comparable, LedgerModel, type ModelMovement } from './ledger-model.ts'
import { asCode } from './script.ts'
import type { Suite } from './suite.ts'

export type LedgerCall =
  | { call: 'execute'; commands: Command[] }
  | { call: 'account'; name: string }
  | { call: 'list'; after: string; limit: number }
  | { call: 'movements'; after: number; limit: number }

/** What every ledger under test holds when it is made, each with a movement for the reason `start`. */
export const firstAccounts: ReadonlyMap<string, Account> = new Map([
  ['Tux', { balance: 9, attributes: ['25.99'] }],
  ['Fox', { balance: 4, attributes: ['1.00'] }],
])

const first = new LedgerModel()
for (const [account, { balance, attributes }] of firstAccounts)
  first.take({ op: 'put', account, balance, attributes, reason: 'start' }, 0)

const account = fc.constantFrom(...someAccounts)
/** A few of these make a file that is searched and not read as a whole. */
const long = 'r'.repeat(5000)
const rare: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    op: fc.constant('change'),
    account,
    change: fc.constantFrom(balanceMax, balanceMax - 9, 0, -balanceMax),
    reason: fc.constantFrom('counted again', long),
  }),
  fc.record({
    op: fc.constant('put'),
    account: fc.constantFrom('ä', '10', '9', 'constructor'),
    attributes: fc.constant(['1.00']),
    balance: fc.constantFrom(0, balanceMax),
    reason: fc.constantFrom('new', long),
  }),
)
const command = fc.oneof({ weight: 9, arbitrary: someCommand }, { weight: 1, arbitrary: rare })
const commands = fc.oneof(
  { weight: 3, arbitrary: fc.array(command, { minLength: 1, maxLength: 1 }) },
  { weight: 1, arbitrary: fc.array(command, { maxLength: 4 }) },
)
const limit = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 4 }) }, fc.constantFrom(0, 1000))

const calls: fc.Arbitrary<LedgerCall> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ call: fc.constant('execute'), commands }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('account'), name: account }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('list'), after: fc.oneof(fc.constant(''), account), limit }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('movements'), after: fc.nat(9), limit }) },
)

/** A reserve that is refused and so tells what is known of its id. */
const asked = (id: string): Command => ({
  op: 'reserve',
  id,
  after: 0,
  items: [{ account: 'never there', amount: 1 }],
})

export const ledgerSuite: Suite<Ledger, LedgerCall, LedgerModel> = {
  name: 'ledger',
  calls,
  first,
  apply(state, call, now) {
    switch (call.call) {
      case 'execute': {
        const next = new LedgerModel(state)
        return { state: next, answer: call.commands.map((each) => comparable(next.take(each, now))) }
      }
      case 'account':
        return { state, answer: state.accounts.get(call.name) }
      case 'list': {
        const names = state.names().filter((name) => name > call.after)
        return { state, answer: names.slice(0, call.limit).map((name) => ({ name, ...state.accounts.get(name)! })) }
      }
      case 'movements':
        return { state, answer: state.movements.slice(call.after, call.after + call.limit) }
    }
  },
  /** Readers see a batch whole; a crash may keep any beginning of it. */
  halves(call, now) {
    if (call.call !== 'execute') return undefined
    return (state) => {
      const next = new LedgerModel(state)
      return call.commands.slice(0, -1).map((each) => {
        next.take(each, now)
        return new LedgerModel(next)
      })
    }
  },
  asText: (state) => state.asText(),
  async ask(ledger, call) {
    switch (call.call) {
      case 'execute':
        return (await ledger.execute(call.commands)).map(comparable)
      case 'account':
        return ledger.account(call.name)
      case 'list':
        return ledger.list(call.after, call.limit)
      case 'movements':
        return ledger.movements(call.after, call.limit)
    }
  },
  fits(right, answer, now) {
    const isMovements = Array.isArray(right) && right.some((each) => 'notBefore' in each)
    if (!isMovements) return isDeepStrictEqual(right, answer)
    return sameMovements(right as ModelMovement[], answer as Movement[], now)
  },
  asCode(call) {
    switch (call.call) {
      case 'execute':
        return `ledger.execute(${asCode(call.commands)})`
      case 'account':
        return `ledger.account(${asCode(call.name)})`
      case 'list':
        return `ledger.list(${asCode(call.after)}, ${call.limit})`
      case 'movements':
        return `ledger.movements(${call.after}, ${call.limit})`
    }
  },
  look: [
    { call: 'list', after: '', limit: 1000 },
    { call: 'movements', after: 0, limit: 1000 },
    { call: 'execute', commands: [{ op: 'open', fence: 'a0-0', first: false }, ...someIds.map(asked)] },
  ],
  works: [
    {
      call: 'execute',
      commands: [{ op: 'put', account: 'Tux', attributes: ['2.00'], balance: 7, reason: 'found' }, asked('a9-9')],
    },
    {
      call: 'execute',
      commands: [{ ...asked('a9-9'), op: 'reserve', items: [{ account: 'Tux', amount: 7 }] } as Command],
    },
    { call: 'execute', commands: [{ op: 'confirm', id: 'a9-9' }] },
  ],
  size: (call) => (call.call === 'execute' ? call.commands.length : 1),
}

function sameMovements(right: readonly ModelMovement[], answer: readonly Movement[], now: number): boolean {
  return (
    right.length === answer.length &&
    answer.every(({ at, ...rest }, i) => {
      const { notBefore, ...wanted } = right[i]!
      const time = Date.parse(at)
      return isDeepStrictEqual(rest, wanted) && time >= notBefore && time <= now
    })
  )
}
