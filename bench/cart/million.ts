/** A store with very many carts beside one with none: how soon it is open and answers, how much memory and disk it takes. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import type { CartItem } from '../../cart/client.ts'
import { openCarts } from '../../cart/store.ts'
import { realClock } from '../../clock.ts'
import { realFileSystem } from '../../storage/file-system.ts'
import { ask } from '../../test/ask.ts'
import { startStore } from '../../test/store.ts'
import type { Bench } from '../bench-run.ts'
import { residentBytes } from '../processes.ts'
import { stock } from '../shop.ts'
import type { Million } from './result.ts'

const customerOf = (i: number): string => `customer${i}`
const itemOf = (i: number): CartItem => ({
  ...{ itemId: i, unitCount: 1 + (i % 9), offeredPrice: 1, timestamp: '2026-11-22T00:00:00.000Z' },
})

export async function measureMillion(bench: Bench, carts = 1_000_000): Promise<Million> {
  const folder = mkdtempSync(`${bench.folder}/million-`)
  const empty = mkdtempSync(`${bench.folder}/empty-`)
  try {
    await makeCarts(`${folder}/cart`, carts)
    const without = await look(bench, empty, undefined)
    const found = await look(bench, folder, Math.floor(carts * 0.777))
    return {
      ...{ carts, openMs: found.openMs, emptyOpenMs: without.openMs, firstLookMs: found.firstLookMs },
      ...{ residentBytes: found.residentBytes, emptyResidentBytes: without.residentBytes },
      fileBytes: bytesIn(`${folder}/cart`),
    }
  } finally {
    rmSync(folder, { recursive: true })
    rmSync(empty, { recursive: true })
  }
}

/** By the store's own engine. */
async function makeCarts(folder: string, carts: number): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const { map } = await openCarts({
    ...{ files: realFileSystem, clock: realClock, folder, ioDelayMs: 0 },
    giveUp(error) {
      throw error
    },
  })
  function* entries(): Generator<[string, { items: CartItem[] }]> {
    for (let i = 0; i < carts; i++) yield [customerOf(i), { items: [itemOf(i)] }]
  }
  await map.putAll(entries())
  await map.close()
}

/** Starts a store and asks at once for one cart, which must be the one that was made. */
async function look(
  { startLine: { flags, env } }: Bench,
  dataDir: string,
  wanted: number | undefined,
): Promise<{ openMs: number; firstLookMs: number; residentBytes: number }> {
  stock(dataDir)
  const began = performance.now()
  const store = await startStore({ dataDir, env, flags })
  const opened = performance.now()
  try {
    const { body } = await ask(`${store.url}/items/${customerOf(wanted ?? 0)}`)
    const firstLookMs = performance.now() - opened
    const right = wanted === undefined ? [] : [itemOf(wanted)]
    if (JSON.stringify(body) !== JSON.stringify(right)) throw new Error(`the cart is ${JSON.stringify(body)}`)
    return { openMs: opened - began, firstLookMs, residentBytes: residentBytes([store.pids.cart!]) }
  } finally {
    await store.stop()
  }
}

const bytesIn = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(`${folder}/${name}`).size, 0)
