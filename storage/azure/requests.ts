/**
 * Requests to one table, each sent again until its answer is clear or its time is over. Always: a write is sent again only
 * under the very condition it had, so that of all its copies, late ones too, at most one is done.
 *
 * The condition of a change and of a deletion is the row's ETag, which never comes again. That of an insertion is that there
 * is no row: a copy that is still under way when somebody has deleted the row would bring it back. Azure knows no other
 * condition for it.
 */
import type { TableClient, TableEntity } from '@azure/data-tables'
import type { Clock } from '../../clock.ts'
import { StoreError } from '../../errors.ts'
import { ClearFailure, type Failure, type FailureKind, failureOf } from './failure.ts'
import { type Limit, pause } from './limit.ts'

export interface Place {
  partitionKey: string
  rowKey: string
}

/** As it was read: properties by their names. */
export type Row = Readonly<Record<string, unknown>> & Place & { etag: string; timestamp?: string | undefined }

export type Write =
  | { kind: 'insert'; entity: TableEntity }
  /** `Merge` leaves properties that it does not name as they are. */
  | { kind: 'change'; entity: TableEntity; etag: string; mode: 'Merge' | 'Replace' }
  | { kind: 'delete'; place: Place; etag: string }

/**
 * `changed`: certainly not done, the row is not as its condition says; `absent` the same, with 404. `unsure`: the same answer,
 * but to the copy of one that gave none.
 */
export type Outcome = 'done' | 'changed' | 'absent' | 'unsure'

/** Who waits for a write. */
export interface Writer {
  /** Asked before it is sent, while none of it was; false: it is meant no more, and counts as `changed`. */
  sends(): boolean
  /** What was sent is certainly not done. */
  refused(): void
}

export interface RequestsOptions {
  client: TableClient
  clock: Clock
  /** From 0 to below 1. */
  random: () => number
  /** One request that takes longer, in milliseconds, is given up and sent again. */
  requestMs: number
}

const unsettled: ReadonlySet<FailureKind> = new Set(['throttled', 'unsent', 'unclear'])
const backOffMs = { first: 20, most: 500 }
const pageMax = 1000

export class TableRequests {
  readonly #options: RequestsOptions

  constructor(options: RequestsOptions) {
    this.#options = options
  }

  /**
   * Undefined where there is none. `typed`: values stand with their types, so that they can be written again. Throws `unavailable`, and a
   * ClearFailure where Azure will not have it.
   */
  async read({ partitionKey, rowKey }: Place, limit: Limit, { typed = false } = {}): Promise<Row | undefined> {
    try {
      return await this.#repeat(limit, async (abortSignal) => {
        const row = await this.#options.client.getEntity(partitionKey, rowKey, {
          abortSignal,
          disableTypeConversion: typed,
        })
        return row as unknown as Row
      })
    } catch (error) {
      if (error instanceof ClearFailure && error.failure.kind === 'absent') return undefined
      throw error
    }
  }

  /** Those of a page, and the token of the next one. */
  async page(filter: string, token: string | undefined, limit: Limit, { typed }: { typed: boolean }) {
    return this.#repeat(limit, async (abortSignal) => {
      const pages = this.#options.client
        .listEntities({ queryOptions: { filter }, abortSignal, disableTypeConversion: typed })
        .byPage({ maxPageSize: pageMax, ...(token === undefined ? {} : { continuationToken: token }) })
      const { value: page } = await pages.next()
      return { rows: page as unknown as Row[], next: page?.continuationToken as string | undefined }
    })
  }

  /** Where there is one, nothing. */
  createTable(limit: Limit): Promise<void> {
    return this.#repeat(limit, (abortSignal) => this.#options.client.createTable({ abortSignal }))
  }

  /** Whatever was there before. */
  async put(entity: TableEntity, limit: Limit): Promise<void> {
    await this.#repeat(limit, (abortSignal) => this.#options.client.upsertEntity(entity, 'Replace', { abortSignal }))
  }

  /** Throws `unavailable` where it was certainly not done, else `outcome_unknown`; a ClearFailure where Azure will not have it. */
  async write(write: Write, limit: Limit, writer: Writer): Promise<Outcome> {
    let isUnclear = false
    for (let tries = 0; ; tries++) {
      if (!isUnclear && !writer.sends()) return 'changed'
      try {
        await this.#once(limit, (abortSignal) => this.#send(write, abortSignal))
        return 'done'
      } catch (error) {
        const failure = failureOf(error)
        const { kind } = failure
        if (kind === 'unclear') isUnclear = true
        if (!isUnclear) writer.refused()
        if (kind === 'changed' || kind === 'absent') return isUnclear ? 'unsure' : kind
        if (!isUnclear && !unsettled.has(kind)) throw new ClearFailure(failure)
        if (unsettled.has(kind) && (await this.#rest(failure, tries, limit))) continue
        throw isUnclear
          ? new StoreError('outcome_unknown', `the table gave no clear answer to a change (${failure.said})`)
          : unreached(failure)
      }
    }
  }

  /** What may be done any number of times: it is, until the answer is clear. */
  async #repeat<Result>(limit: Limit, ask: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    for (let tries = 0; ; tries++) {
      try {
        return await this.#once(limit, ask)
      } catch (error) {
        const failure = failureOf(error)
        if (!unsettled.has(failure.kind)) throw new ClearFailure(failure)
        if (!(await this.#rest(failure, tries, limit))) throw unreached(failure)
      }
    }
  }

  async #once<Result>(limit: Limit, ask: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const stop = new AbortController()
    const end = () => stop.abort()
    if (limit.signal.aborted) end()
    const callOff = this.#options.clock.after(this.#options.requestMs, end)
    limit.signal.addEventListener('abort', end)
    try {
      return await ask(stop.signal)
    } finally {
      callOff()
      limit.signal.removeEventListener('abort', end)
    }
  }

  /** Waits before it is sent again; false where no time is left for that. */
  async #rest({ waitMs }: Failure, tries: number, limit: Limit): Promise<boolean> {
    const { clock, random } = this.#options
    const most = Math.min(backOffMs.first * 2 ** tries, backOffMs.most)
    const ms = waitMs ?? most * (0.5 + random() / 2)
    if (ms >= limit.leftMs()) return false
    await pause(clock, ms, limit.signal)
    return !limit.signal.aborted
  }

  async #send(write: Write, abortSignal: AbortSignal): Promise<void> {
    const { client } = this.#options
    if (write.kind === 'insert') await client.createEntity(write.entity, { abortSignal })
    else if (write.kind === 'change')
      await client.updateEntity(write.entity, write.mode, { etag: write.etag, abortSignal })
    else await client.deleteEntity(write.place.partitionKey, write.place.rowKey, { etag: write.etag, abortSignal })
  }
}

const unreached = ({ said }: Failure): StoreError =>
  new StoreError('unavailable', `the table cannot be reached (${said})`)
