/** Reads against a bare server of the same bytes. */
import { ask } from '../../test/ask.ts'
import type { Group } from '../group.ts'
import { beside, byTurns } from '../rounds.ts'
import { product } from '../shop.ts'
import { ratiosOf } from '../spread.ts'

export const reads: Group = {
  figures: ['reads-64'],
  async run(bench) {
    const store = await bench.openShop()
    const { text } = await ask(store.url + product.requests[0]!.path)
    const bare = await bench.openCeiling('answer.ts', text)
    const rounds = await byTurns(bench, 'reads-64', {
      echo: { target: bare, load: product, connections: 64 },
      store: { target: store, load: product, connections: 64 },
    })
    return {
      'reads-64': { values: ratiosOf(rounds, 'store', 'echo', (one) => one.perSecond), beside: beside(rounds) },
    }
  },
}
