/**
 * A file that only grows, and the one place that decides what a failed write or sync means.
 *
 * Always: `length` bytes of it are synced, and nothing behind them was ever acknowledged.
 * - A failed write is cut back to `length` and the cut is synced before anyone is told no (`unavailable`).
 * - A failed sync is never retried (the kernel may have dropped the pages): `outcome_unknown`, and the file is given up.
 * - A failed cut leaves no true answer: the process must end without one.
 */
import { StoreError, systemCode } from '../../errors.ts'
import type { FileSystem, OpenFile } from '../file-system.ts'

/** What the service does when a file is given up. `silent`: nobody may be answered any more. Never returns an answer. */
export type GiveUp = (error: Error, options: { silent: boolean }) => void

/** The most that one append may write; so only the last this many bytes of a file can be torn by a crash. */
export const batchBytesMax = 1 << 20

export class AppendFile {
  readonly path: string
  readonly #file: OpenFile
  readonly #giveUp: GiveUp
  #length: number
  #givenUp = false

  private constructor(path: string, file: OpenFile, length: number, giveUp: GiveUp) {
    this.path = path
    this.#file = file
    this.#length = length
    this.#giveUp = giveUp
  }

  /** Opens a file that exists; what is in it counts as synced, so sync its tail first (tail.ts). */
  static async open(files: FileSystem, path: string, giveUp: GiveUp): Promise<AppendFile> {
    const file = await files.open(path, 'write')
    return new AppendFile(path, file, await file.size(), giveUp)
  }

  /**
   * Makes the file with these first bytes, synced, its name too; in pieces, so that only the last `batchBytesMax` of them
   * can be torn. Throws the system's error, and then there is no file: one that came back would be believed.
   */
  static async create(
    files: FileSystem,
    folder: string,
    name: string,
    bytes: Uint8Array,
    giveUp: GiveUp,
  ): Promise<AppendFile> {
    const path = `${folder}/${name}`
    let file: OpenFile | undefined
    try {
      file = await files.open(path, 'create')
      for (let at = 0; at < bytes.length; at += batchBytesMax) {
        await file.write(bytes.subarray(at, at + batchBytesMax), at)
        await file.sync()
      }
      await files.syncFolder(folder)
    } catch (error) {
      await file?.close().catch(() => {}) // the first error is the one that counts
      try {
        await files.remove(path) // even where it could not be opened: it may have come to be
        await files.syncFolder(folder)
      } catch (second) {
        if (file === undefined && systemCode(second) === 'ENOENT') throw error
        giveUp(new Error(`${path}: it could not be made, nor removed`, { cause: [error, second] }), { silent: true })
        await new Promise(() => {}) // no answer is true
      }
      throw error
    }
    return new AppendFile(path, file, bytes.length, giveUp)
  }

  /** Bytes that are synced. */
  get length(): number {
    return this.#length
  }

  /** Throws where the file was given up: then nothing may be written that goes on from what it holds. */
  checkUsable(): void {
    if (this.#givenUp) throw new StoreError('outcome_unknown', 'the store is restarting after a failed write')
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.checkUsable()
    if (bytes.length > batchBytesMax) throw new RangeError('an append is larger than a torn tail may be')
    try {
      await this.#file.write(bytes, this.#length)
    } catch (error) {
      await this.#cutBack(error)
      const why =
        systemCode(error) === 'ENOSPC' || systemCode(error) === 'EDQUOT'
          ? 'the disk is full'
          : 'the disk refused a write'
      throw new StoreError('unavailable', `${why}; nothing was changed`, { cause: error })
    }
    try {
      await this.#file.sync()
    } catch (error) {
      this.#givenUp = true
      this.#giveUp(new Error(`${this.path}: a sync failed`, { cause: error }), { silent: false })
      throw new StoreError('outcome_unknown', 'a write could not be made sure; ask again', { cause: error })
    }
    this.#length += bytes.length
  }

  /** Fills `buffer` from `position`; returns how many bytes there were. Reads only what is synced. */
  async read(buffer: Uint8Array, position: number): Promise<number> {
    const wanted = Math.max(0, Math.min(buffer.length, this.#length - position))
    return wanted === 0 ? 0 : this.#file.read(buffer.subarray(0, wanted), position)
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  async #cutBack(why: unknown): Promise<void> {
    try {
      await this.#file.truncate(this.#length)
      await this.#file.sync()
    } catch (error) {
      this.#givenUp = true
      this.#giveUp(new Error(`${this.path}: a failed write could not be cut back`, { cause: [why, error] }), {
        silent: true,
      })
      await new Promise(() => {}) // no answer is true
    }
  }
}
