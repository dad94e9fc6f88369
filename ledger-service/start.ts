/** A service with a ledger wired together: lock, ledger, server. Given the world, so that a test can hold it. */
import type { Logger } from 'pino'
import { createMetrics, type Metrics } from '../http/metrics.ts'
import type { Running } from '../http/run.ts'
import type { Server } from '../http/server.ts'
import { type Settings, timesOf } from '../settings.ts'
import type { CsvLedger, LedgerOptions, LedgerReport } from '../storage/csv/ledger-engine.ts'
import { openFolder, startError } from '../storage/csv/open-folder.ts'
import { cutInLog } from '../storage/csv/tail.ts'
import { measuredFiles } from '../storage/measured-files.ts'
import type { World } from '../world.ts'

export interface LedgerService {
  /** Its folder in the data folder. */
  name: string
  /** The readable file, as people know it: `toys_db.csv`. */
  file: string
  /** What purchases hold, in a word: `stock`. */
  holds: string
  port: number
  /** The setting of its port. */
  portSetting: string
  open: (options: Omit<LedgerOptions, 'name' | 'columns' | 'seed' | 'rule'>) => ReturnType<typeof CsvLedger.open>
  /** Its server, which does not listen yet. */
  serve: (ledger: CsvLedger, metrics: Metrics) => Pick<Server, 'listen' | 'close'>
}

/** Resolves when it serves. Throws a StartError for what a person must mend. */
export async function startLedgerService(
  service: LedgerService,
  settings: Settings,
  { files, clock, log, end }: World,
): Promise<Running> {
  const began = clock.elapsed()
  const folder = `${settings.dataDir}/${service.name}`
  const failed = (error: unknown): never => {
    throw startError(error)
  }
  const lock = await openFolder(files, folder).catch(failed)
  const metrics = createMetrics(service.name)
  const { ledger, report } = await service
    .open({
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
    })
    .catch(failed)
  tellStart(log, service, report, clock.elapsed() - began)
  metrics.gauge('journal_bytes', "The journal's last segment", () => ledger.journalBytes)
  metrics.gauge('reservations_open', `Purchases that hold ${service.holds} now`, () => ledger.openReservations)

  const server = service.serve(ledger, metrics)
  const { url } = await server.listen({ host: settings.host, port: service.port, setting: service.portSetting })
  return {
    url,
    async close() {
      await server.close({ graceMs: timesOf(settings).closeMs })
      await ledger.close()
      await lock.release()
    },
  }
}

/** What the start found, a line for each thing that a person should know. */
function tellStart(
  log: Logger,
  { file, holds }: LedgerService,
  { cut, crashed, handEdits, openReservations }: LedgerReport,
  took: number,
): void {
  if (handEdits > 0) log.info(`${handEdits} changes made by hand in ${file} were taken`)
  const ms = Math.round(took)
  const open =
    openReservations === 0
      ? 'no purchase was under way'
      : `${openReservations} ${openReservations === 1 ? 'purchase holds' : 'purchases hold'} ${holds} until the order service settles it`
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
