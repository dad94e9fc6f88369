/** The same over HTTP: a whole store with the number of shards, one connection that is kept, one request after the other. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { Pool } from 'undici'
import type { Bench } from '../bench-run.ts'
import type { Engine } from './engines.ts'
import { addAndCheckOut, type Door, itemNumber, type Opened } from './hundred.ts'

export async function openOverHttp(bench: Bench, engine: Engine, shards: number): Promise<Opened> {
  const dataDir = mkdtempSync(`${bench.folder}/store-`)
  const begun = await engine.begin()
  const shop = await bench.openShop({ dataDir, env: { SHARDS: String(shards), ...begun.env } })
  const door = httpDoor(shop.url)
  let closed = false
  return {
    startMs: shop.openAfterMs,
    async turn() {
      const times = await addAndCheckOut(door)
      if (engine.name !== 'local' && segments(dataDir) > 0)
        throw new Error(`the carts are in files: this store does not know ${engine.name}`)
      return times
    },
    async close() {
      if (closed) return
      closed = true
      await door.close()
      await shop.close({ verify: false })
      await begun.close()
      rmSync(dataDir, { recursive: true })
    },
  }
}

const segments = (dataDir: string): number =>
  readdirSync(dataDir, { recursive: true }).filter((name) => /\bcarts-\d+\.csv$/.test(String(name))).length

export const itemText = (item: number): string => String(item).padStart(12, '0')

/** One connection. */
export function httpDoor(url: string): Door {
  const pool = new Pool(url, { connections: 1, pipelining: 1 })
  const post = async (path: string, body?: unknown): Promise<unknown> => {
    const reply = await pool.request({
      ...{ method: 'POST', path },
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    const answer = await reply.body.json()
    if (reply.statusCode !== 200)
      throw new Error(`POST ${path} was answered ${reply.statusCode}: ${JSON.stringify(answer)}`)
    return answer
  }
  return {
    async add(customer, item) {
      await post(`/items/${customer}/${itemText(item)}`, { unitCount: 1, offeredPrice: 1 })
    },
    async checkout(customer) {
      return ((await post(`/checkout/${customer}`)) as { itemId: unknown }[]).map(itemNumber)
    },
    close: () => pool.close(),
  }
}
