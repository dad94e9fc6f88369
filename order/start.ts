/** The order service wired together: lock, log, coordinator, server. Given the world, so that a test can hold it. */
import { createCatalogClient } from '../catalog/client.ts'
import { StartError } from '../errors.ts'
import { createCaller } from '../http/caller.ts'
import type { Running } from '../http/run.ts'
import { type Settings, timesOf } from '../settings.ts'
import { openFolder, startError } from '../storage/csv/open-folder.ts'
import type { World } from '../world.ts'
import { Coordinator } from './coordinator.ts'
import { openIncarnations } from './incarnations.ts'
import { Orders } from './order.ts'
import type { Participant } from './participant.ts'
import { createOrderServer } from './server.ts'
import { openOrders } from './store.ts'

/** Resolves when it serves; it buys once the catalog has answered. Throws a StartError for what a person must mend. */
export async function startOrder(settings: Settings, { files, clock, log, end }: World): Promise<Running> {
  const folder = `${settings.dataDir}/order`
  const lock = await openFolder(files, folder)
  const times = timesOf(settings)
  const failed = (error: unknown): never => {
    throw startError(error)
  }
  const { log: orderLog, checked } = await openOrders({
    files,
    clock,
    folder,
    ioDelayMs: settings.ioDelayMs,
    giveUp: (error, { silent }) => {
      if (silent) end(error)
      else void server.close({ graceMs: 200 }).then(() => end(error))
    },
  }).catch(failed)
  if (checked.takenOver !== undefined)
    log.info(`the orders of an older store were taken over; its file is kept as ${checked.takenOver}`)
  if (checked.cut !== undefined)
    log.warn(`the torn end of orders.csv (${checked.cut.bytes} bytes) was cut off and is kept as ${checked.cut.keptAs}`)

  const caller = createCaller({
    origin: settings.catalogUrl,
    service: 'catalog',
    token: settings.internalToken,
    timeoutMs: times.callMs,
    clock,
  })
  const client = createCatalogClient(caller)
  const catalog: Participant = {
    name: 'catalog',
    send: (commands, { deadline }) => client.ledger(commands, { deadline }),
  }
  const coordinator = new Coordinator({
    clock,
    log: orderLog,
    incarnations: await openIncarnations(files, folder).catch(failed),
    participants: [catalog],
    callMs: times.callMs,
    note: (sentence) => log.warn(sentence),
    rival: (sentence) => end(new StartError(sentence)),
  })
  const orders = new Orders({ log: orderLog, coordinator, clock })
  const server = createOrderServer({
    orders,
    log,
    clock,
    notReady: () => coordinator.notReady,
    purchaseMs: times.purchaseMs,
    internalToken: settings.internalToken,
    errorsAs200: settings.errorsAs200,
  })
  await coordinator.start()
  const { url } = await server.listen({ host: settings.host, port: settings.orderPort, setting: 'ORDER_PORT' })
  return {
    url,
    async close() {
      await server.close({ graceMs: times.closeMs })
      await coordinator.settled(1000)
      coordinator.close()
      await caller.close()
      await orderLog.close()
      await lock.release()
    },
  }
}
