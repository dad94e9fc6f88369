/** Items that many customers put into their carts, and whether the carts hold what was acknowledged. */
import { randomInt } from 'node:crypto'
import { openCarts } from '../cart/store.ts'
import { realClock } from '../clock.ts'
import { realFileSystem } from '../storage/file-system.ts'
import type { Load, Round } from './load.ts'

const customers = 100_000
const items = ['000000000001', '000000000002', '000000000003']

/** One piece of one of three items for a customer of a hundred thousand, drawn anew each time. */
export const adds: Load = {
  method: 'POST',
  requests: items.map((item) => ({ path: `/items/customer{n}/${item}`, body: { unitCount: 1, offeredPrice: 1 } })),
  numbered: customers,
  seed: () => randomInt(1, 2 ** 31),
  status: 200,
}

/**
 * What the carts must hold in all. Each measurement may end with a request under way on each connection: it may have been done,
 * and nobody was told.
 */
export class ToldAdds {
  /** Acknowledged: so many pieces must be there, one of them since before the first measurement (`checkLoad`). */
  least = 1
  most = 1
  readonly #connections: number

  constructor(connections: number) {
    this.#connections = connections
  }

  readonly add = ({ answers, failed }: Round): void => {
    this.least += answers
    this.most += answers + failed + this.#connections
  }

  /** Reads the carts of a store that was stopped. */
  async verdict(dataDir: string): Promise<{ line: string; balanced: boolean }> {
    const { carts, pieces } = await held(`${dataDir}/cart`)
    const balanced = pieces >= this.least && pieces <= this.most
    const line = `carts ${balanced ? 'balanced' : 'WRONG'}: ${number(pieces)} pieces in ${number(carts)} carts, ${number(this.least)} acknowledged`
    return { line: balanced ? line : `${line}, at most ${number(this.most)} asked for`, balanced }
  }
}

async function held(folder: string): Promise<{ carts: number; pieces: number }> {
  const giveUp = (error: Error): never => {
    throw error
  }
  const { map } = await openCarts({ files: realFileSystem, clock: realClock, folder, giveUp, ioDelayMs: 0 })
  let [carts, pieces] = [0, 0]
  for await (const [, { items }] of map.entries()) {
    carts += 1
    for (const { unitCount } of items) pieces += unitCount
  }
  await map.close()
  return { carts, pieces }
}

const number = (value: number): string => value.toLocaleString('en-US')
