/** The cart service wired together: lock, carts, server. Given the world, so that a test can hold it. */
import type { Logger } from 'pino'
import { createMetrics, type Metrics } from '../http/metrics.ts'
import type { Running } from '../http/run.ts'
import { type Settings, timesOf } from '../settings.ts'
import type { MapReport } from '../storage/csv/map-engine.ts'
import { openFolder, startError } from '../storage/csv/open-folder.ts'
import { cutInLog } from '../storage/csv/tail.ts'
import type { KeyedMap } from '../storage/map.ts'
import { measuredFiles } from '../storage/measured-files.ts'
import type { World } from '../world.ts'
import type { Cart } from './cart.ts'
import { Carts } from './carts.ts'
import { createCartServer } from './server.ts'
import { openCarts, openCopy, openTable } from './store.ts'
import { createCartThreads } from './threads.ts'

/** Where the carts are kept. */
interface Kept {
  map: Pick<KeyedMap<Cart>, 'get' | 'update'>
  /** A change is durable. */
  changed?: () => void
  /** It serves now. */
  begun(): void
  close(): Promise<void>
}

/** Resolves when it serves. Throws a StartError for what a person must mend. */
export async function startCart(settings: Settings, world: World): Promise<Running> {
  const { clock, log, end } = world
  const metrics = createMetrics('cart')
  const giveUp = (error: Error, { silent }: { silent: boolean }): void => {
    if (silent) end(error)
    else void server.close({ graceMs: 200 }).then(() => end(error))
  }
  const kept =
    settings.azure === undefined
      ? await onFiles(settings, world, metrics, giveUp)
      : await onAzure(settings, settings.azure, world)
  const carts = new Carts({ ...kept, clock })
  const served = { carts, log, clock, metrics }
  const server =
    settings.threads === 1
      ? createCartServer({ ...served, internalToken: settings.internalToken })
      : createCartThreads({ ...served, settings, end })
  const { url } = await server.listen({ host: settings.host, port: settings.cartPort, setting: 'CART_PORT' })
  kept.begun()
  return {
    url,
    async close() {
      await server.close({ graceMs: timesOf(settings).closeMs })
      await kept.close()
    },
  }
}

async function onFiles(
  { dataDir, ioDelayMs, shards }: Settings,
  { files, clock, log }: World,
  metrics: Metrics,
  giveUp: (error: Error, options: { silent: boolean }) => void,
): Promise<Kept> {
  const began = clock.elapsed()
  const folder = `${dataDir}/cart`
  const failed = (error: unknown): never => {
    throw startError(error)
  }
  const lock = await openFolder(files, folder).catch(failed)
  const measured = measuredFiles(files, clock, metrics.seconds('file_sync_seconds', 'What an fdatasync takes', 'file'))
  const note = (sentence: string): void => log.warn(sentence)
  const { map, checked } = await openCarts({
    files: measured,
    clock,
    folder,
    ioDelayMs,
    giveUp,
    note,
    watch: metrics.queue('carts'),
  }).catch(failed)
  tellStart(log, checked, clock.elapsed() - began)
  metrics.gauge('carts', 'Carts that are kept, those that an order emptied too', () => map.size)
  const copy = await openCopy(shards, { files, clock, folder, map, note })
  return {
    map,
    changed: () => copy.changed(),
    begun: () => void map.findAll().catch(() => {}), // who asks for a cart is told
    async close() {
      await copy.close()
      await map.close()
      await lock.release()
    },
  }
}

/** An answer must be there before whoever asks for it has given up. */
const tellingMs = 300

async function onAzure(settings: Settings, connectionString: string, { clock, log }: World): Promise<Kept> {
  const { shards, ioDelayMs } = settings
  const map = await openTable({
    connectionString,
    shards,
    clock,
    ioDelayMs,
    note: (sentence) => log.warn(sentence),
    callMs: timesOf(settings).callMs - tellingMs,
  })
  return { map, begun() {}, close: () => map.close() }
}

function tellStart(log: Logger, { cut }: MapReport, took: number): void {
  const ms = Math.round(took)
  if (cut === undefined) {
    log.debug({ recovery: { ms } }, 'nothing to recover')
    return
  }
  const { fields, words } = cutInLog('the carts', cut)
  log.warn({ recovery: { ms, ...fields } }, `recovered after a crash in ${ms} ms${words}`)
}
