/** Whether the store stays flat: one with very many orders against one with a thousand. */
import { randomFrom } from '../../storage/test/random.ts'
import { buy } from '../../test/store.ts'
import type { Bench } from '../bench-run.ts'
import type { Group, Measured } from '../group.ts'
import type { Load } from '../load.ts'
import { makeOrders } from '../many-orders.ts'
import { residentBytes } from '../processes.ts'
import { beside, byTurns, whole } from '../rounds.ts'
import { purchases, type Shop, toys } from '../shop.ts'
import { median, ratiosOf } from '../spread.ts'

const few = 1000
const connections = 64

export const orders: Group = {
  figures: ['orders-purchases', 'orders-lookups', 'orders-pages', 'orders-start', 'orders-first', 'orders-memory'],
  missing: ({ orders }) => (orders === undefined ? 'not asked for: --orders 10000000' : undefined),
  async run(bench) {
    const folders = { few: `${bench.folder}/few`, many: `${bench.folder}/many` }
    await makeOrders(folders.few, few, bench.tell)
    await makeOrders(folders.many, bench.orders, bench.tell)
    const started = await starts(bench, folders)
    const shops = {
      few: await bench.openShop({ dataDir: folders.few }),
      many: await bench.openShop({ dataDir: folders.many }),
    }
    const measure = async (name: string, loads: Record<keyof Both, Load>, each = () => {}): Promise<Measured> => {
      const rounds = await byTurns(
        bench,
        name,
        {
          few: { target: shops.few, load: loads.few, connections },
          many: { target: shops.many, load: loads.many, connections },
        },
        each,
      )
      return { values: ratiosOf(rounds, 'many', 'few', ({ perSecond }) => perSecond), beside: beside(rounds) }
    }
    const resident: Both[] = []
    const weigh = (): void => {
      resident.push({ few: residentBytes(shops.few.pids()), many: residentBytes(shops.many.pids()) })
    }
    const outcome = {
      'orders-lookups': await measure('orders-lookups', { few: lookUps(few), many: lookUps(bench.orders) }),
      'orders-pages': await measure('orders-pages', { few: pages(few), many: pages(bench.orders) }),
      'orders-purchases': await measure('orders-purchases', { few: purchases, many: purchases }, weigh),
    }
    bench.record.push({ name: 'orders-memory', rounds: resident })
    return { ...outcome, ...started, 'orders-memory': compared(resident, 1 / 1024 / 1024, 'MiB') }
  },
}

interface Both {
  few: number
  many: number
}

/** Starts both in turn, buys once of each, stops them. */
async function starts(bench: Bench, folders: Record<keyof Both, string>) {
  const opened: Both[] = []
  const bought: Both[] = []
  for (let round = 1; round <= bench.rounds; round++) {
    const [open, first] = [
      { few: 0, many: 0 },
      { few: 0, many: 0 },
    ]
    for (const side of round % 2 === 1 ? (['few', 'many'] as const) : (['many', 'few'] as const)) {
      const shop = await bench.openShop({ dataDir: folders[side] })
      open[side] = shop.openAfterMs
      first[side] = await firstPurchase(shop)
      await shop.close({ verify: false })
    }
    opened.push(open)
    bought.push(first)
    bench.tell(
      `round ${round} of ${bench.rounds}, orders-start: few ${whole(open.few)} ms, many ${whole(open.many)} ms; to the first purchase ${whole(first.few)} and ${whole(first.many)} ms`,
    )
  }
  bench.record.push({ name: 'orders-start', rounds: opened }, { name: 'orders-first', rounds: bought })
  return { 'orders-start': compared(opened, 1, 'ms'), 'orders-first': compared(bought, 1, 'ms') }
}

async function firstPurchase({ url, startedAt }: Shop): Promise<number> {
  const { status } = await buy(url, { name: toys[0]!, quantity: 1 })
  if (status !== 200) throw new Error(`the first purchase was answered ${status}`)
  return performance.now() - startedAt
}

const compared = (rounds: readonly Both[], factor: number, unit: string): Measured => {
  const told = (side: keyof Both): string => `${side} ${whole(median(rounds.map((one) => one[side])) * factor)} ${unit}`
  return { values: ratiosOf(rounds, 'many', 'few', (value) => value), beside: `${told('few')}, ${told('many')}` }
}

const sampled = 10_000

/** The same sample in each run. */
function numbers(count: number): number[] {
  const random = randomFrom(1)
  return Array.from({ length: sampled }, () => 1 + Math.floor(random() * count))
}

const lookUps = (count: number): Load => ({
  method: 'GET',
  requests: numbers(count).map((number) => ({ path: `/orders/${number}` })),
  status: 200,
})

/** Full ones. */
const pages = (count: number): Load => ({
  method: 'GET',
  requests: numbers(count - 50).map((number) => ({ path: `/orders?before=${number + 50}` })),
  status: 200,
})
