/** Purchases against a bare echo: how many a second, at what price, and how long the slowest wait. */
import type { Bench } from '../bench-run.ts'
import type { Group } from '../group.ts'
import { beside, byTurns, type Reading } from '../rounds.ts'
import { purchases } from '../shop.ts'
import { ratiosOf } from '../spread.ts'

export const purchases256: Group = {
  figures: ['purchases-256', 'cpu-256', 'p99-256'],
  async run(bench) {
    const rounds = await againstEcho(bench, 256)
    const figure = (of: (one: Reading) => number, unit: string) => ({
      values: ratiosOf(rounds, 'store', 'echo', of),
      beside: beside(rounds, of, unit),
    })
    return {
      'purchases-256': figure(({ perSecond }) => perSecond, '/s'),
      'cpu-256': figure(({ cpuMicroseconds }) => cpuMicroseconds, ' µs'),
      'p99-256': figure(({ p99Ms }) => p99Ms, ' ms'),
    }
  },
}

export const purchases64: Group = {
  figures: ['purchases-64'],
  async run(bench) {
    const rounds = await againstEcho(bench, 64)
    return {
      'purchases-64': { values: ratiosOf(rounds, 'store', 'echo', (one) => one.perSecond), beside: beside(rounds) },
    }
  },
}

async function againstEcho(bench: Bench, connections: number) {
  const echo = await bench.openCeiling('echo.ts')
  const store = await bench.openShop()
  return byTurns(bench, `purchases-${connections}`, {
    echo: { target: echo, load: purchases, connections },
    store: { target: store, load: purchases, connections },
  })
}
