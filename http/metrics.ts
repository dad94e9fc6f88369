/**
 * What a service counts, as Prometheus text at `GET /metrics`. Always: counting costs a few additions, and the library that
 * writes the text is loaded when somebody asks for the first time; and a caller cannot make the text grow: a route is named
 * by its pattern, never by its path.
 */
import type { QueueWatch } from '../batch-queue.ts'
import type { Context } from './context.ts'
import { Distribution } from './distribution.ts'
import type { Route } from './routes.ts'

/** One number, or one distribution, for each value of the labels. */
export interface Family {
  name: string
  help: string
  type: 'gauge' | 'counter' | 'histogram'
  labels: readonly string[]
  read: () => Iterable<readonly [labels: readonly string[], value: number | Distribution]>
}

/** A family's numbers at one moment, such as can be sent between threads. */
export interface Figures extends Omit<Family, 'read'> {
  values: (readonly [labels: readonly string[], value: number | Counts])[]
}

/** What of a distribution is told. */
export type Counts = Pick<Distribution, 'bounds' | 'counts' | 'sum'>

export interface Metrics {
  /** A number that is asked for when somebody looks. */
  gauge(name: string, help: string, read: () => number): void
  /** Several of them, one for each value of a label. */
  gauges(name: string, help: string, label: string, read: () => Iterable<readonly [string, number]>): void
  /** The same, where they only rise. */
  counters(name: string, help: string, label: string, read: () => Iterable<readonly [string, number]>): void
  /** How long something takes, in seconds; one distribution for each value of the label, made when it is first asked for. */
  seconds(name: string, help: string, label: string): (value: string) => Distribution
  /** How many wait in a queue, and how many its batches take. */
  queue(name: string): QueueWatch
  /** Counts the requests of a server; the returned function is told of each that was answered, and in how many milliseconds. */
  requests(inFlight: () => number): (route: Route, status: number, ms: number) => void
  /** All numbers now. */
  figures(): Figures[]
  /** The numbers as text: all now, or those that are given. */
  text(figures?: readonly Figures[]): Promise<MetricsText>
}

export interface MetricsText {
  text: string
  contentType: string
}

const secondsBounds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
const sizeBounds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
/** What has no route of ours is all one. */
const noRoute = 'none'

export function createMetrics(service: string): Metrics {
  const families: Family[] = []
  const waiting = new Map<string, () => number>()
  let writer: Promise<(figures: readonly Figures[]) => Promise<MetricsText>> | undefined
  const figures = (): Figures[] => families.map(({ read, ...family }) => ({ ...family, values: [...read()] }))

  const perLabel =
    (type: 'gauge' | 'counter'): Metrics['gauges'] =>
    (name, help, label, read) => {
      families.push({
        name,
        help,
        type,
        labels: [label],
        *read() {
          for (const [of, value] of read()) yield [[of], value]
        },
      })
    }

  const histogram = (name: string, help: string, label: string, bounds: readonly number[]) => {
    const all = new Map<string, Distribution>()
    families.push({
      name,
      help,
      type: 'histogram',
      labels: [label],
      *read() {
        for (const [of, distribution] of all) yield [[of], distribution]
      },
    })
    return (of: string): Distribution => {
      const known = all.get(of)
      if (known !== undefined) return known
      const made = new Distribution(bounds)
      all.set(of, made)
      return made
    }
  }
  const gauges = perLabel('gauge')
  let batches: ((queue: string) => Distribution) | undefined

  return {
    gauge(name, help, read) {
      families.push({ name, help, type: 'gauge', labels: [], read: () => [[[], read()]] })
    },
    gauges,
    counters: perLabel('counter'),
    seconds: (name, help, label) => histogram(name, help, label, secondsBounds),
    queue(name) {
      if (batches === undefined) {
        batches = histogram('batch_size', 'How many shared one sync or one hop', 'queue', sizeBounds)
        gauges('queue_waiting', 'What waits for a sync or for a hop', 'queue', function* () {
          for (const [of, read] of waiting) yield [of, read()]
        })
      }
      const sizes = batches(name)
      return (read) => {
        waiting.set(name, read)
        return (size) => sizes.note(size)
      }
    },
    requests(inFlight) {
      const byRoute = new Map<Route, Map<number, Distribution>>()
      families.push({
        name: 'http_request_duration_seconds',
        help: "From the end of a request's header to its answer, by route and status",
        type: 'histogram',
        labels: ['method', 'route', 'status'],
        *read() {
          for (const [{ method, path }, byStatus] of byRoute)
            for (const [status, distribution] of byStatus)
              yield [path === '' ? [noRoute, noRoute, `${status}`] : [method, path, `${status}`], distribution]
        },
      })
      families.push({
        name: 'http_requests_in_flight',
        help: 'Requests whose answer is not ready',
        type: 'gauge',
        labels: [],
        read: () => [[[], inFlight()]],
      })
      return (route, status, ms) => {
        let byStatus = byRoute.get(route)
        if (byStatus === undefined) {
          byStatus = new Map()
          byRoute.set(route, byStatus)
        }
        let distribution = byStatus.get(status)
        if (distribution === undefined) {
          distribution = new Distribution(secondsBounds)
          byStatus.set(status, distribution)
        }
        distribution.note(ms / 1000)
      }
    },
    figures,
    async text(given) {
      writer ??= import('./metrics-text.ts').then(({ createWriter }) => createWriter(service))
      const write = await writer
      return write(given ?? figures())
    },
  }
}

/** `GET /metrics`, also under overload. `admit` throws where the asker may not see it. */
export const metricsRoute = (metrics: Metrics, admit: (context: Context) => void = () => {}): Route => ({
  method: 'GET',
  path: '/metrics',
  alwaysServed: true,
  async handle(context) {
    admit(context)
    return metrics.text()
  },
})
