/**
 * Reads a ledger's folder as it lies there, of a stopped store or a running one, and changes nothing. What it sees is the
 * state at one moment: a base and every whole journal line behind it.
 */
import { readdir, readFile } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'
import { baseName, numbered, parseJournalLine, segmentName } from '../storage/csv/journal.ts'
import { LedgerState } from '../storage/ledger-state.ts'

export interface LedgerBooks {
  state: LedgerState
  /** By account: the sum of its movements. */
  moved: Map<string, number>
  differences: string[]
}

/** Throws where the folder holds no ledger, or a file of it cannot be read. */
export async function readLedger(folder: string): Promise<LedgerBooks> {
  for (let left = 50; ; left--) {
    try {
      return await readOnce(folder)
    } catch (error) {
      // A running store replaces its segments while we read: then there are newer ones.
      if (left === 0 || !(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    }
  }
}

async function readOnce(folder: string): Promise<LedgerBooks> {
  const names = await readdir(folder)
  const base = numbered(names, 'base').at(-1)
  if (base === undefined) throw new Error(`${folder} holds no ledger (no base file)`)
  const state = new LedgerState()
  const rows: string[][] = parse(await readFile(`${folder}/${baseName(base)}`), { from: 2 })
  for (const [account, ...rest] of rows)
    state.apply({ fact: 'account', account: account!, attributes: rest.slice(0, -1), balance: Number(rest.at(-1)) })

  const differences: string[] = []
  const moved = new Map<string, number>()
  let lastMovement = 0
  const move = (number: number, account: string, change: number, where: string): void => {
    if (number <= lastMovement) return
    if (number !== lastMovement + 1) differences.push(`${where}: movement ${number} comes after ${lastMovement}`)
    lastMovement = number
    moved.set(account, (moved.get(account) ?? 0) + change)
  }
  let started = false
  for (const segment of numbered(names, 'journal').filter((one) => one >= base)) {
    const path = `${folder}/${segmentName(segment)}`
    const text = await readFile(path, 'utf8')
    for (const [i, line] of text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .slice(0, -1)
      .entries()) {
      const read = parseJournalLine(line)
      if (read === undefined) {
        differences.push(`${path}:${i + 1}: the line does not fit its checksum`)
        break
      }
      if (read.kind === 'head' && !started) {
        started = true
        const file = (await readFile(`${folder}/movements.csv`)).subarray(0, read.head.movementBytes)
        const known: string[][] = parse(file, { from: 2 })
        for (const [j, [number, , account, change]] of known.entries())
          move(Number(number), account!, Number(change), `${folder}/movements.csv:${j + 2}`)
      }
      if (read.kind !== 'facts') continue
      for (const fact of read.facts) {
        state.apply(fact)
        if (fact.fact === 'movement')
          move(fact.movement.number, fact.movement.account, fact.movement.change, `${path}:${i + 1}`)
      }
    }
  }
  return { state, moved, differences }
}
