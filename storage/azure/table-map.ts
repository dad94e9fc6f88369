/**
 * The map on a table of Azure Cosmos DB (or of Azure Storage, which speaks the same), that other programs may use at the same
 * time. Always: nothing is answered from memory; a change is written only over the very row that it was decided by; what was
 * sent and never clearly answered is `outcome_unknown`, and nothing else is.
 */
import { randomBytes } from 'node:crypto'
import type { TableServiceClientOptions } from '@azure/data-tables'
import { type Clock, sleep } from '../../clock.ts'
import { asError, StartError, StoreError } from '../../errors.ts'
import { checkKey, type KeyedMap } from '../map.ts'
import { connect, setting } from './connection.ts'
import { ClearFailure } from './failure.ts'
import { type Limit, Places, pause, within } from './limit.ts'
import { type Outcome, type Row, TableRequests, type Write } from './requests.ts'
import { prepare } from './reshard.ts'
import { type TableFormat, TableRows, wordColumn } from './rows.ts'
import { type Change, type Decided, Turn, Waiting } from './turn.ts'

export interface TableMapOptions<Value> {
  connectionString: string
  table: string
  /** What partitions are called before their number, such as `ShoppingCart`. */
  partition: string
  shards: number
  format: TableFormat<Value>
  clock: Clock
  /** Told what the operator should know, in a sentence. */
  note: (sentence: string) => void
  /** Simulated time of one write or read, in milliseconds. */
  ioDelayMs?: number
  /** From 0 to below 1. */
  random?: () => number
  /** After so many milliseconds each call is answered. */
  callMs: number
  /** For the library that speaks with Azure. */
  client?: TableServiceClientOptions
}

/** So many keys are asked for at a time. */
const parallel = 64
const callsMax = 10_000
/** So often others may change a row between our reading and writing it. */
const triesMax = 30
const losingMs = { first: 5, most: 250 }
/** How long a table that cannot be used is left alone. */
const restMs = 1000
const toldMax = 1000

const remove = (): undefined => undefined

export class TableMap<Value> implements KeyedMap<Value> {
  readonly #options: TableMapOptions<Value> & { random: () => number; ioDelayMs: number }
  readonly #requests: TableRequests
  readonly #rows: TableRows<Value>
  readonly #places = new Places(parallel)
  /** By key: who waits for a turn of it; a key that is in here has a turn, or is about to. */
  readonly #waiting = new Map<string, Waiting<Value>[]>()
  readonly #working = new Set<Promise<unknown>>()
  /** Notes that are not told again. */
  readonly #told = new Set<string>()
  #ready = false
  #preparing: Promise<void> | undefined
  /** Calls off the next try. */
  #callOff: () => void = () => {}
  /** Why it cannot be used, as the operator was told. */
  #fault: string | undefined
  #closed = false

  private constructor(options: TableMapOptions<Value>) {
    this.#options = { random: Math.random, ioDelayMs: 0, ...options }
    const { connectionString, table, client, partition, shards, format, clock, callMs } = options
    this.#requests = new TableRequests({
      client: connect(connectionString, table, client),
      clock,
      random: this.#options.random,
      requestMs: Math.ceil(callMs * 0.4), // so that there is time for a second one
    })
    this.#rows = new TableRows(partition, shards, format)
  }

  /**
   * Makes the table where there is none, and moves its rows where the number of shards was another one. Resolves where Azure
   * cannot be reached, too, after about `callMs`: calls are `unavailable` until it can. Throws a StartError where the
   * connection string is none, or Azure refuses it.
   */
  static async open<Value>(options: TableMapOptions<Value>): Promise<TableMap<Value>> {
    const map = new TableMap(options)
    try {
      await map.#prepare()
    } catch (error) {
      if (error instanceof ClearFailure && ['forbidden', 'refused'].includes(error.failure.kind))
        throw new StartError(
          error.failure.kind === 'forbidden'
            ? `the setting ${setting} must hold a key that Azure takes, but it is refused (${error.message}); a clock that is wrong has the same effect`
            : `Azure refuses the table ${options.table} (${error.message})`,
        )
      map.#unready(asError(error))
    }
    return map
  }

  async get(key: string): Promise<Value | undefined> {
    checkKey(key)
    this.#checkUsable()
    return this.#counted(
      within(this.#options.clock, this.#options.callMs, (limit) =>
        this.#places.with(async () => {
          await pause(this.#options.clock, this.#options.ioDelayMs, limit.signal)
          return this.#valueOf(await this.#read(key, limit), key)
        }),
      ),
    )
  }

  async update(key: string, change: Change<Value>): Promise<Value | undefined> {
    checkKey(key)
    this.#checkUsable()
    const { clock, callMs } = this.#options
    const call = new Waiting(change, clock, callMs)
    const waiting = this.#waiting.get(key)
    if (waiting !== undefined) waiting.push(call)
    else {
      this.#waiting.set(key, [call])
      void this.#turns(key)
    }
    return this.#counted(call.answer)
  }

  async delete(key: string): Promise<void> {
    await this.update(key, remove)
  }

  /** Leaves rows out that hold no entry, with a note. */
  async *entries(): AsyncGenerator<[string, Value]> {
    let token: string | undefined
    do {
      this.#checkUsable()
      const page = await within(this.#options.clock, this.#options.callMs, (limit) =>
        this.#asked(() => this.#requests.page(this.#rows.filter, token, limit, { typed: false })),
      )
      for (const row of page.rows) {
        const entry = this.#entryOf(row)
        if (entry !== undefined) yield entry
      }
      token = page.next
    } while (token !== undefined)
  }

  /** Waits for the calls under way. */
  async close(): Promise<void> {
    this.#closed = true
    this.#callOff()
    while (this.#working.size > 0) await Promise.allSettled(this.#working)
    await this.#preparing?.catch(() => {}) // the operator was told
  }

  #checkUsable(): void {
    if (this.#closed) throw new StoreError('unavailable', 'the map is closed')
    if (!this.#ready) throw new StoreError('unavailable', `${this.#fault}; nothing was changed`)
    if (this.#working.size >= callsMax)
      throw new StoreError('unavailable', 'too much is waiting; try again in a moment')
  }

  async #counted<Result>(working: Promise<Result>): Promise<Result> {
    this.#working.add(working)
    try {
      return await working
    } finally {
      this.#working.delete(working)
    }
  }

  async #turns(key: string): Promise<void> {
    const waiting = this.#waiting.get(key)!
    while (waiting.length > 0)
      await this.#places.with(async () => {
        const turn = new Turn(waiting.splice(0), this.#options.clock)
        try {
          await this.#turn(key, turn)
        } catch (error) {
          turn.fail(asError(error))
        }
      })
    this.#waiting.delete(key) // in the same turn in which nothing was left: who comes next begins anew
  }

  async #turn(key: string, turn: Turn<Value>): Promise<void> {
    const { clock, random, ioDelayMs } = this.#options
    if (ioDelayMs > 0) await sleep(clock, ioDelayMs)
    for (let tries = 0; !turn.isOver; tries++) {
      if (tries === triesMax)
        throw new StoreError('unavailable', 'others change the same key all the time; nothing was changed')
      if (tries > 0)
        await pause(clock, random() * Math.min(losingMs.first * 2 ** tries, losingMs.most), turn.limit.signal)
      const row = await this.#read(key, turn.limit)
      const decided = turn.decide(this.#valueOf(row, key), (value) => this.#rows.fieldsOf(value))
      if (decided.write === undefined) return turn.settle(decided.answers)
      const word = randomBytes(12).toString('base64url')
      const write = this.#writeOf(key, row, decided.write, word)
      const outcome = await this.#asked(() => this.#requests.write(write, turn.limit, turn))
      if (outcome === 'done') return turn.settle(decided.answers)
      if (outcome === 'unsure') return this.#lookBack(key, turn, decided, word)
      this.#checkTable(write, outcome)
    }
  }

  /** What became of a write that was sent more than once, of which only the last copy was answered: not done, or not again. */
  async #lookBack(key: string, turn: Turn<Value>, { write, answers }: Decided<Value>, word: string): Promise<void> {
    const row = await this.#read(key, turn.limit).catch((error: unknown) => asError(error))
    const isGone = row === undefined && write!.value === undefined
    if (!(row instanceof Error) && row?.[wordColumn] === word) return turn.settle(answers)
    // Whoever deleted it, there is nothing: whoever wanted just that has it.
    if (isGone) for (const [call, answer] of answers) if (call.change === remove) call.settle(answer)
    turn.fail(
      new StoreError('outcome_unknown', 'the answer to a change was lost, and others changed the same key since'),
    )
  }

  #writeOf(
    key: string,
    row: Row | undefined,
    { value, fields }: NonNullable<Decided<Value>['write']>,
    word: string,
  ): Write {
    if (value === undefined) return { kind: 'delete', place: this.#rows.placeOf(key), etag: row!.etag }
    const entity = this.#rows.entityOf(key, fields, word)
    return row === undefined ? { kind: 'insert', entity } : { kind: 'change', entity, etag: row.etag, mode: 'Merge' }
  }

  /** Only where there is no table has a row no place to be inserted in. */
  #checkTable({ kind }: Write, outcome: Outcome): void {
    if (kind !== 'insert' || outcome !== 'absent') return
    const error = new StoreError('unavailable', 'the table is gone; it is made anew')
    this.#unready(error)
    throw error
  }

  #read(key: string, limit: Limit): Promise<Row | undefined> {
    return this.#asked(() => this.#requests.read(this.#rows.placeOf(key), limit))
  }

  /** A refusal by Azure as callers take it, told to the operator once. */
  async #asked<Result>(ask: () => Promise<Result>): Promise<Result> {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof ClearFailure)) throw error
      this.#tellOnce(`the table ${this.#options.table} refuses a request (${error.message})`)
      throw new StoreError('unavailable', `the table refuses it (${error.message}); nothing was changed`)
    }
  }

  #valueOf(row: Row | undefined, key: string): Value | undefined {
    if (row === undefined) return undefined
    try {
      if (this.#rows.keyOf(row) !== key) throw new StoreError('conflict', 'another key has the same hash, and its row')
      return this.#rows.valueOf(row)
    } catch (error) {
      throw this.#rubbish(row, error)
    }
  }

  #entryOf(row: Row): [string, Value] | undefined {
    try {
      const key = this.#rows.keyOf(row)
      const { partitionKey, rowKey } = this.#rows.placeOf(key)
      if (partitionKey !== row.partitionKey || rowKey !== row.rowKey)
        throw new RangeError('it is not where its key belongs')
      return [key, this.#rows.valueOf(row)]
    } catch (error) {
      const refusal = this.#rubbish(row, error)
      if (refusal.code === 'unavailable') return undefined
      throw refusal
    }
  }

  #rubbish({ partitionKey, rowKey }: Row, error: unknown): StoreError {
    if (error instanceof StoreError) return error
    if (!(error instanceof RangeError)) throw error
    const sentence = `the row ${partitionKey}/${rowKey} of the table ${this.#options.table} cannot be read: ${error.message}`
    this.#tellOnce(`${sentence}. Its key is refused until somebody mends or deletes it`)
    return new StoreError('unavailable', sentence)
  }

  #tellOnce(sentence: string): void {
    if (this.#told.has(sentence) || this.#told.size >= toldMax) return
    this.#told.add(sentence)
    this.#options.note(sentence)
  }

  async #prepare(): Promise<void> {
    const { clock, callMs, partition, shards, note, table } = this.#options
    await prepare({
      requests: this.#requests,
      rows: this.#rows as TableRows<unknown>,
      clock,
      callMs,
      partition,
      shards,
      parallel,
      note,
      stopped: () => this.#closed,
    })
    this.#ready = true
    if (this.#fault !== undefined) note(`the table ${table} can be used again`)
    this.#fault = undefined
  }

  /** It is tried again until it works. */
  #unready(error: Error): void {
    this.#ready = false
    const fault = `the table ${this.#options.table} cannot be used: ${error.message}`
    if (fault !== this.#fault) this.#options.note(`${fault}. It is tried again until it works`)
    this.#fault = fault
    this.#callOff()
    if (this.#closed) return
    this.#callOff = this.#options.clock.after(restMs, () => {
      this.#preparing = this.#prepare().catch((error: unknown) => this.#unready(asError(error)))
    })
  }
}
