/**
 * Whether the books balance, over the files of a stopped or a running store.
 *
 * Per toy: what all movements add up to = stock now + reserved by purchases in flight + sold. Per customer: what was put in
 * = credit now + reserved + spent. A draft that is paid has its order (drafts.ts); what an order bought of a cart has left it
 * (carts.ts). On a running store each ledger is of a moment of its own, and the orders are held against it as of that moment
 * (ledger-sums.ts). What was kept aside is read before all of them, so that what it says of them is known to them.
 */
import { isAttemptId } from '../../storage/attempt-id.ts'
import { formatAmount } from '../../storage/csv/amount.ts'
import { type FileSystem, realFileSystem } from '../../storage/file-system.ts'
import { LedgerState } from '../../storage/ledger-state.ts'
import { CartBooks } from './carts.ts'
import { readDrafts } from './drafts.ts'
import { type Kept, keptDifferences, readKept } from './kept.ts'
import { credit, hasLedger, type LedgerBooks, readLedger, stock } from './ledger.ts'
import { LedgerSums } from './ledger-sums.ts'
import { type OrderRow, readOrders } from './orders.ts'

export interface Verdict {
  orders: number
  /** Toys. */
  accounts: number
  /** Pieces. */
  reserved: number
  customers: number
  /** Cents. */
  reservedCredit: number
  /** Those that are kept, also where an order has emptied them. */
  carts: number
  /** Orders whose cart does not know yet what was bought of it: it is told, or asked again by the next start. */
  untaken: number
  broughtAlong: number
  /** Each a sentence, with file and line where there is one. */
  differences: string[]
  /** What could not be checked, and why. */
  notes: string[]
  /** What was kept aside: torn ends, edits that were not taken, files of an older store. */
  kept: Pick<Kept, 'path' | 'bytes' | 'what'>[]
}

/** Throws where there are no books to read. `progress` is told which part of the orders has been read, 0 to 1. */
export async function verifyFiles(
  dataDir: string,
  files: FileSystem = realFileSystem,
  progress?: (share: number) => void,
): Promise<Verdict> {
  const kept: Kept[] = []
  for (const room of [stock.room, 'order', 'cart']) kept.push(...(await readKept(`${dataDir}/${room}`, 'stock', files)))
  kept.push(...(await readKept(`${dataDir}/${credit.room}`, 'credit', files)))
  const asked = new Set(kept.flatMap(({ orders, reserved }) => [...orders.map(({ attempt }) => attempt), ...reserved]))
  const carts = await CartBooks.read(dataDir, files)
  const drafts = await readDrafts(`${dataDir}/order`, files)
  const toys = await readLedger(`${dataDir}/${stock.room}`, files)
  const customers = await readCustomers(`${dataDir}/${credit.room}`, files)
  const [stockSums, creditSums] = [new LedgerSums(toys), new LedgerSums(customers ?? nobody())]

  const differences = [...toys.differences, ...(customers?.differences ?? []), ...drafts.differences]
  const path = `${dataDir}/order/orders.csv`
  const ordered = new Map<string, number>()
  let unpaid = customers !== undefined
  const count = (row: OrderRow): void => {
    if (!isAttemptId(row.attempt)) return // told as a difference; what it has sold is missing in the sums
    carts.take(row)
    if (asked.size > 0 && asked.has(row.attempt)) ordered.set(row.attempt, row.number)
    const { line, number, name, quantity, price, user } = row
    const givenBack = (what: string): void => {
      differences.push(`${path}:${line}: order ${number} is in the log, but its ${what} was given back`)
    }
    if (!stockSums.take(row, name, quantity)) givenBack('stock')
    if (user === '') return
    if (!creditSums.take(row, user, quantity * price || 0)) givenBack('credit')
    if (unpaid) return
    unpaid = true
    differences.push(`${path}:${line}: ${user} paid order ${number}, but ${dataDir}/${credit.room} holds no customers`)
  }
  const read = await readOrders(path, { sold: count, progress }, files)
  const inCarts = await carts.end(read.lastNumber)
  const { unfinished } = read
  if (unfinished !== undefined && isAttemptId(unfinished.attempt)) {
    const isPaid = unfinished.user !== '' && creditSums.counts(unfinished)
    if (isPaid || stockSums.counts(unfinished))
      differences.push(`${path}:${unfinished.line}: the last rows of order ${unfinished.number} are missing`)
  }
  differences.push(...stockSums.differences(toyText), ...creditSums.differences(customerText), ...inCarts.differences)
  const states = { stock: stockSums.state, credit: creditSums.state }
  const inKept = kept.map((each) => ({ each, found: keptDifferences(each, states, ordered) }))
  return {
    orders: read.orders,
    accounts: stockSums.accounts,
    reserved: stockSums.allReserved,
    customers: creditSums.accounts,
    reservedCredit: creditSums.allReserved,
    carts: inCarts.carts,
    untaken: inCarts.untaken,
    broughtAlong: read.broughtAlong,
    differences: [...differences, ...read.differences, ...inKept.flatMap(({ found }) => found)],
    notes: notesOf(dataDir, inCarts.elsewhere),
    kept: inKept.map(({ each: { path, bytes, what, isTorn }, found }) => {
      const acknowledged = found.length > 0 ? '; some of it was acknowledged' : '; nothing of it was acknowledged'
      return { path, bytes, what: isTorn ? what + acknowledged : what }
    }),
  }
}

const notesOf = (dataDir: string, elsewhere: number): string[] =>
  elsewhere === 0
    ? []
    : [
        `Carts were not looked at: ${elsewhere.toLocaleString('en-US')} orders have bought some, and ${dataDir}/cart holds none. They are kept elsewhere (DB_TYPE=Azure), or lost.`,
      ]

/** Undefined where the store is from before there were customers, or nobody has started payment yet. */
const readCustomers = async (folder: string, files: FileSystem): Promise<LedgerBooks | undefined> =>
  (await hasLedger(folder, files)) ? readLedger(folder, files, credit.decimals) : undefined

const nobody = (): LedgerBooks => ({ state: new LedgerState(), moved: new Map(), lastMovement: 0, differences: [] })

interface Found {
  moved: number
  balance: number
  reserved: number
  taken: number
}

const toyText = (name: string, { moved, balance, reserved, taken }: Found): string =>
  `${name}: movements add up to ${moved}, but ${balance} in stock + ${reserved} reserved + ${taken} sold is ${balance + reserved + taken}`

function customerText(user: string, { moved, balance, reserved, taken }: Found): string {
  const [all, now, held, spent, sum] = [moved, balance, reserved, taken, balance + reserved + taken].map(amountText)
  return `customer ${user}: movements add up to ${all}, but ${now} credit + ${held} reserved + ${spent} spent is ${sum}`
}

/** `15.99`, of cents. */
const amountText = (cents: number): string => formatAmount(cents, credit.decimals)

/** The verdict in one line; `differences` is how many there are. */
export const verdictText = ({
  orders,
  accounts,
  reserved = 0,
  customers = 0,
  reservedCredit = 0,
  carts = 0,
  untaken = 0,
  differences,
}: Pick<Verdict, 'orders' | 'accounts'> &
  Partial<Pick<Verdict, 'reserved' | 'customers' | 'reservedCredit' | 'carts' | 'untaken'>> & {
    differences: number
  }): string => {
  const count = (n: number) => n.toLocaleString('en-US')
  const people = customers === 0 ? '' : `, ${count(customers)} customer${customers === 1 ? '' : 's'}`
  const kept = carts === 0 ? '' : `, ${count(carts)} cart${carts === 1 ? '' : 's'}`
  const still = untaken === 0 ? '' : `, ${count(untaken)} order${untaken === 1 ? '' : 's'} still in a cart`
  const flight = reserved === 0 ? '' : `, ${count(reserved)} pieces reserved`
  const held = reservedCredit === 0 ? '' : `, ${amountText(reservedCredit)} of credit reserved`
  const books = differences === 0 ? 'books balanced' : 'BOOKS DO NOT BALANCE'
  return `${books}: ${count(orders)} orders, ${count(accounts)} toys${people}${kept}${flight}${held}${still}, ${count(differences)} differences`
}

export const verdictLine = (verdict: Verdict): string =>
  verdictText({ ...verdict, differences: verdict.differences.length })
