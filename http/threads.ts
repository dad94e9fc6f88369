/**
 * A service's HTTP side on worker threads that share its port, as this thread sees it, which owns all the rest: lock, files,
 * engine. It stands in the place of a server. Always true: a thread that ends is started again after a pause, and nothing of
 * the others is touched; what they count together never falls by it; and nobody takes the port in silence (listen.ts).
 */
import { Worker } from 'node:worker_threads'
import type { Logger } from 'pino'
import { type Clock, sleep } from '../clock.ts'
import { StartError, StoreError } from '../errors.ts'
import { keepPort } from './listen.ts'
import type { Figures, Metrics, MetricsText } from './metrics.ts'
import { countedOf, sumFigures } from './metrics-sum.ts'
import type { Server } from './server.ts'
import type { OwnerWork, ThreadGiven, ThreadWork } from './thread.ts'
import { createPeer, type Peer, type Work } from './thread-calls.ts'

const againMs = { first: 50, most: 1000, forgetAfter: 5000 }
/** A thread that does not tell its figures by then is told with its last ones. */
const figuresMs = 1000
/** After its grace a thread has cut off what was left; one that does not say so by then is ended. */
const cutMs = 1000
/** What may wait for the owner, of all threads together. */
const waitingMax = 10_000

export interface ThreadsOptions<Given, Hears> {
  /** The program of a thread, which calls `runThread`. */
  program: URL
  count: number
  service: string
  /** What each is given: plain values. */
  given: Given
  /** What this thread does for each of them, given how it is told something (`hears` in thread.ts). */
  work?: (thread: Peer<Hears>) => Work
  clock: Clock
  metrics: Metrics
  log: Logger
  /** Ends the process: the port could not be taken again. */
  end: (error: unknown) => void
}

export interface Threads extends Pick<Server, 'listen' | 'close'> {
  /** All of them are ready for the first time. */
  readonly whenReady: Promise<void>
}

interface Thread {
  worker: Worker
  peer: Peer<ThreadWork>
  /** It has built its server. */
  prepared: Promise<void>
  /** What it told last. */
  figures: Figures[]
}

/** Starts no thread yet. */
export function createThreads<Given, Hears = unknown>(options: ThreadsOptions<Given, Hears>): Threads {
  const { program, count, service, given, work = () => ({}), clock, metrics, log, end } = options
  const threads = new Set<Thread>()
  const ready = Promise.withResolvers<void>()
  let address: Parameters<Server['listen']>[0] | undefined
  let keptPort: Awaited<ReturnType<typeof keepPort>> | undefined
  let closed: Promise<void> | undefined
  /** Of threads that are no more. */
  let counted: Figures[] = []
  let again = false

  /** What all threads have counted, and this one. */
  const text = async (): Promise<MetricsText> => {
    const each = [...threads].map(async (thread) => {
      const told = thread.peer.ask('figures').then((figures) => {
        thread.figures = figures
      })
      await within(clock, figuresMs, told)
    })
    await Promise.all(each)
    return metrics.text(sumFigures([metrics.figures(), counted, ...[...threads].map(({ figures }) => figures)]))
  }

  /** `pauseMs`: how long after it the next one begins, if it ends soon. */
  const start = (pauseMs: number): Thread => {
    const workerData: ThreadGiven<Given> = {
      service,
      logLevel: log.level,
      threads: count,
      waitingMax: Math.ceil(waitingMax / count),
      again,
      given,
    }
    const worker = new Worker(program, { workerData, name: service })
    const peer = createPeer<ThreadWork & Hears>(worker)
    const { promise: prepared, resolve, reject } = Promise.withResolvers<void>()
    prepared.catch(() => {}) // whoever waits for it hears of it
    const own: OwnerWork = { prepared: resolve, metrics: text }
    peer.serve({ ...own, ...work(peer as Peer<Hears>) })
    const thread: Thread = { worker, peer: peer as Peer<ThreadWork>, prepared, figures: [] }
    threads.add(thread)
    const startedAt = clock.elapsed()
    worker.on('error', (error) => {
      log.error({ err: error }, 'a thread failed')
      reject(error)
    })
    worker.on('exit', () => {
      threads.delete(thread)
      counted = sumFigures([counted, countedOf(thread.figures)])
      const why = new StoreError('unavailable', 'the thread has ended')
      peer.end(why)
      reject(why)
      const livedMs = clock.elapsed() - startedAt
      if (again && closed === undefined) void replace(livedMs > againMs.forgetAfter ? againMs.first : pauseMs)
    })
    return thread
  }

  const replace = async (pauseMs: number): Promise<void> => {
    log.warn(`a thread ended; it is started again in ${pauseMs} ms`)
    await sleep(clock, pauseMs)
    if (closed !== undefined) return
    const thread = start(Math.min(pauseMs * 2, againMs.most))
    try {
      await thread.prepared
      if (closed === undefined) await thread.peer.call('listen', address!)
    } catch (error) {
      if (error instanceof StartError && closed === undefined) end(error)
      // else it has ended again, and is replaced
    }
  }

  const listen: Server['listen'] = async (wanted) => {
    keptPort = await keepPort(wanted, wanted.setting)
    try {
      const all = Array.from({ length: count }, () => start(againMs.first))
      await Promise.all(all.map(({ prepared }) => prepared))
      const shared = { ...wanted, port: keptPort.port, shared: true }
      address = shared
      await keptPort.hand()
      const [taken] = await Promise.all(all.map(({ peer }) => peer.call('listen', shared)))
      again = true
      const each = all.map(({ peer }) => peer.call('whenReady').catch(() => {})) // one that ended is replaced
      void Promise.all(each).then(() => ready.resolve())
      return taken!
    } catch (error) {
      await endAll()
      throw error
    }
  }

  const endAll = async (): Promise<void> => {
    await Promise.all([...threads].map(({ worker }) => worker.terminate()))
    await keptPort?.release()
  }

  const close = async (graceMs: number): Promise<void> => {
    await within(
      clock,
      graceMs + cutMs,
      Promise.allSettled([...threads].map(({ peer }) => peer.call('close', { graceMs }))),
    )
    await endAll()
  }

  return {
    whenReady: ready.promise,
    listen,
    close({ graceMs }) {
      closed ??= close(graceMs)
      return closed
    },
  }
}

/** Resolves when `work` is done or has failed, or after so many milliseconds. */
function within(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve)
    const done = (): void => {
      cancel()
      resolve()
    }
    work.then(done, done)
  })
}
