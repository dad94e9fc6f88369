/**
 * The ledger and its changes as a thread sees them that does not own them. Always true: `sequence` is one that the owner has
 * published, and not before what was answered here; and a follower is told every change from its beginning on.
 */
import type { Peer } from '../http/thread-calls.ts'
import { beginText, type Changes } from './changes.ts'
import { positionText } from './client.ts'
import type { ServedLedger } from './server.ts'
import type { CatalogHears, CatalogOwner } from './threads.ts'

export function ledgerOf(owner: Peer<CatalogOwner>): ServedLedger {
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
  }
}

/** The changes come once from the owner, whoever follows here. */
export function changesOf(
  owner: Peer<CatalogOwner>,
  ledger: Pick<ServedLedger, 'sequence'>,
  epoch: string,
): { changes: Changes; hears: CatalogHears } {
  const followers = new Set<(text: string) => void>()
  /** Of the last event; undefined before the first. */
  let told: number | undefined
  let asked = false

  const changes: Changes = {
    epoch,
    position: (sequence = ledger.sequence) => positionText({ epoch, sequence }),
    lastOf: () => ledger.sequence, // the ledger's answers tell it
    events(send) {
      followers.add(send)
      if (told !== undefined) send(beginText({ epoch, sequence: told }))
      else if (!asked) {
        asked = true
        owner.tell('follow')
      }
      return () => followers.delete(send)
    },
  }
  const hears: CatalogHears = {
    event(text, sequence) {
      told = sequence
      for (const send of followers) send(text)
    },
  }
  return { changes, hears }
}
