/** The catalog's threads, as the one that owns the ledger sees them: what it does for them, and which program they run. */
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Metrics } from '../http/metrics.ts'
import type { Peer } from '../http/thread-calls.ts'
import { createThreads, type Threads } from '../http/threads.ts'
import { ledgerWork, type ServedLedger } from '../ledger-service/far-ledger.ts'
import type { Settings } from '../settings.ts'
import type { Changes } from './changes.ts'

/** What a thread is given. */
export interface CatalogGiven extends Pick<Settings, 'internalToken' | 'errorsAs200'> {
  epoch: string
}

/** What the owner does for a thread. */
export type CatalogOwner = ReturnType<typeof workOf>

/** What the owner tells a thread that follows the changes: their events, from one that begins. */
export type CatalogHears = {
  event: (text: string, sequence: number) => void
}

interface CatalogThreadsOptions {
  ledger: ServedLedger
  changes: Changes
  settings: Settings
  log: Logger
  clock: Clock
  metrics: Metrics
  end: (error: unknown) => void
}

/** In the place of the catalog's server. */
export function createCatalogThreads(options: CatalogThreadsOptions): Threads {
  const { ledger, changes, settings, ...rest } = options
  const { internalToken, errorsAs200 } = settings
  const given: CatalogGiven = { epoch: changes.epoch, internalToken, errorsAs200 }
  return createThreads<CatalogGiven, CatalogHears>({
    ...rest,
    program: new URL('./thread.ts', import.meta.url),
    count: settings.threads,
    service: 'catalog',
    given,
    work: (thread) => workOf(ledger, changes, thread),
  })
}

function workOf(ledger: ServedLedger, changes: Changes, thread: Peer<CatalogHears>) {
  return {
    ...ledgerWork(ledger, (name) => changes.lastOf(name)),
    /** From now on every change is told, to the thread's end: without a gap, however its followers come and go. */
    follow() {
      const leave = changes.events((text) => thread.tell('event', text, ledger.sequence))
      void thread.ended.then(leave)
    },
  }
}
