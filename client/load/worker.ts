/**
 * A worker process of the load command: runs its share of the sessions and reports. It lives as long as the channel to
 * its parent: when that closes, because the report has arrived or the parent is gone, it ends.
 */
import { realClock } from '../../clock.ts'
import { Connection } from './connection.ts'
import { encodeCounts, newCounts, progressOf } from './counts.ts'
import { type FromWorker, type Job, toWorker } from './messages.ts'
import { seededRandom } from './plan.ts'
import { runSession } from './session.ts'

const progressMs = 250
/** After a stop, what is in flight may take this long; then it is cut off. */
const drainMs = 2000

const connections: Connection[] = []
let stopping = false

// Ctrl-C reaches the whole process group, the parent too; the parent decides and asks for what was counted.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

process.on('disconnect', () => process.exit(0))
process.on('message', (message) => {
  const order = toWorker.parse(message)
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
  const start = realClock.elapsed()
  const ticking = setInterval(() => {
    tell({ type: 'progress', progress: progressOf(counts) })
  }, progressMs)
  await Promise.all(
    job.sessions.map((number) => {
      const connection = new Connection(job.url, job.timeoutMs)
      connections.push(connection)
      return runSession({
        connection,
        toys: job.toys,
        rounds: job.rounds,
        buy: job.buy,
        quantityMax: job.quantityMax,
        random: seededRandom(job.seed, number),
        counts,
        stopping: () => stopping,
        clock: realClock,
        jitter: Math.random,
      })
    }),
  )
  clearInterval(ticking)
  tell({ type: 'report', counts: encodeCounts(counts), seconds: (realClock.elapsed() - start) / 1000 })
}

function stop(): void {
  stopping = true
  setTimeout(() => {
    for (const connection of connections) connection.interrupt()
  }, drainMs)
}

function tell(message: FromWorker): void {
  // The callback takes the error of a closed channel; `disconnect` ends the process then.
  process.send?.(message, undefined, undefined, () => {})
}
