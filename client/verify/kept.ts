/**
 * What lies beside the books: torn ends that a start cut off, edits that were not taken, files of an older store. Each is
 * told in one line. A difference only where something of a torn end was acknowledged after all: an order whose pieces were
 * sold or whose credit was spent, or a reservation that an order rests on.
 */
import { parse } from 'csv-parse/sync'
import { isAttemptId } from '../../storage/attempt-id.ts'
import { parseRow, unsealRow } from '../../storage/csv/row.ts'
import { lines } from '../../storage/csv/tail.ts'
import { type FileSystem, realFileSystem } from '../../storage/file-system.ts'
import type { LedgerState } from '../../storage/ledger-state.ts'
import { readLine } from './ledger.ts'

export interface Kept {
  path: string
  bytes: number
  /** What it is, in a sentence. */
  what: string
  /** It was cut off by a start, since a crash had torn it. */
  isTorn: boolean
  /** Whole orders in a torn end of the log. */
  orders: { number: string; attempt: string }[]
  /** Attempts that a torn end of a journal set something aside for. */
  reserved: string[]
  /** Which ledger's journal that is. */
  of: keyof KeptStates
}

const none = { isTorn: false, orders: [], reserved: [] }
type Contents = Omit<Kept, 'path' | 'bytes' | 'of'>

/** How often a name may have been taken when it was kept: nothing kept is ever overwritten. */
const again = '(?:-\\d+)?$'
const kinds: { name: RegExp; read: (bytes: Buffer) => Contents }[] = [
  { name: new RegExp(`^journal-\\d+\\.csv\\.cut-\\w+${again}`), read: readJournalEnd },
  { name: new RegExp(`^(drafts|carts)-\\d+\\.csv\\.cut-\\w+${again}`), read: readMapEnd },
  { name: new RegExp(`\\.csv\\.cut-\\w+${again}`), read: readLogEnd },
  { name: new RegExp(`\\.edited-\\w+\\.csv${again}`), read: readEdit },
  { name: new RegExp(`\\.original\\.csv${again}`), read: readOriginal },
]

/** Reads all that is kept aside in a folder, by name; none where there is no such folder. */
export async function readKept(
  folder: string,
  of: Kept['of'] = 'stock',
  files: FileSystem = realFileSystem,
): Promise<Kept[]> {
  const kept: Kept[] = []
  for (const name of (await files.list(folder).catch(() => [])).sort()) {
    const kind = kinds.find((each) => each.name.test(name))
    if (kind === undefined) continue
    const bytes = await files.readFile(`${folder}/${name}`)
    kept.push({ path: `${folder}/${name}`, bytes: bytes.length, of, ...kind.read(bytes) })
  }
  return kept
}

/** The ledgers of the store, as they are now. */
export interface KeptStates {
  stock: LedgerState
  credit: LedgerState
}

/** What of it was acknowledged, though it was cut off. `ordered` are the attempts that have an order, with its number. */
export function keptDifferences(
  { path, orders, reserved, of }: Kept,
  states: KeptStates,
  ordered: ReadonlyMap<string, number>,
): string[] {
  const cut = orders.flatMap(({ number, attempt }) => {
    if (ordered.has(attempt)) return []
    const was = ` (${attempt}) was cut off, but its`
    if (states.stock.decision(attempt) === 'confirmed')
      return [`${path}: order ${number}${was} stock was sold: it belongs into orders.csv`]
    if (states.credit.decision(attempt) === 'confirmed')
      return [`${path}: order ${number}${was} credit was spent: it belongs into orders.csv`]
    return []
  })
  const state = states[of]
  const unknown = (id: string): boolean =>
    state.reservation(id) === undefined && state.decision(id) === undefined && !state.belowFence(id)
  const again = of === 'stock' ? 'were cut off: they are in stock again' : 'was cut off: the customer has it again'
  const lost = reserved
    .filter((id) => ordered.has(id) && unknown(id))
    .map((id) => `${path}: the ${words[of]} of order ${ordered.get(id)} (${id}) ${again}`)
  return [...cut, ...lost]
}

const words = { stock: 'pieces', credit: 'credit' } as const

function readLogEnd(bytes: Buffer): Contents {
  const orders: Kept['orders'] = []
  const what = pieces(bytes, 'row', (line) => {
    const [number, place, , , , , , , attempt, last] = parseRow(line) ?? []
    if (last === undefined || !isAttemptId(attempt!)) return false
    if (place!.startsWith('1 of ')) orders.push({ number: number!, attempt: attempt! })
    return true
  })
  return { what, isTorn: true, orders, reserved: [] }
}

function readJournalEnd(bytes: Buffer): Contents {
  const reserved: string[] = []
  const what = pieces(bytes, 'line', (line) => {
    const read = readLine(line)
    if (read?.kind === 'facts')
      for (const fact of read.facts) if (fact.fact === 'open') reserved.push(fact.reservation.id)
    return read !== undefined
  })
  return { what, isTorn: true, orders: [], reserved }
}

/** What a draft or a cart is now does not depend on it: a change that was answered is never torn. */
function readMapEnd(bytes: Buffer): Contents {
  return { ...none, what: pieces(bytes, 'row', (line) => unsealRow(line) !== undefined), isTorn: true }
}

/** How many whole and broken lines a torn end holds; `take` says of one with its end whether it is whole. */
function pieces(bytes: Buffer, unit: string, take: (line: string) => boolean): string {
  let [whole, broken, half] = [0, 0, false]
  for (const { text, ended } of lines(bytes)) {
    if (!ended) half = true
    else if (take(text)) whole += 1
    else broken += 1
  }
  const parts = [
    whole > 0 && `${count(whole, `whole ${unit}`)}`,
    broken > 0 && `${count(broken, `broken ${unit}`)}`,
    half && `half a ${unit}`,
  ].filter((part) => part !== false)
  return parts.join(' and ') || 'nothing'
}

function readEdit(bytes: Buffer): Contents {
  return { ...none, what: `an edit made while the store ran, ${csvRows(bytes)}; it was not taken` }
}

function readOriginal(bytes: Buffer): Contents {
  return { ...none, what: `the orders of an older store, ${csvRows(bytes)}; they were taken over` }
}

function csvRows(bytes: Buffer): string {
  try {
    const rows: string[][] = parse(bytes, { bom: true, from: 2, relax_column_count: true, skip_empty_lines: true })
    return count(rows.length, 'row')
  } catch {
    return 'which is no CSV'
  }
}

const count = (n: number, unit: string): string => `${n.toLocaleString('en-US')} ${unit}${n === 1 ? '' : 's'}`
