/** The catalog wired together. Given the world, so that a test can hold it. */
import type { Metrics } from '../http/metrics.ts'
import type { Running } from '../http/run.ts'
import { startLedgerService } from '../ledger-service/start.ts'
import type { Settings } from '../settings.ts'
import type { CsvLedger } from '../storage/csv/ledger-engine.ts'
import type { World } from '../world.ts'
import { watchChanges } from './changes.ts'
import { createCatalogServer } from './server.ts'
import { openToys } from './store.ts'
import { createCatalogThreads } from './threads.ts'

/** So many toys' stock is shown at most: each is a series of its own for whoever keeps them. */
const toysShown = 100

/** Resolves when it serves. Throws a StartError for what a person must mend. */
export function startCatalog(settings: Settings, world: World): Promise<Running> {
  const { log, clock, end } = world
  const serve = (ledger: CsvLedger, metrics: Metrics) => {
    metrics.gauges('stock', 'Pieces, of the first toys by name', 'toy', () => ledger.balances(toysShown))
    const served = { ledger, changes: watchChanges(ledger), log, clock, metrics }
    return settings.threads === 1
      ? createCatalogServer({ ...served, ...settings })
      : createCatalogThreads({ ...served, settings, end })
  }
  const service = {
    name: 'catalog',
    file: 'toys_db.csv',
    holds: 'stock',
    port: settings.catalogPort,
    portSetting: 'CATALOG_PORT',
    open: openToys,
    serve,
  }
  return startLedgerService(service, settings, world)
}
