/**
 * The worker processes as their parent sees them: started together, asked to stop together, and none left when `done`
 * resolves. All are ready before the first request is sent, so that the rate is of loading, not of starting processes.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Counts, decodeCounts, type Progress, progressOf } from './counts.ts'
import { type FromWorker, fromWorker, type Job, type ToWorker } from './messages.ts'

const workerFile = fileURLToPath(new URL('./worker.ts', import.meta.url))
/** A worker ends within two seconds of a stop; one that does not is killed. */
const stopMsMax = 4000

export interface Report {
  /** The process, counted from 1. */
  process: number
  counts: Counts
  seconds: number
}

export interface Outcome {
  /** In the order of the processes; those that died are missing. */
  reports: Report[]
  /** A sentence for each process that died. */
  deaths: string[]
  /** From the start of the first request to the last report. */
  seconds: number
}

interface Worker {
  number: number
  job: Job
  child: ChildProcess
  /** Each state follows the one before; a process may be gone from any. */
  state: 'starting' | 'ready' | 'reported' | 'gone'
  progress: Progress
}

export class LoadProcesses {
  readonly done: Promise<Outcome>
  readonly #workers: Worker[]
  readonly #resolve: (outcome: Outcome) => void
  readonly #reports: Report[] = []
  readonly #deaths: string[] = []
  #startedAt: number | undefined
  #seconds = 0
  #stopping = false

  /** Starts one process per job. */
  constructor(jobs: readonly Job[]) {
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    this.done = promise
    this.#resolve = resolve
    this.#workers = jobs.map((job, index) => this.#start(index + 1, job))
  }

  /** The totals of all processes since the start. */
  progress(): Progress {
    const sum = { rounds: 0, requests: 0, failures: 0 }
    for (const { progress } of this.#workers) {
      sum.rounds += progress.rounds
      sum.requests += progress.requests
      sum.failures += progress.failures
    }
    return sum
  }

  /** Ends early: `done` resolves within seconds, with what was counted until then. */
  stop(): void {
    if (this.#stopping) return
    this.#stopping = true
    for (const { child } of this.#workers) {
      if (this.#startedAt !== undefined) send(child, { type: 'stop' })
      else if (child.connected) child.disconnect()
    }
    const killing = setTimeout(() => {
      for (const { child } of this.#workers) child.kill('SIGKILL')
    }, stopMsMax)
    this.done.then(() => clearTimeout(killing))
  }

  #start(number: number, job: Job): Worker {
    // No execArgv: the worker needs none of the loaders that the parent may run under.
    const child = fork(workerFile, [], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    const worker: Worker = { number, job, child, state: 'starting', progress: { rounds: 0, requests: 0, failures: 0 } }
    child.on('message', (message) => this.#hear(worker, fromWorker.parse(message)))
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
      case 'report':
        worker.state = 'reported'
        this.#seconds = (performance.now() - (this.#startedAt ?? 0)) / 1000
        this.#report(worker, decodeCounts(message.counts), message.seconds)
        worker.child.disconnect()
    }
  }

  #report(worker: Worker, counts: Counts, seconds: number): void {
    worker.progress = progressOf(counts)
    this.#reports.push({ process: worker.number, counts, seconds })
  }

  #begin(): void {
    this.#startedAt = performance.now()
    for (const { child, job } of this.#workers) send(child, { type: 'job', job })
  }

  #lose(worker: Worker, why: string): void {
    if (worker.state === 'gone') return
    const expected = worker.state === 'reported' || (this.#stopping && this.#startedAt === undefined)
    worker.state = 'gone'
    if (!expected) {
      this.#deaths.push(`Process ${worker.number} of the load died before its report: ${why}.`)
      this.stop()
    }
    if (this.#workers.some(({ state }) => state !== 'gone')) return
    this.#reports.sort((a, b) => a.process - b.process)
    this.#resolve({ reports: this.#reports, deaths: this.#deaths, seconds: this.#seconds })
  }
}

function send(child: ChildProcess, message: ToWorker): void {
  // A channel that closes just now is a process that ends: `exit` tells of it.
  if (child.connected) child.send(message, () => {})
}
