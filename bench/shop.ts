/** A store of ten toys for a benchmark, started as `npm start` does. Always: when it is closed, its books are verified. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { ask } from '../test/ask.ts'
import { startStore } from '../test/store.ts'
import type { Bench } from './bench-run.ts'
import type { Load } from './load.ts'
import type { Target } from './rounds.ts'

export const toys = ['Tux', 'Whale', 'Elephant', 'Fox', 'Python', 'Dolphin', 'Panda', 'Owl', 'Crab', 'Gopher']
export const piecesEach = 1_000_000_000
const soldOut = 'Unicorn'

export interface ShopOptions {
  /** Settings beside the ports and the folder. */
  env?: Record<string, string>
  /** The program in place of `start.ts`. */
  script?: URL
  /** What it has sold already; kept when the shop is closed. */
  dataDir?: string
}

export interface Shop extends Target {
  output: readonly string[]
  /** From the start of the program until it said that it is open. */
  openAfterMs: number
  /** When the program was started, by `performance.now()`. */
  startedAt: number
  /** Stops it, once, and verifies its books unless told not to. */
  close(options?: { verify?: boolean }): Promise<void>
}

export async function openShop(bench: Bench, { env = {}, script, dataDir }: ShopOptions): Promise<Shop> {
  const folder = dataDir ?? mkdtempSync(`${bench.folder}/store-`)
  stock(folder)
  const { flags, env: ours } = bench.startLine
  const startedAt = performance.now()
  const store = await startStore({
    dataDir: folder,
    env: { ...ours, ...env },
    flags,
    ...(script !== undefined && { script: fileURLToPath(script) }),
  })
  const openAfterMs = performance.now() - startedAt
  let closed = false
  return {
    url: store.url,
    output: store.output,
    openAfterMs,
    startedAt,
    pids: () => [...new Set([store.pid, ...Object.values(store.pids)])],
    async close({ verify = true } = {}) {
      if (closed) return
      closed = true
      const code = await store.stop()
      if (code !== 0) throw new Error(`a store ended with exit code ${code}:\n${store.output.join('\n')}`)
      if (verify) bench.books.push(booksOf(folder))
      if (dataDir === undefined) rmSync(folder, { recursive: true })
    },
  }
}

/** Ten toys that never sell out, and one that has. */
export function stock(folder: string): void {
  const file = `${folder}/catalog/toys_db.csv`
  if (existsSync(file)) return
  mkdirSync(`${folder}/catalog`, { recursive: true })
  const rows = toys.map((name) => `${name},25.99,${piecesEach}`)
  writeFileSync(file, `${['name,price,quantity', ...rows, `${soldOut},9.99,0`].join('\n')}\n`)
}

/** By the store's own command, in a process that has the memory for millions of keys. */
function booksOf(folder: string): { line: string; balanced: boolean } {
  const client = fileURLToPath(new URL('../client/main.ts', import.meta.url))
  const room = `--max-old-space-size=${Math.floor((totalmem() / 1024 / 1024) * 0.6)}`
  const { status, stdout, stderr } = spawnSync(process.execPath, [room, client, 'verify', '--data', folder], {
    encoding: 'utf8',
  })
  const line = `${stdout}${stderr}`.trim().split('\n').at(-1)!
  return { line, balanced: status === 0 }
}

const buying = (names: readonly string[], quantity: number, status: number): Load => ({
  method: 'POST',
  requests: names.map((name) => ({ path: '/orders', body: { name, quantity } })),
  status,
})

/** One piece of each toy in turn. */
export const purchases: Load = buying(toys, 1, 200)
export const soldOutPurchases: Load = buying([soldOut], 1, 409)
export const badPurchases: Load = buying(toys, 0, 400)

const users = 1000
const customers = Array.from({ length: users }, (_, number) => String(number))
/** A purchase of one piece of each toy in turn, each by another customer. */
export const customersPurchases: Load = {
  method: 'POST',
  requests: customers.map((user, i) => ({
    path: '/orders',
    body: { name: toys[i % toys.length]!, quantity: 1, user },
  })),
  status: 200,
}

/** More than a second's checkouts, so that none is asked for twice. */
const draftsASecond = 20_000
const items = 1000

/** Checks out drafts of two items, each once; they are made anew before each measurement of so many seconds. */
export function checkouts(seconds: number): Load {
  const drafts = Math.min(1_000_000, seconds * draftsASecond)
  const prepare = (url: string) => made(url, `/orders/batch_init/${drafts}/${items}/${users}/1`)
  return { method: 'POST', requests: [{ path: '/orders/checkout/{n}' }], numbered: drafts, prepare, status: 200 }
}

/** Customers who never run out of credit, and items that never sell out. */
export async function openForCustomers(url: string): Promise<void> {
  await made(url, `/payment/batch_init/${users}/1000000000`)
  await made(url, `/stock/batch_init/${items}/${piecesEach}/1`)
}

async function made(url: string, path: string): Promise<void> {
  const { status, text } = await ask(url + path, { method: 'POST' })
  if (status !== 200) throw new Error(`POST ${path} was answered ${status}: ${text}`)
}

export const product: Load = { method: 'GET', requests: [{ path: '/products/Tux' }], status: 200 }
export const missingProduct: Load = { method: 'GET', requests: [{ path: '/products/Nothing' }], status: 404 }
