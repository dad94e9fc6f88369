/**
 * A worker process of a load: runs its share of the sessions and reports. It lives as long as the channel to its parent:
 * when that closes, because the report has arrived or the parent is gone, it ends.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { realClock } from '../../clock.ts'
import { scenarioOf } from '../scenarios/index.ts'
import { encodeCounts, failuresOf, newCounts, sumOf } from './counts.ts'
import type { FromWorker, Job, ToWorker } from './messages.ts'
import { Seconds } from './seconds.ts'
import { Sessions } from './sessions.ts'
import { Watch } from './watch.ts'

const progressMs = 250
/** After a stop, what is in flight may take this long; then it is cut off. */
const drainMs = 2000
/** How often the loop's own lateness is looked at. */
const lateEveryMs = 10

let sessions: Sessions | undefined
let stopped = false

// Ctrl-C reaches the whole process group, the parent too; the parent decides and asks for what was counted.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

process.on('disconnect', () => process.exit(0))
process.on('message', (order: ToWorker) => {
  if (order.type === 'stop') stop()
  else void run(order.job)
})

if (process.send === undefined) {
  console.error('This file is a part of the load command: npm run client -- load --help')
  process.exit(2)
}
// The channel may have closed while the imports were loading.
if (!process.connected) process.exit(0)
tell({ type: 'ready' })

async function run(job: Job): Promise<void> {
  const counts = newCounts()
  const seconds = new Seconds()
  const watch = job.witness ? new Watch() : undefined
  const startedAt = realClock.elapsed() + (job.startsAt - realClock.now())
  const measuredFrom = startedAt + job.warmupMs
  const { withKeys } = job
  sessions = new Sessions(job, scenarioOf(job.scenario).stories, {
    clock: realClock,
    counts,
    seconds,
    startedAt,
    measuredFrom,
    jitter: Math.random,
    withKeys,
    watch,
  })
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, startedAt - realClock.elapsed())))
  if (stopped) sessions.stop()
  const cpu = process.cpuUsage()
  const late = monitorEventLoopDelay({ resolution: lateEveryMs })
  late.enable()
  const ticking = setInterval(() => {
    const requests = sumOf(counts, (tally) => tally.requests)
    const progress = { rounds: counts.rounds, requests, failures: failuresOf(counts), clients: sessions!.busy }
    tell({ type: 'progress', progress })
    const parts = seconds.take(Math.floor((realClock.elapsed() - startedAt) / 1000))
    if (parts.length > 0) tell({ type: 'seconds', parts })
  }, progressMs)
  await sessions.run()
  clearInterval(ticking)
  late.disable()
  const { user, system } = process.cpuUsage(cpu)
  const now = realClock.elapsed()
  tell({ type: 'seconds', parts: seconds.take(Number.POSITIVE_INFINITY) })
  const witness = watch?.witness()
  tell({
    type: 'report',
    counts: encodeCounts(counts),
    seconds: Math.max(0, now - measuredFrom) / 1000,
    arrivals: sessions.arrivals,
    cpuShare: (user + system) / 1000 / Math.max(1, now - startedAt),
    lateP99: Math.max(0, late.percentile(99) / 1e6 - lateEveryMs),
    witness: witness && { ...witness, purchases: witness.purchases.packed() },
  })
}

function stop(): void {
  stopped = true
  sessions?.stop()
  setTimeout(() => sessions?.interrupt(), drainMs)
}

function tell(message: FromWorker): void {
  // The callback takes the error of a closed channel; `disconnect` ends the process then.
  process.send?.(message, undefined, undefined, () => {})
}
