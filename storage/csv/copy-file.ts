/**
 * A file that only people read, such as `carts.csv`, and its seal beside it (copy-seal.ts). It is replaced whole, and what a
 * person wrote into it is moved aside before, never lost. One after the other:
 *
 * 1. The new copy is written to a temporary file, piece by piece, and synced.
 * 2. What is there is looked at: where it is none of ours, it is moved aside and told, and the folder is synced.
 * 3. The seal says what is there and what is to come, durably.
 * 4. It is looked at again, by size and time alone where these are the same; then the new copy takes its name.
 * 5. The folder is synced.
 *
 * A crash or a power cut leaves: before 3 the old copy, which the old seal knows (or no copy, where a person's was moved
 * aside: that is written anew); between 3 and 5 the old or the new one, and the new seal knows both; after 5 the new one.
 * So what no seal knows is a person's. Where the seal itself is missing, or not whole, only what differs from the new copy
 * is moved aside.
 *
 * A clean stop seals the copy as `stopped`, and the next start takes that back before anything can be changed. So a copy
 * whose seal says `stopped` shows everything, and after a crash it is written anew. If the disk refuses to take it back,
 * it is tried again with the next copy; a crash before that leaves a copy that is behind until the next change.
 */
import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../../clock.ts'
import type { FileSystem, OpenFile } from '../file-system.ts'
import { type CopySeal, isSame, readCopySeal, type Seal, Sealing, sealOf, writeCopySeal } from './copy-seal.ts'
import { freeName, stamp } from './tail.ts'

export interface CopyFileOptions {
  files: FileSystem
  clock: Clock
  folder: string
  /** The copy's name, such as `carts.csv`. */
  name: string
  /** Told what the operator should know, in a sentence. */
  note: (sentence: string) => void
  /** Called before each piece; throws where there is no time to go on. */
  goOn: () => void
}

/** So many bytes are synced at once: more would keep the disk from whoever waits for an answer. */
const syncBytes = 1 << 22

export class CopyFile {
  readonly #options: CopyFileOptions
  readonly #path: string
  readonly #temporary: string
  readonly #sealName: string
  #isReady = false
  /** What the copy may hold where it is ours, even after a power cut. The seal on the disk says no less. */
  #known: readonly Seal[] = []
  /** How it looked when it was surely the only one known, or surely not there; undefined where that is to be found out. */
  #looked: { mark: string | undefined } | undefined

  constructor(options: CopyFileOptions) {
    this.#options = options
    const { folder, name } = options
    this.#path = `${folder}/${name}`
    this.#temporary = `${this.#path}.tmp`
    this.#sealName = `${name}.seal`
  }

  /**
   * Takes away what a crash left half written, and reads the seal. Once done it does nothing more. Returns whether the copy
   * showed everything at the last stop. Rejects where the disk refuses.
   */
  async ready(): Promise<boolean> {
    if (this.#isReady) return false
    const { files, folder, name } = this.#options
    const names = new Set(await files.list(folder))
    for (const left of [`${name}.tmp`, `${this.#sealName}.tmp`])
      if (names.has(left)) await files.remove(`${folder}/${left}`)
    const seal = names.has(this.#sealName) ? await readCopySeal(files, `${folder}/${this.#sealName}`) : undefined
    this.#known = seal?.known ?? []
    if (seal?.state === 'stopped') await this.#seal('in use', this.#known)
    this.#isReady = true
    return seal?.state === 'stopped'
  }

  /** Whether it is there as it was left, and begins with this line. Rejects where the disk refuses. */
  async isOurs(first: Buffer): Promise<boolean> {
    const { files, goOn } = this.#options
    const now = await files.stat(this.#path)
    if (now === undefined || this.#known.length !== 1) return false
    if (!isSame(await sealOf(files, this.#path, goOn), this.#known[0]!)) return false
    this.#looked = { mark: now.mark }
    return this.#beginsWith(first)
  }

  /** Rejects where the disk refuses, or `pieces` throws; then the copy is the old one or the new one, or a person's. */
  async replace(pieces: AsyncIterable<Buffer>): Promise<void> {
    const { files, folder } = this.#options
    let mark: string | undefined
    try {
      const coming = await this.#write(pieces)
      // Looked at before anyone can open it by its name: an edit made right after the rename must not pass for ours.
      mark = (await files.stat(this.#temporary))?.mark
      await this.#keepEdit(coming)
      await this.#seal('in use', [...this.#known, coming])
      await this.#keepEdit(coming)
      this.#known = [...this.#known, coming]
      this.#looked = undefined
      await files.rename(this.#temporary, this.#path)
    } catch (error) {
      await files.remove(this.#temporary).catch(() => {}) // it may not have come to be; the first error is the one that counts
      throw error
    }
    await files.syncFolder(folder)
    this.#known = this.#known.slice(-1)
    this.#looked = { mark }
  }

  /** Says that the copy shows everything. Nothing may be changed from here on. Rejects where the disk refuses. */
  async stop(): Promise<void> {
    if (this.#known.length === 1) await this.#seal('stopped', this.#known)
  }

  /** Returns the seal of what was written. */
  async #write(pieces: AsyncIterable<Buffer>): Promise<Seal> {
    const { files, goOn } = this.#options
    const file: OpenFile = await files.open(this.#temporary, 'create')
    try {
      const sealing = new Sealing()
      let synced = 0
      for await (const piece of pieces) {
        goOn()
        if (piece.length > 0) await file.write(piece, sealing.bytes)
        sealing.add(piece)
        if (sealing.bytes - synced >= syncBytes) {
          await file.sync()
          synced = sealing.bytes
        }
        await turn() // everybody else's
      }
      await file.sync()
      return sealing.seal
    } finally {
      await file.close()
    }
  }

  async #beginsWith(first: Buffer): Promise<boolean> {
    const file = await this.#options.files.open(this.#path, 'read')
    try {
      const found = Buffer.alloc(first.length)
      await file.read(found, 0)
      return found.equals(first)
    } finally {
      await file.close()
    }
  }

  /** What is there is ours after it, or nothing is there any more. What equals the coming copy is not lost by it. */
  async #keepEdit(coming: Seal): Promise<void> {
    const { files, clock, folder, name, note, goOn } = this.#options
    const now = await files.stat(this.#path)
    if (this.#looked !== undefined && now?.mark === this.#looked.mark) return
    const found = now && (await sealOf(files, this.#path, goOn))
    const isOurs = found !== undefined && [...this.#known, coming].some((each) => isSame(each, found))
    if (found !== undefined && !isOurs) {
      const kept = await freeName(files, folder, name.replace(/\.csv$/, `.edited-${stamp(clock.now())}.csv`))
      await files.rename(this.#path, `${folder}/${kept}`)
      note(
        `${this.#path} was changed by someone else; it is only a copy to look at, so the change is not taken: it is kept as ${folder}/${kept}`,
      )
    }
    await files.syncFolder(folder) // what is there no more must not come back with a power cut, nor be overwritten by it
    this.#known = isOurs ? [found] : []
    this.#looked = { mark: isOurs ? now?.mark : undefined }
  }

  #seal(state: CopySeal['state'], known: readonly Seal[]): Promise<void> {
    const { files, folder } = this.#options
    return writeCopySeal(files, folder, this.#sealName, { state, known })
  }
}
