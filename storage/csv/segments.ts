/**
 * The journal cut into segments, and the two files that follow it: the base (what a start replays the journal onto) and
 * the readable file (the same bytes without the checksum, for people). A turn of them goes like this, and a crash at any point is harmless:
 *
 * 1. In the writer's turn: a new segment opens with what must live on (the fence, open reservations, decided ids not below
 *    the fence, the keys of changes), synced, its folder too. From now on lines go there.
 * 2. Outside it: the base of that segment is written from a snapshot taken at 1 (temp file → sync → rename → folder), piece by
 *    piece, so that nobody waits for a large one.
 * 3. The readable file likewise, from the same pieces. If someone else changed it meanwhile, it is kept aside first and reported.
 * 4. Older segments and bases are deleted.
 *
 * A start takes the highest base and replays every segment from its number on.
 */
import type { Clock } from '../../clock.ts'
import { type FileSystem, replaceFile } from '../file-system.ts'
import type { Frozen } from '../frozen.ts'
import type { Account } from '../ledger.ts'
import type { LedgerState } from '../ledger-state.ts'
import { AppendFile, type GiveUp } from './append-file.ts'
import { sealPieces } from './base.ts'
import { baseName, factsLine, headLine, journalFormat, numbered, segmentName, stopLine } from './journal.ts'
import type { Movements } from './movements.ts'
import { type AccountColumns, formatPieces } from './readable.ts'
import { freeName, stamp } from './tail.ts'

export interface LedgerFiles {
  files: FileSystem
  clock: Clock
  folder: string
  /** The readable file's name, such as `toys_db.csv`. */
  name: string
  columns: AccountColumns
  giveUp: GiveUp
  /** Told what the operator should know, in a sentence. */
  note: (sentence: string) => void
}

export interface Snapshot {
  segment: number
  accounts: Frozen<Account>
}

/** A file's bytes in the pieces in which they were written. */
type Pieces = readonly Buffer[]

export class Segments {
  readonly #options: LedgerFiles
  #segment: number
  #journal: AppendFile
  /** What the readable file looked like when it was last ours; undefined before the first time. */
  #readable: { mark: string; pieces: Pieces } | undefined
  /** What was last to be written there: it may be there, even if the disk refused a later step. */
  #tried: Pieces | undefined

  constructor(
    options: LedgerFiles,
    segment: number,
    journal: AppendFile,
    readable: { mark: string; bytes: Buffer } | undefined,
  ) {
    this.#options = options
    this.#segment = segment
    this.#journal = journal
    this.#readable = readable && { mark: readable.mark, pieces: [readable.bytes] }
  }

  get journal(): AppendFile {
    return this.#journal
  }

  /** Step 1, in the writer's turn. Throws where the disk refuses; then everything is as it was. */
  async open(state: LedgerState, movements: Movements): Promise<Snapshot> {
    const { files, folder, giveUp } = this.#options
    this.#journal.checkUsable() // a line of unknown outcome may be its last: what a new segment says would deny it
    await movements.flush()
    const segment = this.#segment + 1
    const { bytes, lastNumber } = movements.synced
    const head = headLine({ format: journalFormat, segment, movementBytes: bytes, lastMovement: lastNumber })
    const journal = await AppendFile.create(
      files,
      folder,
      segmentName(segment),
      Buffer.from(head + carriedOver(state)),
      giveUp,
    )
    const old = this.#journal
    this.#journal = journal
    this.#segment = segment
    await old.close()
    return { segment, accounts: state.frozenAccounts() }
  }

  /** Steps 2 to 4. Throws where the disk refuses; then older segments stay, and a later turn does it. */
  async publish({ segment, accounts }: Snapshot): Promise<void> {
    const { files, folder, name, columns } = this.#options
    const pieces: Buffer[] = []
    try {
      await replaceFile(files, folder, baseName(segment), sealPieces(keeping(formatPieces(columns, accounts), pieces)))
    } finally {
      accounts.end()
    }
    let mark: string | undefined
    await replaceFile(files, folder, name, pieces, async (temporary) => {
      // Looked at before anyone can open it by its name: an edit made right after the rename must not pass for ours.
      mark = (await files.stat(temporary))?.mark
      await this.#keepHandEdit()
      this.#tried = pieces
    })
    this.#readable = mark === undefined ? undefined : { mark, pieces }
    const names = await files.list(folder)
    for (const old of numbered(names, 'journal')) if (old < segment) await files.remove(`${folder}/${segmentName(old)}`)
    for (const old of numbered(names, 'base')) if (old < segment) await files.remove(`${folder}/${baseName(old)}`)
  }

  /** Marks a clean stop: from here on a person may edit the readable file. */
  markStop(): Promise<void> {
    return this.#journal.append(Buffer.from(stopLine))
  }

  /** A readable file that someone changed while the store runs is never overwritten in silence. */
  async #keepHandEdit(): Promise<void> {
    const { files, folder, name, clock, note } = this.#options
    const path = `${folder}/${name}`
    const now = await files.stat(path)
    if (now === undefined || now.mark === this.#readable?.mark) return
    const found = await files.readFile(path)
    if (areBytesOf(this.#readable?.pieces, found) || areBytesOf(this.#tried, found)) return
    const kept = await freeName(files, folder, name.replace(/\.csv$/, `.edited-${stamp(clock.now())}.csv`))
    await files.rename(path, `${folder}/${kept}`)
    note(
      `${path} was changed while the store runs; the change is not taken, it is kept as ${folder}/${kept}: stop the store to edit`,
    )
  }
}

function* keeping(pieces: Iterable<Buffer>, kept: Buffer[]): Generator<Buffer> {
  for (const piece of pieces) {
    kept.push(piece)
    yield piece
  }
}

const areBytesOf = (pieces: Pieces | undefined, found: Buffer): boolean =>
  pieces !== undefined && Buffer.concat(pieces).equals(found)

function carriedOver(state: LedgerState): string {
  let text = factsLine([{ fact: 'fence', fence: state.fence }])
  for (const reservation of state.reservations()) text += factsLine([{ fact: 'open', reservation }])
  for (const [id, decision] of state.decisions()) text += factsLine([{ fact: 'decided', id, decision }])
  for (const [key, keyed] of state.keyedChanges()) text += factsLine([{ fact: 'keyed', key, keyed }])
  return text
}
