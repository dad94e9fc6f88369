/**
 * Reads a ledger's folder as it lies there, of a stopped store or a running one, and changes nothing. What it sees is the
 * state at one moment: a base and every whole journal line behind it.
 */
import { parse } from 'csv-parse/sync'
import { parseAmount } from '../../storage/csv/amount.ts'
import { unsealBase } from '../../storage/csv/base.ts'
import { baseName, type JournalLine, numbered, parseJournalLine, segmentName } from '../../storage/csv/journal.ts'
import { parseRow } from '../../storage/csv/row.ts'
import { type FileSystem, realFileSystem } from '../../storage/file-system.ts'
import { LedgerState } from '../../storage/ledger-state.ts'

/** Where a ledger lies in a data folder, and how it writes what it counts. */
export interface LedgerPlace {
  /** Its folder. */
  room: string
  /** The file that people open. */
  readable: string
  /** 2 where balances and movements are cents, written like `15.99`. */
  decimals: 2 | undefined
}

/** Toys and their pieces. */
export const stock: LedgerPlace = { room: 'catalog', readable: 'toys_db.csv', decimals: undefined }
/** Customers and their credit. */
export const credit: LedgerPlace = { room: 'payment', readable: 'customers.csv', decimals: 2 }

export interface LedgerBooks {
  state: LedgerState
  /** By account: the sum of its movements. */
  moved: Map<string, number>
  /** The last movement's number. */
  lastMovement: number
  differences: string[]
}

/** Throws where the folder holds no ledger, or a file of it cannot be read. `decimals`: as of its place. */
export async function readLedger(
  folder: string,
  files: FileSystem = realFileSystem,
  decimals?: LedgerPlace['decimals'],
): Promise<LedgerBooks> {
  return whileReplaced(() => readOnce(folder, files, decimals))
}

/** Whether a ledger was ever begun in this folder; a store from before it has none. */
export async function hasLedger(folder: string, files: FileSystem = realFileSystem): Promise<boolean> {
  const names = await files.list(folder).catch(() => [])
  return names.some((name) => /^(base|journal)-\d+\.csv$/.test(name) || name === 'movements.csv')
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

async function readOnce(folder: string, files: FileSystem, decimals: 2 | undefined): Promise<LedgerBooks> {
  const names = await files.list(folder)
  const base = numbered(names, 'base').at(-1)
  if (base === undefined) throw new Error(`${folder} holds no ledger (no base file)`)
  const basePath = `${folder}/${baseName(base)}`
  const state = new LedgerState()
  const differences: string[] = []
  const { bytes, right } = unsealBase(await files.readFile(basePath))
  if (right === false) differences.push(`${basePath}: it does not fit its checksum`)
  for (const [account, ...rest] of readBase(basePath, bytes)) {
    const balance = parseAmount(rest.at(-1) ?? '', decimals)
    if (Number.isNaN(balance)) differences.push(`${basePath}: the balance of ${account} is "${rest.at(-1)}"`)
    state.apply({ fact: 'account', account: account!, attributes: rest.slice(0, -1), balance })
  }

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
          const [number, , account, change = '', reason, more] = parseRow(row) ?? []
          const where = `${folder}/movements.csv:${j + 2}`
          const amount = parseAmount(change, decimals)
          if (reason === undefined || more !== undefined || !Number.isSafeInteger(amount))
            differences.push(`${where}: the row is damaged`)
          else move(Number(number), account!, amount, where)
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
