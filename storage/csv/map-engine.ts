/**
 * The map on segments of CSV that only grow, a row a change. Always: what readers see is synced; one batch at a time is
 * decided, appended and synced, under the mutex `writing`; memory holds where each key's last row stands (place-index.ts) and
 * the values that were last used, no others.
 */
import { Mutex } from 'async-mutex'
import { BatchQueue, type QueueWatch } from '../../batch-queue.ts'
import { type Clock, sleep } from '../../clock.ts'
import { StoreError } from '../../errors.ts'
import type { FileSystem } from '../file-system.ts'
import { type BulkMap, checkKey } from '../map.ts'
import { AppendFile, type GiveUp } from './append-file.ts'
import { findPlaces } from './found-places.ts'
import { MapCompaction } from './map-compaction.ts'
import { MapFiles, type MapSource, SyncedFile } from './map-files.ts'
import { type CheckedMap, checkMap, createSegment, type MapStart, segmentName } from './map-start.ts'
import { decide, type Held, type MapFormat, type Put, type Step, type Work } from './map-turn.ts'
import { MapWalks } from './map-walks.ts'
import { PlaceIndex } from './place-index.ts'
import { RecentValues } from './recent-values.ts'
import type { Cut } from './tail.ts'

export interface MapOptions<Value> {
  files: FileSystem
  clock: Clock
  folder: string
  /** The segments' name before their number, such as `drafts`. */
  name: string
  format: MapFormat<Value>
  giveUp: GiveUp
  /** Told what the operator should know, in a sentence. */
  note?: (sentence: string) => void
  /** Simulated time of one write or read, in milliseconds. */
  ioDelayMs: number
  watch?: QueueWatch | undefined
  /** So many values are kept in memory; where values are weighed, what all weigh together. */
  cacheMax?: number
  /** A value's share of it: 1 where it is not given. */
  weigh?: (value: Value) => number
  /** Segments with less garbage are left as they are. */
  compactBytes?: number
  /** Bits of each half of a key's hash that count; fewer make keys share one. */
  hashBits?: number
}

/** What a start finds before anything is read. */
export interface MapReport {
  cut: Cut | undefined
  segments: number
  bytes: number
}

/** What the segments hold when they are all read. */
export interface MapContent {
  entries: number
  /** About how many bytes are of rows that count no more. */
  garbageBytes: number
  damagedRows: number
}

const queueMax = 10_000
const batchMax = 1000
const piece = { entries: 500, bytes: 1 << 18 }
/** How long the segments stay as they are when they could not be made small. */
const restMs = 10_000

export class CsvMap<Value> implements BulkMap<Value> {
  readonly #options: MapOptions<Value> & { cacheMax: number; compactBytes: number }
  readonly #start: MapStart
  readonly #files = new MapFiles()
  readonly #walks = new MapWalks(this.#files)
  readonly #recent: RecentValues<Value>
  readonly #queue: BatchQueue<Work<Value>, Value | undefined>
  readonly #compaction: MapCompaction
  /** Protects the end of the last segment and the places in the index. */
  readonly #writing = new Mutex()
  #active: AppendFile
  #number: number
  /** The places being found again, or found; undefined where that failed and is to be tried again. */
  #found: Promise<MapContent> | undefined
  /** The place of the last damaged row; 0 where there is none. */
  #lastDamaged = 0
  #compacting: Promise<void> | undefined
  #compactAt = Number.NEGATIVE_INFINITY
  /** The last try to make the segments small failed. */
  #failed = false
  #closed = false
  /** Nobody waits for a change any more. */
  #idle = false

  private constructor(options: MapOptions<Value>, start: MapStart, opened: Opened) {
    this.#options = { cacheMax: 10_000, compactBytes: 8 << 20, ...options }
    this.#start = start
    this.#active = opened.active
    this.#number = opened.number
    for (const { source, first } of opened.sources) this.#files.list.push(this.#files.make(source, first))
    this.#recent = new RecentValues(this.#options.cacheMax, options.weigh)
    this.#queue = new BatchQueue({
      run: (batch) => this.#write(batch),
      batchMax,
      queueMax,
      count: (work) => ('puts' in work ? work.puts.length : 1),
      watch: options.watch,
    })
    this.#compaction = new MapCompaction(
      {
        start,
        files: this.#files,
        walks: this.#walks,
        writing: this.#writing,
        openNext: () => this.#openNext(),
        stopped: () => this.#closed,
      },
      opened.older,
    )
  }

  /** Also returns what the start found, for the operator. Throws a StartError where a person must mend the files. */
  static async open<Value>(options: MapOptions<Value>): Promise<{ map: CsvMap<Value>; checked: MapReport }> {
    const { files, folder, name, format, clock, giveUp } = options
    const start: MapStart = { files, folder, name, columns: format.columns, giveUp }
    const found = await checkMap(start, clock.now())
    const opened = await openSegments(start, found)
    const map = new CsvMap(options, start, opened)
    return { map, checked: { cut: found.cut, segments: found.segments.length, bytes: map.#files.bytes } }
  }

  /**
   * Begins to find the places of the keys; the first call would begin it, too. For a service that has started: before, it
   * would only be in the way. Rejects where the disk refuses a read; whoever needs it next tries again.
   */
  findAll(): Promise<MapContent> {
    this.#found ??= this.#find().catch((error: unknown) => {
      this.#found = undefined
      throw error
    })
    return this.#found
  }

  get size(): number {
    return this.#files.index.size
  }

  async get(key: string): Promise<Value | undefined> {
    checkKey(key)
    await sleep(this.#options.clock, this.#options.ioDelayMs)
    await this.#ready()
    const cached = this.#recent.get(key)
    if (cached !== undefined) return cached
    const { place, fields } = await this.#look(key)
    await this.#checkCertain(place)
    if (fields === undefined) return undefined
    const value = await this.#valueOf(fields, place)
    this.#files.index.take(key)
    if (this.#files.index.has(place)) this.#recent.set(key, value) // else it was changed meanwhile
    return value
  }

  update(key: string, change: (value: Value | undefined) => Value | undefined): Promise<Value | undefined> {
    try {
      checkKey(key)
      return this.#queue.submit({ key, change })
    } catch (error) {
      return Promise.reject(error)
    }
  }

  async putAll(entries: Iterable<readonly [key: string, value: Value]>): Promise<void> {
    let done = false
    for (const puts of inPieces(entries, this.#options.format)) {
      try {
        await this.#queue.submit({ puts })
      } catch (error) {
        if (!done || !(error instanceof StoreError) || error.code !== 'unavailable') throw error
        throw new StoreError('outcome_unknown', 'some were set, the others were not; ask again', { cause: error })
      }
      done = true
    }
  }

  async delete(key: string): Promise<void> {
    await this.update(key, () => undefined)
  }

  /** Throws where a row is damaged: it cannot tell them all. */
  async *entries(): AsyncGenerator<[string, Value]> {
    await this.#ready()
    await this.#checkCertain(0)
    for await (const { rows, keys } of this.#walks.walk()) {
      for (const fields of rows) yield [fields[0]!, this.#options.format.read(fields.slice(2))]
      for (const key of keys) {
        const value = await this.get(key)
        if (value !== undefined) yield [key, value]
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#walks.stop()
    await this.#queue.settled()
    this.#idle = true
    await this.#found?.catch(() => {}) // those who asked were told
    await this.#compacting
    const closed = await Promise.allSettled(this.#files.list.map((file) => file.retire()))
    for (const each of closed) if (each.status === 'rejected') throw each.reason
  }

  async #write(batch: Work<Value>[]): Promise<(Value | undefined | Error)[]> {
    try {
      await this.#ready()
    } catch (error) {
      throw refusedRead(error)
    }
    const outs = await this.#writing.runExclusive(async () => {
      this.#active.checkUsable() // what a change of unknown outcome left may come true behind an answer, though it writes nothing
      await sleep(this.#options.clock, this.#options.ioDelayMs)
      const keys = new Set(batch.flatMap((work) => ('puts' in work ? work.puts.map(({ key }) => key) : work.key)))
      const held = new Map<string, Held<Value> | Error>()
      const looked: Promise<unknown>[] = []
      for (const key of keys) {
        const known = this.#known(key)
        if (known !== undefined) held.set(key, known)
        else looked.push(this.#hold(key).then((found) => held.set(key, found)))
      }
      await Promise.all(looked)
      return decide(batch, held, this.#options.format, (steps) => this.#commit(steps, held))
    })
    this.#compactSoon()
    return outs
  }

  /** What a key has now, where that needs no read; else undefined. */
  #known(key: string): Held<Value> | undefined {
    if (this.#lastDamaged !== 0) return undefined
    this.#files.index.take(key)
    const place = this.#files.index.only()
    const value = place > 0 ? this.#recent.get(key) : undefined
    const isKnown = place === 0 || value !== undefined
    return isKnown ? { place, has: place !== 0, value, refusal: undefined } : undefined
  }

  /** The same where it may need one; an Error where nothing can be said of it. */
  async #hold(key: string): Promise<Held<Value> | Error> {
    try {
      const { place, fields } = await this.#look(key)
      const held: Held<Value> = { place, has: place !== 0, value: undefined, refusal: undefined }
      try {
        await this.#checkCertain(place)
        if (fields !== undefined) held.value = await this.#valueOf(fields, place)
      } catch (error) {
        held.refusal = error as Error
      }
      return held
    } catch (error) {
      return refusedRead(error)
    }
  }

  /** In the writer's turn: makes rows durable, then seen. */
  async #commit(steps: readonly Step<Value>[], held: ReadonlyMap<string, Held<Value> | Error>): Promise<void> {
    let offset = this.#active.length
    await this.#active.append(Buffer.from(steps.map(({ line }) => line).join('')))
    const { index, list } = this.#files
    const file = list.at(-1)!
    for (const { key, value, bytes } of steps) {
      const before = held.get(key) as Held<Value>
      const place = value === undefined ? 0 : file.place(offset)
      offset += bytes
      file.rows += 1
      index.take(key)
      if (before.place === 0) index.add(place)
      else if (place === 0) index.remove(before.place)
      else index.replace(before.place, place)
      if (before.place !== 0) {
        this.#compaction.overtaken(before.place)
        this.#walks.changed(key, before.place)
      }
      before.place = place
      if (value === undefined) this.#recent.delete(key)
      else this.#recent.set(key, value)
    }
  }

  /** The place of a key's row, 0 where it has none; with its fields. */
  async #look(key: string): Promise<{ place: number; fields?: string[] }> {
    const { index } = this.#files
    index.take(key)
    const places = index.places()
    if (places.length === 0) return { place: 0 }
    const rows = await this.#files.rowsAt(places)
    const found = rows.findIndex(([each]) => each === key)
    return found === -1 ? { place: 0 } : { place: places[found]!, fields: rows[found]! }
  }

  async #valueOf(fields: readonly string[], place: number): Promise<Value> {
    try {
      return this.#options.format.read(fields.slice(2))
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      throw new Error(`${(await this.#files.damagedAt(place)).message} (${error.message})`)
    }
  }

  /** Throws where a damaged row stands behind this place: it may have been a newer one of the same key. */
  async #checkCertain(place: number): Promise<void> {
    if (this.#lastDamaged === 0) return
    const [damaged, row] = [this.#lastDamaged, place].map((each) => (each === 0 ? undefined : this.#files.at(each)))
    const isBehind =
      row !== undefined && (row.file > damaged!.file || (row.file === damaged!.file && row.offset > damaged!.offset))
    if (!isBehind) throw await this.#files.damagedAt(this.#lastDamaged)
  }

  /** Resolves when the places are found. Who joins a search that fails searches once more. */
  async #ready(): Promise<void> {
    const joined = this.#found !== undefined
    try {
      await this.findAll()
    } catch (error) {
      if (!joined) throw error
      await this.findAll()
    }
  }

  async #find(): Promise<MapContent> {
    const { hashBits } = this.#options
    const index = new PlaceIndex(hashBits === undefined ? {} : { bits: hashBits })
    const { damagedRows, lastDamaged } = await findPlaces(this.#files, index, () => this.#idle)
    this.#files.index = index
    this.#lastDamaged = lastDamaged
    if (lastDamaged !== 0) {
      const first = await this.#files.damagedAt(lastDamaged)
      this.#options.note?.(
        `${first.message}. ${damagedRows} rows are damaged; what was not changed since is refused until then`,
      )
    }
    this.#compactSoon()
    return { entries: index.size, garbageBytes: this.#garbageBytes, damagedRows }
  }

  get #garbageBytes(): number {
    const { rows, bytes, index } = this.#files
    return rows === 0 ? 0 : Math.round((bytes * (rows - index.size)) / rows)
  }

  /** Where more than half is garbage; not where a row is damaged, for it would be gone then. */
  #compactSoon(): void {
    const garbage = this.#garbageBytes
    if (garbage <= this.#options.compactBytes || garbage * 2 <= this.#files.bytes || this.#lastDamaged !== 0) return
    if (this.#closed || this.#compacting !== undefined || this.#options.clock.elapsed() < this.#compactAt) return
    this.#compacting = this.#compaction
      .run()
      .then(() => {
        this.#failed = false
      })
      .catch((error: Error) => {
        this.#compactAt = this.#options.clock.elapsed() + restMs
        if (!this.#closed && !this.#failed)
          this.#options.note?.(
            `${this.#start.name}: the files could not be made small (${error.message}); it is tried again until it works`,
          )
        this.#failed = true
      })
      .finally(() => {
        this.#compacting = undefined
      })
  }

  /** In the writer's turn. Throws where the disk refuses; then everything is as it was. */
  async #openNext(): Promise<number> {
    this.#active.checkUsable() // a row of unknown outcome may be its last: only the last segment may have one
    const before = this.#number
    const active = await createSegment(this.#start, before + 1)
    this.#files.list.push(this.#files.make(active, active.length))
    this.#active = active
    this.#number = before + 1
    return before
  }
}

interface Opened {
  sources: { source: MapSource; first: number }[]
  active: AppendFile
  /** The number of the last segment, and those of the others. */
  number: number
  older: number[]
}

async function openSegments(start: MapStart, { segments }: CheckedMap): Promise<Opened> {
  const { files, folder, name, giveUp } = start
  const sources: Opened['sources'] = []
  try {
    for (const { number, first } of segments.slice(0, -1))
      sources.push({ source: await SyncedFile.open(files, `${folder}/${segmentName(name, number)}`), first })
    const { number, first } = segments.at(-1)!
    const active = await AppendFile.open(files, `${folder}/${segmentName(name, number)}`, giveUp)
    sources.push({ source: active, first })
    return { sources, active, number, older: segments.slice(0, -1).map((each) => each.number) }
  } catch (error) {
    for (const { source } of sources) await source.close().catch(() => {}) // the first error is the one that counts
    throw error
  }
}

/** Entries as the writer takes them, a piece when it is asked for. */
function* inPieces<Value>(
  entries: Iterable<readonly [key: string, value: Value]>,
  { write }: MapFormat<Value>,
): Generator<Put<Value>[]> {
  let puts: Put<Value>[] = []
  let bytes = 0
  for (const [key, value] of entries) {
    checkKey(key)
    const fields = write(value)
    const most = fields.reduce((sum, field) => sum + field.length * 3, key.length * 3 + 64) // a unit is at most three bytes in UTF-8
    if (puts.length === piece.entries || (puts.length > 0 && bytes + most > piece.bytes)) {
      yield puts
      ;[puts, bytes] = [[], 0]
    }
    puts.push({ key, value, fields })
    bytes += most
  }
  if (puts.length > 0) yield puts
}

/** A read that failed in a change's turn: then nothing was changed. What a damaged row's error says stays. */
const refusedRead = (error: unknown): Error =>
  error instanceof Error && 'code' in error && !(error instanceof StoreError)
    ? new StoreError('unavailable', 'the disk refused a read; nothing was changed', { cause: error })
    : (error as Error)
