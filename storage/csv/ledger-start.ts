/**
 * How a ledger's folder is made, and how its state is found again at a start. Throws a StartError where a person must mend
 * something; then the files are as they were.
 */
import { StartError, systemCode } from '../../errors.ts'
import { removeTemporaries, replaceFile } from '../file-system.ts'
import type { Account, Command, Rule } from '../ledger.ts'
import { LedgerState } from '../ledger-state.ts'
import { AppendFile, batchBytesMax } from './append-file.ts'
import { damagedBase, parseBase, readBase, sealBase } from './base.ts'
import { checkHandEdit, findHandEdit, isHandEdit } from './hand-edit.ts'
import {
  baseName,
  factsLine,
  headLine,
  journalFormat,
  numbered,
  parseJournalLine,
  type SegmentHead,
  sealedBaseFormat,
  segmentName,
} from './journal.ts'
import { Movements, movementsHeader } from './movements.ts'
import { checkMovements } from './movements-start.ts'
import { formatAccounts, parseAccounts } from './readable.ts'
import { type LedgerFiles, Segments } from './segments.ts'
import { type Cut, cutTail, damaged, lines, rewriteTail } from './tail.ts'

export interface StartedLedger {
  state: LedgerState
  segments: Segments
  movements: Movements
  /** What a person changed in the readable file after a clean stop, to be executed before anything else. */
  handEdit: Command[]
  /** The readable file is ahead of every base: a base must follow before anyone buys, or a crash would find an edit. */
  edited: boolean
  /** The readable file or older segments must be brought up to date before the store serves. */
  behind: boolean
  cut: Cut | undefined
  /** The last life did not end with a clean stop. */
  crashed: boolean
}

export async function startLedger(
  options: LedgerFiles,
  seed: ReadonlyMap<string, Account>,
  rule: Rule,
): Promise<StartedLedger> {
  const { files, folder, giveUp, note } = options
  const first = numbered(await files.list(folder), 'base').length === 0
  if (first) await makeLedger(options, seed)

  const names = await files.list(folder)
  const bases = numbered(names, 'base')
  const base = bases.at(-1)!
  const all = numbered(names, 'journal').filter((segment) => segment >= base)
  const basePath = `${folder}/${baseName(base)}`
  const { bytes: baseBytes, right } = await readBase(files, basePath)
  const state = new LedgerState(undefined, parseBase(options, baseBytes, basePath))
  const replayed = await replay(options, state, base, all)
  if (right === undefined && replayed.head.format >= sealedBaseFormat) throw damagedBase(basePath)

  const readable = await readReadable(options)
  const { handEdit, edited, ours } = await findHandEdit(options, state, bases, readable?.bytes, replayed.unsold)
  checkHandEdit(options, state, handEdit, rule)
  await checkMovements(files, folder, replayed.head)

  // Up to here nothing was changed, so that who must mend something finds all as it was.
  const { movementBytes, lastMovement } = replayed.head
  const movements = await Movements.open(options, movementBytes, lastMovement)
  for (const movement of replayed.movements) movements.add(movement)
  const cut = replayed.torn === undefined ? undefined : await cutTorn(options, replayed.torn)
  await removeTemporaries(files, folder)
  await files.syncFolder(folder)
  if (readable === undefined) note(`${folder}/${options.name} was missing and is written anew`)
  const journal = await AppendFile.open(files, `${folder}/${segmentName(replayed.last)}`, giveUp)
  const segments = new Segments(options, replayed.last, journal, readable)
  const behind = replayed.last > base || bases.length > 1 || !ours || !replayed.clean
  return { state, segments, movements, handEdit, edited, behind, cut, crashed: !first && !replayed.clean }
}

/** A first start. The base is written last: without it, everything here is begun again. */
async function makeLedger(options: LedgerFiles, seed: ReadonlyMap<string, Account>): Promise<void> {
  const { files, folder, columns, clock, name } = options
  const readable = await readReadable(options)
  const accounts = readable === undefined ? seed : parseAccounts(columns, readable.bytes, `${folder}/${name}`)
  await Movements.create(files, folder)
  const state = new LedgerState()
  let journal = headLine({ format: journalFormat, segment: 1, movementBytes: movementsHeader.length, lastMovement: 0 })
  let number = 0
  const at = new Date(clock.now()).toISOString()
  for (const [account, row] of accounts) {
    const fact = { fact: 'account', account, ...row } as const
    state.apply(fact)
    journal += factsLine([
      fact,
      { fact: 'movement', movement: { number: ++number, at, account, change: row.balance, reason: 'start' } },
    ])
  }
  await replaceFile(files, folder, segmentName(1), Buffer.from(journal))
  const bytes = formatAccounts(columns, state)
  if (readable === undefined) await replaceFile(files, folder, name, bytes)
  await replaceFile(files, folder, baseName(1), sealBase(bytes))
}

interface Torn {
  name: string
  at: number
  length: number
}

interface Replayed {
  /** The first segment's: how much of movements.csv was synced before all these lines. */
  head: SegmentHead
  last: number
  /** The last line is that of a clean stop. */
  clean: boolean
  /** Behind the line of a clean stop there is nothing but an edit by hand, being taken when a crash came. */
  unsold: boolean
  /** The last segment's end, from the first line on that is not whole. */
  torn: Torn | undefined
  movements: Parameters<Movements['add']>[0][]
}

async function replay(
  { files, folder }: LedgerFiles,
  state: LedgerState,
  base: number,
  all: number[],
): Promise<Replayed> {
  const result: Omit<Replayed, 'head'> & { head?: SegmentHead } = {
    last: base,
    clean: false,
    unsold: false,
    torn: undefined,
    movements: [],
  }
  for (let segment = base; segment <= Math.max(base, all.at(-1) ?? base); segment++) {
    const name = segmentName(segment)
    const path = `${folder}/${name}`
    const isLast = segment === (all.at(-1) ?? base)
    const bytes = await files.readFile(path).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT')
        throw new StartError(`${path}: this journal segment is missing; restore it from a backup`)
      throw error
    })
    const broken = readSegment(bytes, path, segment, state, result)
    const mayBeTorn =
      isLast && broken?.torn && broken.next > bytes.length - batchBytesMax && !(broken.at === 0 && segment === base)
    if (broken !== undefined && !mayBeTorn) throw damaged(path, broken.line, 'the line does not fit its checksum')
    // Its lines fit their checksums, so what is written again is what was written: a misread byte would be made to last.
    if (isLast) await secure(files, path, bytes)
    if (broken === undefined) {
      result.last = segment
      continue
    }
    result.torn = { name, at: broken.at, length: bytes.length }
    if (broken.at > 0) result.last = segment
  }
  if (result.head === undefined)
    throw new StartError(`${folder}: the journal has no beginning; restore the folder from a backup`)
  return { ...result, head: result.head }
}

async function cutTorn({ files, folder, clock }: LedgerFiles, { name, at, length }: Torn): Promise<Cut | undefined> {
  const cut = length === 0 ? undefined : await cutTail(files, folder, name, at, clock.now())
  if (at === 0) await files.remove(`${folder}/${name}`) // its first batch never came to be; nothing in it was acknowledged
  return cut
}

async function secure(files: LedgerFiles['files'], path: string, bytes: Buffer): Promise<void> {
  const file = await files.open(path, 'write')
  try {
    await rewriteTail(file, bytes)
  } finally {
    await file.close()
  }
}

/**
 * Applies a segment's lines; returns the first that is not whole. Torn is one without its end, or with NULs where a page was
 * lost; any other was damaged by other hands, and what stands behind it was acknowledged.
 */
function readSegment(
  bytes: Buffer,
  path: string,
  segment: number,
  state: LedgerState,
  result: { head?: SegmentHead; clean: boolean; unsold: boolean; movements: Replayed['movements'] },
): { line: number; at: number; next: number; torn: boolean } | undefined {
  let line = 0
  for (const { text, at, next, ended } of lines(bytes)) {
    line += 1
    let read: ReturnType<typeof parseJournalLine>
    try {
      read = ended ? parseJournalLine(text) : undefined
    } catch (error) {
      throw new StartError(
        `${path}:${line}: ${(error as Error).message}; was it written by a newer version of the store?`,
      )
    }
    if (read === undefined || (line === 1) !== (read.kind === 'head'))
      return { line, at, next, torn: !ended || text.includes('\0') }
    result.clean = read.kind === 'stop'
    result.unsold = result.clean || (result.unsold && read.kind === 'facts' && isHandEdit(read.facts))
    if (read.kind === 'head') {
      if (read.head.format > journalFormat)
        throw new StartError(
          `${path}:1: format ${read.head.format} is newer than this version of the store reads; start the newer one`,
        )
      if (read.head.segment !== segment)
        throw new StartError(`${path}:1: this is segment ${read.head.segment}; give it its own name again`)
      result.head ??= read.head
      state.countMovements(read.head.lastMovement)
    } else if (read.kind === 'facts') {
      for (const fact of read.facts) {
        state.apply(fact)
        if (fact.fact === 'movement') result.movements.push(fact.movement)
      }
    }
  }
  return line === 0 ? { line: 1, at: 0, next: 0, torn: true } : undefined
}

async function readReadable({
  files,
  folder,
  name,
}: LedgerFiles): Promise<{ mark: string; bytes: Buffer } | undefined> {
  const stat = await files.stat(`${folder}/${name}`)
  return stat === undefined ? undefined : { mark: stat.mark, bytes: await files.readFile(`${folder}/${name}`) }
}
