/**
 * Whether the books balance, over the files of a stopped or a running store.
 *
 * Per toy: what all movements add up to = stock now + reserved by purchases in flight + sold. On a running store the ledger
 * is read first, then the orders: an order counts when its attempt lies below the fence or is known there as confirmed; one
 * that is open there is among the reserved; a later one is not counted. What was kept aside is read before both, so that
 * what it says of them is known to them.
 */
import { isAttemptId } from '../../storage/attempt-id.ts'
import { type FileSystem, realFileSystem } from '../../storage/file-system.ts'
import type { LedgerState } from '../../storage/ledger-state.ts'
import { type Kept, keptDifferences, readKept } from './kept.ts'
import { readLedger } from './ledger.ts'
import { type OrderRow, readOrders } from './orders.ts'

export interface Verdict {
  orders: number
  accounts: number
  reserved: number
  broughtAlong: number
  /** Each a sentence, with file and line where there is one. */
  differences: string[]
  /** What was kept aside: torn ends, edits that were not taken, files of an older store. */
  kept: Pick<Kept, 'path' | 'bytes' | 'what'>[]
}

/** Throws where there are no books to read. `progress` is told which part of the orders has been read, 0 to 1. */
export async function verifyFiles(
  dataDir: string,
  files: FileSystem = realFileSystem,
  progress?: (share: number) => void,
): Promise<Verdict> {
  const kept = [...(await readKept(`${dataDir}/catalog`, files)), ...(await readKept(`${dataDir}/order`, files))]
  const asked = new Set(kept.flatMap(({ orders, reserved }) => [...orders.map(({ attempt }) => attempt), ...reserved]))
  const ordered = new Map<string, number>()
  const { state, moved, differences } = await readLedger(`${dataDir}/catalog`, files)
  const sold = new Map<string, number>()
  const add = ({ name, quantity }: OrderRow): void => {
    sold.set(name, (sold.get(name) ?? 0) + quantity)
  }
  const path = `${dataDir}/order/orders.csv`
  const isQuiet = [...state.reservations()].length === 0
  const count = (row: OrderRow): void => {
    if (!isAttemptId(row.attempt)) return // told as a difference; what it has sold is missing in the sums
    if (asked.size > 0 && asked.has(row.attempt)) ordered.set(row.attempt, row.number)
    // So it is with nearly all rows: what `counts` and `decision` would say, without looking into any map.
    if (isQuiet && state.belowFence(row.attempt)) {
      add(row)
      return
    }
    if (state.decision(row.attempt) === 'voided')
      differences.push(`${path}:${row.line}: order ${row.number} is in the log, but its stock was given back`)
    if (counts(row, state)) add(row)
  }
  const read = await readOrders(path, { sold: count, progress }, files)
  const { unfinished } = read
  if (unfinished !== undefined && isAttemptId(unfinished.attempt) && counts(unfinished, state))
    differences.push(`${path}:${unfinished.line}: the last rows of order ${unfinished.number} are missing`)
  const reserved = new Map<string, number>()
  for (const { items } of state.reservations())
    for (const { account, amount } of items) reserved.set(account, (reserved.get(account) ?? 0) + amount)
  for (const name of new Set([...moved.keys(), ...sold.keys(), ...[...state.accounts()].map(([account]) => account)])) {
    const [all, now, held, gone] = [
      moved.get(name) ?? 0,
      state.account(name)?.balance ?? 0,
      reserved.get(name) ?? 0,
      sold.get(name) ?? 0,
    ]
    if (all !== now + held + gone)
      differences.push(
        `${name}: movements add up to ${all}, but ${now} in stock + ${held} reserved + ${gone} sold is ${now + held + gone}`,
      )
  }
  const inKept = kept.map((each) => ({ each, found: keptDifferences(each, state, ordered) }))
  return {
    orders: read.orders,
    accounts: [...state.accounts()].length,
    reserved: [...reserved.values()].reduce((sum, amount) => sum + amount, 0),
    broughtAlong: read.broughtAlong,
    differences: [...differences, ...read.differences, ...inKept.flatMap(({ found }) => found)],
    kept: inKept.map(({ each: { path, bytes, what, isTorn }, found }) => {
      const acknowledged = found.length > 0 ? '; some of it was acknowledged' : '; nothing of it was acknowledged'
      return { path, bytes, what: isTorn ? what + acknowledged : what }
    }),
  }
}

/** Its stock has left for good, as the ledger saw it when it was read. */
function counts({ attempt }: OrderRow, state: LedgerState): boolean {
  if (state.reservation(attempt) !== undefined) return false // among the reserved
  return state.belowFence(attempt) || state.decision(attempt) === 'confirmed'
}

/** The verdict in one line; `differences` is how many there are. */
export const verdictText = ({
  orders,
  accounts,
  reserved = 0,
  differences,
}: Pick<Verdict, 'orders' | 'accounts'> & { reserved?: number; differences: number }): string => {
  const count = (n: number) => n.toLocaleString('en-US')
  const flight = reserved === 0 ? '' : `, ${count(reserved)} pieces reserved`
  const books = differences === 0 ? 'books balanced' : 'BOOKS DO NOT BALANCE'
  return `${books}: ${count(orders)} orders, ${count(accounts)} toys${flight}, ${count(differences)} differences`
}

export const verdictLine = (verdict: Verdict): string =>
  verdictText({ ...verdict, differences: verdict.differences.length })
