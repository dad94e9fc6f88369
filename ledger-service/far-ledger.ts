/**
 * The ledger as a thread sees it that does not own it. Always true: `sequence` is one that the owner has published, and not
 * before what was answered here.
 */
import type { Peer } from '../http/thread-calls.ts'
import type { Account, Command, Ledger } from '../storage/ledger.ts'

/** What the routes ask of the ledger, which may live in another thread. */
export interface ServedLedger extends Pick<Ledger, 'execute' | 'sequence' | 'list' | 'movements' | 'keyed'> {
  /** `changed`: the number of the account's last change, where whoever counts them lives in another thread too. */
  accountAt(name: string): Promise<{ account: Account | undefined; sequence: number; changed?: number }>
}

/** What the owner of a ledger does for a thread. */
export type LedgerOwner = ReturnType<typeof ledgerWork>

export function ledgerWork(ledger: ServedLedger, lastOf: (name: string) => number = () => ledger.sequence) {
  return {
    /** With a sequence that what was done is part of. */
    execute: async (commands: readonly Command[]) => ({
      outcomes: await ledger.execute(commands),
      sequence: ledger.sequence,
    }),
    accountAt: async (name: string) => ({ ...(await ledger.accountAt(name)), changed: lastOf(name) }),
    list: async (after: string, limit: number) => {
      const { sequence } = ledger // at least as far as this the read goes
      return { accounts: await ledger.list(after, limit), sequence }
    },
    movements: (after: number, limit: number) => ledger.movements(after, limit),
    keyed: (key: string) => ledger.keyed(key),
  }
}

export function ledgerOf(owner: Peer<LedgerOwner>): ServedLedger {
  let known = 0
  const heard = (sequence: number): void => {
    if (sequence > known) known = sequence
  }
  return {
    get sequence() {
      return known
    },
    async execute(commands) {
      const { outcomes, sequence } = await owner.call('execute', commands)
      heard(sequence)
      return outcomes
    },
    async accountAt(name) {
      const found = await owner.call('accountAt', name)
      heard(found.sequence)
      return found
    },
    async list(after, limit) {
      const { accounts, sequence } = await owner.call('list', after, limit)
      heard(sequence)
      return accounts
    },
    movements: (after, limit) => owner.call('movements', after, limit),
    keyed: (key) => owner.call('keyed', key),
  }
}
