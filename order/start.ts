/** The order service wired together: lock, log, coordinator, server. Given the world, so that a test can hold it. */
import type { Logger } from 'pino'
import { createCartClient } from '../cart/client.ts'
import { createCatalogClient } from '../catalog/client.ts'
import { StartError } from '../errors.ts'
import { createCaller } from '../http/caller.ts'
import { createMetrics, type Metrics } from '../http/metrics.ts'
import type { Running } from '../http/run.ts'
import { createPaymentClient } from '../payment/client.ts'
import { type Settings, timesOf } from '../settings.ts'
import { openFolder, startError } from '../storage/csv/open-folder.ts'
import { type Cut, cutInLog } from '../storage/csv/tail.ts'
import type { FileSystem } from '../storage/file-system.ts'
import type { Log } from '../storage/log.ts'
import { measuredFiles } from '../storage/measured-files.ts'
import type { World } from '../world.ts'
import { CartPurchases } from './carts.ts'
import { Coordinator } from './coordinator.ts'
import { Drafts } from './drafts.ts'
import { openIncarnations } from './incarnations.ts'
import { Orders } from './order.ts'
import type { Participant } from './participant.ts'
import { Prices } from './prices.ts'
import type { Recovered } from './recovery.ts'
import { createOrderServer } from './server.ts'
import { openDrafts, openOrders } from './store.ts'
import { openTaken } from './taken.ts'
import { createOrderThreads } from './threads.ts'

/** Resolves when it serves; it buys once the others have answered. Throws a StartError for what a person must mend. */
export async function startOrder(settings: Settings, { files, clock, log, end }: World): Promise<Running> {
  const began = clock.elapsed()
  const folder = `${settings.dataDir}/order`
  const failed = (error: unknown): never => {
    throw startError(error)
  }
  const lock = await openFolder(files, folder).catch(failed)
  const times = timesOf(settings)
  const metrics = createMetrics('order')
  // Before the log's torn end is cut: who must mend these files finds all as it was.
  const incarnations = await openIncarnations(files, folder).catch(failed)
  const taken = await openTaken(files, folder).catch(failed)
  const used = await checkOrders(files, folder).catch(failed)
  const shared = {
    files: measuredFiles(files, clock, metrics.seconds('file_sync_seconds', 'What an fdatasync takes', 'file')),
    clock,
    folder,
    ioDelayMs: settings.ioDelayMs,
    note: (sentence: string) => log.warn(sentence),
    giveUp: (error: Error, { silent }: { silent: boolean }) => {
      if (silent) end(error)
      else void server.close({ graceMs: 200 }).then(() => end(error))
    },
  }
  const { log: orderLog, checked } = await openOrders({ ...shared, used, watch: metrics.queue('orders') }).catch(failed)
  const { map, checked: checkedDrafts } = await openDrafts({ ...shared, watch: metrics.queue('drafts') }).catch(failed)
  if (checked.takenOver !== undefined)
    log.info(`the orders of an older store were taken over; its file is kept as ${checked.takenOver}`)
  const callerOf = (origin: string, service: string) =>
    createCaller({ origin, service, token: settings.internalToken, timeoutMs: times.callMs, clock })
  const callers = [
    callerOf(settings.catalogUrl, 'catalog'),
    callerOf(settings.paymentUrl, 'payment'),
    callerOf(settings.cartUrl, 'cart'),
  ] as const
  const catalog = createCatalogClient(callers[0], { watch: metrics.queue('to_catalog'), clock })
  const payment = createPaymentClient(callers[1], { watch: metrics.queue('to_payment'), clock })
  const participants: readonly Participant[] = [
    { name: 'catalog', send: catalog.ledger },
    { name: 'payment', send: payment.ledger },
  ]
  let recovered: Recovered = { finished: 0, givenBack: 0 }
  const coordinator = new Coordinator({
    clock,
    log: orderLog,
    incarnations,
    participants,
    callMs: times.callMs,
    note: (sentence) => log.warn(sentence),
    recovered(settled) {
      recovered = settled
      tellRecovery(log, { ...settled, cut: checked.cut, draftsCut: checkedDrafts.cut, ms: clock.elapsed() - began })
    },
    rival: (sentence) => end(new StartError(sentence)),
  })
  showPurchases(metrics, orderLog, coordinator, () => recovered)
  const orders = new Orders({ log: orderLog, coordinator, prices: new Prices(catalog), clock })
  const drafts = new Drafts({
    map,
    orders,
    log: orderLog,
    clock,
    note: (sentence) => log.warn(sentence),
    giveUp: (error) => end(error),
  })
  metrics.gauge('drafts', 'Drafts of orders, paid ones too', () => map.size)
  const carts = new CartPurchases({
    orders,
    log: orderLog,
    coordinator,
    cart: createCartClient(callers[2], { watch: metrics.queue('to_cart'), clock }),
    taken,
    clock,
    callMs: times.callMs,
    note: (sentence) => log.warn(sentence),
  })
  metrics.gauge('carts_untaken', 'Orders whose cart does not know yet what was bought of it', () => carts.untaken)
  const served = {
    orders,
    drafts,
    carts,
    log,
    clock,
    metrics,
    notReady: () => coordinator.notReady,
    purchaseMs: times.purchaseMs,
  }
  const server =
    settings.threads === 1
      ? createOrderServer({ ...served, internalToken: settings.internalToken, errorsAs200: settings.errorsAs200 })
      : createOrderThreads({ ...served, settings, end })
  await coordinator.start().catch(failed)
  const { url } = await server.listen({ host: settings.host, port: settings.orderPort, setting: 'ORDER_PORT' })
  orderLog.findKeys()
  carts.start()
  map.findAll().catch(() => {}) // who asks for a draft is told
  return {
    url,
    async close() {
      await server.close({ graceMs: times.closeMs })
      await drafts.close()
      await carts.close()
      await coordinator.settled(1000)
      coordinator.close()
      await Promise.all(callers.map((caller) => caller.close()))
      await orderLog.close()
      await map.close()
      await lock.release()
    },
  }
}

function showPurchases(
  metrics: Metrics,
  log: Pick<Log, 'lastNumber'>,
  coordinator: Coordinator,
  recovered: () => Recovered,
): void {
  metrics.gauge('orders_last_number', 'The number of the last order', () => log.lastNumber)
  metrics.gauge('attempts_unsettled', 'Decided, and not acknowledged by the catalog or by payment yet', () =>
    Object.values(coordinator.unsettled).reduce((sum, count) => sum + count, 0),
  )
  metrics.counters('recovered_purchases_total', 'Settled after a crash, since this start', 'how', () => {
    const { finished, givenBack } = recovered()
    return [
      ['finished', finished],
      ['given_back', givenBack],
    ]
  })
}

/**
 * An incarnation is taken only after orders.csv was made: where the one is there and the other is not, orders were lost, and a
 * new log would give their numbers again and their pieces back. Resolves to whether the folder has been used.
 */
async function checkOrders(files: FileSystem, folder: string): Promise<boolean> {
  const [orders, incarnation] = await Promise.all(
    ['orders.csv', 'incarnation.csv'].map((name) => files.stat(`${folder}/${name}`)),
  )
  if (orders === undefined && incarnation !== undefined)
    throw new StartError(
      `${folder}/orders.csv is missing, and this folder had one: restore it from a backup, or, to begin all books anew, move the whole data folder aside`,
    )
  return incarnation !== undefined
}

/** One line about a start that found something to recover. A kill while nothing was under way leaves no trace here. */
function tellRecovery(
  log: Logger,
  {
    finished,
    givenBack,
    cut,
    draftsCut,
    ms,
  }: Recovered & { cut: Cut | undefined; draftsCut: Cut | undefined; ms: number },
): void {
  const [orders, drafts] = [cutInLog('orders.csv', cut), cutInLog('the drafts', draftsCut)]
  const words = `${orders.words}${drafts.words}`
  const recovery = { ms: Math.round(ms), finished, given_back: givenBack, ...drafts.fields, ...orders.fields }
  if (cut === undefined && draftsCut === undefined && finished + givenBack === 0) {
    log.debug({ recovery }, 'nothing to recover')
    return
  }
  log.warn(
    { recovery },
    `recovered after a crash in ${recovery.ms} ms: ${finished} ${finished === 1 ? 'purchase' : 'purchases'} finished, ${givenBack} given back${words}`,
  )
}
