/**
 * The undisturbed sessions of the limits run, a process of their own: each looks at a toy, and every fourth time buys one, at
 * fixed times. A request's time counts from when it was due, so that an answer that comes late also counts for those
 * that had to wait behind it.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { build } from 'hdr-histogram-js'
import { Connection } from '../../client/load/connection.ts'
import { seededRandom } from '../../client/load/plan.ts'
import type { Measure, Measured } from './messages.ts'

const sessions = 16
const everyMs = 40
const buyEvery = 4

process.on('disconnect', () => process.exit(0))
process.on('message', (order: Measure) => void measure(order).then((measured) => process.send?.(measured)))

async function measure({ url, toys, seconds, seed }: Measure): Promise<Measured> {
  const times = build({ highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: 3 })
  const failures: Record<string, number> = {}
  const begin = performance.now() + 50
  const session = async (number: number): Promise<void> => {
    const connection = new Connection(url, 10_000)
    const random = seededRandom(seed, number)
    const rounds = Math.floor((seconds * 1000) / everyMs)
    for (let round = 0; round < rounds; round++) {
      const due = begin + round * everyMs + (number * everyMs) / sessions
      await pause(Math.max(0, due - performance.now()))
      // A timer is late by up to a millisecond or two; that is not the store's time.
      const from = Math.max(due, Math.min(performance.now(), due + 2))
      const name = toys[Math.floor(random() * toys.length)]!
      const ending = await connection.ask(
        round % buyEvery === 0
          ? {
              method: 'POST',
              path: '/orders',
              json: JSON.stringify({ name, quantity: 1 }),
              key: `m-${seed}-${number}-${round}`,
            }
          : { method: 'GET', path: `/products/${encodeURIComponent(name)}` },
      )
      times.recordValue(Math.max(1, Math.round((performance.now() - from) * 1000)))
      if (!ending.ok) failures[ending.kind] = (failures[ending.kind] ?? 0) + 1
    }
    connection.interrupt()
  }
  await Promise.all(Array.from({ length: sessions }, (_, number) => session(number)))
  const at = (percentile: number): number => times.getValueAtPercentile(percentile) / 1000
  return { p50: at(50), p99: at(99), requests: times.totalCount, failures }
}
