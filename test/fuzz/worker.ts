/**
 * One thread of the fuzz: sessions that take batch after batch from a counter that all threads share, until none is left.
 * Posts what it found every second and at its end.
 */
import { parentPort, workerData } from 'node:worker_threads'
import type { Answer } from './answers.ts'
import { batchSize, groupsOf } from './grammar.ts'
import { type Judged, Session } from './session.ts'

export interface Job {
  port: number
  seed: number
  requests: number
  sessions: number
  /** The number of the next batch. */
  next: SharedArrayBuffer
}

/** A purchase that was acknowledged. */
export interface Told {
  index: number
  number: number
  name: string
  quantity: number
  key: string
}

export interface Wrong {
  index: number
  /** The first and the last that were sent with it. */
  group: readonly [number, number]
  faults: readonly string[]
}

export interface Report {
  /** Requests, by kind. */
  kinds: Record<string, number>
  /** Answers, by status; `none` for requests without one. */
  statuses: Record<string, number>
  told: Told[]
  wrong: Wrong[]
  done: boolean
}

const emptyReport = (): Report => ({ kinds: {}, statuses: {}, told: [], wrong: [], done: false })

const { port, seed, requests, sessions, next } = workerData as Job
const counter = new Int32Array(next)
let report = emptyReport()
const post = (done: boolean): void => {
  parentPort!.postMessage({ ...report, done })
  report = emptyReport()
}

function note({ index, request, answers, faults }: Judged, group: readonly [number, number]): void {
  report.kinds[request.kind] = (report.kinds[request.kind] ?? 0) + 1
  for (const status of answers.length === 0 ? ['none'] : answers.map((answer) => answer.status))
    report.statuses[status] = (report.statuses[status] ?? 0) + 1
  if (faults.length > 0) report.wrong.push({ index, group, faults })
  for (const answer of answers) {
    const told = toldBy(answer)
    if (told !== undefined) report.told.push({ index, ...told })
  }
}

function toldBy({ status, text, headers }: Answer): Omit<Told, 'index'> | undefined {
  const key = headers['idempotency-key']
  if (status !== 200 || key === undefined) return undefined
  const { data } = JSON.parse(text) as { data: { order_number: number; name: string; quantity: number } }
  return { number: data.order_number, name: data.name, quantity: data.quantity, key }
}

async function run(): Promise<void> {
  const session = new Session(port, seed)
  for (;;) {
    const first = Atomics.add(counter, 0, 1) * batchSize
    if (first >= requests) break
    const indices = Array.from({ length: Math.min(batchSize, requests - first) }, (_, i) => first + i)
    for (const group of groupsOf(seed, indices)) {
      const ends = [group[0]!.index, group.at(-1)!.index] as const
      for (const judged of await session.send(group)) note(judged, ends)
    }
  }
  session.close()
}

const posting = setInterval(() => post(false), 1000)
await Promise.all(Array.from({ length: sessions }, run))
clearInterval(posting)
post(true)
