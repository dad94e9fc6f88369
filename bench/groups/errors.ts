/** What a refusal costs, against a success of the same kind. */
import type { Group, Measured } from '../group.ts'
import { beside, byTurns } from '../rounds.ts'
import { badPurchases, missingProduct, product, purchases, soldOutPurchases } from '../shop.ts'
import { ratiosOf } from '../spread.ts'

export const errors: Group = {
  figures: ['error-404', 'error-409', 'error-400'],
  async run(bench) {
    const target = await bench.openShop()
    const reads = await byTurns(bench, 'error-404', {
      success: { target, load: product, connections: 64 },
      missing: { target, load: missingProduct, connections: 64 },
    })
    const buys = await byTurns(bench, 'error-409 and error-400', {
      success: { target, load: purchases, connections: 64 },
      'sold-out': { target, load: soldOutPurchases, connections: 64 },
      invalid: { target, load: badPurchases, connections: 64 },
    })
    const of = (refusal: 'sold-out' | 'invalid'): Measured => ({
      values: ratiosOf(buys, refusal, 'success', (one) => one.perSecond),
      beside: beside(buys.map((round) => ({ success: round.success, [refusal]: round[refusal] }))),
    })
    return {
      'error-404': { values: ratiosOf(reads, 'missing', 'success', (one) => one.perSecond), beside: beside(reads) },
      'error-409': of('sold-out'),
      'error-400': of('invalid'),
    }
  },
}
