/**
 * Starts processes and keeps them: one that dies is started again after 50 ms, doubling to 1 s; exit code 2 (a person must
 * mend something) ends everything. Always: what it started is gone when it is.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface Program {
  name: string
  path: string
  /** Of Node, besides those of this process. */
  options: readonly string[]
}

/** What a program says over IPC (run-main.ts, http/run.ts). */
interface Message {
  settings?: boolean
  url?: string
}

export interface Started {
  settings: Promise<void>
  ready: Promise<string>
}

const againMs = { first: 50, most: 1000, forgetAfter: 5000 }
const patienceMs = 15_000

export class Supervisor {
  readonly #tell: (sentence: string) => void
  readonly #env: NodeJS.ProcessEnv
  readonly #onEnd: (code: number) => void
  readonly #children = new Map<string, ChildProcess>()
  /** Names in the order of their first start. */
  readonly #started: string[] = []
  readonly #timers = new Set<NodeJS.Timeout>()
  #stopping = false

  /**
   * `tell` is told what the operator should know; `env` may still change and is read at each start; `onEnd` is called when
   * a program says that a person must help.
   */
  constructor(tell: (sentence: string) => void, env: NodeJS.ProcessEnv, onEnd: (code: number) => void) {
    this.#tell = tell
    this.#env = env
    this.#onEnd = onEnd
  }

  /** Resolves when the program has found its settings right, and to its URL when it is ready, for the first time each. */
  start(program: Program): Started {
    this.#started.push(program.name)
    const settings = Promise.withResolvers<void>()
    const ready = Promise.withResolvers<string>()
    this.#spawn(program, againMs.first, (message) => {
      if (message.settings === true) settings.resolve()
      if (message.url !== undefined) ready.resolve(message.url)
    })
    return { settings: settings.promise, ready: ready.promise }
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

  #spawn(program: Program, delayMs: number, hear: (message: Message) => void): void {
    const began = performance.now()
    // The process group and standard output are ours: a Ctrl-C reaches everybody, and the log lines come together.
    const child = spawn(process.execPath, [...process.execArgv, ...program.options, program.path], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: this.#env,
    })
    this.#children.set(program.name, child)
    child.on('message', hear)
    child.on('error', (error) => this.#tell(`${program.name}: ${error.message}`))
    child.on('exit', (code, signal) => {
      this.#children.delete(program.name)
      if (this.#stopping) return
      if (code === 2) return this.#onEnd(2)
      const wait = performance.now() - began > againMs.forgetAfter ? againMs.first : delayMs
      this.#tell(`${program.name} ended (${signal ?? `exit code ${code}`}); it is started again in ${wait} ms`)
      const timer = setTimeout(() => {
        this.#timers.delete(timer)
        this.#spawn(program, Math.min(wait * 2, againMs.most), hear)
      }, wait)
      this.#timers.add(timer)
    })
  }
}
