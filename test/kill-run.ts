/**
 * Buyers that never stop, and customers who change and buy their carts, while one service after another, or all at once, is
 * killed with SIGKILL. Every buyer asks again with his key until he has an answer. At the end what they were told is held
 * against the files and the live API.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { stockShop } from '../client/chaos/folder.ts'
import { verdictLine, verifyFiles } from '../client/verify/files.ts'
import { randomFrom } from '../storage/test/random.ts'
import { type Killed, killAt, type Moment } from './kill-aim.ts'
import { Buyers, stockCustomers } from './kill-buyers.ts'
import { CartBuyers } from './kill-cart-buyers.ts'
import { judgeCarts, judgeTaken } from './kill-cart-judge.ts'
import { judge, judgeCredit, judgeRefused } from './kill-judge.ts'
import { type Store, startStore } from './store.ts'

export interface KillRunOptions {
  dataDir: string
  kills: number
  seed: number
  sessions?: number
  /** Customers with carts of their own, and half as many pairs that share one. */
  cartSessions?: number
  /** Settings of the store beside its ports. */
  env?: Record<string, string>
  print?: (line: string) => void
  /** The store is killed when this ends. */
  t?: { teardown(work: () => unknown): unknown }
}

export interface KillRunResult {
  kills: Record<string, number>
  acknowledged: number
  /** Of them: several toys, and paid by a customer. */
  several: number
  paid: number
  /** Of those: drafts that were checked out. */
  drafts: number
  /** Purchases for which there was not enough credit, or nothing in the cart, and drafts that were left. */
  refused: number
  /** How often credit was put in. */
  credited: number
  /** What was asked of carts, and how many carts there were. */
  cartCalls: number
  carts: number
  /** Of the purchases acknowledged: those of carts. */
  cartsBought: number
  /** Purchases of carts that were under way at a kill, over all kills. */
  cartsUnderWay: number
  /** Kills in which the order of a cart stood in the log, and its customer was not told yet. */
  betweenRowAndAnswer: number
  /** Answers that were given again for a key that had been asked before. */
  askedAgain: number
  /** Milliseconds from a kill to the next purchase that was answered. */
  outages: number[]
  wrong: string[]
  verdict: string
}

const victims = ['catalog', 'payment', 'cart', 'order', 'frontend', 'all']
/** Who is killed while a cart is being bought. */
const aimedAt = ['order', 'cart', 'order', 'cart', 'all']
const moments: readonly Moment[] = ['any', 'any', 'any', 'sent', 'row', 'row']

export async function killRun({
  dataDir,
  kills,
  seed,
  sessions = 16,
  cartSessions = 4,
  env: settings = {},
  print = () => {},
  t,
}: KillRunOptions): Promise<KillRunResult> {
  const random = randomFrom(seed)
  await stockShop(dataDir)
  await stockCustomers(dataDir)
  const given = t === undefined ? {} : { t: t as never }
  let store: Store = await startStore({ dataDir, env: settings, ...given })
  const ports = {
    PORT: portOf(store.url),
    CATALOG_PORT: portOf(store.catalogUrl),
    ORDER_PORT: portOf(store.orderUrl),
    PAYMENT_PORT: portOf(store.paymentUrl),
    CART_PORT: portOf(store.cartUrl),
  }
  const env = { ...settings, ...ports }
  const buyers = new Buyers(store.url, random)
  const carts = new CartBuyers(store.url, random)
  const buying = [
    ...Array.from({ length: sessions }, () => buyers.run()),
    ...Array.from({ length: cartSessions }, () => carts.runOwn()),
    ...Array.from({ length: cartSessions / 2 }, () => carts.runShared()),
  ]
  const done: Record<string, number> = {}
  const outages: number[] = []
  const killSome = async (): Promise<{ victim: string; killed: Killed }> => {
    for (;;) {
      const moment = moments[Math.floor(random() * moments.length)]!
      const some = moment === 'any' ? victims : aimedAt
      const victim = some[Math.floor(random() * some.length)]!
      const killed = await killAt(victim, { moment, store, dataDir, carts, random })
      if (killed !== undefined) return { victim, killed }
      await pause(100)
    }
  }
  let [cartsUnderWay, betweenRowAndAnswer] = [0, 0]
  for (let kill = 0; kill < kills; kill++) {
    await pause(50 + random() * 200)
    const { victim, killed } = await killSome()
    const began = performance.now()
    cartsUnderWay += killed.underWay
    if (killed.wasBetween) betweenRowAndAnswer += 1
    if (victim === 'all') store = await startStore({ dataDir, env, ...given })
    done[victim] = (done[victim] ?? 0) + 1
    const [before, cartsBefore] = [buyers.told.length, carts.told.length]
    const passed = async (isDone: () => boolean): Promise<void> => {
      while (!isDone()) {
        await pause(5)
        if (performance.now() - began > 30_000)
          throw new Error(`no purchase within 30 s of killing ${victim} (kill ${kill + 1}, seed ${seed})`)
      }
    }
    // One that a customer pays needs every service but that of the carts.
    await passed(() => buyers.told.slice(before).some(({ user }) => user !== undefined))
    outages.push(performance.now() - began)
    await passed(() => carts.told.length > cartsBefore)
    if ((kill + 1) % 10 === 0)
      print(`${kill + 1} of ${kills} kills, ${buyers.told.length + carts.told.length} purchases acknowledged`)
  }
  buyers.stop()
  carts.stop()
  await Promise.all(buying)
  const told = [...buyers.told, ...carts.told]
  const wrong = [
    ...buyers.wrong,
    ...carts.wrong,
    ...(await judge(store.url, dataDir, told)),
    ...judgeRefused(dataDir, [...buyers.refused, ...carts.refused]),
  ]
  const live = await atRest(dataDir)
  if ((await store.stop()) !== 0) wrong.push('the store did not stop in order')
  store = await startStore({ dataDir, env, ...given })
  await carts.lookAtAll()
  await store.stop()
  const verdict = await verifyFiles(dataDir)
  wrong.push(...live, ...verdict.differences, ...judgeCredit(dataDir, { told, credited: buyers.credited }))
  if (verdict.reserved > 0) wrong.push(`${verdict.reserved} pieces are still reserved`)
  wrong.push(...judgeCarts(dataDir, carts.calls, carts.own), ...(await judgeTaken(dataDir, carts.calls)))
  if (kills > 0 && cartsUnderWay === 0) wrong.push('no cart was being bought at any kill')
  return {
    kills: done,
    acknowledged: told.length,
    several: told.filter(({ lines }) => lines.length > 1).length,
    paid: told.filter(({ user }) => user !== undefined).length,
    drafts: told.filter(({ number }) => number === undefined).length,
    refused: buyers.refused.length + carts.refused.length,
    cartCalls: carts.calls.length,
    carts: new Set(carts.calls.map(({ cart }) => cart)).size,
    cartsBought: carts.told.length,
    cartsUnderWay,
    betweenRowAndAnswer,
    credited: buyers.credited,
    askedAgain: buyers.askedAgain + carts.askedAgain,
    outages,
    wrong,
    verdict: verdictLine(verdict),
  }
}

const portOf = (url: string): string => new URL(url).port

/** Waits until nothing is reserved; the differences where that does not come. */
async function atRest(dataDir: string): Promise<string[]> {
  for (let left = 100; left > 0; left--) {
    const { reserved, differences } = await verifyFiles(dataDir)
    if (differences.length > 0) return differences
    if (reserved === 0) return []
    await pause(50)
  }
  return ['pieces stay reserved in the running store']
}
