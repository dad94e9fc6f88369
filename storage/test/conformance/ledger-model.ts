/**
 * The ledger told once more, naively and without its rule: plain maps, every id remembered for ever. What is below the
 * fence and decided is only answered as if it had been forgotten.
 */
import { compareAttempts, parseAttemptId } from '../../attempt-id.ts'
import {
  type Account,
  balanceMax,
  type Command,
  type Decision,
  type HeldItem,
  type KeyedChange,
  type Movement,
  type Outcome,
} from '../../ledger.ts'

interface Attempt {
  status: 'open' | Decision
  after: number
  items: readonly HeldItem[]
}

/** A movement's time is known to be this or later. */
export type ModelMovement = Omit<Movement, 'at'> & { notBefore: number }

type Of<Op extends Command['op']> = Command & { op: Op }

export class LedgerModel {
  readonly accounts: Map<string, Account>
  readonly attempts: Map<string, Attempt>
  readonly keyed: Map<string, KeyedChange>
  readonly movements: ModelMovement[]
  fence: string

  constructor(from?: LedgerModel) {
    this.accounts = new Map(from?.accounts)
    this.attempts = new Map(from?.attempts)
    this.keyed = new Map(from?.keyed)
    this.movements = [...(from?.movements ?? [])]
    this.fence = from?.fence ?? 'a0-0'
  }

  /** The state as text; the same text, the same state. */
  asText(): string {
    return JSON.stringify([
      [...this.accounts].sort(byName),
      [...this.attempts].sort(byName),
      [...this.keyed].sort(byName),
      this.fence,
      this.movements,
    ])
  }

  /** Names in code-unit order. */
  names(): string[] {
    return [...this.accounts.keys()].sort()
  }

  /** Takes the command at this time and returns how it must be answered. */
  take(command: Command, now: number): Outcome {
    switch (command.op) {
      case 'reserve':
        return this.#reserve(command)
      case 'confirm':
        return this.#decide(command.id, 'confirmed')
      case 'void':
        return this.#decide(command.id, 'voided')
      case 'open':
        return this.#open(command)
      case 'take':
        return this.#move(command.account, -command.amount, command.reason, now)
      case 'change':
        return this.#change(command, now)
      case 'undo':
        return this.#undo(command, now)
      case 'put':
        return this.#put(command, now)
      case 'remove':
        return this.#remove(command, now)
    }
  }

  #reserve({ id, after, items }: Of<'reserve'>): Outcome {
    const known = this.attempts.get(id)
    if (known?.status === 'open') return { outcome: 'held', items: known.items }
    if (this.#isBelow(id)) return { outcome: 'stale', fence: this.fence }
    if (known?.status === 'confirmed') return { outcome: 'held', items: [] }
    if (known?.status === 'voided') return { outcome: 'refused', reason: 'voided', accounts: [] }
    const missing = items.filter(({ account }) => !this.accounts.has(account))
    if (missing.length > 0) return { outcome: 'refused', reason: 'not_found', accounts: missing.map((i) => i.account) }
    const short = items.filter(({ account, amount }) => this.accounts.get(account)!.balance < amount)
    if (short.length > 0) return { outcome: 'refused', reason: 'insufficient', accounts: short.map((i) => i.account) }
    const held = items.map(({ account, amount }) => {
      this.#add(account, -amount)
      return { account, amount, attributes: this.accounts.get(account)!.attributes }
    })
    this.attempts.set(id, { status: 'open', after, items: held })
    return { outcome: 'held', items: held }
  }

  #decide(id: string, decision: Decision): Outcome {
    const known = this.attempts.get(id)
    if (known?.status === 'open') {
      this.attempts.set(id, { ...known, status: decision })
      if (decision === 'voided') for (const { account, amount } of known.items) this.#add(account, amount)
      return { outcome: 'done' }
    }
    if (this.#isBelow(id)) return { outcome: 'done' }
    if (known !== undefined && known.status !== decision) return { outcome: 'conflict', decided: known.status }
    if (known === undefined && decision === 'voided') this.attempts.set(id, { status: 'voided', after: 0, items: [] }) // it overtook its reserve
    return { outcome: 'done' }
  }

  #open({ fence, first }: Of<'open'>): Outcome {
    if (first && parseAttemptId(fence).incarnation <= parseAttemptId(this.fence).incarnation)
      return { outcome: 'seen', fence: this.fence }
    if (compareAttempts(fence, this.fence) > 0) this.fence = fence
    const left = [...this.attempts].filter(([id, { status }]) => status === 'open' && this.#isBelow(id))
    return { outcome: 'opened', fence: this.fence, open: left.map(([id, { after }]) => ({ id, after })) }
  }

  #move(account: string, change: number, reason: string, now: number): Outcome {
    const known = this.accounts.get(account)
    if (known === undefined) return { outcome: 'refused', reason: 'not_found', accounts: [account] }
    const balance = known.balance + change
    if (balance < 0) return { outcome: 'refused', reason: 'insufficient', accounts: [account] }
    if (change > 0 && balance > balanceMax) return { outcome: 'refused', reason: 'too_much', accounts: [account] }
    this.#add(account, change)
    return this.#moved(account, change, reason, now)
  }

  #change({ account, change, reason, key }: Of<'change'>, now: number): Outcome {
    const made = key === undefined ? undefined : this.keyed.get(key)
    if (made !== undefined && !made.undone) {
      if (made.account !== account || made.change !== change)
        return { outcome: 'refused', reason: 'key_reused', accounts: [account] }
      const attributes = this.accounts.get(account)?.attributes ?? []
      return { outcome: 'changed', account, balance: made.balance, attributes, movement: made.movement }
    }
    const outcome = this.#move(account, change, reason, now)
    if (key !== undefined && outcome.outcome === 'changed') {
      const { balance, movement } = outcome
      this.keyed.set(key, { account, change, balance, movement, undone: false })
    }
    return outcome
  }

  #undo({ account, key, reason }: Of<'undo'>, now: number): Outcome {
    const made = this.keyed.get(key)
    if (made?.account !== account) return { outcome: 'refused', reason: 'not_found', accounts: [account] }
    if (made.undone) return { outcome: 'refused', reason: 'voided', accounts: [account] }
    const outcome = this.#move(account, 0 - made.change, reason, now)
    if (outcome.outcome === 'changed') this.keyed.set(key, { ...made, undone: true })
    return outcome
  }

  #put({ account, attributes, balance, reason, isNew }: Of<'put'>, now: number): Outcome {
    if (isNew && this.accounts.has(account)) return { outcome: 'refused', reason: 'exists', accounts: [account] }
    const before = this.accounts.get(account)?.balance ?? 0
    this.accounts.set(account, { balance, attributes })
    return this.#moved(account, balance - before, reason, now)
  }

  #remove({ account, reason }: Of<'remove'>, now: number): Outcome {
    const known = this.accounts.get(account)
    if (known === undefined) return { outcome: 'refused', reason: 'not_found', accounts: [account] }
    for (const { status, items } of this.attempts.values())
      if (status === 'open' && items.some((item) => item.account === account))
        return { outcome: 'refused', reason: 'reserved', accounts: [account] }
    this.accounts.set(account, { ...known, balance: 0 })
    const outcome = this.#moved(account, 0 - known.balance, reason, now)
    this.accounts.delete(account)
    return outcome
  }

  #moved(account: string, change: number, reason: string, notBefore: number): Outcome {
    const number = this.movements.length + 1
    this.movements.push({ number, account, change, reason, notBefore })
    const { balance, attributes } = this.accounts.get(account)!
    return { outcome: 'changed', account, balance, attributes, movement: number }
  }

  #add(account: string, change: number): void {
    const { balance, attributes } = this.accounts.get(account)!
    this.accounts.set(account, { balance: balance + change, attributes })
  }

  #isBelow(id: string): boolean {
    return compareAttempts(id, this.fence) < 0
  }
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1)

/** An outcome without the order of what `open` lists, which is promised by nobody. */
export function comparable(outcome: Outcome): Outcome {
  if (outcome.outcome !== 'opened') return outcome
  return { ...outcome, open: outcome.open.toSorted((a, b) => compareAttempts(a.id, b.id)) }
}
