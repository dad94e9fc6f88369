/**
 * Reads a ledger's folder as it lies there, of a stopped store or a running one, and changes nothing. What it sees is the
 * state at one moment: a base and every whole journal line behind it.
 */
import { parse } from 'csv-parse/sync'
import { unsealBase } from '../../storage/csv/base.ts'
import { baseName, type JournalLine, numbered, parseJournalLine, segmentName } from '../../storage/csv/journal.ts'
import { parseRow } from '../../storage/csv/row.ts'
import { type FileSystem, realFileSystem } from '../../storage/file-system.ts'
import { LedgerState } from '../../storage/ledger-state.ts'

export interface LedgerBooks {
  state: LedgerState
  /** By account: the sum of its movements. */
  moved: Map<string, number>
  /** The last movement's number. */
  lastMovement: number
  differences: string[]
}

/** Throws where the folder holds no ledger, or a file of it cannot be read. */
export async function readLedger(folder: string, files: FileSystem = realFileSystem): Promise<LedgerBooks> {
  return whileReplaced(() => readOnce(folder, files))
}

/** What `work` makes of a ledger's files: a running store replaces its segments meanwhile, and then there are newer ones. */
export async function whileReplaced<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let left = 50; ; left--) {
    try {
      return await work()
    } catch (error) {
      if (left === 0 || !(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    }
  }
}

async function readOnce(folder: string, files: FileSystem): Promise<LedgerBooks> {
  const names = await files.list(folder)
  const base = numbered(names, 'base').at(-1)
  if (base === undefined) throw new Error(`${folder} holds no ledger (no base file)`)
  const basePath = `${folder}/${baseName(base)}`
  const state = new LedgerState()
  const differences: string[] = []
  const { bytes, right } = unsealBase(await files.readFile(basePath))
  if (right === false) differences.push(`${basePath}: it does not fit its checksum`)
  for (const [account, ...rest] of readBase(basePath, bytes))
    state.apply({ fact: 'account', account: account!, attributes: rest.slice(0, -1), balance: Number(rest.at(-1)) })

  const moved = new Map<string, number>()
  let lastMovement = 0
  const move = (number: number, account: string, change: number, where: string): void => {
    if (number <= lastMovement) return
    if (number !== lastMovement + 1) differences.push(`${where}: movement ${number} comes after ${lastMovement}`)
    lastMovement = number
    moved.set(account, (moved.get(account) ?? 0) + change)
  }
  let started = false
  const segments = numbered(names, 'journal').filter((one) => one >= base)
  for (const segment of segments) {
    const path = `${folder}/${segmentName(segment)}`
    const text = (await files.readFile(path)).toString()
    for (const [i, line] of text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .slice(0, -1)
      .entries()) {
      const read = readLine(line)
      if (read === undefined) {
        if (segment === segments.at(-1) && line.includes('\0')) break // torn by a crash: the next start cuts it
        differences.push(`${path}:${i + 1}: the line does not fit its checksum, or was written by a newer version`)
        break
      }
      if (read.kind === 'head' && !started) {
        started = true
        const file = (await files.readFile(`${folder}/movements.csv`)).subarray(0, read.head.movementBytes)
        for (const [j, row] of file.toString('utf8').split('\n').slice(1, -1).entries()) {
          const [number, , account, change, , more] = parseRow(row) ?? []
          const where = `${folder}/movements.csv:${j + 2}`
          if (change === undefined || more !== undefined || !Number.isSafeInteger(Number(change)))
            differences.push(`${where}: the row is damaged`)
          else move(Number(number), account!, Number(change), where)
        }
      }
      if (read.kind !== 'facts') continue
      for (const fact of read.facts) {
        state.apply(fact)
        if (fact.fact === 'movement')
          move(fact.movement.number, fact.movement.account, fact.movement.change, `${path}:${i + 1}`)
      }
    }
  }
  return { state, moved, lastMovement, differences }
}

/** Undefined also where the line says what this version does not know. */
export function readLine(line: string): JournalLine | undefined {
  try {
    return parseJournalLine(line)
  } catch {
    return undefined
  }
}

function readBase(path: string, bytes: Buffer): string[][] {
  try {
    return parse(bytes, { from: 2 })
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`)
  }
}
