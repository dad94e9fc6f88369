/**
 * The ledger on CSV files. Memory holds the accounts; a change is durable once its journal line is synced, and only then
 * do readers see it and is anyone answered.
 *
 * Two locks. `#writing` (a mutex) protects the journal's end and the choice of segment; `#lock` (readers and writers)
 * protects `#state`. The writer holds `#writing` for a whole batch and takes `#lock` inside it, only to publish; nobody
 * takes them the other way round.
 */
import { Mutex } from 'async-mutex'
import { BatchQueue, type QueueWatch } from '../../batch-queue.ts'
import { sleep } from '../../clock.ts'
import { StoreError } from '../../errors.ts'
import type { Account, Command, Fact, KeyedChange, Ledger, LedgerWatch, Movement, Outcome, Rule } from '../ledger.ts'
import type { LedgerState } from '../ledger-state.ts'
import { SharedLock } from '../read-write-lock.ts'
import { SharedReads } from '../shared-reads.ts'
import { batchBytesMax } from './append-file.ts'
import { CatchUp } from './catch-up.ts'
import { factsLine } from './journal.ts'
import { startLedger } from './ledger-start.ts'
import type { Movements } from './movements.ts'
import type { LedgerFiles, Segments, Snapshot } from './segments.ts'
import { SortedNames } from './sorted-names.ts'
import type { Cut } from './tail.ts'

export interface LedgerOptions extends LedgerFiles {
  rule: Rule
  /** The accounts of a folder where there is nothing yet. */
  seed: ReadonlyMap<string, Account>
  /** Simulated time of one write or read, in milliseconds; taken inside the locks, once a batch. */
  ioDelayMs: number
  watch?: QueueWatch | undefined
}

export interface LedgerReport {
  cut: Cut | undefined
  /** The last life did not end with a clean stop. */
  crashed: boolean
  handEdits: number
  openReservations: number
}

/** So many accounts' lines are less than one append may write, whatever their names. */
const handEditMax = 500

export class CsvLedger implements Ledger {
  readonly #options: LedgerOptions
  readonly #state: LedgerState
  readonly #segments: Segments
  readonly #movements: Movements
  readonly #writing = new Mutex()
  readonly #lock = new SharedLock()
  readonly #reads: SharedReads
  readonly #queue: BatchQueue<readonly Command[], Outcome[]>
  readonly #catchUp: CatchUp<Snapshot>
  /** Account names in order, for pages. */
  readonly #names: SortedNames
  #closed = false
  #sequence = 0
  #watch: LedgerWatch | undefined

  private constructor(options: LedgerOptions, state: LedgerState, segments: Segments, movements: Movements) {
    this.#options = options
    this.#state = state
    this.#segments = segments
    this.#movements = movements
    this.#reads = new SharedReads(this.#lock, options.clock, options.ioDelayMs)
    this.#queue = new BatchQueue({
      run: (batch) => this.#writing.runExclusive(() => this.#write(batch)),
      batchMax: 1000,
      queueMax: 10_000,
      count: (commands) => commands.length,
      watch: options.watch,
    })
    this.#names = new SortedNames(state.accountNames())
    this.#sortNames()
    this.#catchUp = new CatchUp({
      clock: options.clock,
      note: options.note,
      open: async () => {
        await this.#bringMovementsNear()
        return this.#writing.runExclusive(() => segments.open(state, movements))
      },
      publish: (snapshot) => segments.publish(snapshot),
    })
  }

  /** Throws a StartError where a person must mend the folder. */
  static async open(options: LedgerOptions): Promise<{ ledger: CsvLedger; report: LedgerReport }> {
    const started = await startLedger(options, options.seed, options.rule)
    const { state, segments, movements, handEdit, edited, behind, cut, crashed } = started
    const ledger = new CsvLedger(options, state, segments, movements)
    if (edited) {
      for (let from = 0; from < handEdit.length; from += handEditMax)
        await ledger.execute(handEdit.slice(from, from + handEditMax))
      await ledger.#catchUp.now() // before anyone buys: a crash must not find an edit that the journal has moved on from
    } else if (behind) ledger.#catchUp.changed()
    const report = { cut, crashed, handEdits: handEdit.length, openReservations: [...state.reservations()].length }
    return { ledger, report }
  }

  /** Open reservations, as readers see them. A batch is published in one turn, so without the lock, too, it is whole. */
  get openReservations(): number {
    let count = 0
    for (const _ of this.#state.reservations()) count += 1
    return count
  }

  /** Of the journal's last segment. */
  get journalBytes(): number {
    return this.#segments.journal.length
  }

  /** The first accounts by name, as readers see them. */
  balances(limit: number): [name: string, balance: number][] {
    return this.#names.page('', limit).map((name) => [name, this.#state.account(name)!.balance])
  }

  execute(commands: readonly Command[]): Promise<Outcome[]> {
    return this.#queue.submit(commands)
  }

  account(name: string): Promise<Account | undefined> {
    return this.#reads.read(() => this.#state.account(name))
  }

  accountAt(name: string): Promise<{ account: Account | undefined; sequence: number }> {
    return this.#reads.read(() => ({ account: this.#state.account(name), sequence: this.#sequence }))
  }

  keyed(key: string): Promise<KeyedChange | undefined> {
    return this.#reads.read(() => this.#state.keyed(key))
  }

  get sequence(): number {
    return this.#sequence
  }

  watch(watch: LedgerWatch): void {
    this.#watch = watch
  }

  list(after: string, limit: number): Promise<(Account & { name: string })[]> {
    return this.#reads.read(() =>
      this.#names.page(after, limit).map((name) => ({ name, ...this.#state.account(name)! })),
    )
  }

  async movements(after: number, limit: number): Promise<Movement[]> {
    await this.#bringMovementsNear()
    await this.#writing.runExclusive(() => this.#movements.flush())
    return this.#movements.list(after, limit)
  }

  /** Finishes what was asked, brings the files up to date and marks a clean stop. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#queue.settled()
    await this.#catchUp.close()
    await this.#writing.runExclusive(() => this.#segments.markStop())
    await this.#segments.journal.close()
    await this.#movements.close()
  }

  /** One step a turn of the event loop; few names are sorted at once. */
  #sortNames(): void {
    this.#names.step()
    if (!this.#names.isSorted && !this.#closed) this.#options.clock.after(0, () => this.#sortNames())
  }

  /** A hundred thousand movements, as a first start makes, are written in many turns, so that others can write in between. */
  async #bringMovementsNear(): Promise<void> {
    while (this.#movements.isFarBehind) await this.#writing.runExclusive(() => this.#movements.flushSome())
  }

  async #write(batch: (readonly Command[])[]): Promise<(Outcome[] | Error)[]> {
    await sleep(this.#options.clock, this.#options.ioDelayMs)
    return this.#commit(batch)
  }

  /** One sync for all of them; several only where their lines would be more than a torn tail may be. */
  async #commit(batch: (readonly Command[])[]): Promise<(Outcome[] | Error)[]> {
    const { outcomes, changes } = this.#options.rule(this.#state, batch.flat(), this.#options.clock.now())
    const bytes = Buffer.from(changes.map((facts) => (facts.length === 0 ? '' : factsLine(facts))).join(''))
    if (bytes.length > batchBytesMax) {
      if (batch.length === 1) return [new StoreError('bad_request', 'too much at once; ask for less')]
      const half = batch.length >> 1
      return [...(await this.#commit(batch.slice(0, half))), ...(await this.#commit(batch.slice(half)))]
    }
    if (bytes.length > 0) {
      try {
        await this.#segments.journal.append(bytes)
      } catch (error) {
        return batch.map(() => error as Error)
      }
      await this.#lock.write(() => this.#publish(changes))
      this.#catchUp.changed()
    }
    const left = outcomes[Symbol.iterator]()
    return batch.map((commands) => commands.map(() => left.next().value!))
  }

  /** In one turn, the watcher's part too: whoever is answered later is answered from what it was told of. */
  #publish(changes: readonly (readonly Fact[])[]): void {
    const changed = new Map<string, Account | undefined>()
    for (const facts of changes)
      for (const fact of facts) {
        if (fact.fact === 'removed') this.#names.remove(fact.account)
        else if (fact.fact === 'account' && this.#state.account(fact.account) === undefined)
          this.#names.add(fact.account)
        this.#state.apply(fact)
        if (fact.fact === 'movement') this.#movements.add(fact.movement)
        else if (fact.fact === 'account') changed.set(fact.account, fact)
        else if (fact.fact === 'removed') changed.set(fact.account, undefined)
      }
    if (changed.size === 0) return
    this.#sequence += 1
    this.#watch?.(this.#sequence, changed)
  }
}
