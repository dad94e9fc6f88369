/** The catalog wired together: lock, ledger, server. Given the world, so that a test can hold it. */
import type { Running } from '../http/run.ts'
import { type Settings, timesOf } from '../settings.ts'
import { openFolder, startError } from '../storage/csv/open-folder.ts'
import type { World } from '../world.ts'
import { createCatalogServer } from './server.ts'
import { openToys } from './store.ts'

/** Resolves when it serves. Throws a StartError for what a person must mend. */
export async function startCatalog(settings: Settings, { files, clock, log, end }: World): Promise<Running> {
  const folder = `${settings.dataDir}/catalog`
  const lock = await openFolder(files, folder)
  const { ledger, report } = await openToys({
    files,
    clock,
    folder,
    ioDelayMs: settings.ioDelayMs,
    note: (sentence) => log.warn(sentence),
    giveUp: (error, { silent }) => {
      if (silent) end(error)
      else void server.close({ graceMs: 200 }).then(() => end(error))
    },
  }).catch((error: unknown) => {
    throw startError(error)
  })
  const { cut, handEdits, openReservations } = report
  if (cut !== undefined)
    log.warn(`the journal's torn end (${cut.bytes} bytes) was cut off and is kept as ${cut.keptAs}`)
  if (handEdits > 0) log.info(`${handEdits} changes made by hand in toys_db.csv were taken`)
  if (openReservations > 0) log.info(`${openReservations} purchases hold stock; the order service will settle them`)

  const server = createCatalogServer({ ledger, log, clock, ...settings })
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
