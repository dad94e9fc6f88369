/**
 * Buyers that never stop, while one service after another, or all at once, is killed with SIGKILL. Every buyer asks again
 * with his key until he has an answer. At the end what he was told is held against the files and the live API.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { stockShop } from '../client/chaos/folder.ts'
import { verdictLine, verifyFiles } from '../client/verify/files.ts'
import { randomFrom } from '../storage/test/random.ts'
import { Buyers, stockCustomers } from './kill-buyers.ts'
import { judge, judgeCredit, judgeRefused } from './kill-judge.ts'
import { type Store, startStore } from './store.ts'

export interface KillRunOptions {
  dataDir: string
  kills: number
  seed: number
  sessions?: number
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
  /** Purchases for which there was not enough credit, and drafts that were left. */
  refused: number
  /** How often credit was put in. */
  credited: number
  /** Answers that were given again for a key that had been asked before. */
  askedAgain: number
  /** Milliseconds from a kill to the next purchase that was answered. */
  outages: number[]
  wrong: string[]
  verdict: string
}

const victims = ['catalog', 'payment', 'order', 'frontend', 'all']

export async function killRun({
  dataDir,
  kills,
  seed,
  sessions = 16,
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
  }
  const env = { ...settings, ...ports }
  const buyers = new Buyers(store.url, random)
  const buying = Array.from({ length: sessions }, () => buyers.run())
  const done: Record<string, number> = {}
  const outages: number[] = []
  for (let kill = 0; kill < kills; kill++) {
    await pause(50 + random() * 200)
    const victim = victims[Math.floor(random() * victims.length)]!
    const began = performance.now()
    if (victim === 'all') {
      await store.kill()
      store = await startStore({ dataDir, env, ...given })
    } else await store.killService(victim).catch(() => {}) // it is being started again: then nobody was killed twice
    done[victim] = (done[victim] ?? 0) + 1
    const before = buyers.told.length
    // One that a customer pays needs every service.
    while (!buyers.told.slice(before).some(({ user }) => user !== undefined)) {
      await pause(5)
      if (performance.now() - began > 30_000)
        throw new Error(`no purchase within 30 s of killing ${victim} (kill ${kill + 1}, seed ${seed})`)
    }
    outages.push(performance.now() - began)
    if ((kill + 1) % 10 === 0) print(`${kill + 1} of ${kills} kills, ${buyers.told.length} purchases acknowledged`)
  }
  buyers.stop()
  await Promise.all(buying)
  const wrong = [
    ...buyers.wrong,
    ...(await judge(store.url, dataDir, buyers.told)),
    ...judgeRefused(dataDir, buyers.refused),
  ]
  const live = await atRest(dataDir)
  if ((await store.stop()) !== 0) wrong.push('the store did not stop in order')
  store = await startStore({ dataDir, env, ...given })
  await store.stop()
  const verdict = await verifyFiles(dataDir)
  wrong.push(...live, ...verdict.differences, ...judgeCredit(dataDir, buyers))
  if (verdict.reserved > 0) wrong.push(`${verdict.reserved} pieces are still reserved`)
  return {
    kills: done,
    acknowledged: buyers.told.length,
    several: buyers.told.filter(({ lines }) => lines.length > 1).length,
    paid: buyers.told.filter(({ user }) => user !== undefined).length,
    drafts: buyers.told.filter(({ number }) => number === undefined).length,
    refused: buyers.refused.length,
    credited: buyers.credited,
    askedAgain: buyers.askedAgain,
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
