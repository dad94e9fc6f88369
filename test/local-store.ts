/**
 * The store without sockets: the real engines, the real coordinator and the real orders of its services, in this process,
 * over whatever disk, clock and channel a test gives. Each service is a process of its own: it can be killed and started
 * again by itself, and it ends as the real one does when it gives up.
 */
import type { CatalogClient } from '../catalog/client.ts'
import { firstToys, openToys } from '../catalog/store.ts'
import type { Clock } from '../clock.ts'
import { Coordinator } from '../order/coordinator.ts'
import { openIncarnations } from '../order/incarnations.ts'
import { Orders } from '../order/order.ts'
import type { Participant } from '../order/participant.ts'
import { Prices } from '../order/prices.ts'
import { openOrders } from '../order/store.ts'
import { openCustomers } from '../payment/store.ts'
import { makeFolder } from '../storage/csv/open-folder.ts'
import type { FileSystem } from '../storage/file-system.ts'

/** So few keys take no time to make room for; a run has fewer orders. */
const keys = 4096

export const catalogFolder = '/data/catalog'
export const paymentFolder = '/data/payment'
export const orderFolder = '/data/order'
export { firstToys }

export interface LocalOptions {
  files: FileSystem
  clock: Clock
  /** The process ends: nobody may be answered any more where `silent`. */
  end: (error: Error, options: { silent: boolean }) => void
  /** What the operator is told. */
  note?: (sentence: string) => void
}

export type LocalLedger = Awaited<ReturnType<typeof startLocalCatalog>>
export type LocalOrder = Awaited<ReturnType<typeof startLocalOrder>>

/** Throws what the real start throws. */
export const startLocalCatalog = (options: LocalOptions) => startLedger(catalogFolder, openToys, options)

/** Throws what the real start throws. */
export const startLocalPayment = (options: LocalOptions) => startLedger(paymentFolder, openCustomers, options)

async function startLedger(
  folder: string,
  open: typeof openToys,
  { files, clock, end, note = () => {} }: LocalOptions,
) {
  await makeFolder(files, folder)
  const opened = await open({ files, clock, folder, ioDelayMs: 0, note, giveUp: end })
  return { ...opened, close: () => opened.ledger.close() }
}

/** The channels of an order service. */
export interface LocalChannels {
  catalog: Participant['send']
  payment: Participant['send']
  query: CatalogClient['query']
}

/** Throws what the real start throws. */
export async function startLocalOrder(
  { files, clock, end, note = () => {} }: LocalOptions,
  { catalog, payment, query }: LocalChannels,
) {
  await makeFolder(files, orderFolder)
  const incarnations = await openIncarnations(files, orderFolder)
  const { log, checked } = await openOrders({ files, clock, folder: orderFolder, ioDelayMs: 0, giveUp: end, keys })
  const coordinator = new Coordinator({
    clock,
    log,
    incarnations,
    participants: [
      { name: 'catalog', send: catalog },
      { name: 'payment', send: payment },
    ],
    callMs: 2000,
    note,
    rival: (sentence) => end(new Error(sentence), { silent: true }),
  })
  const orders = new Orders({ log, coordinator, prices: new Prices({ query }), clock })
  await coordinator.start()
  return {
    log,
    checked,
    coordinator,
    orders,
    /** As the real one stops: what is decided is settled first. */
    async close() {
      await coordinator.settled(1000)
      coordinator.close()
      await log.close()
    },
  }
}
