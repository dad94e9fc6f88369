/**
 * Up to which order every cart knows what was bought of it: taken.csv, `format,order_number`. A start asks the carts again
 * about the orders above it. Always: it is never above an order whose cart may not know it yet.
 */
import type { Clock } from '../clock.ts'
import { asError } from '../errors.ts'
import type { FileSystem } from '../storage/file-system.ts'
import { type NumberFile, openNumberFile } from './number-file.ts'

/** Throws a StartError where the file is damaged. */
export const openTaken = (files: FileSystem, folder: string): Promise<NumberFile> =>
  openNumberFile({
    files,
    folder,
    name: 'taken.csv',
    column: 'order_number',
    damaged: 'no order number; delete the file, the next start asks the carts again about all orders',
  })

export interface TakenMarkOptions {
  file: NumberFile
  clock: Clock
  /** How high it may be now. */
  sound: () => number
  /** How many carts have acknowledged an order, in all. */
  acknowledged: () => number
  /** Told what the operator should know. */
  note: (sentence: string) => void
}

const lookEveryMs = 1000
/** So many orders that are no cart's a start may read for nothing: without carts the file is seldom written. */
const plainMax = 10_000

/** Follows what carts know, about a second behind. */
export class TakenMark {
  readonly #options: TakenMarkOptions
  #stopTimer: (() => void) | undefined
  #writing: Promise<void> | undefined
  /** `acknowledged` of the moment that was written last. */
  #told = 0
  /** The disk refused the last one, and the operator was told. */
  #refused = false

  constructor(options: TakenMarkOptions) {
    this.#options = options
  }

  start(): void {
    this.#stopTimer = this.#options.clock.after(lookEveryMs, () => {
      const { file, sound, acknowledged } = this.#options
      if (sound() - file.last >= (acknowledged() > this.#told ? 1 : plainMax)) void this.#write()
      this.start()
    })
  }

  /** Writes it a last time. Never rejects. */
  async close(): Promise<void> {
    this.#stopTimer?.()
    await this.#writing
    if (this.#options.sound() > this.#options.file.last) await this.#write()
  }

  /** Never rejects; one at a time. */
  #write(): Promise<void> {
    this.#writing ??= this.#writeOnce().finally(() => {
      this.#writing = undefined
    })
    return this.#writing
  }

  async #writeOnce(): Promise<void> {
    const { file, sound, acknowledged, note } = this.#options
    const told = acknowledged()
    try {
      await file.write(sound())
      this.#told = told
      this.#refused = false
    } catch (error) {
      if (!this.#refused) note(`taken.csv cannot be written yet: ${asError(error).message}`)
      this.#refused = true
    }
  }
}
