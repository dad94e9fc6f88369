/**
 * The worker processes as their parent sees them: started together, asked to stop together, and none left when `done`
 * resolves. All are ready before the first request is sent, so that the rate is of loading, not of starting processes.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { workerOptions } from '../../programs.ts'
import type { FromWorker, Job, Progress, SecondPart, ToWorker, WorkerReport } from './messages.ts'

const workerFile = fileURLToPath(new URL('./worker.ts', import.meta.url))
/** A worker ends within two seconds of a stop; one that does not is killed. */
const stopMsMax = 4000
/** The load begins this long after all are ready, so that all know it in time. */
const leadMs = 20

export interface Report extends WorkerReport {
  /** The process, counted from 1. */
  process: number
}

export interface Outcome {
  /** In the order of the processes; those that died are missing. */
  reports: Report[]
  /** A sentence for each process that died. */
  deaths: string[]
  /** When the load began, milliseconds since 1970; 0 where it never did. */
  startedAt: number
}

interface Worker {
  number: number
  child: ChildProcess
  /** Each state follows the one before; a process may be gone from any. */
  state: 'starting' | 'ready' | 'reported' | 'gone'
  progress: Progress
}

export class LoadProcesses {
  readonly done: Promise<Outcome>
  readonly #job: Omit<Job, 'process' | 'startsAt'>
  readonly #workers: Worker[]
  readonly #resolve: (outcome: Outcome) => void
  readonly #onSeconds: (parts: SecondPart[]) => void
  readonly #reports: Report[] = []
  readonly #deaths: string[] = []
  #startedAt = 0
  #stopping = false

  /** Starts the processes. What happened second by second is handed on as it comes. */
  constructor(job: Omit<Job, 'process' | 'startsAt'>, onSeconds: (parts: SecondPart[]) => void) {
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    this.done = promise
    this.#resolve = resolve
    this.#job = job
    this.#onSeconds = onSeconds
    this.#workers = Array.from({ length: job.processes }, (_, index) => this.#start(index + 1))
  }

  /** When the load began, milliseconds since 1970; 0 before. */
  get startedAt(): number {
    return this.#startedAt
  }

  /** The totals of all processes since the start. */
  progress(): Progress {
    const sum = { rounds: 0, requests: 0, failures: 0, clients: 0 }
    for (const { progress } of this.#workers) {
      sum.rounds += progress.rounds
      sum.requests += progress.requests
      sum.failures += progress.failures
      sum.clients += progress.clients
    }
    return sum
  }

  /** Ends early: `done` resolves within seconds, with what was counted until then. */
  stop(): void {
    if (this.#stopping) return
    this.#stopping = true
    for (const { child } of this.#workers) {
      if (this.#startedAt !== 0) send(child, { type: 'stop' })
      else if (child.connected) child.disconnect()
    }
    const killing = setTimeout(() => {
      for (const { child } of this.#workers) child.kill('SIGKILL')
    }, stopMsMax)
    this.done.then(() => clearTimeout(killing))
  }

  #start(number: number): Worker {
    // These options alone: the worker needs none of the loaders that the parent may run under.
    const child = fork(workerFile, [], {
      execArgv: [...workerOptions],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const progress = { rounds: 0, requests: 0, failures: 0, clients: 0 }
    const worker: Worker = { number, child, state: 'starting', progress }
    child.on('message', (message) => this.#hear(worker, message as FromWorker))
    child.on('exit', (code, signal) => this.#lose(worker, `it ended with ${signal ?? `code ${code}`}`))
    child.on('error', (error) => {
      // A process that never was has no `exit`.
      if (child.pid === undefined) this.#lose(worker, error.message)
    })
    return worker
  }

  #hear(worker: Worker, message: FromWorker): void {
    switch (message.type) {
      case 'ready':
        worker.state = 'ready'
        if (!this.#stopping && this.#workers.every(({ state }) => state === 'ready')) this.#begin()
        return
      case 'progress':
        worker.progress = message.progress
        return
      case 'seconds':
        this.#onSeconds(message.parts)
        return
      case 'report':
        worker.state = 'reported'
        worker.progress = { ...worker.progress, clients: 0 }
        this.#reports.push({ ...message, process: worker.number })
        worker.child.disconnect()
    }
  }

  #begin(): void {
    this.#startedAt = Date.now() + leadMs
    for (const { child, number } of this.#workers)
      send(child, { type: 'job', job: { ...this.#job, process: number - 1, startsAt: this.#startedAt } })
  }

  #lose(worker: Worker, why: string): void {
    if (worker.state === 'gone') return
    const expected = worker.state === 'reported' || (this.#stopping && this.#startedAt === 0)
    worker.state = 'gone'
    if (!expected) {
      this.#deaths.push(`Process ${worker.number} of the load died before its report: ${why}.`)
      this.stop()
    }
    if (this.#workers.some(({ state }) => state !== 'gone')) return
    this.#reports.sort((a, b) => a.process - b.process)
    this.#resolve({ reports: this.#reports, deaths: this.#deaths, startedAt: this.#startedAt })
  }
}

function send(child: ChildProcess, message: ToWorker): void {
  // A channel that closes just now is a process that ends: `exit` tells of it.
  if (child.connected) child.send(message, () => {})
}
