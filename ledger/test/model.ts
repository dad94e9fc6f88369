/** The ledger told once more, naively: everything is remembered for ever, and every balance is counted from the beginning. */
import { compareAttempts } from '../../storage/attempt-id.ts'
import type { Command, Outcome } from '../../storage/ledger.ts'

interface Attempt {
  status: 'open' | 'confirmed' | 'voided'
  items: readonly { account: string; amount: number }[]
}

export class Model {
  readonly attempts = new Map<string, Attempt>()
  /** Whatever was added by what is no purchase, by account; accounts that are there now. */
  readonly moved = new Map<string, number>()
  readonly there = new Set<string>()
  fence = 'a0-0'
  movements = 0

  /** Moved in, less what is held or sold. */
  balance(account: string): number {
    let balance = this.moved.get(account) ?? 0
    for (const { status, items } of this.attempts.values())
      for (const item of items) if (status !== 'voided' && item.account === account) balance -= item.amount
    return balance
  }

  openBelowFence(): string[] {
    return [...this.attempts].flatMap(([id, { status }]) => (status === 'open' && this.#below(id) ? id : []))
  }

  /** Takes the command and returns in a word how it must be answered. */
  take(command: Command): string {
    switch (command.op) {
      case 'reserve': {
        const known = this.attempts.get(command.id)
        if (known?.status === 'open') return 'held'
        if (this.#below(command.id)) return 'stale'
        if (known !== undefined) return known.status === 'confirmed' ? 'held' : 'refused voided'
        if (command.items.some(({ account }) => !this.there.has(account))) return 'refused not_found'
        if (command.items.some(({ account, amount }) => this.balance(account) < amount)) return 'refused insufficient'
        this.attempts.set(command.id, { status: 'open', items: command.items })
        return 'held'
      }
      case 'confirm':
      case 'void': {
        const wanted = command.op === 'confirm' ? 'confirmed' : 'voided'
        const known = this.attempts.get(command.id)
        if (known?.status === 'open') known.status = wanted
        else if (this.#below(command.id)) return 'done'
        else if (known !== undefined) return known.status === wanted ? 'done' : 'conflict'
        else if (wanted === 'voided') this.attempts.set(command.id, { status: wanted, items: [] })
        return 'done'
      }
      case 'open':
        if (command.first && incarnation(command.fence) <= incarnation(this.fence)) return 'seen'
        if (compareAttempts(command.fence, this.fence) > 0) this.fence = command.fence
        return `opened ${this.openBelowFence().sort()}`
      case 'take':
        return this.#move(command.account, -command.amount)
      case 'change':
        return this.#move(command.account, command.change)
      case 'put':
        this.there.add(command.account)
        return this.#move(command.account, command.balance - this.balance(command.account))
      case 'remove':
        if (!this.there.has(command.account)) return 'refused not_found'
        for (const { status, items } of this.attempts.values())
          if (status === 'open' && items.some(({ account }) => account === command.account)) return 'refused reserved'
        this.#move(command.account, -this.balance(command.account))
        this.there.delete(command.account)
        return `changed ${this.movements}`
    }
  }

  #move(account: string, change: number): string {
    if (!this.there.has(account)) return 'refused not_found'
    if (this.balance(account) + change < 0) return 'refused insufficient'
    this.moved.set(account, (this.moved.get(account) ?? 0) + change)
    return `changed ${++this.movements}`
  }

  #below(id: string): boolean {
    return compareAttempts(id, this.fence) < 0
  }
}

const incarnation = (id: string): number => Number(id.slice(1).split('-')[0])

/** An outcome in the model's words. */
export function inAWord(outcome: Outcome): string {
  if (outcome.outcome === 'refused') return `refused ${outcome.reason}`
  if (outcome.outcome === 'opened') return `opened ${outcome.open.map(({ id }) => id).sort()}`
  if (outcome.outcome === 'changed') return `changed ${outcome.movement}`
  return outcome.outcome
}
