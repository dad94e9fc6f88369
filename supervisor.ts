/**
 * Starts processes and keeps them: one that dies is started again after 50 ms, doubling to 1 s; exit code 2 (a person must
 * mend something) ends everything. Always: what it started is gone when it is.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Logger } from 'pino'

export interface Program {
  name: string
  path: string
}

const againMs = { first: 50, most: 1000, forgetAfter: 5000 }
const patienceMs = 15_000

export class Supervisor {
  readonly #log: Logger
  readonly #env: NodeJS.ProcessEnv
  readonly #onEnd: (code: number) => void
  readonly #children = new Map<string, ChildProcess>()
  /** Names in the order of their first start. */
  readonly #started: string[] = []
  readonly #timers = new Set<NodeJS.Timeout>()
  #stopping = false

  /** `env` may still change and is read at each start; `onEnd` is called when a program says that a person must help. */
  constructor(log: Logger, env: NodeJS.ProcessEnv, onEnd: (code: number) => void) {
    this.#log = log
    this.#env = env
    this.#onEnd = onEnd
  }

  /** Resolves to the URL when the program is ready for the first time, however often it had to be started. */
  start(program: Program): Promise<string> {
    this.#started.push(program.name)
    return new Promise((resolve) => this.#spawn(program, againMs.first, resolve))
  }

  /** Asks each to end, the last started first, so that it still has those it needs; kills those that do not. */
  async stop(): Promise<void> {
    this.#stopping = true
    for (const timer of this.#timers) clearTimeout(timer)
    const timer = setTimeout(() => this.kill(), patienceMs)
    for (const name of this.#started.toReversed()) {
      const child = this.#children.get(name)
      if (child === undefined) continue
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    }
    clearTimeout(timer)
  }

  kill(): void {
    this.#stopping = true
    for (const child of this.#children.values()) child.kill('SIGKILL')
  }

  #spawn(program: Program, delayMs: number, ready: (url: string) => void): void {
    const began = performance.now()
    // Node's options as ours (package.json keeps the young generation small), the same process group and standard output as ours: a Ctrl-C reaches everybody, and the log lines come together.
    const child = spawn(process.execPath, [...process.execArgv, program.path], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: this.#env,
    })
    this.#children.set(program.name, child)
    child.on(
      'message',
      (message: { ready?: boolean; url?: string }) => message.ready === true && ready(message.url ?? ''),
    )
    child.on('error', (error) => this.#log.error(`${program.name}: ${error.message}`))
    child.on('exit', (code, signal) => {
      this.#children.delete(program.name)
      if (this.#stopping) return
      if (code === 2) return this.#onEnd(2)
      const wait = performance.now() - began > againMs.forgetAfter ? againMs.first : delayMs
      this.#log.warn(`${program.name} ended (${signal ?? `exit code ${code}`}); it is started again in ${wait} ms`)
      const timer = setTimeout(() => {
        this.#timers.delete(timer)
        this.#spawn(program, Math.min(wait * 2, againMs.most), ready)
      }, wait)
      this.#timers.add(timer)
    })
  }
}
