/**
 * Making a map's segments small again. A crash at any point is harmless:
 *
 * 1. In the writer's turn a new segment opens, synced, its name too. From now on rows go there.
 * 2. Outside it, a piece between two turns of everybody else: each row of the older segments that counted at 1 is copied, as
 *    `new`, behind a row that says `begins`, into a temporary file, which is synced and takes the place of the newest of the
 *    older ones; the folder is synced.
 * 3. The index is told the new places, piece by piece, each in a writer's turn; the old files stay open for who reads them.
 * 4. The older ones go. A start passes them over already, for the row `begins`.
 *
 * What is changed while 2 goes on is copied as it was: its row in the new segment follows from that.
 * Where the disk refuses, the segments stay as they are, and the next one opens at the next try.
 */
import type { Mutex } from 'async-mutex'
import type { OpenFile } from '../file-system.ts'
import { type MapFile, type MapFiles, type MapSource, SyncedFile } from './map-files.ts'
import { emptyLine, headerOf, MapRow } from './map-row.ts'
import { type MapStart, segmentName } from './map-start.ts'
import type { MapWalks } from './map-walks.ts'

export interface CompactionOptions {
  start: MapStart
  files: MapFiles
  walks: MapWalks
  /** The writer's turn. */
  writing: Mutex
  /** Opens the next segment, in the writer's turn; returns the number of the one before it. */
  openNext: () => Promise<number>
  stopped: () => boolean
}

/** So many bytes are synced at once: more would keep the disk from whoever waits for an answer. */
const syncBytes = 1 << 22

export class MapCompaction {
  readonly #options: CompactionOptions
  /** The places of rows that counted when the new segment opened, and count no more. */
  #overtaken: Set<number> | undefined
  /** The numbers of segments whose files are still to be removed. */
  #left: number[]

  /** `older`: the numbers of the segments before the last one. */
  constructor(options: CompactionOptions, older: readonly number[]) {
    this.#options = options
    this.#left = [...older]
  }

  /** The row at this place counts no more. */
  overtaken(place: number): void {
    this.#overtaken?.add(place)
  }

  /** Throws where the disk refuses, or a row is damaged; then everything is as it was, but for one segment more. */
  async run(): Promise<void> {
    const { files, writing, openNext, walks, stopped } = this.#options
    const number = await writing.runExclusive(async () => {
      const before = await openNext()
      this.#overtaken = new Set()
      return before
    })
    this.#left.push(number)
    const old = files.list.slice(0, -1)
    try {
      const copied = await this.#copy(old, number)
      await walks.move(() => this.#move(old, copied), stopped)
      if (stopped()) return
    } finally {
      this.#overtaken = undefined
    }
    await this.#removeOlder(number)
  }

  async #copy(old: readonly MapFile[], number: number): Promise<Copied> {
    const { files, folder, name, columns } = this.#options.start
    const path = `${folder}/${segmentName(name, number)}`
    const temporary = `${path}.tmp`
    let file: OpenFile | undefined
    try {
      file = await files.open(temporary, 'create')
      const copied = await this.#copyRows(old, file, path, [
        Buffer.from(headerOf(columns)),
        Buffer.from(emptyLine('', 'begins', columns)),
      ])
      await files.rename(temporary, path)
      await files.syncFolder(folder)
      return copied
    } catch (error) {
      await file?.close().catch(() => {}) // the first error is the one that counts
      await files.remove(temporary).catch(() => {}) // it may not have come to be, or have its name already
      throw error
    }
  }

  async #copyRows(old: readonly MapFile[], file: OpenFile, path: string, head: readonly Buffer[]): Promise<Copied> {
    const { files, stopped } = this.#options
    const row = new MapRow()
    const bits = new Bits()
    let [length, synced, rows, met] = [0, 0, 0, 0]
    let lines = [...head]
    for (const from of old)
      for await (const { bytes, at } of from.pieces()) {
        if (stopped()) throw new Error('the map is being closed')
        for (let next = 0; next < bytes.length; next = row.next) {
          row.read(bytes, next)
          if (row.change === undefined) throw await from.damagedAt(at + row.at)
          met += 1
          if (row.change !== 'new' && row.change !== 'set') continue
          const place = from.place(at + row.at)
          row.takeKey(files.index)
          if (!files.index.has(place) && this.#overtaken?.has(place) !== true) continue
          bits.add(met)
          lines.push(row.asNew())
          rows += 1
        }
        await write(Buffer.concat(lines))
      }
    await write(Buffer.concat(lines))
    await file.sync()
    return {
      source: new SyncedFile(path, file, length),
      first: head[0]!.length,
      head: head[0]!.length + head[1]!.length,
      rows,
      bits,
    }

    async function write(bytes: Buffer): Promise<void> {
      lines = []
      if (bytes.length === 0) return
      await file.write(bytes, length)
      length += bytes.length
      if (length - synced < syncBytes) return
      await file.sync()
      synced = length
    }
  }

  async #move(old: readonly MapFile[], { source, first, head, rows, bits }: Copied): Promise<void> {
    const { files, writing, stopped } = this.#options
    const file = files.make(source, first)
    file.rows = rows
    files.list.splice(old.length, 0, file)
    const row = new MapRow()
    let [offset, met] = [head, 0]
    for (const from of old)
      for await (const { bytes, at } of from.pieces()) {
        if (stopped()) return
        await writing.runExclusive(() => {
          for (let next = 0; next < bytes.length; next = row.next) {
            row.read(bytes, next)
            met += 1
            if (!bits.has(met)) continue
            row.takeKey(files.index)
            files.index.replace(from.place(at + row.at), file.place(offset))
            offset += row.newBytes
          }
        })
      }
    // Before anybody else may begin to walk: who walks goes through the files that are there.
    for (const each of old) await files.retire(each).catch(() => {}) // it was only read
  }

  /** In ascending order, as they came. One that cannot be removed is passed over by a start, and tried again. */
  async #removeOlder(number: number): Promise<void> {
    const { files, folder, name } = this.#options.start
    const left = this.#left.filter((each) => each < number)
    this.#left = [number]
    while (left.length > 0) {
      try {
        await files.remove(`${folder}/${segmentName(name, left[0]!)}`)
      } catch (error) {
        this.#left.unshift(...left)
        throw error
      }
      left.shift()
    }
  }
}

interface Copied {
  source: MapSource
  /** Bytes of the header, and where the first copied row stands. */
  first: number
  head: number
  rows: number
  /** Which of the rows that were met were copied. */
  bits: Bits
}

/** A set of rising numbers, a bit each. */
class Bits {
  #bytes = new Uint8Array(1024)

  add(number: number): void {
    const needed = (number >> 3) + 1
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2)) // they may rise by far more than one
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes[number >> 3]! |= 1 << (number & 7)
  }

  has(number: number): boolean {
    return (((this.#bytes[number >> 3] ?? 0) >> (number & 7)) & 1) === 1
  }
}
