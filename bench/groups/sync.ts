/** What syncing costs: two stores by the same program, one of which never does it. */
import type { Group } from '../group.ts'
import { beside, byTurns } from '../rounds.ts'
import { purchases } from '../shop.ts'
import { ratiosOf } from '../spread.ts'

const script = new URL('../files/main.ts', import.meta.url)

export const sync: Group = {
  figures: ['sync-256'],
  async run(bench) {
    const unsynced = await bench.openShop({ script, env: { BENCH_FILES: 'unsynced' } })
    const synced = await bench.openShop({ script, env: { BENCH_FILES: 'real' } })
    const rounds = await byTurns(bench, 'sync-256', {
      unsynced: { target: unsynced, load: purchases, connections: 256 },
      synced: { target: synced, load: purchases, connections: 256 },
    })
    return {
      'sync-256': {
        values: ratiosOf(rounds, 'synced', 'unsynced', (one) => one.perSecond),
        beside: beside(rounds),
      },
    }
  },
}
