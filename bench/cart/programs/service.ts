/**
 * The cart service in a process that can be told to settle: it collects all garbage until nothing is left to do, and answers what it holds then. Arguments:
 * the data folder, the number of shards. Ends with its parent.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { startCart } from '../../../cart/start.ts'
import { realClock } from '../../../clock.ts'
import { createLog } from '../../../http/log.ts'
import { readSettings } from '../../../settings.ts'
import { realFileSystem } from '../../../storage/file-system.ts'
import type { Held } from '../memory.ts'

const [folder, shards] = process.argv.slice(2) as [string, string]
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const settings = readSettings({ DATA_DIR: folder, SHARDS: shards, CART_PORT: '0', LOG_LEVEL: 'silent' })
const { url, close } = await startCart(settings, {
  ...{ files: realFileSystem, clock: realClock, log: createLog('cart', 'silent') },
  end(error) {
    throw error
  },
})

process.on('message', async () => process.send?.(await settled()))
process.on('disconnect', () => void close().then(() => process.exit()))
process.send?.({ port: Number(new URL(url).port) })

/** When several readings in a row found nothing to do and nothing to give back: the copy for people is written by then. */
async function settled(): Promise<Held> {
  const [pauseMs, quietMax, enough, triesMax] = [250, 0.1, 4, 240]
  let [least, quiet] = [Number.POSITIVE_INFINITY, 0]
  for (let tries = 0; quiet < enough; tries++) {
    if (tries > triesMax) throw new Error('the cart service did not settle')
    collect()
    const before = process.cpuUsage()
    await pause(pauseMs)
    const { user, system } = process.cpuUsage(before)
    const residentBytes = process.memoryUsage.rss()
    const isQuiet = (user + system) / 1000 < quietMax * pauseMs && residentBytes > 0.99 * least
    quiet = isQuiet ? quiet + 1 : 0
    least = Math.min(least, residentBytes)
  }
  const { heapUsed, external } = process.memoryUsage()
  return { residentBytes: least, heldBytes: heapUsed + external }
}
