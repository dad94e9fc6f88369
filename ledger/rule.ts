/**
 * The ledger's rule: one pure function, (state, commands) → (outcomes, facts). The catalog's stock and the customers'
 * credit are two uses of it. What each rule below is for is told in DESIGN.md, "The purchase"; take one away and a test fails.
 */
import { compareAttempts, parseAttemptId } from '../storage/attempt-id.ts'
import {
  type AttemptId,
  balanceMax,
  type Command,
  type Fact,
  type HeldItem,
  type Item,
  type Outcome,
  type Rule,
} from '../storage/ledger.ts'
import { LedgerState } from '../storage/ledger-state.ts'

type Decided = [Outcome, ...Fact[]]

/** Later commands of a batch see what earlier ones did. The state given is not changed. */
export const rule: Rule = (state, commands, now) => {
  const draft = new LedgerState(state)
  const outcomes: Outcome[] = []
  const changes: Fact[][] = []
  for (const command of commands) {
    const [outcome, ...facts] = decide(draft, command, now)
    for (const fact of facts) draft.apply(fact)
    outcomes.push(outcome)
    changes.push(facts)
  }
  return { outcomes, changes }
}

function decide(state: LedgerState, command: Command, now: number): Decided {
  switch (command.op) {
    case 'reserve':
      return reserve(state, command.id, command.after, command.items)
    case 'confirm':
      return confirm(state, command.id)
    case 'void':
      return giveBack(state, command.id)
    case 'open':
      return open(state, command.fence, command.first)
    case 'take':
      return move(state, command.account, -command.amount, command.reason, now)
    case 'change':
      return change(state, command, now)
    case 'undo':
      return undo(state, command, now)
    case 'put':
      return put(state, command, now)
    case 'remove':
      return remove(state, command.account, command.reason, now)
  }
}

function reserve(state: LedgerState, id: AttemptId, after: number, items: readonly Item[]): Decided {
  const open = state.reservation(id)
  if (open !== undefined) return [{ outcome: 'held', items: open.items }]
  const decision = state.decision(id)
  if (decision === 'confirmed') return [{ outcome: 'held', items: [] }]
  if (decision === 'voided') return [{ outcome: 'refused', reason: 'voided', accounts: [] }]
  if (state.belowFence(id)) return [{ outcome: 'stale', fence: state.fence }]

  const missing = items.filter(({ account }) => state.account(account) === undefined)
  if (missing.length > 0)
    return [{ outcome: 'refused', reason: 'not_found', accounts: missing.map((item) => item.account) }]
  const short = items.filter(({ account, amount }) => state.account(account)!.balance < amount)
  if (short.length > 0)
    return [{ outcome: 'refused', reason: 'insufficient', accounts: short.map((item) => item.account) }]

  const held: HeldItem[] = items.map(({ account, amount }) => {
    const { attributes } = state.account(account)!
    return { account, amount, attributes }
  })
  return [
    { outcome: 'held', items: held },
    { fact: 'open', reservation: { id, after, items: held } },
    ...items.map(({ account, amount }) => balanceFact(state, account, -amount)),
  ]
}

function confirm(state: LedgerState, id: AttemptId): Decided {
  if (state.reservation(id) !== undefined) return [{ outcome: 'done' }, { fact: 'decided', id, decision: 'confirmed' }]
  if (state.decision(id) === 'voided') return [{ outcome: 'conflict', decided: 'voided' }]
  return [{ outcome: 'done' }]
}

function giveBack(state: LedgerState, id: AttemptId): Decided {
  const open = state.reservation(id)
  if (open !== undefined) {
    const back = open.items.map(({ account, amount }) => balanceFact(state, account, amount))
    return [{ outcome: 'done' }, { fact: 'decided', id, decision: 'voided' }, ...back]
  }
  const decision = state.decision(id)
  if (decision === 'confirmed') return [{ outcome: 'conflict', decided: 'confirmed' }]
  if (decision === 'voided' || state.belowFence(id)) return [{ outcome: 'done' }]
  // The void overtook its reserve: the mark makes the late reserve a refusal.
  return [{ outcome: 'done' }, { fact: 'decided', id, decision: 'voided' }]
}

function open(state: LedgerState, fence: AttemptId, first: boolean): Decided {
  const known = parseAttemptId(state.fence)
  if (first && parseAttemptId(fence).incarnation <= known.incarnation) return [{ outcome: 'seen', fence: state.fence }]
  const raised = compareAttempts(fence, state.fence) > 0
  const now = raised ? fence : state.fence
  const stillOpen = [...state.reservations()].filter(({ id }) => compareAttempts(id, now) < 0)
  const listed = stillOpen.map(({ id, after }) => ({ id, after }))
  const outcome: Outcome = { outcome: 'opened', fence: now, open: listed }
  return raised ? [outcome, { fact: 'fence', fence }] : [outcome]
}

/** A change of a balance that is no purchase: it leaves a movement. */
function move(state: LedgerState, account: string, change: number, reason: string, now: number): Decided {
  const known = state.account(account)
  if (known === undefined) return [{ outcome: 'refused', reason: 'not_found', accounts: [account] }]
  const balance = known.balance + change
  if (balance < 0) return [{ outcome: 'refused', reason: 'insufficient', accounts: [account] }]
  if (change > 0 && balance > balanceMax) return [{ outcome: 'refused', reason: 'too_much', accounts: [account] }]
  const movement = movementFact(state, account, change, reason, now)
  return [
    { outcome: 'changed', account, balance, attributes: known.attributes, movement: movement.movement.number },
    { fact: 'account', account, balance, attributes: known.attributes },
    movement,
  ]
}

/** A change; one with a key is made once, and told again as it was. */
function change(state: LedgerState, command: Command & { op: 'change' }, now: number): Decided {
  const { account, change, reason, key } = command
  if (key === undefined) return move(state, account, change, reason, now)
  const known = state.keyed(key)
  if (known === undefined || known.undone) return keep(key, change, move(state, account, change, reason, now))
  if (known.account !== account || known.change !== change)
    return [{ outcome: 'refused', reason: 'key_reused', accounts: [account] }]
  const { balance, movement } = known
  return [{ outcome: 'changed', account, balance, attributes: state.account(account)?.attributes ?? [], movement }]
}

function undo(state: LedgerState, { account, key, reason }: Command & { op: 'undo' }, now: number): Decided {
  const known = state.keyed(key)
  if (known === undefined || known.account !== account)
    return [{ outcome: 'refused', reason: 'not_found', accounts: [account] }]
  if (known.undone) return [{ outcome: 'refused', reason: 'voided', accounts: [account] }]
  const decided = move(state, account, -known.change, reason, now)
  return decided.length === 1 ? decided : [...decided, { fact: 'keyed', key, keyed: { ...known, undone: true } }]
}

/** What was decided, remembered under its key; a refusal is not. */
function keep(key: string, change: number, decided: Decided): Decided {
  const [outcome] = decided
  if (outcome.outcome !== 'changed') return decided
  const { account, balance, movement } = outcome
  return [...decided, { fact: 'keyed', key, keyed: { account, change, balance, movement, undone: false } }]
}

function put(
  state: LedgerState,
  { account, attributes, balance, reason, isNew = false }: Command & { op: 'put' },
  now: number,
): Decided {
  if (isNew && state.account(account) !== undefined)
    return [{ outcome: 'refused', reason: 'exists', accounts: [account] }]
  const movement = movementFact(state, account, balance - (state.account(account)?.balance ?? 0), reason, now)
  return [
    { outcome: 'changed', account, balance, attributes, movement: movement.movement.number },
    { fact: 'account', account, balance, attributes },
    movement,
  ]
}

/** Refused while a reservation holds some of it: giving that back would need the account. */
function remove(state: LedgerState, account: string, reason: string, now: number): Decided {
  const known = state.account(account)
  if (known === undefined) return [{ outcome: 'refused', reason: 'not_found', accounts: [account] }]
  for (const { items } of state.reservations())
    if (items.some((item) => item.account === account))
      return [{ outcome: 'refused', reason: 'reserved', accounts: [account] }]
  const movement = movementFact(state, account, -known.balance, reason, now)
  return [
    { outcome: 'changed', account, balance: 0, attributes: known.attributes, movement: movement.movement.number },
    { fact: 'removed', account },
    movement,
  ]
}

function balanceFact(state: LedgerState, account: string, change: number): Fact & { fact: 'account' } {
  const { balance, attributes } = state.account(account)!
  return { fact: 'account', account, balance: balance + change, attributes }
}

function movementFact(
  state: LedgerState,
  account: string,
  change: number,
  reason: string,
  now: number,
): Fact & { fact: 'movement' } {
  const number = state.lastMovement + 1
  return { fact: 'movement', movement: { number, at: new Date(now).toISOString(), account, change, reason } }
}
