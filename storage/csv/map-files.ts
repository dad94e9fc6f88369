/**
 * The segments of a map that are open, and the rows in them. A place is a number: which file, and the byte where a row starts.
 * A file whose rows have moved is closed when nobody reads it any more.
 */
import type { FileSystem, OpenFile } from '../file-system.ts'
import { batchBytesMax } from './append-file.ts'
import { parseMapRow } from './map-row.ts'
import { PlaceIndex } from './place-index.ts'
import { lineAt } from './tail.ts'

/** Where the bytes come from: only synced ones. */
export interface MapSource {
  readonly path: string
  readonly length: number
  read(buffer: Uint8Array, position: number): Promise<number>
  close(): Promise<void>
}

/** A file that is synced and grows no more. */
export class SyncedFile implements MapSource {
  readonly path: string
  readonly length: number
  readonly #file: OpenFile

  constructor(path: string, file: OpenFile, length: number) {
    this.path = path
    this.#file = file
    this.length = length
  }

  static async open(files: FileSystem, path: string): Promise<SyncedFile> {
    const file = await files.open(path, 'read')
    try {
      return new SyncedFile(path, file, await file.size())
    } catch (error) {
      await file.close().catch(() => {}) // the first error is the one that counts
      throw error
    }
  }

  read(buffer: Uint8Array, position: number): Promise<number> {
    return this.#file.read(buffer.subarray(0, Math.max(0, this.length - position)), position)
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

/** Whole lines, and where they start; the last of a file may have no line end. */
export interface Piece {
  bytes: Buffer
  at: number
}

const offsets = 2 ** 37
const filesMax = 2 ** 16
const pieceBytes = 1 << 18

export const mendMap =
  'stop the store and restore the file from a backup; or take the line out, and what it said is lost'

export class MapFile {
  readonly #source: MapSource
  readonly id: number
  /** Bytes of the header. */
  readonly first: number
  /** How many rows were met in it. */
  rows = 0
  #reading = 0
  #retired = false

  constructor(id: number, source: MapSource, first: number) {
    this.id = id
    this.#source = source
    this.first = first
  }

  get path(): string {
    return this.#source.path
  }

  get length(): number {
    return this.#source.length
  }

  place(offset: number): number {
    return this.id * offsets + offset
  }

  /** The fields of the row that starts there. Throws where it is damaged. `guess`: how many bytes it may have. */
  row(offset: number, guess: number): Promise<string[]> {
    return this.#reads(async () => {
      for (let count = guess; ; count *= 4) {
        const bytes = await this.#bytes(offset, count)
        const end = bytes.indexOf(10)
        if (end === -1 && bytes.length === count && count < batchBytesMax) continue
        const fields = parseMapRow(bytes.toString('utf8', 0, end === -1 ? bytes.length : end))
        if (fields === undefined) throw await this.damagedAt(offset)
        return fields
      }
    })
  }

  /** All its lines from `from` on, as long as there are any; everybody else has a turn before each piece. The bytes are the next one's, too. */
  async *pieces(from = this.first): AsyncGenerator<Piece> {
    let buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(pieceBytes, this.length - from)))
    for (let at = from; at < this.length; ) {
      if (buffer.length < pieceBytes && this.length - at > buffer.length) buffer = Buffer.allocUnsafeSlow(pieceBytes)
      const place = at
      const read = await this.#reads(() => this.#source.read(buffer, place))
      if (read === 0) throw new Error(`${this.path}: it is shorter than it was`)
      const whole = buffer.subarray(0, read).lastIndexOf(10) + 1
      const isCut = at + read < this.length && whole === 0
      if (isCut && buffer.length < 2 * batchBytesMax) {
        buffer = Buffer.allocUnsafeSlow(buffer.length * 2)
        continue
      }
      const length = whole === 0 || (at + read === this.length && whole < read) ? read : whole
      yield { bytes: buffer.subarray(0, length), at }
      at += length
    }
  }

  async damagedAt(offset: number): Promise<Error> {
    const line = await this.#reads(() => lineAt(this.#source, offset))
    return new Error(`${this.path}:${line}: the row is damaged; ${mendMap}`)
  }

  /** Closes it when the reads that are under way are over. */
  async retire(): Promise<void> {
    this.#retired = true
    if (this.#reading === 0) await this.#source.close()
  }

  async #bytes(offset: number, count: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(Math.min(count, Math.max(0, this.length - offset)))
    const bytes = buffer.subarray(0, await this.#source.read(buffer, offset))
    return bytes
  }

  async #reads<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#reading += 1
    try {
      return await work()
    } finally {
      this.#reading -= 1
      if (this.#retired && this.#reading === 0) await this.#source.close().catch(() => {}) // it was only read
    }
  }
}

export class MapFiles {
  /** In the order in which their rows were written; the last one grows. */
  list: MapFile[] = []
  /** Where each key's last row stands in them. */
  index = new PlaceIndex()
  readonly #byId = new Map<number, MapFile>()
  #lastId = 0

  /** A file for the list, which the caller puts it into. */
  make(source: MapSource, first: number): MapFile {
    do this.#lastId = (this.#lastId + 1) % filesMax
    while (this.#byId.has(this.#lastId))
    const file = new MapFile(this.#lastId, source, first)
    this.#byId.set(file.id, file)
    return file
  }

  /** No place in it is asked for any more. */
  retire(file: MapFile): Promise<void> {
    this.list = this.list.filter((each) => each !== file)
    this.#byId.delete(file.id)
    return file.retire()
  }

  get rows(): number {
    return this.list.reduce((sum, { rows }) => sum + rows, 0)
  }

  get bytes(): number {
    return this.list.reduce((sum, { length }) => sum + length, 0)
  }

  /** A usual row's bytes, and some more: a guess for reading one. */
  get guess(): number {
    const usual = this.rows === 0 ? 0 : this.bytes / this.rows
    return Math.min(16_384, Math.max(256, 2 ** Math.ceil(Math.log2(usual * 1.5 + 1))))
  }

  /** Where a place stands: the number of its file in the list, and the byte. */
  at(place: number): { file: number; offset: number } {
    const file = this.#byId.get(Math.floor(place / offsets))!
    return { file: this.list.indexOf(file), offset: place % offsets }
  }

  /** The fields of the rows at some places, whose files stay open meanwhile. */
  rowsAt(places: readonly number[]): Promise<string[][]> {
    const guess = this.guess
    return Promise.all(places.map((place) => this.#byId.get(Math.floor(place / offsets))!.row(place % offsets, guess)))
  }

  damagedAt(place: number): Promise<Error> {
    return this.#byId.get(Math.floor(place / offsets))!.damagedAt(place % offsets)
  }
}
