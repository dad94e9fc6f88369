/** Kills at a chosen moment: any, or the one in which a cart is being bought. */
import { type FileHandle, open } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import type { CartBuyers } from './kill-cart-buyers.ts'
import type { Store } from './store.ts'

/**
 * - `any`.
 * - `sent`: up to 20 ms after a purchase of a cart was sent.
 * - `row`: up to 2 ms after the order of a cart stands in `orders.csv`. What it bought may still be in the cart then.
 */
export type Moment = 'any' | 'sent' | 'row'

export interface Aim {
  moment: Moment
  store: Store
  dataDir: string
  carts: CartBuyers
  random: () => number
}

export interface Killed {
  /** Purchases of carts that were asked for and had no answer. */
  underWay: number
  /** Of a kill at `row`: the customer of that order was not told yet. */
  wasBetween: boolean
}

/** Kills one service, or `all`, and resolves when it is gone. Undefined where it was being started: then nobody was killed. */
export async function killAt(
  victim: string,
  { moment, store, dataDir, carts, random }: Aim,
): Promise<Killed | undefined> {
  const pid = victim === 'all' ? store.pid : store.pids[victim]
  if (pid === undefined) return undefined
  // The look held this process still, and what it had asked was answered: its calls must be under way again.
  await pause(5 + random() * 30)
  const key = await momentCame(moment, { dataDir, carts, random })
  if (!runs(pid)) return undefined
  const killed = { underWay: carts.underWay.size, wasBetween: moment === 'row' && carts.underWay.has(key) }
  if (victim === 'all') await store.kill()
  else {
    process.kill(pid, 'SIGKILL')
    while (runs(pid)) await pause(2)
  }
  return killed
}

/** Resolves at the moment, to the key of the purchase that it was chosen for. */
async function momentCame(moment: Moment, { dataDir, carts, random }: Omit<Aim, 'moment' | 'store'>): Promise<string> {
  if (moment === 'any') return ''
  const orders = await open(`${dataDir}/order/orders.csv`)
  try {
    const { size } = await orders.stat()
    const key = await within(carts.nextSent(), 2000, '')
    if (moment === 'row') await seen(orders, size, key)
    const delay = moment === 'row' ? random() * 6 - 4 : random() * 20
    if (delay > 0) await pause(delay)
    return key
  } finally {
    await orders.close()
  }
}

const within = <Value>(promise: Promise<Value>, ms: number, otherwise: Value): Promise<Value> =>
  Promise.race([promise, pause(ms, otherwise, { ref: false })])

/** Resolves when an order with this key stands behind `from`; after 200 ms in any case: it may be refused. */
async function seen(orders: FileHandle, from: number, key: string): Promise<void> {
  let at = from
  const buffer = Buffer.alloc(1 << 16)
  let text = ''
  for (const until = performance.now() + 200; performance.now() < until; ) {
    const { bytesRead } = await orders.read(buffer, 0, buffer.length, at)
    at += bytesRead
    text += buffer.toString('utf8', 0, bytesRead)
    if (text.includes(`,${key},`)) return
    await pause(1)
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
