/** What a customer's purchase costs beside one that nobody's credit pays, and a draft's checkout beside a bare echo. */
import type { Bench } from '../bench-run.ts'
import type { Group } from '../group.ts'
import { beside, byTurns, type Reading } from '../rounds.ts'
import { checkouts, customersPurchases, openForCustomers, purchases } from '../shop.ts'
import { ratiosOf } from '../spread.ts'

export const checkouts256: Group = {
  figures: ['checkouts-256'],
  async run(bench) {
    const echo = await bench.openCeiling('echo.ts')
    const store = await bench.openShop()
    await openForCustomers(store.url)
    const rounds = await byTurns(bench, 'checkouts-256', {
      echo: { target: echo, load: purchases, connections: 256 },
      store: { target: store, load: checkouts(Math.max(bench.seconds, bench.warmUpSeconds)), connections: 256 },
    })
    const values = ratiosOf(rounds, 'store', 'echo', ({ perSecond }) => perSecond)
    return { 'checkouts-256': { values, beside: beside(rounds) } }
  },
}

const byCustomer = async (bench: Bench, connections: number) => {
  const store = await bench.openShop()
  await openForCustomers(store.url)
  return byTurns(bench, `customers-${connections}`, {
    without: { target: store, load: purchases, connections },
    with: { target: store, load: customersPurchases, connections },
  })
}

export const customers256: Group = {
  figures: ['customers-256'],
  async run(bench) {
    const rounds = await byCustomer(bench, 256)
    const values = ratiosOf(rounds, 'with', 'without', ({ perSecond }) => perSecond)
    return { 'customers-256': { values, beside: beside(rounds) } }
  },
}

export const customers1: Group = {
  figures: ['customers-p50'],
  async run(bench) {
    const rounds = await byCustomer(bench, 1)
    const p50 = ({ p50Ms }: Reading): number => p50Ms
    return { 'customers-p50': { values: ratiosOf(rounds, 'with', 'without', p50), beside: beside(rounds, p50, ' ms') } }
  },
}
