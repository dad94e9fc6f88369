/** One buyer alone, against a chain with as many hops and syncs as a purchase has. */
import type { Group } from '../group.ts'
import { beside, byTurns, type Reading } from '../rounds.ts'
import { purchases } from '../shop.ts'
import { ratiosOf } from '../spread.ts'

export const one: Group = {
  figures: ['one-p50'],
  async run(bench) {
    const store = await bench.openShop()
    const last = await bench.openCeiling('hop.ts', '-', `${bench.folder}/hop-3`)
    const middle = await bench.openCeiling('hop.ts', last.url, `${bench.folder}/hop-2`)
    const first = await bench.openCeiling('hop.ts', middle.url, '-')
    const pids = () => [first, middle, last].flatMap((each) => each.pids())
    const rounds = await byTurns(bench, 'one-p50', {
      chain: { target: { url: first.url, pids }, load: purchases, connections: 1 },
      store: { target: store, load: purchases, connections: 1 },
    })
    const p50 = ({ p50Ms }: Reading): number => p50Ms
    return { 'one-p50': { values: ratiosOf(rounds, 'store', 'chain', p50), beside: beside(rounds, p50, ' ms') } }
  },
}
