/** What it costs to put an item into a cart, for one customer alone and for very many. Always: the carts hold what was acknowledged. */
import { mkdtempSync, rmSync } from 'node:fs'
import type { Bench } from '../bench-run.ts'
import { adds, ToldAdds } from '../carts.ts'
import type { Group } from '../group.ts'
import { beside, byTurns, type Reading, type Target } from '../rounds.ts'
import { ratiosOf } from '../spread.ts'

/** By turns with a ceiling; then the store is stopped, and its carts are counted. */
async function addsBeside(
  bench: Bench,
  name: string,
  ceiling: Target,
  connections: number,
): Promise<Record<'bare' | 'store', Reading>[]> {
  const dataDir = mkdtempSync(`${bench.folder}/carts-`)
  const store = await bench.openShop({ dataDir })
  const told = new ToldAdds(connections)
  const rounds = await byTurns(bench, name, {
    bare: { target: ceiling, load: adds, connections },
    store: { target: store, load: adds, connections, answered: told.add },
  })
  await store.close()
  bench.books.push(await told.verdict(dataDir))
  rmSync(dataDir, { recursive: true })
  return rounds
}

export const cartAdds256: Group = {
  figures: ['cart-adds-256'],
  async run(bench) {
    const echo = await bench.openCeiling('echo.ts')
    const rounds = await addsBeside(bench, 'cart-adds-256', echo, 256)
    const values = ratiosOf(rounds, 'store', 'bare', ({ perSecond }) => perSecond)
    return { 'cart-adds-256': { values, beside: beside(rounds) } }
  },
}

export const cartAdds1: Group = {
  figures: ['cart-adds-p50'],
  async run(bench) {
    const last = await bench.openCeiling('hop.ts', '-', `${bench.folder}/hop-2`)
    const first = await bench.openCeiling('hop.ts', last.url, '-')
    const chain = { url: first.url, pids: () => [first, last].flatMap((each) => each.pids()) }
    const rounds = await addsBeside(bench, 'cart-adds-p50', chain, 1)
    const p50 = ({ p50Ms }: Reading): number => p50Ms
    return {
      'cart-adds-p50': { values: ratiosOf(rounds, 'store', 'bare', p50), beside: beside(rounds, p50, ' ms') },
    }
  },
}
