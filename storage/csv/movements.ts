/**
 * movements.csv: whatever changed a balance and was no purchase. The journal's line is what makes a movement durable; the
 * file follows lazily, before anyone reads it and before the journal's segment may go. A segment's first line says how
 * many bytes of the file are synced, so a start cuts it back to there and writes the rest again from the journal.
 */
import { StartError } from '../../errors.ts'
import { type FileSystem, replaceFile } from '../file-system.ts'
import type { Movement } from '../ledger.ts'
import { formatAmount, parseAmount } from './amount.ts'
import { AppendFile, batchBytesMax, type GiveUp } from './append-file.ts'
import { NumberedFile } from './numbered-file.ts'
import type { AccountColumns } from './readable.ts'
import { formatRow } from './row.ts'

export const movementsName = 'movements.csv'
const columns = ['number', 'at', 'account', 'change', 'reason']
export const movementsHeader = `${columns.join(',')}\n`

const rowsAtOnce = 2000

/** What it needs of a ledger's files. */
export interface MovementFiles {
  files: FileSystem
  folder: string
  columns: Pick<AccountColumns, 'decimals'>
  giveUp: GiveUp
}

export class Movements {
  readonly #file: AppendFile
  readonly #rows: NumberedFile
  readonly #decimals: 2 | undefined
  #pending: string[] = []
  #lastNumber: number

  private constructor(file: AppendFile, lastNumber: number, decimals: 2 | undefined) {
    this.#file = file
    this.#decimals = decimals
    this.#rows = new NumberedFile(file, movementsHeader.length, columns.length)
    this.#lastNumber = lastNumber
  }

  /** Makes the file. Throws a StartError where it has rows already: they belong to a ledger that is not there. */
  static async create(files: FileSystem, folder: string): Promise<void> {
    const path = `${folder}/${movementsName}`
    const known = await files.stat(path)
    if (known !== undefined && known.size > movementsHeader.length)
      throw new StartError(
        `${path}: it has movements, but the ledger's base and journal are gone; restore them, or move the file aside to begin new books`,
      )
    await replaceFile(files, folder, movementsName, Buffer.from(movementsHeader))
  }

  /** Cuts the file back to what is known to be synced; `lastNumber` is the last movement in that. */
  static async open(
    { files, folder, columns: { decimals }, giveUp }: MovementFiles,
    bytes: number,
    lastNumber: number,
  ): Promise<Movements> {
    const path = `${folder}/${movementsName}`
    const length = (await files.stat(path))?.size ?? 0
    if (length < bytes)
      throw new StartError(
        `${path}: it has ${length} bytes where ${bytes} were written; restore the file from a backup`,
      )
    if (length > bytes) {
      const file = await files.open(path, 'write')
      try {
        await file.truncate(bytes)
      } finally {
        await file.close()
      }
    }
    return new Movements(await AppendFile.open(files, path, giveUp), lastNumber, decimals)
  }

  /** Bytes and last number of what is synced. */
  get synced(): { bytes: number; lastNumber: number } {
    return { bytes: this.#file.length, lastNumber: this.#lastNumber - this.#pending.length }
  }

  /** Takes what the journal has made durable; numbers that are in the file already are passed over. */
  add({ number, at, account, change, reason }: Movement): void {
    if (number <= this.#lastNumber) return
    this.#pending.push(`${formatRow([String(number), at, account, formatAmount(change, this.#decimals), reason])}\n`)
    this.#lastNumber = number
  }

  /** Brings the file up to date, synced. In the writer's turn. */
  async flush(): Promise<void> {
    while (this.#pending.length > 0) await this.flushSome()
  }

  /** More waits than one append takes: who can leaves the writer's turn in between. */
  get isFarBehind(): boolean {
    return this.#pending.length > rowsAtOnce
  }

  /** One append's worth of it, synced. In the writer's turn. */
  async flushSome(): Promise<void> {
    const rows = this.#pending.slice(0, rowsAtOnce)
    let count = 0
    let text = ''
    while (count < rows.length && text.length < batchBytesMax / 8) text += rows[count++]
    await this.#file.append(Buffer.from(text))
    this.#pending.splice(0, count)
  }

  async list(after: number, limit: number): Promise<Movement[]> {
    const found: Movement[] = []
    if (limit < 1) return found
    for await (const { number, fields } of this.#rows.rows(await this.#rows.seek(after + 1), {
      chunkBytes: limit * 96,
    })) {
      if (number <= after) continue // it came after the search for the page's start
      const change = parseAmount(fields[3]!, this.#decimals)
      found.push({ number, at: fields[1]!, account: fields[2]!, change, reason: fields[4]! })
      if (found.length >= limit) break
    }
    return found
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}
