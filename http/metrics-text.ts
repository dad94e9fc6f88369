/** What was counted, and Node's own figures (memory, event loop, garbage collection), as Prometheus text. */
import { collectDefaultMetrics, type Metric, Registry } from 'prom-client'
import { Distribution } from './distribution.ts'
import type { Family } from './metrics.ts'

interface Value {
  metricName?: string
  labels: Record<string, string | number>
  value: number
}

/** `families` may grow no more. Every number carries the service's name. */
export function createWriter(
  service: string,
  families: readonly Family[],
): () => Promise<{ text: string; contentType: string }> {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry })
  for (const family of families) registry.registerMetric(metricOf(family))
  return async () => ({ text: await registry.metrics(), contentType: registry.contentType })
}

/** A registry asks a metric for no more than its name and its values. */
const metricOf = ({ name, help, type, labels, read }: Family): Metric =>
  ({
    name,
    async get() {
      const values = [...read()].flatMap(([of, value]) => {
        const named = Object.fromEntries(labels.map((label, i) => [label, of[i]!]))
        return value instanceof Distribution ? valuesOf(name, named, value) : [{ labels: named, value }]
      })
      return { name, help, type, values, aggregator: 'sum' }
    },
  }) as unknown as Metric

/** Each bucket counts what is at or below its bound, so the ones before it too. */
function valuesOf(name: string, labels: Record<string, string>, { bounds, counts, sum }: Distribution): Value[] {
  let count = 0
  const buckets = counts.map((more, i) => {
    count += more
    return { metricName: `${name}_bucket`, labels: { ...labels, le: bounds[i] ?? '+Inf' }, value: count }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ]
}
