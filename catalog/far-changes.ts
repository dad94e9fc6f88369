/**
 * The changes as a thread sees them that does not own the ledger. Always true: a follower is told every change from its
 * beginning on.
 */
import type { Peer } from '../http/thread-calls.ts'
import type { ServedLedger } from '../ledger-service/far-ledger.ts'
import { beginText, type Changes } from './changes.ts'
import { positionText } from './client.ts'
import type { CatalogHears, CatalogOwner } from './threads.ts'

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
