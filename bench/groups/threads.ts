/** Two threads a service against one. */
import type { Group, Measured } from '../group.ts'
import type { Load } from '../load.ts'
import { beside, byTurns } from '../rounds.ts'
import { product, purchases } from '../shop.ts'
import { ratiosOf } from '../spread.ts'

export const threads: Group = {
  figures: ['threads-purchases', 'threads-reads'],
  async run(bench) {
    const two = await bench.openShop({ env: { THREADS: '2' } })
    // The store itself says so where it was asked for more than it has (run-main.ts).
    if (two.output.some((line) => line.includes('serves with one thread'))) {
      const missing = 'not there yet: the store serves with one thread'
      return { 'threads-purchases': { missing }, 'threads-reads': { missing } }
    }
    const one = await bench.openShop({ env: { THREADS: '1' } })
    const measure = async (name: string, load: Load, connections: number): Promise<Measured> => {
      const rounds = await byTurns(bench, name, {
        one: { target: one, load, connections },
        two: { target: two, load, connections },
      })
      return { values: ratiosOf(rounds, 'two', 'one', ({ perSecond }) => perSecond), beside: beside(rounds) }
    }
    return {
      'threads-purchases': await measure('threads-purchases', purchases, 256),
      'threads-reads': await measure('threads-reads', product, 64),
    }
  },
}
