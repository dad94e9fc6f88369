/**
 * What changes in the catalog, as a stream for whoever follows it. Always true: an epoch is one life of this process; its
 * changes are numbered in the order in which readers could see them, none is left out, and none is told before it is durable.
 */
import { randomBytes } from 'node:crypto'
import { type Events, eventText } from '../http/event-stream.ts'
import type { Ledger } from '../storage/ledger.ts'
import { toyOf } from './catalog.ts'
import { type Change, type Position, positionText } from './client.ts'

export interface Changes {
  /** Of this life. */
  readonly epoch: string
  /** The header's text that says so far the changes went: of a read, with its sequence number; else now. */
  position(sequence?: number): string
  /** The number of the last change of this toy, or a later one; 0 where none has changed it. */
  lastOf(name: string): number
  /** Tells where it begins, then every change. */
  events: Events
}

export const beginText = (position: Position): string => eventText('begin', position)

/** Watches the ledger. Where nobody follows, a change costs no more than its number. */
export function watchChanges(ledger: Ledger): Changes {
  const epoch = randomBytes(8).toString('hex')
  const followers = new Set<(text: string) => void>()

  const last = new Map<string, number>()

  ledger.watch((sequence, accounts) => {
    for (const name of accounts.keys()) last.set(name, sequence)
    if (followers.size === 0) return
    const change: Change = { sequence, changed: [], removed: [] }
    for (const [name, account] of accounts)
      if (account === undefined) change.removed.push(name)
      else change.changed.push(toyOf(name, account))
    const text = eventText('change', change)
    for (const send of followers) send(text)
  })

  return {
    epoch,
    position: (sequence = ledger.sequence) => positionText({ epoch, sequence }),
    lastOf: (name) => last.get(name) ?? 0,
    events(send) {
      send(beginText({ epoch, sequence: ledger.sequence }))
      followers.add(send)
      return () => followers.delete(send)
    },
  }
}
