/** Payment wired together. Given the world, so that a test can hold it. */
import type { Metrics } from '../http/metrics.ts'
import type { Running } from '../http/run.ts'
import { startLedgerService } from '../ledger-service/start.ts'
import type { Settings } from '../settings.ts'
import type { CsvLedger } from '../storage/csv/ledger-engine.ts'
import type { World } from '../world.ts'
import { createPaymentServer } from './server.ts'
import { openCustomers } from './store.ts'
import { createPaymentThreads } from './threads.ts'

/** Resolves when it serves. Throws a StartError for what a person must mend. */
export function startPayment(settings: Settings, world: World): Promise<Running> {
  const { log, clock, end } = world
  const serve = (ledger: CsvLedger, metrics: Metrics) => {
    const served = { ledger, log, clock, metrics }
    return settings.threads === 1
      ? createPaymentServer({ ...served, internalToken: settings.internalToken })
      : createPaymentThreads({ ...served, settings, end })
  }
  const service = {
    name: 'payment',
    file: 'customers.csv',
    holds: 'credit',
    port: settings.paymentPort,
    portSetting: 'PAYMENT_PORT',
    open: openCustomers,
    serve,
  }
  return startLedgerService(service, settings, world)
}
