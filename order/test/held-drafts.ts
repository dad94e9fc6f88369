/** Drafts over real files that can fail and be killed; catalog and payment are held in hand. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Test } from 'tap'
import type { CsvLog } from '../../storage/csv/log-engine.ts'
import type { CsvMap } from '../../storage/csv/map-engine.ts'
import { openLog, told, until } from '../../storage/csv/test/harness.ts'
import type { FaultyFiles } from '../../storage/test/faulty-files.ts'
import { HandClock } from '../../storage/test/hand-clock.ts'
import type { DraftAnswer, DraftOp, FilledDraft } from '../client.ts'
import type { Coordinator } from '../coordinator.ts'
import type { Draft } from '../draft.ts'
import { Drafts } from '../drafts.ts'
import { openDrafts } from '../store.ts'
import { codeOf, HeldSides } from './held-customers.ts'

export interface Life {
  drafts: Drafts
  map: CsvMap<Draft>
  log: CsvLog
  files: FaultyFiles
  clock: HandClock
  coordinator: Coordinator
  /** What the operator was told. */
  notes: string[]
  /** Why the service gave up. */
  givenUp: string[]
}

export class HeldDrafts {
  readonly sides: HeldSides
  readonly #t: Test
  readonly #folder: string
  /** The order service that runs. */
  now!: Life

  constructor(t: Test, sides: HeldSides) {
    this.#t = t
    this.#folder = t.testdir()
    this.sides = sides
  }

  async start(): Promise<void> {
    const clock = new HandClock()
    const { files, notes, givenUp, ...rest } = told(this.#t)
    const { log } = await openLog(this.#t, this.#folder, { files, ...rest, clock })
    const { map } = await openDrafts({ files, ...rest, clock, folder: this.#folder })
    const { orders, coordinator } = await this.sides.orders(log, clock)
    const lost: string[] = []
    const drafts = new Drafts({
      map,
      orders,
      log,
      clock,
      note: (sentence) => notes.push(sentence),
      giveUp: ({ message }) => lost.push(message),
    })
    log.findKeys()
    await map.findAll()
    await log.byKey('none') // until all keys are found
    this.now = { drafts, map, log, files, clock, coordinator, notes, givenUp: lost }
    void givenUp
  }

  /** kill -9, and a new start that has settled what was under way. */
  async kill(): Promise<void> {
    this.now.coordinator.close()
    await this.now.files.release()
    await this.start()
    const { catalog, payment } = this.sides
    await until(() => catalog.reserved().length + payment.reserved().length === 0)
  }

  /** Time passes until every paid draft says so. Throws after a while. */
  async marked(): Promise<void> {
    for (let tries = 0; this.now.drafts.unmarked > 0; tries++) {
      if (tries > 1000) throw new Error(`${this.now.drafts.unmarked} paid drafts do not say so`)
      await pause(5)
      await this.now.clock.pass(50)
    }
  }

  /** A clean stop. */
  async stop(): Promise<void> {
    const closed = this.now.drafts.close()
    await this.marked()
    let isClosed = false
    void closed.then(() => {
      isClosed = true
    })
    for (; !isClosed; await pause(1)) await this.now.clock.pass(5)
    this.now.coordinator.close()
    await this.now.log.close()
    await this.now.map.close()
  }

  /** Each one's answer, or why there is none. */
  async runAll(ops: readonly DraftOp[]): Promise<(DraftAnswer | string)[]> {
    const { drafts, clock } = this.now
    const all = await drafts.runAll(ops, clock.elapsed() + 5000)
    return all.map((one) => (one instanceof Error ? codeOf(one) : one))
  }

  async run(op: DraftOp): Promise<DraftAnswer | string> {
    return (await this.runAll([op]))[0]!
  }

  create = (id: string, user = 'ann') => this.run({ op: 'create', id, user })
  add = (id: string, name: string, quantity = 1, cents = 1000) => this.run({ op: 'add', id, name, quantity, cents })
  take = (id: string, name: string) => this.run({ op: 'take', id, name })
  remove = (id: string) => this.run({ op: 'delete', id })
  find = (id: string) => this.run({ op: 'find', id })
  checkout = (id: string) => this.run({ op: 'checkout', id })
  fill = (batch: string, ...drafts: readonly FilledDraft[]) => this.run({ op: 'fill', id: batch, drafts })

  isPaid = async (id: string): Promise<boolean | undefined | string> => {
    const found = await this.find(id)
    return typeof found === 'string' ? found : found.paid
  }
}

/** It has started. */
export async function heldDrafts(
  t: Test,
  stock: Record<string, number> = { Tux: 10, Fox: 10 },
  credit: Record<string, number> = { ann: 10_000, bob: 10_000 },
): Promise<HeldDrafts> {
  const held = new HeldDrafts(t, new HeldSides(stock, credit))
  await held.start()
  return held
}
