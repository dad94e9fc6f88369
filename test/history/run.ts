/**
 * A whole run: a store, customers who never stop, faults under them, and a judge after each round. A round has four toys of its
 * own, three of which sell out, and ends in a calm; so a run may be as long as wanted and memory holds one round's calls.
 */

import { once } from 'node:events'
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { verdictLine, verifyFiles } from '../../client/verify.ts'
import { randomFrom } from '../kill-run.ts'
import { type Store, startStore } from '../store.ts'
import { Books } from './books.ts'
import { calmOf, RowReader } from './calm.ts'
import { judgeWindow } from './checker.ts'
import { doFault, type StoreOwner } from './faults.ts'
import { type Call, callLine, type Line, type Toy } from './record.ts'
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
  const { folder, operations, faults, seed, sessions: count = 24, print = () => {}, t } = options
  const random = randomFrom(seed)
  const rounds = Math.max(1, Math.ceil(operations / roundOperations))
  const perRound = operations / rounds
  const toys = toysFor(rounds, perRound)
  const dataDir = `${folder}/data`
  mkdirSync(`${dataDir}/catalog`, { recursive: true })
  const lines = toys.map(({ name, price, stock }) => `${name},${price},${stock}\n`)
  writeFileSync(`${dataDir}/catalog/toys_db.csv`, `name,price,quantity\n${lines.join('')}`)
  const started = await startFixed(dataDir, t)
  const owner: StoreOwner = started
  const kept = createWriteStream(`${folder}/history.jsonl`)
  const keep = (line: Line): void => void kept.write(`${JSON.stringify(line)}\n`)
  keep({ toys })

  let calls: Call[] = []
  let made = 0
  const result: HistoryRunResult = {
    operations: 0,
    answers: {},
    faults: {},
    callingMs: 0,
    judgingMs: 0,
    ways: 0,
    wrong: [],
    verdict: '',
  }
  const recorder = new Recorder(owner.store.url, count * 2, (call) => {
    made += 1
    calls.push(call)
    keep(call)
    const { kind } = call.answer
    result.answers[kind] = (result.answers[kind] ?? 0) + 1
  })
  const sessions = new Sessions(recorder, random)
  const books = new Books(toys)
  const reader = new RowReader(dataDir)

  for (let round = 0; round < rounds && result.wrong.length === 0; round++) {
    sessions.toys = toys.slice(round * names.length, (round + 1) * names.length).map(({ name }) => name)
    const began = performance.now()
    const beganAt = made
    let faulting = true
    const going = (): boolean => faulting || made < perRound * (round + 1)
    const running = Promise.all(Array.from({ length: count }, (_, session) => sessions.run(session + 1, going)))
    const due = Math.floor((faults * (round + 1)) / rounds) - Math.floor((faults * round) / rounds)
    for (let fault = 0; fault < due; fault++) {
      const after = beganAt + (Math.max(0, perRound * (round + 1) - beganAt) * (fault + 1)) / (due + 1)
      while (made < after) await pause(5)
      await pause(50 + random() * 200)
      const at = performance.now()
      const what = await doFault(owner, random)
      keep({ fault: what, at })
      result.faults[what] = (result.faults[what] ?? 0) + 1
    }
    faulting = false
    await running
    const calmAt = await calmOf(owner.store, dataDir)
    await sessions.lookAtAll(0)
    const rows = await reader.added()
    keep({ calmAt, rows })
    result.callingMs += performance.now() - began

    const judging = performance.now()
    const { violations, undecided, ways } = judgeWindow(books, { calls, calmAt, rows })
    result.judgingMs += performance.now() - judging
    result.ways = Math.max(result.ways, ways)
    for (const { sentence, calls: shown } of violations)
      result.wrong.push([sentence, ...shown.map(callLine)].join('\n'))
    for (const toy of undecided) result.wrong.push(`${toy}: there are too many possible orders to judge them`)
    result.wrong.push(...recorder.wrong)
    calls = []
    if (kept.writableNeedDrain) await once(kept, 'drain')
    if ((round + 1) % 10 === 0) print(`${made} operations, ${books.lastNumber} orders, ${result.wrong.length} wrong`)
  }
  await recorder.close()
  kept.end()
  await once(kept, 'finish')
  const { verdict, wrong } = await judgeAtRest(owner, dataDir)
  return { ...result, operations: made, wrong: [...result.wrong, ...wrong], verdict }
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
  const env = { PORT: port(store.url), CATALOG_PORT: port(store.catalogUrl), ORDER_PORT: port(store.orderUrl) }
  return { store, again: () => startStore({ dataDir, env, ...given }) }
}

/** Stops in order, starts and stops again, and reads the books. */
async function judgeAtRest(owner: StoreOwner, dataDir: string): Promise<{ verdict: string; wrong: string[] }> {
  const wrong: string[] = []
  if ((await owner.store.stop()) !== 0) wrong.push('the store did not stop in order')
  owner.store = await owner.again()
  await owner.store.stop()
  const verdict = await verifyFiles(dataDir)
  wrong.push(...verdict.differences)
  if (verdict.reserved > 0) wrong.push(`${verdict.reserved} pieces are still reserved`)
  return { verdict: verdictLine(verdict), wrong }
}
