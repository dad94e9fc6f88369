/**
 * The store without sockets: the real engines, the real coordinator and the real orders of its services, in this process,
 * over whatever disk, clock and channel a test gives. Each service is a process of its own: it can be killed and started
 * again by itself, and it ends as the real one does when it gives up.
 */
import { Carts } from '../cart/carts.ts'
import type { CartClient } from '../cart/client.ts'
import { openCarts } from '../cart/store.ts'
import type { CatalogClient } from '../catalog/client.ts'
import { firstToys, openToys } from '../catalog/store.ts'
import type { Clock } from '../clock.ts'
import { CartPurchases } from '../order/carts.ts'
import { Coordinator } from '../order/coordinator.ts'
import { openIncarnations } from '../order/incarnations.ts'
import { Orders } from '../order/order.ts'
import type { Participant } from '../order/participant.ts'
import { Prices } from '../order/prices.ts'
import { openOrders } from '../order/store.ts'
import { openTaken } from '../order/taken.ts'
import { openCustomers } from '../payment/store.ts'
import { makeFolder } from '../storage/csv/open-folder.ts'
import type { FileSystem } from '../storage/file-system.ts'

/** So few keys take no time to make room for; a run has fewer orders. */
const keys = 4096
/** So few carts in memory, and so many bytes of rows that count no more, that a run reads carts and makes their segments small. */
const [cartsInMemory, compactBytes] = [2, 1200]
const callMs = 2000

export const catalogFolder = '/data/catalog'
export const paymentFolder = '/data/payment'
export const orderFolder = '/data/order'
export const cartFolder = '/data/cart'
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
export type LocalCart = Awaited<ReturnType<typeof startLocalCart>>
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

/** Throws what the real start throws. */
export async function startLocalCart({ files, clock, end, note = () => {} }: LocalOptions) {
  await makeFolder(files, cartFolder)
  const opened = await openCarts({
    files,
    clock,
    folder: cartFolder,
    ioDelayMs: 0,
    note,
    giveUp: end,
    cacheMax: cartsInMemory,
    compactBytes,
  })
  const { map, checked } = opened
  map.findAll().catch(() => {}) // who asks for a cart is told
  return { map, checked, carts: new Carts({ map, clock }), close: () => map.close() }
}

/** The channels of an order service. */
export interface LocalChannels {
  catalog: Participant['send']
  payment: Participant['send']
  query: CatalogClient['query']
  cart: CartClient['run']
}

/** Throws what the real start throws. */
export async function startLocalOrder(
  { files, clock, end, note = () => {} }: LocalOptions,
  { catalog, payment, query, cart }: LocalChannels,
) {
  await makeFolder(files, orderFolder)
  const incarnations = await openIncarnations(files, orderFolder)
  const taken = await openTaken(files, orderFolder)
  const { log, checked } = await openOrders({ files, clock, folder: orderFolder, ioDelayMs: 0, giveUp: end, keys })
  const coordinator = new Coordinator({
    clock,
    log,
    incarnations,
    participants: [
      { name: 'catalog', send: catalog },
      { name: 'payment', send: payment },
    ],
    callMs,
    note,
    rival: (sentence) => end(new Error(sentence), { silent: true }),
  })
  const orders = new Orders({ log, coordinator, prices: new Prices({ query }), clock })
  const carts = new CartPurchases({ orders, log, cart: { run: cart }, coordinator, taken, clock, callMs, note })
  await coordinator.start()
  carts.start()
  return {
    log,
    checked,
    coordinator,
    orders,
    carts,
    /** As the real one stops: what is decided is settled first. */
    async close() {
      await carts.close()
      await coordinator.settled(1000)
      coordinator.close()
      await log.close()
    },
  }
}
