/**
 * Whether a running shop shows what its files hold: every order row, and every toy and movement where they are at rest.
 *
 * Orders: the newest number is asked for first, then the file is read. What the shop shows is synced, so the file has it: rows
 * up to that number are compared one by one, later ones are left out. Toys and movements change while they are read: a toy is
 * compared between two lists that show the same of it, and one that differs is looked at again.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { formatMoney } from '../../money.ts'
import { realFileSystem } from '../../storage/file-system.ts'
import { noProgress, type Progress } from '../progress.ts'
import { Findings, MovementBook, readToys } from './books.ts'
import { type LedgerBooks, readLedger } from './ledger.ts'
import { readLines, wholeLines } from './order-lines.ts'
import { readOrder, type ShownOrder, type ShownToy } from './rows.ts'
import { eachOf, pageRows, Shop, type ShopOptions } from './shop.ts'

export interface Comparison {
  /** So many orders and toys of the files were compared with the shop's; movements as sums by toy. */
  orders: number
  toys: number
  movements: number
  differences: string[]
  notes: string[]
}

export interface CompareOptions extends ShopOptions {
  dataDir: string
  progress?: Progress | undefined
  /** How long before each look at the toys, in milliseconds. */
  waitsMs?: readonly number[]
}

const usualWaitsMs = [0, 50, 200, 500, 1000, 2000]

/** For the owner. Throws where the files or the shop cannot be read. */
export async function compare({
  dataDir,
  progress = noProgress,
  waitsMs = usualWaitsMs,
  ...options
}: CompareOptions): Promise<Comparison> {
  const shop = new Shop(options)
  try {
    const findings = new Findings()
    const orders = await compareOrders(shop, `${dataDir}/order/orders.csv`, findings, (share) =>
      progress.tell('orders, files against shop', share),
    )
    const { toys, movements, moving } = await compareLedger(shop, `${dataDir}/catalog`, findings, waitsMs)
    const notes =
      moving.length === 0
        ? []
        : [
            `${moving.length} toys never stood still, so that files and shop were not compared: ${moving.slice(0, 10).join(', ')}.`,
          ]
    return { orders, toys, movements, differences: findings.all(), notes }
  } finally {
    await shop.close()
  }
}

async function compareOrders(
  shop: Shop,
  path: string,
  findings: Findings,
  progress: (share: number) => void,
): Promise<number> {
  const newest = readOrder((await shop.orders(undefined, 1)).data[0]).row?.number ?? -1
  const file = await realFileSystem.open(path, 'read')
  let rows: FileOrder[] = []
  let [compared, last] = [0, -1]
  try {
    await readLines(file, await wholeLines(file), {
      take({ line, number, row, name, quantity, price, placedAt }) {
        if (row !== 1 || !(number <= newest)) return
        last = number
        rows.push({ line, number, name, quantity, price, placedAt: placedAt() })
      },
      wrong() {}, // that the files' own check tells
      async settle() {
        const pages = Array.from({ length: Math.ceil(rows.length / pageRows) }, (_, page) =>
          rows.slice(page * pageRows, (page + 1) * pageRows),
        )
        compared += rows.length
        rows = []
        for await (const faults of eachOf(pages, (page) => faultsOfPage(shop, page, path)))
          for (const fault of faults) findings.add(fault)
        progress(last / Math.max(1, newest))
      },
    })
  } finally {
    await file.close()
  }
  if (last < newest)
    findings.add(`${path}: order ${newest} is missing, which ${shop.url} shows: is it this store's folder?`)
  return compared
}

interface FileOrder extends Omit<ShownOrder, 'total'> {
  line: number
}

/** The shop's page of so many orders must be these rows. */
async function faultsOfPage(shop: Shop, rows: readonly FileOrder[], path: string): Promise<string[]> {
  const { data } = await shop.orders(rows.at(-1)!.number + 1, rows.length)
  const shown = new Map(data.flatMap((each) => readOrder(each).row ?? []).map((row) => [row.number, row]))
  return rows.flatMap((row) => {
    const one = shown.get(row.number)
    const where = `${path}:${row.line}: order ${row.number}`
    if (one === undefined) return [`${where} is in the file, but ${shop.url} does not list it`]
    const [here, there] = [orderText(row), orderText(one)]
    return here === there ? [] : [`${where} is ${here} in the file, but ${there} at ${shop.url}`]
  })
}

const orderText = ({ quantity, name, price, placedAt }: Omit<ShownOrder, 'number' | 'total'>): string =>
  `${quantity} ${name} at ${formatMoney(price)}${placedAt === '' ? '' : `, ${placedAt}`}`

async function compareLedger(
  shop: Shop,
  folder: string,
  findings: Findings,
  waitsMs: readonly number[],
): Promise<{ toys: number; movements: number; moving: string[] }> {
  const movements = new MovementBook(shop, findings)
  /** What differs still, or was never seen at rest; undefined before the first look. */
  let open: Map<string, string | undefined> | undefined
  let toys = 0
  for (const waitMs of waitsMs) {
    await pause(waitMs)
    await movements.catchUp()
    const before = await readToys(shop, findings)
    const ledger = await readLedger(folder)
    const after = await readToys(shop, findings)
    const last = movements.last
    await movements.catchUp()
    const isStill = last === movements.last && last === ledger.lastMovement
    const names = open?.keys() ?? new Set([...before.keys(), ...ledger.moved.keys(), ...accountsOf(ledger)])
    const looked = [...names].map(
      (name) => [name, look(name, before, ledger, after, isStill ? movements : undefined)] as const,
    )
    toys = Math.max(toys, looked.length)
    open = new Map(
      looked.flatMap(([name, found]) =>
        found === 'right' ? [] : [[name, found === 'moving' ? undefined : found.fault] as const],
      ),
    )
    if (open.size === 0) break
  }
  const left = [...(open ?? [])]
  for (const [, fault] of left) if (fault !== undefined) findings.add(fault)
  return {
    toys,
    movements: movements.last,
    moving: left.filter(([, fault]) => fault === undefined).map(([name]) => name),
  }
}

const accountsOf = ({ state }: LedgerBooks): string[] => [...state.accounts()].map(([name]) => name)

/** `movements`: undefined where they moved. */
function look(
  name: string,
  before: ReadonlyMap<string, ShownToy>,
  { state, moved }: LedgerBooks,
  after: ReadonlyMap<string, ShownToy>,
  movements: MovementBook | undefined,
): 'right' | 'moving' | { fault: string } {
  const account = state.account(name)
  const [first, last] = [toyText(before.get(name)), toyText(after.get(name))]
  const held = account === undefined ? 'none' : `${account.balance} at ${account.attributes[0]}`
  if (first !== last || movements === undefined) return 'moving'
  if (first !== held) return { fault: `${name}: the files hold ${held}, but the shop shows ${first}` }
  const [here, there] = [moved.get(name) ?? 0, movements.sum(name)]
  if (here === there) return 'right'
  return { fault: `${name}: the files' movements add up to ${here}, the shop's to ${there}` }
}

const toyText = (toy: ShownToy | undefined): string =>
  toy === undefined ? 'none' : `${toy.stock} at ${formatMoney(toy.price)}`
