/**
 * A whole run: a store, customers who never stop, faults under them, and a judge after each round. A round has four toys of its
 * own, three of which sell out, and ends in a calm; so a run may be as long as wanted and memory holds one round's calls.
 */

import { once } from 'node:events'
import { createWriteStream, mkdirSync, type WriteStream, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { verdictLine, verifyFiles } from '../../client/verify/files.ts'
import { randomFrom } from '../../storage/test/random.ts'
import { type Store, startStore } from '../store.ts'
import { Books } from './books.ts'
import { calmOf, RowReader } from './calm.ts'
import { judgeWindow } from './checker.ts'
import { doFault, type StoreOwner } from './faults.ts'
import { type Call, callLine, type Line, type Toy, type Window } from './record.ts'
import { Recorder } from './recorder.ts'
import { Sessions } from './sessions.ts'

export interface HistoryRunOptions {
  /** An empty folder: the store's `data` and the `history.jsonl` come into it. */
  folder: string
  operations: number
  faults: number
  seed: number
  sessions?: number
  print?: (line: string) => void
  /** The store is killed when this ends. */
  t?: { teardown(work: () => unknown): unknown }
}

export interface HistoryRunResult {
  operations: number
  /** How many calls came to what. */
  answers: Record<string, number>
  faults: Record<string, number>
  /** Milliseconds in which customers called. */
  callingMs: number
  judgingMs: number
  /** The most ways that were followed at the same time. */
  ways: number
  /** Each what was wrong, with the calls that show it. */
  wrong: string[]
  verdict: string
}

const roundOperations = 10_000
const names = ['Tux', 'Whale', 'Fox', 'Python']
/** Of what customers will ask for in a round: this much there is of each. */
const supply = [0.02, 0.3, 0.8, 4]

export async function historyRun(options: HistoryRunOptions): Promise<HistoryRunResult> {
  const { folder, operations, t } = options
  const rounds = Math.max(1, Math.ceil(operations / roundOperations))
  const toys = toysFor(rounds, operations / rounds)
  const dataDir = `${folder}/data`
  mkdirSync(`${dataDir}/catalog`, { recursive: true })
  const lines = toys.map(({ name, price, stock }) => `${name},${price},${stock}\n`)
  writeFileSync(`${dataDir}/catalog/toys_db.csv`, `name,price,quantity\n${lines.join('')}`)
  const owner = await startFixed(dataDir, t)
  const run = new HistoryRun(options, owner, toys, dataDir)
  try {
    for (let round = 0; round < rounds && run.result.wrong.length === 0; round++) await run.round(round, rounds)
    await run.close()
    if (run.result.wrong.length === 0) await judgeAtRest(owner, dataDir, run.result)
  } finally {
    await owner.store.kill()
  }
  return run.result
}

class HistoryRun {
  readonly result: HistoryRunResult = {
    operations: 0,
    answers: {},
    faults: {},
    callingMs: 0,
    judgingMs: 0,
    ways: 0,
    wrong: [],
    verdict: '',
  }
  readonly #options: HistoryRunOptions
  readonly #owner: StoreOwner
  readonly #toys: readonly Toy[]
  readonly #dataDir: string
  /** Of the faults alone, so that the same seed is the same faults. */
  readonly #random: () => number
  readonly #recorder: Recorder
  readonly #sessions: Sessions
  readonly #books: Books
  readonly #rows: RowReader
  readonly #kept: WriteStream
  /** Those of this window. */
  #calls: Call[] = []

  constructor(options: HistoryRunOptions, owner: StoreOwner, toys: readonly Toy[], dataDir: string) {
    this.#options = options
    this.#owner = owner
    this.#toys = toys
    this.#dataDir = dataDir
    this.#random = randomFrom(options.seed)
    this.#recorder = new Recorder(owner.store.url, this.#count * 2, (call) => this.#keepCall(call))
    this.#sessions = new Sessions(this.#recorder, randomFrom(options.seed + 1))
    this.#books = new Books(toys)
    this.#rows = new RowReader(dataDir)
    this.#kept = createWriteStream(`${options.folder}/history.jsonl`)
    this.#keep({ toys })
  }

  get #count(): number {
    return this.#options.sessions ?? 24
  }

  /** Customers and faults, then a calm, and what the judge says. */
  async round(round: number, rounds: number): Promise<void> {
    const began = performance.now()
    this.#sessions.toys = this.#toys.slice(round * names.length, (round + 1) * names.length).map(({ name }) => name)
    const until = (this.#options.operations * (round + 1)) / rounds
    const due = Math.floor((this.#options.faults * (round + 1)) / rounds)
    const faults = due - Math.floor((this.#options.faults * round) / rounds)
    try {
      await this.#callUnderFaults(until, faults)
      const calmAt = await calmOf(this.#owner.store, this.#dataDir)
      await this.#sessions.lookAtAll(0)
      const rows = await this.#rows.added()
      this.#keep({ calmAt, rows })
      this.result.callingMs += performance.now() - began
      this.#judge({ calls: this.#calls, calmAt, rows })
    } catch (error) {
      this.result.wrong.push((error as Error).message)
    }
    this.result.wrong.push(...this.#recorder.wrong)
    this.#calls = []
    if (this.#kept.writableNeedDrain) await once(this.#kept, 'drain')
    const { operations, wrong } = this.result
    if ((round + 1) % 10 === 0)
      this.#options.print?.(`${operations} operations, ${this.#books.lastNumber} orders, ${wrong.length} wrong`)
  }

  async close(): Promise<void> {
    await this.#recorder.close()
    this.#kept.end()
    await once(this.#kept, 'finish')
  }

  /** Spreads the faults over the calls; resolves when each customer has his answer. Throws where one gets none. */
  async #callUnderFaults(until: number, faults: number): Promise<void> {
    const from = this.result.operations
    let faulting = true
    let gaveUp = false
    const failed = (): boolean => gaveUp || this.#recorder.wrong.length > 0
    const going = (): boolean => !failed() && (faulting || this.result.operations < until)
    const running = Array.from({ length: this.#count }, (_, session) => this.#sessions.run(session + 1, going))
    const all = Promise.all(running)
    all.catch(() => {
      gaveUp = true
    })
    try {
      for (let fault = 1; fault <= faults && !failed(); fault++) {
        const after = from + (Math.max(0, until - from) * fault) / (faults + 1)
        while (this.result.operations < after && !failed()) await pause(5)
        await pause(50 + this.#random() * 200)
        const at = performance.now()
        const what = await doFault(this.#owner, this.#random)
        this.#keep({ fault: what, at })
        this.result.faults[what] = (this.result.faults[what] ?? 0) + 1
      }
    } finally {
      faulting = false
      await Promise.allSettled(running)
    }
    await all
  }

  #judge(window: Window): void {
    const began = performance.now()
    const { violations, undecided, ways } = judgeWindow(this.#books, window)
    this.result.judgingMs += performance.now() - began
    this.result.ways = Math.max(this.result.ways, ways)
    const { wrong } = this.result
    for (const { sentence, calls } of violations) wrong.push([sentence, ...calls.map(callLine)].join('\n'))
    for (const toy of undecided) wrong.push(`${toy}: there are too many possible orders to judge them`)
  }

  #keepCall(call: Call): void {
    this.result.operations += 1
    this.#calls.push(call)
    this.#keep(call)
    const { kind } = call.answer
    this.result.answers[kind] = (this.result.answers[kind] ?? 0) + 1
  }

  #keep(line: Line): void {
    this.#kept.write(`${JSON.stringify(line)}\n`)
  }
}

function toysFor(rounds: number, perRound: number): Toy[] {
  const asked = perRound * 0.13
  return Array.from({ length: rounds }, (_, round) =>
    names.map((name, i) => ({
      name: `${name} ${round + 1}`,
      price: 10.5 + i,
      stock: Math.max(1, Math.round(asked * supply[i]!)),
    })),
  ).flat()
}

/** A store that keeps its ports when all of it was killed. */
async function startFixed(dataDir: string, t: HistoryRunOptions['t']): Promise<StoreOwner> {
  const given = t === undefined ? {} : { t: t as never }
  const store: Store = await startStore({ dataDir, ...given })
  const port = (url: string): string => new URL(url).port
  const env = {
    PORT: port(store.url),
    CATALOG_PORT: port(store.catalogUrl),
    ORDER_PORT: port(store.orderUrl),
    PAYMENT_PORT: port(store.paymentUrl),
    CART_PORT: port(store.cartUrl),
  }
  return { store, again: () => startStore({ dataDir, env, ...given }) }
}

/** Stops in order, starts and stops again, and reads the books. */
async function judgeAtRest(owner: StoreOwner, dataDir: string, result: HistoryRunResult): Promise<void> {
  const { wrong } = result
  if ((await owner.store.stop()) !== 0) wrong.push('the store did not stop in order')
  owner.store = await owner.again()
  await owner.store.stop()
  const verdict = await verifyFiles(dataDir)
  wrong.push(...verdict.differences)
  if (verdict.reserved > 0) wrong.push(`${verdict.reserved} pieces are still reserved`)
  result.verdict = verdictLine(verdict)
}
