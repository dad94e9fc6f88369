/**
 * The log on one CSV file. Always: what readers see is synced; one batch at a time is numbered, appended and synced, under
 * the mutex `writing`; memory holds the last 1,048,576 keys and no orders.
 */
import { Mutex } from 'async-mutex'
import { BatchQueue, type QueueWatch } from '../../batch-queue.ts'
import { type Clock, sleep } from '../../clock.ts'
import { StoreError } from '../../errors.ts'
import type { FileSystem } from '../file-system.ts'
import type { Entry, Log, LogEntry } from '../log.ts'
import { AppendFile, batchBytesMax, type GiveUp } from './append-file.ts'
import { FoundKeys } from './found-keys.ts'
import { KeyIndex, keysRemembered } from './key-index.ts'
import { type CheckedLog, checkLog, type LogFormat } from './log-start.ts'
import { NumberedFile, type Row } from './numbered-file.ts'
import type { PlainRow } from './plain-row.ts'
import { formatRow } from './row.ts'

export interface LogOptions {
  files: FileSystem
  clock: Clock
  folder: string
  /** The file's name, such as `orders.csv`. */
  name: string
  format: LogFormat
  giveUp: GiveUp
  /** Told what the operator should know, in a sentence. */
  note?: (sentence: string) => void
  /** Simulated time of one write or read, in milliseconds. */
  ioDelayMs: number
  /** Of so many orders the keys are remembered, a power of two; fewer take less memory. */
  keys?: number
  watch?: QueueWatch | undefined
}

/** What waits to be written: its rows without their numbers and places. */
interface Formatted {
  key: string
  rows: readonly string[]
}

/** More bytes than an entry can take: a unit of a string is at most three in UTF-8. */
const bytesAtMost = ({ rows }: Formatted): number => rows.reduce((sum, row) => sum + row.length * 3 + 64, 0)

const mend =
  'stop the store and mend the row or restore the file from a backup (`npm run client -- verify` names all that is wrong)'
const toldMax = 1000
/** What nearly every key comes to. */
const nothing: Promise<undefined> = Promise.resolve(undefined)

const numbered = ({ rows }: Formatted, number: number): string =>
  rows.map((row, i) => `${number},${i + 1} of ${rows.length},${row}\n`).join('')

const rowBytes = 128 // a guess at a usual row, for the size of a page's read

export class CsvLog implements Log {
  readonly #options: LogOptions & { keys: number }
  readonly #file: AppendFile
  readonly #rows: NumberedFile
  readonly #index: KeyIndex
  /** The keys being found again, or found; undefined where that failed and is to be tried again. */
  #indexed: Promise<void> | undefined
  #allKeysKnown = false
  /** Protects the file's end and `#lastNumber`. */
  readonly #writing = new Mutex()
  readonly #queue: BatchQueue<Formatted, number>
  readonly #keyAt: number
  readonly #attemptAt: number
  readonly #foundKeys: FoundKeys
  readonly #told = new Set<string>()
  #lastNumber: number
  #closed = false

  private constructor(options: LogOptions, file: AppendFile, checked: CheckedLog) {
    this.#options = { keys: keysRemembered, ...options }
    this.#index = new KeyIndex(this.#options.keys)
    this.#file = file
    this.#lastNumber = checked.lastNumber
    const { columns, keyColumn, attemptColumn } = options.format
    this.#keyAt = columns.indexOf(keyColumn)
    this.#attemptAt = columns.indexOf(attemptColumn)
    this.#rows = new NumberedFile(file, checked.first, columns.length, checked.lastNumber)
    this.#foundKeys = new FoundKeys({
      source: file,
      first: checked.first,
      columns: columns.length,
      keyAt: this.#keyAt,
      index: this.#index,
      stopped: () => this.#closed,
    })
    this.#queue = new BatchQueue({
      run: (batch) => this.#write(batch),
      batchMax: batchBytesMax,
      queueMax: 10_000,
      weight: bytesAtMost,
      watch: options.watch,
    })
  }

  /** Also returns what the start found, for the operator. Throws a StartError where a person must mend the file. */
  static async open(options: LogOptions): Promise<{ log: CsvLog; checked: CheckedLog }> {
    const { files, folder, name, format, clock, giveUp } = options
    const checked = await checkLog(files, folder, name, format, clock.now())
    const file = await AppendFile.open(files, `${folder}/${name}`, giveUp)
    return { log: new CsvLog(options, file, checked), checked }
  }

  /**
   * Begins to find the remembered keys again; the first key that is not known would begin it, too. For a service that has
   * started: before, it would only be in the way.
   */
  findKeys(): void {
    this.#findKeysAgain().catch(() => {}) // those who wait for it are told; nobody may wait yet
  }

  get lastNumber(): number {
    return this.#lastNumber
  }

  append(entry: Entry): Promise<number> {
    try {
      if (entry.rows.length === 0) throw new RangeError('an entry has at least one row')
      return this.#queue.submit(this.#format(entry))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  async get(number: number): Promise<LogEntry | undefined> {
    await sleep(this.#options.clock, this.#options.ioDelayMs)
    return this.#read(number)
  }

  async list(before: number, limit: number): Promise<LogEntry[]> {
    await sleep(this.#options.clock, this.#options.ioDelayMs)
    if (limit < 1) return []
    const end = before > this.#lastNumber ? this.#file.length : await this.#rows.seek(before)
    const entries: LogEntry[] = []
    let rows: Row[] = []
    for await (const row of this.#rows.rowsBackward(end, (limit + 1) * rowBytes)) {
      if (rows.length > 0 && row.number !== rows[0]!.number) {
        entries.push(this.#entry(rows))
        rows = []
        if (entries.length === limit) break
      }
      rows.unshift(row)
    }
    if (rows.length > 0) entries.push(this.#entry(rows))
    return entries
  }

  isNew(key: string): boolean {
    return this.#allKeysKnown && this.#index.find(key).length === 0 && !this.#foundKeys.isDoubtful(key)
  }

  byKey(key: string): Promise<LogEntry | undefined> {
    return this.isNew(key) ? nothing : this.#lookUp(key)
  }

  async #lookUp(key: string): Promise<LogEntry | undefined> {
    try {
      const found = await this.#findKey(key)
      if (found !== undefined) return found
      await this.#findKeysAgain()
      const late = await this.#findKey(key)
      if (late === undefined && this.#foundKeys.isDoubtful(key))
        throw new Error(`${this.#file.path}: a row that is damaged or out of its order holds the key ${key}; ${mend}`)
      return late
    } catch (error) {
      if (!this.#closed) this.#tell((error as Error).message)
      throw new StoreError('outcome_unknown', 'the order of this key cannot be read', { cause: error })
    }
  }

  async attemptsAfter(attempts: ReadonlySet<string>, after: number): Promise<Set<string>> {
    const found = new Set<string>()
    const start = after >= this.#lastNumber ? this.#file.length : await this.#rows.seekBefore(after + 1)
    for await (const { fields } of this.#rows.rows(start)) {
      const attempt = fields[this.#attemptAt]!
      if (attempts.has(attempt)) found.add(attempt)
    }
    return found
  }

  async *since(after: number, column?: string): AsyncGenerator<LogEntry> {
    const last = this.#lastNumber
    if (after >= last) return
    let before = Math.max(0, after)
    let rows: Row[] = []
    const at = this.#options.format.columns.indexOf(column ?? '')
    const isNext = (number: number): boolean => number === before || (number === before + 1 && before < last)
    /** Most rows: their number follows, and the column is empty. */
    const pass = (row: PlainRow): boolean => {
      if (rows.length > 0 || row.start(at) !== row.end(at) || !isNext(row.number)) return false
      before = row.number
      return true
    }
    const start = await this.#rows.seekBefore(after + 1)
    for await (const row of this.#rows.rows(start, { pass: at === -1 ? undefined : pass })) {
      if (rows.length > 0 && row.number !== before) {
        yield this.#entry(rows)
        rows = []
      }
      if (before === last && row.number !== last) return
      if (row.number <= after && before === after) continue
      // Only rows that were brought along leave numbers out.
      if (!isNext(row.number) && (row.number < before || row.fields[this.#attemptAt] !== ''))
        throw this.#isMissing(before + 1)
      const isWanted = row.number === before ? rows.length > 0 : at === -1 || row.fields[at] !== ''
      if (isWanted) rows.push(row)
      before = row.number
    }
    if (before !== last) throw this.#isMissing(before + 1)
    if (rows.length > 0) yield this.#entry(rows)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#queue.settled()
    await this.#indexed?.catch(() => {}) // a damaged row is told to those who ask for a key
    await this.#file.close()
  }

  #write(batch: Formatted[]): Promise<number[]> {
    return this.#writing.runExclusive(async () => {
      await sleep(this.#options.clock, this.#options.ioDelayMs)
      let number = this.#lastNumber
      const text = batch.map((entry) => numbered(entry, ++number)).join('')
      await this.#file.append(Buffer.from(text))
      const first = this.#lastNumber + 1
      this.#lastNumber = number
      for (const [i, { key }] of batch.entries()) this.#index.add(key, first + i)
      return batch.map((_, i) => first + i)
    })
  }

  /** Throws a RangeError where a field cannot stand in a row. */
  #format({ key, attempt, rows }: Entry): Formatted {
    const { columns, keyColumn, attemptColumn } = this.#options.format
    const fields = columns.slice(2)
    const formatted = rows.map((row) => {
      const own = { ...row, [keyColumn]: key, [attemptColumn]: attempt }
      return formatRow(fields.map((column) => own[column] ?? ''))
    })
    return { key, rows: formatted }
  }

  async #read(number: number): Promise<LogEntry | undefined> {
    if (number > this.#lastNumber || number < 0) return undefined
    const rows: Row[] = []
    const { at, seen } = await this.#rows.find(number)
    // A damaged row belongs to this order or to its neighbour: then this one is not whole, or it is none of its business.
    for await (const row of this.#rows.rows(at, { chunkBytes: 4096, skipDamaged: true, seen })) {
      // Only rows that were brought along leave numbers out; else the one asked for is there, or was damaged.
      const isMissing = rows.length === 0 && row.number !== number && number > 0 && row.fields[this.#attemptAt] !== ''
      if (isMissing || row.number < number) throw this.#isMissing(number)
      if (row.number !== number) break
      rows.push(row)
    }
    return rows.length === 0 ? undefined : this.#entry(rows)
  }

  #isMissing(number: number): Error {
    return new Error(`${this.#file.path}: order ${number} is damaged or missing; ${mend}`)
  }

  async #findKey(key: string): Promise<LogEntry | undefined> {
    for (const number of this.#index.find(key)) {
      const entry = await this.#read(number)
      if (entry?.key === key) return entry
    }
    return undefined
  }

  #entry(rows: Row[]): LogEntry {
    const { columns } = this.#options.format
    const [first] = rows
    if (rows.some(({ fields }, i) => fields[1] !== `${i + 1} of ${rows.length}`))
      throw new Error(`${this.#file.path}: order ${first!.number} is damaged; ${mend}`)
    const named = rows.map(({ fields }) => Object.fromEntries(columns.map((column, i) => [column, fields[i]!])))
    return {
      number: first!.number,
      key: first!.fields[this.#keyAt]!,
      attempt: first!.fields[this.#attemptAt]!,
      rows: named,
    }
  }

  /** A read that the disk refuses once must not refuse every key for ever: the next one who asks tries again. */
  #findKeysAgain(): Promise<void> {
    this.#indexed ??= this.#readKeysBack().then(
      () => {
        this.#allKeysKnown = true
      },
      (error: unknown) => {
        this.#indexed = undefined
        throw error
      },
    )
    return this.#indexed
  }

  /** Finds the remembered keys again, from the newest back, while the store serves. */
  async #readKeysBack(): Promise<void> {
    const newest = this.#lastNumber
    if (newest === 0) return
    const doubtful = await this.#foundKeys.find(newest, newest - this.#options.keys)
    if (this.#closed) throw new Error(`${this.#file.path}: it was closed before all keys were found`)
    if (doubtful > 0)
      this.#tell(`${this.#file.path}: ${doubtful} rows are damaged, missing or out of their order; ${mend}`)
  }

  /** Each sentence once. */
  #tell(sentence: string): void {
    if (this.#told.has(sentence) || this.#told.size >= toldMax) return
    this.#told.add(sentence)
    this.#options.note?.(sentence)
  }
}
