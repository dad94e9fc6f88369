/**
 * A worker thread that serves HTTP, from its beginning to its end. Always true: it owns no data; all that must be durable it
 * asks of the owner, the thread that started it (threads.ts), and it is ended by that one.
 */
import { parentPort, workerData } from 'node:worker_threads'
import type { LevelWithSilent, Logger } from 'pino'
import { type Limits, sharedLimits } from './limits.ts'
import { createLog } from './log.ts'
import { createMetrics, type Figures, type Metrics, type MetricsText } from './metrics.ts'
import type { Server } from './server.ts'
import { createPeer, type Peer, type Work } from './thread-calls.ts'

/** What a thread is started with. */
export interface ThreadGiven<Given> {
  service: string
  logLevel: string
  /** How many there are. */
  threads: number
  waitingMax: number
  /** It takes the place of one that served. */
  again: boolean
  given: Given
}

/** What the owner asks of a thread. */
export interface ThreadWork {
  listen(address: Parameters<Server['listen']>[0]): ReturnType<Server['listen']>
  whenReady(): Promise<void>
  close(options: { graceMs: number }): Promise<void>
  figures(): Figures[]
}

/** What every owner does for its threads, beside what the service adds. */
export interface OwnerWork {
  prepared(): void
  /** The text of all threads' figures. */
  metrics(): Promise<MetricsText>
}

export interface Thread<Given, Owner> {
  given: Given
  owner: Peer<Owner>
  log: Logger
  /** Its text is that of all threads. */
  metrics: Metrics
  /** This thread's share. */
  limits: Partial<Limits>
  again: boolean
}

export interface ThreadService extends Pick<Server, 'listen' | 'close'> {
  /** When it is ready for the first time, where that is later than now. */
  whenReady?: Promise<void>
  /** What the owner tells it. */
  hears?: Work
}

/** Builds the service with `make`, and serves for as long as the owner wants. What is thrown ends this thread. */
export function runThread<Given, Owner>(make: (thread: Thread<Given, Owner>) => ThreadService): void {
  const { service, logLevel, threads, waitingMax, again, given } = workerData as ThreadGiven<Given>
  if (parentPort === null) throw new Error('this is the program of a thread')
  const owner = createPeer<OwnerWork & Owner>(parentPort, { waitingMax })
  const metrics = createMetrics(service)
  const { listen, close, whenReady, hears } = make({
    given,
    owner: owner as Peer<Owner>,
    log: createLog(service, logLevel as LevelWithSilent),
    metrics: { ...metrics, text: () => (owner as Peer<OwnerWork>).ask('metrics') },
    limits: sharedLimits(threads),
    again,
  })
  const work: ThreadWork = { listen, close, figures: () => metrics.figures(), whenReady: async () => whenReady }
  owner.serve({ ...work, ...hears })
  ;(owner as Peer<OwnerWork>).tell('prepared')
}
