/**
 * Whether a running shop shows what its files hold: every order row, and every toy, customer and movement where they are at
 * rest.
 *
 * Orders: the newest number is asked for first, then the file is read. What the shop shows is synced, so the file has it: rows
 * up to that number are compared one by one, later ones are left out. Toys, customers and movements change while they are read:
 * each is compared between two readings that show the same of it, and one that differs is looked at again: a fault is what two
 * looks have found.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { formatMoney } from '../../money.ts'
import { formatAmount } from '../../storage/csv/amount.ts'
import { realFileSystem } from '../../storage/file-system.ts'
import type { Account } from '../../storage/ledger.ts'
import { noProgress, type Progress } from '../progress.ts'
import { Findings, MovementBook, readCredits, readToys } from './books.ts'
import { credit, hasLedger, type LedgerBooks, type LedgerPlace, readLedger, stock } from './ledger.ts'
import { readLines, wholeLines } from './order-lines.ts'
import { readOrder, type ShownItem, type ShownOrder } from './rows.ts'
import { eachOf, pageRows, Shop, type ShopOptions } from './shop.ts'

export interface Comparison {
  /** So many orders and toys of the files were compared with the shop's; movements as sums by account. */
  orders: number
  toys: number
  movements: number
  customers: number
  creditMovements: number
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
    const toys = await compareLedger(shop, stockSide(shop, findings), dataDir, findings, waitsMs)
    const customers = await compareLedger(shop, creditSide(shop, findings), dataDir, findings, waitsMs)
    return {
      orders,
      toys: toys.accounts,
      movements: toys.movements,
      customers: customers.accounts,
      creditMovements: customers.movements,
      differences: findings.all(),
      notes: [...restless(toys.moving, 'toys'), ...restless(customers.moving, 'customers')],
    }
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
  const rows: FileOrder[] = []
  let [compared, last] = [0, -1]
  try {
    await readLines(file, await wholeLines(file), {
      take({ line, number, row, of, name, quantity, price, user, placedAt }) {
        if (!(number <= newest)) return
        if (row !== 1) return void rows.at(-1)?.items.push({ name, quantity, price })
        last = number
        rows.push({ line, number, of, items: [{ name, quantity, price }], user, placedAt: placedAt() })
      },
      wrong() {}, // that the files' own check tells
      async settle() {
        // The last one's other rows may come with the next piece.
        const isWhole = rows.length === 0 || rows.at(-1)!.items.length >= rows.at(-1)!.of
        const whole = rows.splice(0, rows.length - Number(!isWhole))
        const pages = Array.from({ length: Math.ceil(whole.length / pageRows) }, (_, page) =>
          whole.slice(page * pageRows, (page + 1) * pageRows),
        )
        compared += whole.length
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

interface FileOrder extends Omit<ShownOrder, 'total' | 'items'> {
  line: number
  items: ShownItem[]
  /** So many rows it has when it is whole. */
  of: number
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

function orderText({ items, user, placedAt }: Omit<ShownOrder, 'number' | 'total'>): string {
  const each = items.map(({ quantity, name, price }) => `${quantity} ${name} at ${formatMoney(price)}`)
  return [each.join(' and '), user === '' ? '' : `paid by ${user}`, placedAt].filter((part) => part !== '').join(', ')
}

/** One ledger, in the files and over the API. */
interface Side {
  place: LedgerPlace
  /** An account in a sentence. */
  word: (name: string) => string
  movements: MovementBook
  /** What is shown of the accounts, each as text; `also` are some that may be there beside those that are known. */
  read(also: Iterable<string>): Promise<ReadonlyMap<string, string>>
  /** The same of an account in the files. */
  text(account: Account): string
}

const stockSide = (shop: Shop, findings: Findings): Side => ({
  place: stock,
  word: (name) => name,
  movements: new MovementBook(shop, findings),
  async read() {
    const toys = await readToys(shop, findings)
    return new Map([...toys].map(([name, toy]) => [name, `${toy.stock} at ${formatMoney(toy.price)}`]))
  },
  text: ({ balance, attributes }) => `${balance} at ${attributes[0]}`,
})

function creditSide(shop: Shop, findings: Findings): Side {
  const movements = new MovementBook(shop, findings, 0, 'credit')
  return {
    place: credit,
    word: (user) => `customer ${user}`,
    movements,
    async read(also) {
      const credits = await readCredits(shop, new Set([...movements.names, ...also]), findings)
      return new Map([...credits].map(([user, cents]) => [user, formatMoney(cents)]))
    },
    text: ({ balance }) => formatMoney(balance),
  }
}

async function compareLedger(
  shop: Shop,
  side: Side,
  dataDir: string,
  findings: Findings,
  waitsMs: readonly number[],
): Promise<{ accounts: number; movements: number; moving: string[] }> {
  const { place, movements, word } = side
  const folder = `${dataDir}/${place.room}`
  await movements.catchUp()
  if (place === credit && !(await hasLedger(folder))) {
    if (movements.last > 0)
      findings.add(`${folder} holds no customers, but ${shop.url} shows ${movements.last} movements of credit`)
    return { accounts: 0, movements: movements.last, moving: [] }
  }
  /** What differs still, with the fault, or was never seen at rest; undefined before the first look. */
  let open: Map<string, string | undefined> | undefined
  /** Of the look before: the files may hold what is synced, and so shown, only in a moment. */
  let earlier: typeof open
  let accounts = 0
  for (const waitMs of waitsMs) {
    await pause(waitMs)
    await movements.catchUp()
    const before = await side.read(open?.keys() ?? [])
    const ledger = await readLedger(folder, undefined, place.decimals)
    const after = await side.read(open?.keys() ?? [])
    const last = movements.last
    await movements.catchUp()
    const isStill = last === movements.last // where the files' last is another one, so are some of their sums
    const names = open?.keys() ?? new Set([...before.keys(), ...ledger.moved.keys(), ...accountsOf(ledger)])
    const looked = [...names].map(
      (name) => [name, look(name, side, before, ledger, after, isStill ? movements : undefined)] as const,
    )
    accounts = Math.max(accounts, looked.length)
    earlier = open
    open = new Map(
      looked.flatMap(([name, found]) =>
        found === 'right' ? [] : [[name, found === 'moving' ? undefined : found.fault] as const],
      ),
    )
    if (open.size === 0) break
  }
  const left = [...(open ?? [])]
  const moving: string[] = []
  for (const [name, fault] of left)
    if (fault !== undefined && earlier?.get(name) === fault) findings.add(fault)
    else moving.push(word(name))
  return {
    accounts,
    movements: movements.last,
    moving,
  }
}

const restless = (moving: readonly string[], words: string): string[] =>
  moving.length === 0
    ? []
    : [
        `${moving.length} ${words} never stood still, so that files and shop were not compared: ${moving.slice(0, 10).join(', ')}.`,
      ]

const accountsOf = ({ state }: LedgerBooks): string[] => [...state.accounts()].map(([name]) => name)

/** `movements`: undefined where they moved. */
function look(
  name: string,
  { place, word, text }: Side,
  before: ReadonlyMap<string, string>,
  { state, moved }: LedgerBooks,
  after: ReadonlyMap<string, string>,
  movements: MovementBook | undefined,
): 'right' | 'moving' | { fault: string } {
  const account = state.account(name)
  const [first, last] = [before.get(name) ?? 'none', after.get(name) ?? 'none']
  const held = account === undefined ? 'none' : text(account)
  if (first !== last || movements === undefined) return 'moving'
  if (first !== held) return { fault: `${word(name)}: the files hold ${held}, but the shop shows ${first}` }
  const [here, there] = [moved.get(name) ?? 0, movements.sum(name)]
  if (here === there) return 'right'
  const amount = (value: number): string => formatAmount(value, place.decimals)
  return { fault: `${word(name)}: the files' movements add up to ${amount(here)}, the shop's to ${amount(there)}` }
}
