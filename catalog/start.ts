/** The catalog wired together: lock, ledger, server. Given the world, so that a test can hold it. */
import type { Logger } from 'pino'
import { createMetrics, type Metrics } from '../http/metrics.ts'
import type { Running } from '../http/run.ts'
import { type Settings, timesOf } from '../settings.ts'
import type { CsvLedger, LedgerReport } from '../storage/csv/ledger-engine.ts'
import { openFolder, startError } from '../storage/csv/open-folder.ts'
import { cutInLog } from '../storage/csv/tail.ts'
import { measuredFiles } from '../storage/measured-files.ts'
import type { World } from '../world.ts'
import { watchChanges } from './changes.ts'
import { createCatalogServer } from './server.ts'
import { openToys } from './store.ts'
import { createCatalogThreads } from './threads.ts'

/** Resolves when it serves. Throws a StartError for what a person must mend. */
export async function startCatalog(settings: Settings, { files, clock, log, end }: World): Promise<Running> {
  const began = clock.elapsed()
  const folder = `${settings.dataDir}/catalog`
  const failed = (error: unknown): never => {
    throw startError(error)
  }
  const lock = await openFolder(files, folder).catch(failed)
  const metrics = createMetrics('catalog')
  const { ledger, report } = await openToys({
    files: measuredFiles(files, clock, metrics.seconds('file_sync_seconds', 'What an fdatasync takes', 'file')),
    clock,
    folder,
    ioDelayMs: settings.ioDelayMs,
    watch: metrics.queue('ledger'),
    note: (sentence) => log.warn(sentence),
    giveUp: (error, { silent }) => {
      if (silent) end(error)
      else void server.close({ graceMs: 200 }).then(() => end(error))
    },
  }).catch(failed)
  tellStart(log, report, clock.elapsed() - began)
  showLedger(metrics, ledger)

  const served = { ledger, changes: watchChanges(ledger), log, clock, metrics }
  const server =
    settings.threads === 1
      ? createCatalogServer({ ...served, ...settings })
      : createCatalogThreads({ ...served, settings, end })
  const { url } = await server.listen({ host: settings.host, port: settings.catalogPort, setting: 'CATALOG_PORT' })
  return {
    url,
    async close() {
      await server.close({ graceMs: timesOf(settings).closeMs })
      await ledger.close()
      await lock.release()
    },
  }
}

/** So many toys' stock is shown at most: each is a series of its own for whoever keeps them. */
const toysShown = 100

function showLedger(metrics: Metrics, ledger: CsvLedger): void {
  metrics.gauge('journal_bytes', "The journal's last segment", () => ledger.journalBytes)
  metrics.gauge('reservations_open', 'Purchases that hold stock now', () => ledger.openReservations)
  metrics.gauges('stock', 'Pieces, of the first toys by name', 'toy', () => ledger.balances(toysShown))
}

/** What the start found, a line for each thing that a person should know. */
function tellStart(log: Logger, { cut, crashed, handEdits, openReservations }: LedgerReport, took: number): void {
  if (handEdits > 0) log.info(`${handEdits} changes made by hand in toys_db.csv were taken`)
  const ms = Math.round(took)
  const open =
    openReservations === 0
      ? 'no purchase was under way'
      : `${openReservations} ${openReservations === 1 ? 'purchase holds' : 'purchases hold'} stock until the order service settles it`
  if (!crashed && cut === undefined) {
    if (openReservations > 0) log.info(open)
    log.debug({ recovery: { ms, open_reservations: openReservations } }, 'nothing to recover')
    return
  }
  const { fields, words } = cutInLog('the journal', cut)
  log.warn(
    { recovery: { ms, open_reservations: openReservations, ...fields } },
    `recovered after a crash in ${ms} ms: ${open}${words}`,
  )
}
