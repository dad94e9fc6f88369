/** The memory that a cart takes: what the cart service's process grows by when it is given very many. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { CartOp } from '../../cart/client.ts'
import { ask } from '../../test/ask.ts'
import type { Bench } from '../bench-run.ts'

const together = 500
/** That were there before, so that code and buffers are. */
const before = 5000

export interface Held {
  residentBytes: number
  /** Objects and buffers that are in use: what is resident beyond them depends on how the pages happened to fill. */
  heldBytes: number
}

/** In bytes a cart. The service runs alone, and is asked as the front end asks it. */
export async function memoryOfCart(bench: Bench, shards: number, carts: number): Promise<Held> {
  const folder = mkdtempSync(`${bench.folder}/memory-`)
  const program = new URL('./programs/service.ts', import.meta.url).href
  const service = await bench.openCeiling(program, folder, String(shards))
  try {
    const settled = async (): Promise<Held> => {
      service.process.send({ settle: true })
      const [held] = (await once(service.process, 'message')) as [Held]
      return held
    }
    await fill(service.url, 0, before)
    const least = await settled()
    await fill(service.url, before, before + carts)
    const most = await settled()
    return {
      residentBytes: (most.residentBytes - least.residentBytes) / carts,
      heldBytes: (most.heldBytes - least.heldBytes) / carts,
    }
  } finally {
    await service.close()
    rmSync(folder, { recursive: true })
  }
}

async function fill(url: string, from: number, to: number): Promise<void> {
  for (let first = from; first < to; first += together) {
    const ops = Array.from({ length: Math.min(together, to - first) }, (_, i): CartOp => {
      const customer = `customer${first + i}`
      return { op: 'add', customer, item: 1, count: 1, named: 'unitCount', offer: { offeredPrice: 1 } }
    })
    const { status, body } = await ask(`${url}/carts`, { method: 'POST', body: ops })
    const refused = (body as { error?: unknown }[]).find(({ error }) => error !== undefined)
    if (status !== 200 || refused !== undefined)
      throw new Error(`carts were answered ${status}: ${JSON.stringify(refused ?? body).slice(0, 200)}`)
  }
}
