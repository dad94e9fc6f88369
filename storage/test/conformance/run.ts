/**
 * Runs a script over an engine and holds every answer against the model. Wrong is: an answer that no possible state gives;
 * a refusal or an error where nothing had failed; an error that nobody handles; a call that a living process never answers;
 * a store that does not open again. At the end it is started once more, looked at as a whole, and must still take a command
 * and keep it.
 */
import { StoreError } from '../../../errors.ts'
import type { Crash, Engine, Process, Stage } from './engine.ts'
import { type Doing, Possible } from './possible.ts'
import { asCode, isPass, type Life, type Script } from './script.ts'
import type { Suite } from './suite.ts'

/** What went wrong, in a sentence. */
export class Wrong extends Error {}

export interface Ran {
  commands: number
  crashes: number
  /** Calls that were refused or whose outcome stayed unknown. */
  refusals: number
  unanswered: number
}

export interface RunOptions<Store, Call, State> {
  engine: Engine<Store>
  suite: Suite<Store, Call, State>
  script: Script<Call>
  ran: Ran
}

/** Throws `Wrong` where the engine does not keep the contract. */
export async function run<Store, Call, State>(options: RunOptions<Store, Call, State>): Promise<void> {
  const stage = await options.engine.stage()
  const runner = new Runner(options, stage)
  const unhandled = (error: unknown) =>
    runner.say(`an error that nobody handles would end it: ${(error as Error).stack}`)
  process.on('unhandledRejection', unhandled)
  try {
    for (const [i, life] of options.script.entries()) await runner.live(life, `life ${i + 1}`)
    const works = options.suite.works.map((call) => [{ after: 0, call }])
    await runner.live({ look: true, groups: works, end: { how: 'close' } }, 'the last start')
    await runner.live({ look: true, groups: [], end: { how: 'close' } }, 'a restart')
  } finally {
    process.off('unhandledRejection', unhandled)
    await stage.end()
  }
}

class Runner<Store, Call, State> {
  readonly #options: RunOptions<Store, Call, State>
  readonly #stage: Stage<Store>
  readonly #possible: Possible<State>
  #wrong: Wrong | undefined
  #where = ''
  #passing: Promise<void> = Promise.resolve()
  #closing: Process<Store> | undefined

  constructor(options: RunOptions<Store, Call, State>, stage: Stage<Store>) {
    this.#options = options
    this.#stage = stage
    this.#possible = new Possible(options.suite.first, options.suite.asText)
  }

  async live({ fault, look, groups, end }: Life<Call>, name: string): Promise<void> {
    this.#where = name
    const process = this.#stage.start(fault ?? undefined)
    const store = await this.#open(process)
    if (store !== undefined) {
      const left = await this.#ask(process, store, look, groups, end.how === 'hurry')
      if (end.how !== 'crash' && !process.ended && !process.givenUp) await this.#close(process, store, left)
    }
    if (process.ended || process.givenUp || 'crash' in end) this.#options.ran.crashes += 1
    await this.#crash(process, 'crash' in end ? end.crash : { kind: 'kill', seed: 0 })
  }

  async #open(process: Process<Store>): Promise<Store | undefined> {
    let store: Store | undefined
    const opening = process.opened.then(
      (opened) => {
        store = opened
      },
      (error: Error) => {
        if (!process.struck) this.say(`it does not open: ${error.stack}`)
      },
    )
    await this.#settled(process, [opening], 'the start')
    return process.ended ? undefined : store
  }

  /** Returns what is still under way: the last group, where there is a hurry. */
  async #ask(
    process: Process<Store>,
    store: Store,
    look: boolean,
    groups: Life<Call>['groups'],
    hurry: boolean,
  ): Promise<Promise<void>[]> {
    if (look)
      for (const call of this.#options.suite.look)
        if (!process.ended) await this.#settled(process, [this.#begin(process, store, call)], 'a look')
    let left = groups.length
    for (const group of groups) {
      left -= 1
      const usable = !process.givenUp
      const asked: Promise<void>[] = []
      for (const { after, call } of group) {
        for (let turn = 0; turn < after; turn++) await undefined
        if (process.ended) break
        asked.push(isPass(call) ? this.#pass(call.ms) : this.#begin(process, store, call))
      }
      if (hurry && left === 0) return asked
      await this.#settled(process, asked, 'a call')
      if (process.ended || !usable) break // one group more may ask one that has given up
    }
    return []
  }

  /** One after the other: time goes one way. */
  #pass(ms: number): Promise<void> {
    this.#passing = this.#passing.then(() => this.#stage.pass?.(ms))
    return this.#passing
  }

  #begin(process: Process<Store>, store: Store, call: Call): Promise<void> {
    const { suite, ran } = this.#options
    const now = this.#stage.now()
    const doing: Doing<State> = {
      apply: (state) => suite.apply(state, call, now),
      halves: suite.halves(call, now),
    }
    const struckBefore = process.struck
    const mayRefuse = () => process.struck && (process.refusing || !struckBefore)
    ran.commands += suite.size(call)
    this.#possible.begin(doing)
    const told = (answer: unknown) => {
      if (process.ended || this.#wrong !== undefined) return
      const right = this.#possible.answered(doing, answer, (a, b) => suite.fits(a, b, this.#stage.now()))
      if (right === undefined) return
      const wanted = right.map((each) => `  right: ${asCode(each)}`).join('\n')
      this.say(`${suite.asCode(call)}\n  answered: ${asCode(answer)}\n${wanted}`)
    }
    const failed = (error: unknown) => {
      if (process.ended || this.#wrong !== undefined) return
      ran.refusals += 1
      const isRead = doing.halves === undefined
      if (isRead && this.#closing === process) return // whoever closes a store has no use for what it reads
      if (!mayRefuse()) return this.say(`${suite.asCode(call)} failed where nothing had: ${(error as Error).stack}`)
      if (isRead) {
        this.#possible.refused(doing)
        return
      }
      const code = error instanceof StoreError ? error.code : undefined
      if (code === 'outcome_unknown') return
      if (code !== 'unavailable') return this.say(`${suite.asCode(call)} threw ${(error as Error).stack}`)
      if (!this.#possible.refused(doing)) this.say(`${suite.asCode(call)} was refused, and was seen to have happened`)
    }
    return suite.ask(store, call).then(told, failed)
  }

  /** What was asked before it must be answered. */
  async #close(process: Process<Store>, store: Store, left: readonly Promise<void>[]): Promise<void> {
    const struckBefore = process.struck
    this.#closing = process
    const closing = (store as { close(): Promise<void> }).close().catch((error: Error) => {
      if (!process.struck || (struckBefore && !process.refusing)) this.say(`it does not close: ${error.stack}`)
    })
    await this.#settled(process, [closing, ...left], 'a call, or closing,')
  }

  async #crash(process: Process<Store>, crash: Crash): Promise<void> {
    await process.crash(crash)
    this.#possible.crashed()
    if (this.#wrong !== undefined) throw this.#wrong
  }

  /** Waits until they are answered, or nobody answers any more. */
  async #settled(process: Process<Store>, asked: readonly Promise<void>[], what: string): Promise<void> {
    let left = asked.length
    for (const each of asked)
      each.finally(() => {
        left -= 1
      })
    const began = performance.now()
    for (let turn = 0; left > 0 && !process.ended; turn++) {
      await new Promise((resolve) => setImmediate(resolve))
      if (turn > 2000 && performance.now() - began > this.#options.engine.patienceMs) {
        this.say(`${what} is never answered`)
        break
      }
    }
    if (left > 0) this.#options.ran.unanswered += left
    if (this.#wrong !== undefined) {
      await process.crash({ kind: 'kill', seed: 0 })
      throw this.#wrong
    }
  }

  /** Something is wrong: the first that is counts. */
  say(what: string): void {
    this.#wrong ??= new Wrong(`${this.#where}: ${what}`)
  }
}
