/**
 * Going through all entries of a map while it changes: the segments are read in their order, up to where they ended when the
 * walk began, and what is changed before it was met is named at the end. So each key that is there all the while comes once.
 *
 * Rows do not move while somebody walks; who walks while they move waits.
 */
import type { MapFile, MapFiles } from './map-files.ts'
import { MapRow } from './map-row.ts'

interface Walk {
  /** The files as they were when it began, and where each ended. */
  ends: Map<MapFile, number>
  order: Map<MapFile, number>
  /** Up to where it has come. */
  file: number
  offset: number
  /** Those that it would have met, but that stand elsewhere now. */
  changed: Set<string>
}

export class MapWalks {
  readonly #files: MapFiles
  readonly #walks = new Set<Walk>()
  #over = Promise.withResolvers<void>()
  #moving: Promise<void> | undefined

  constructor(files: MapFiles) {
    this.#files = files
  }

  /** A key's row at this place counts no more. */
  changed(key: string, place: number): void {
    if (this.#walks.size === 0 || place === 0) return
    const { file, offset } = this.#files.at(place)
    for (const walk of this.#walks) {
      const order = walk.order.get(this.#files.list[file]!)
      if (order === undefined || offset >= walk.ends.get(this.#files.list[file]!)!) continue
      if (order > walk.file || (order === walk.file && offset >= walk.offset)) walk.changed.add(key)
    }
  }

  /** Does what moves rows, when nobody walks. */
  async move(work: () => Promise<void>, stopped: () => boolean): Promise<void> {
    while (this.#walks.size > 0 && !stopped()) await this.#over.promise
    this.#moving = work()
    try {
      await this.#moving
    } finally {
      this.#moving = undefined
    }
  }

  /** Who waits for those who walk goes on. */
  stop(): void {
    this.#over.resolve()
  }

  /** The fields of each row that counts, many at once; or keys, for whose values the map is to be asked. */
  async *walk(): AsyncGenerator<{ rows: string[][]; keys: Iterable<string> }> {
    while (this.#moving !== undefined) await this.#moving.catch(() => {}) // it tells its own caller
    const files = [...this.#files.list]
    const walk: Walk = {
      ends: new Map(files.map((file) => [file, file.length])),
      order: new Map(files.map((file, i) => [file, i])),
      file: 0,
      offset: 0,
      changed: new Set(),
    }
    this.#walks.add(walk)
    try {
      for (const file of files)
        for await (const { bytes, at } of file.pieces()) {
          if (at >= walk.ends.get(file)!) break
          yield { rows: await this.#rows(walk, file, bytes, at), keys: [] }
        }
      yield { rows: [], keys: walk.changed }
    } finally {
      this.#walks.delete(walk)
      if (this.#walks.size === 0) {
        this.#over.resolve()
        this.#over = Promise.withResolvers()
      }
    }
  }

  async #rows(walk: Walk, file: MapFile, bytes: Buffer, at: number): Promise<string[][]> {
    const { index } = this.#files
    const row = new MapRow()
    const rows: string[][] = []
    const end = walk.ends.get(file)! - at
    for (let next = 0; next < bytes.length && next < end; next = row.next) {
      row.read(bytes, next)
      if (row.change === undefined) throw await file.damagedAt(at + row.at)
      if (row.change !== 'new' && row.change !== 'set') continue
      row.takeKey(index)
      if (index.has(file.place(at + row.at))) rows.push(row.fields)
    }
    walk.file = walk.order.get(file)!
    walk.offset = at + bytes.length
    return rows
  }
}
