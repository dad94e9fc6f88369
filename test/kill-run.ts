/**
 * Buyers that never stop, while one service after another, or all at once, is killed with SIGKILL. Every buyer asks again
 * with his key until he has an answer. At the end what he was told is held against the files and the live API.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { parse } from 'csv-parse/sync'
import { Agent, request } from 'undici'
import { stockedToys, stockShop } from '../client/chaos/folder.ts'
import { verdictLine, verifyFiles } from '../client/verify/files.ts'
import { randomFrom } from '../storage/test/random.ts'
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
  /** Answers that were given again for a key that had been asked before. */
  askedAgain: number
  /** Milliseconds from a kill to the next purchase that was answered. */
  outages: number[]
  wrong: string[]
  verdict: string
}

interface Told {
  key: string
  number: number
  name: string
  quantity: number
}

const victims = ['catalog', 'order', 'frontend', 'all']

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
  const given = t === undefined ? {} : { t: t as never }
  let store: Store = await startStore({ dataDir, env: settings, ...given })
  const ports = { PORT: portOf(store.url), CATALOG_PORT: portOf(store.catalogUrl), ORDER_PORT: portOf(store.orderUrl) }
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
    while (buyers.told.length === before) {
      await pause(5)
      if (performance.now() - began > 30_000)
        throw new Error(`no purchase within 30 s of killing ${victim} (kill ${kill + 1}, seed ${seed})`)
    }
    outages.push(performance.now() - began)
    if ((kill + 1) % 10 === 0) print(`${kill + 1} of ${kills} kills, ${buyers.told.length} purchases acknowledged`)
  }
  buyers.stop()
  await Promise.all(buying)
  const wrong = [...buyers.wrong, ...(await judge(store.url, dataDir, buyers.told))]
  const live = await atRest(dataDir)
  if ((await store.stop()) !== 0) wrong.push('the store did not stop in order')
  store = await startStore({ dataDir, env, ...given })
  await store.stop()
  const verdict = await verifyFiles(dataDir)
  wrong.push(...live, ...verdict.differences)
  if (verdict.reserved > 0) wrong.push(`${verdict.reserved} pieces are still reserved`)
  return {
    kills: done,
    acknowledged: buyers.told.length,
    askedAgain: buyers.askedAgain,
    outages,
    wrong,
    verdict: verdictLine(verdict),
  }
}

/** A request that this starved machine did not read in time was not begun, as its answer says. */
const askAgain: ReadonlySet<string | undefined> = new Set(['unavailable', 'outcome_unknown', 'request_timeout'])

const portOf = (url: string): string => new URL(url).port

/** Buyers who ask again with their key until they are answered. */
export class Buyers {
  readonly told: Told[] = []
  readonly wrong: string[] = []
  askedAgain = 0
  readonly #url: string
  readonly #random: () => number
  readonly #agent = new Agent({ connections: 64, pipelining: 1 })
  #keys = 0
  #stopped = false

  constructor(url: string, random: () => number) {
    this.#url = url
    this.#random = random
  }

  stop(): void {
    this.#stopped = true
  }

  async run(): Promise<void> {
    while (!this.#stopped) {
      const name = stockedToys[Math.floor(this.#random() * stockedToys.length)]!
      const quantity = 1 + Math.floor(this.#random() * 3)
      const key = `buyer-${process.pid}-${++this.#keys}`
      const number = await this.#buy(key, name, quantity)
      if (number !== undefined) this.told.push({ key, number, name, quantity })
    }
  }

  /** Asks until there is an answer; undefined where the toy is sold out. */
  async #buy(key: string, name: string, quantity: number): Promise<number | undefined> {
    const body = JSON.stringify({ name, quantity })
    const headers = { 'content-type': 'application/json', 'idempotency-key': key }
    for (let tries = 0; tries < 2000; tries++) {
      if (tries > 0) this.askedAgain += 1
      try {
        const options = {
          method: 'POST',
          body,
          headers,
          dispatcher: this.#agent,
          headersTimeout: 8000,
          bodyTimeout: 8000,
        } as const
        const reply = await request(`${this.#url}/orders`, options)
        const { data, error } = (await reply.body.json()) as {
          data?: { order_number: number }
          error?: { reason: string }
        }
        if (data !== undefined) return data.order_number
        if (error?.reason === 'out_of_stock') return undefined
        if (!askAgain.has(error?.reason)) this.wrong.push(`${key}: answered ${JSON.stringify(error)}`)
      } catch {
        // the front end was killed: ask again
      }
      await pause(10 + this.#random() * 20)
    }
    this.wrong.push(`${key}: never answered`)
    return undefined
  }
}

/** What buyers were told against the log's file and the live API. */
export async function judge(url: string, dataDir: string, told: readonly Told[]): Promise<string[]> {
  const wrong: string[] = []
  const rows: Record<string, string>[] = parse(readFileSync(`${dataDir}/order/orders.csv`), { columns: true })
  const byKey = new Map<string, Record<string, string>>()
  for (const row of rows) {
    if (byKey.has(row.key!)) wrong.push(`key ${row.key} has two orders`)
    byKey.set(row.key!, row)
  }
  for (const { key, number, name, quantity } of told) {
    const row = byKey.get(key)
    if (row === undefined) wrong.push(`acknowledged order ${number} (${key}) is lost`)
    else if (row.order_number !== String(number) || row.name !== name || row.quantity !== String(quantity))
      wrong.push(`order ${number} (${key}) stands as ${JSON.stringify(row)}`)
  }
  for (const { number, name } of told.slice(-20)) {
    const reply = await request(`${url}/orders/${number}`)
    const { data } = (await reply.body.json()) as { data?: { name: string } }
    if (data?.name !== name) wrong.push(`GET /orders/${number} tells ${JSON.stringify(data)}`)
  }
  return wrong
}

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
