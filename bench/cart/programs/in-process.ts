/**
 * Carts without HTTP, in a process of their own: opens them by the settings of a cart service, then puts items in and checks out
 * whenever it is told to, and tells how long each took. Ends with its parent.
 */
import type { Cart } from '../../../cart/cart.ts'
import { Carts } from '../../../cart/carts.ts'
import type { CartOp } from '../../../cart/client.ts'
import { openCarts, openTable } from '../../../cart/store.ts'
import { realClock } from '../../../clock.ts'
import { readSettings, type Settings, timesOf } from '../../../settings.ts'
import { realFileSystem } from '../../../storage/file-system.ts'
import type { KeyedMap } from '../../../storage/map.ts'
import { addAndCheckOut, type Door, itemNumber } from '../hundred.ts'

let door: Door | undefined

process.on('message', async ({ env }: { env?: Record<string, string> }) => {
  if (env === undefined) return process.send?.(await addAndCheckOut(door!))
  const began = performance.now()
  door = doorTo(await openMap(readSettings(env)))
  process.send?.({ startMs: performance.now() - began })
})
process.on('disconnect', () => void door?.close().finally(() => process.exit()))
process.send?.({ port: 0 })

type CartMap = Pick<KeyedMap<Cart>, 'get' | 'update' | 'close'>

/** As the service opens it. */
async function openMap(settings: Settings): Promise<CartMap> {
  const { azure, dataDir, shards } = settings
  if (azure !== undefined)
    return openTable({
      ...{ connectionString: azure, shards, clock: realClock, callMs: timesOf(settings).callMs },
      note: console.error,
    })
  const { map } = await openCarts({
    ...{ files: realFileSystem, clock: realClock, folder: dataDir, ioDelayMs: 0 },
    giveUp(error) {
      throw error
    },
  })
  await map.findAll()
  return map
}

function doorTo(map: CartMap): Door {
  const carts = new Carts({ map, clock: realClock })
  const run = async (op: CartOp): Promise<unknown> => {
    const [answer] = await carts.runAll([op])
    if (answer instanceof Error) throw answer
    return answer
  }
  return {
    async add(customer, item) {
      await run({ op: 'add', customer, item, count: 1, named: 'unitCount', offer: { offeredPrice: 1 } })
    },
    async checkout(customer) {
      return ((await run({ op: 'checkout', customer })) as { itemId: unknown }[]).map(itemNumber)
    },
    close: () => map.close(),
  }
}
