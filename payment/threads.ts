/** Payment's threads, as the one that owns the ledger sees them. */
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Metrics } from '../http/metrics.ts'
import { createThreads, type Threads } from '../http/threads.ts'
import { ledgerWork, type ServedLedger } from '../ledger-service/far-ledger.ts'
import type { Settings } from '../settings.ts'

/** What a thread is given. */
export type PaymentGiven = Pick<Settings, 'internalToken'>

interface PaymentThreadsOptions {
  ledger: ServedLedger
  settings: Settings
  log: Logger
  clock: Clock
  metrics: Metrics
  end: (error: unknown) => void
}

/** In the place of payment's server. */
export function createPaymentThreads({ ledger, settings, ...rest }: PaymentThreadsOptions): Threads {
  return createThreads<PaymentGiven>({
    ...rest,
    program: new URL('./thread.ts', import.meta.url),
    count: settings.threads,
    service: 'payment',
    given: { internalToken: settings.internalToken },
    work: () => ledgerWork(ledger),
  })
}
