/** What was counted, and Node's own figures (memory, event loop, garbage collection), as Prometheus text. */
import { collectDefaultMetrics, type Metric, Registry } from 'prom-client'
import type { Counts, Figures, MetricsText } from './metrics.ts'

interface Value {
  metricName?: string
  labels: Record<string, string | number>
  value: number
}

/** Every number carries the service's name. Node's own figures are of the process and of the thread that this runs in. */
export function createWriter(service: string): (figures: readonly Figures[]) => Promise<MetricsText> {
  const registryOfService = (): Registry => {
    const registry = new Registry()
    registry.setDefaultLabels({ service })
    return registry
  }
  const own = registryOfService()
  collectDefaultMetrics({ register: own })
  return async (figures) => {
    const counted = registryOfService()
    for (const family of figures) counted.registerMetric(metricOf(family))
    return { text: `${await own.metrics()}\n${await counted.metrics()}`, contentType: own.contentType }
  }
}

/** A registry asks a metric for no more than its name and its values. */
const metricOf = ({ name, help, type, labels, values }: Figures): Metric =>
  ({
    name,
    async get() {
      const told = values.flatMap(([of, value]) => {
        const named = Object.fromEntries(labels.map((label, i) => [label, of[i]!]))
        return typeof value === 'number' ? [{ labels: named, value }] : valuesOf(name, named, value)
      })
      return { name, help, type, values: told, aggregator: 'sum' }
    },
  }) as unknown as Metric

/** Each bucket counts what is at or below its bound, so the ones before it too. */
function valuesOf(name: string, labels: Record<string, string>, { bounds, counts, sum }: Counts): Value[] {
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
