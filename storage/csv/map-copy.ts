/**
 * The file that people open beside a map's segments, such as `carts.csv`: it follows the map, and is never read back. When:
 * soon after a change, and then for no more than a twentieth of the time; never two at once. After a crash, or where the file is
 * missing or was changed, in the background after the start. Nothing that goes wrong with it keeps anybody else from anything.
 */
import type { Clock } from '../../clock.ts'
import type { FileSystem } from '../file-system.ts'
import type { KeyedMap } from '../map.ts'
import { CopyFile } from './copy-file.ts'
import { formatRow } from './row.ts'

export interface MapCopyOptions<Value> {
  files: FileSystem
  clock: Clock
  folder: string
  /** The copy's name, such as `carts.csv`. */
  name: string
  /** Its header; another one than before is taken at a start. */
  columns: readonly string[]
  /** A value may be several rows, or none. */
  rowsOf: (key: string, value: Value) => readonly (readonly string[])[]
  map: Pick<KeyedMap<Value>, 'entries'>
  /** Told what the operator should know, in a sentence. */
  note: (sentence: string) => void
}

const idleMs = 200
/** How long to rest after a copy was written, in the time that took. */
const rests = 19
/** How long to rest at least where it was refused. */
const refusedMs = 10_000
/** A stop does not wait longer for a copy. */
const stopMs = 3000
const closing = 'the copy is being closed'
/** So many entries and rows, or about so many characters, are written at once. */
const piece = { rows: 1000, characters: 1 << 18 }

export class MapCopy<Value> {
  readonly #options: MapCopyOptions<Value>
  readonly #file: CopyFile
  #cancel: (() => void) | undefined
  #running: Promise<void> | undefined
  #behind = false
  #refused = false
  #closed = false
  #restUntil = Number.NEGATIVE_INFINITY
  #lastTook = 0
  #stopAt = Number.POSITIVE_INFINITY
  /** Rejects when a stop waits no longer. */
  readonly #givenUp = Promise.withResolvers<never>()

  private constructor(options: MapCopyOptions<Value>) {
    this.#options = options
    this.#file = new CopyFile({ ...options, goOn: () => this.#goOn() })
    this.#givenUp.promise.catch(() => {}) // who waits for it is told
  }

  /** Before anything is changed in the map. What the disk refuses is told, and tried again later. */
  static async open<Value>(options: MapCopyOptions<Value>): Promise<MapCopy<Value>> {
    const copy = new MapCopy(options)
    try {
      copy.#behind = !(await copy.#file.ready())
    } catch (error) {
      copy.#behind = true
      copy.#tell(error as Error)
    }
    copy.#schedule()
    return copy
  }

  /** Called after each durable change. */
  changed(): void {
    this.#behind = true
    this.#schedule()
  }

  /**
   * After the last change, before the map is closed: brings it up to date, where that takes no more than a few seconds;
   * else the next start does.
   */
  async close(): Promise<void> {
    const { clock } = this.#options
    this.#closed = true
    this.#cancel?.()
    this.#stopAt = clock.elapsed() + stopMs
    const cancel = clock.after(stopMs, () => this.#givenUp.reject(new Error(closing)))
    await this.#running
    if (this.#behind && clock.elapsed() + this.#lastTook < this.#stopAt) await this.#turn()
    cancel()
    if (!this.#behind) await this.#file.stop().catch((error: Error) => this.#tell(error))
  }

  #schedule(): void {
    if (this.#closed || this.#cancel !== undefined || this.#running !== undefined) return
    const wait = Math.max(idleMs, Math.ceil(this.#restUntil - this.#options.clock.elapsed()))
    this.#cancel = this.#options.clock.after(wait, () => {
      this.#cancel = undefined
      this.#running = this.#turn().finally(() => {
        this.#running = undefined
        if (this.#behind) this.#schedule()
      })
    })
  }

  /** Where nothing was changed since the start, it only looks whether the copy is there as it was left. */
  async #turn(): Promise<void> {
    const { clock } = this.#options
    const began = clock.elapsed()
    let isDone = false
    try {
      await this.#file.ready()
      if (this.#behind || !(await this.#file.isOurs(Buffer.from(lineOf(this.#options.columns))))) {
        this.#behind = false
        await this.#file.replace(this.#pieces())
      }
      isDone = true
      this.#refused = false
    } catch (error) {
      this.#behind = true
      if (clock.elapsed() < this.#stopAt) this.#tell(error as Error)
    }
    const end = clock.elapsed()
    this.#lastTook = end - began
    this.#restUntil = end + Math.max(isDone ? 0 : refusedMs, this.#lastTook * rests)
  }

  #goOn(): void {
    if (this.#options.clock.elapsed() >= this.#stopAt) throw new Error(closing)
  }

  async *#pieces(): AsyncGenerator<Buffer> {
    const { columns, map, rowsOf } = this.#options
    let text = lineOf(columns)
    let rows = 0
    const isFull = () => rows >= piece.rows || text.length >= piece.characters
    const taken = () => {
      const bytes = Buffer.from(text)
      ;[text, rows] = ['', 0]
      return bytes
    }
    const entries = map.entries()[Symbol.asyncIterator]()
    try {
      // The first one may take as long as the map takes to find its keys.
      let next = await Promise.race([entries.next(), this.#givenUp.promise])
      for (; next.done !== true; next = await entries.next()) {
        rows += 1 // one without rows takes its time, too
        for (const fields of rowsOf(...next.value)) {
          text += lineOf(fields)
          rows += 1
          if (isFull()) yield taken()
        }
        if (isFull()) yield taken()
      }
      yield taken()
    } finally {
      entries.return?.().catch(() => {}) // it was only read; a stop does not wait for it
    }
  }

  #tell(error: Error): void {
    const { folder, name, note } = this.#options
    if (!this.#refused)
      note(
        `${folder}/${name} could not be brought up to date (${error.message}); it is only a copy, and it is tried again until it works`,
      )
    this.#refused = true
  }
}

/** A line break or a NUL in a field becomes a space. */
function lineOf(fields: readonly string[]): string {
  try {
    return `${formatRow(fields)}\n`
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return `${formatRow(fields.map((field) => field.replaceAll(/\r\n|[\r\n\0]/g, ' ')))}\n`
  }
}
