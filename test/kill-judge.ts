/** What buyers were told against the files and the live API. Each fault is a sentence. */
import { readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { request } from 'undici'
import { type Buyers, customers, type Line, putIn, type Told } from './kill-buyers.ts'

export type Row = Record<string, string>

export const rowsOf = (path: string): Row[] => parse(readFileSync(path), { columns: true })

/** Orders, in the log's file and told by the running store at `url`. */
export async function judge(url: string, dataDir: string, told: readonly Told[]): Promise<string[]> {
  const wrong: string[] = []
  const byKey = Map.groupBy(rowsOf(`${dataDir}/order/orders.csv`), ({ key }) => key!)
  for (const [key, rows] of byKey) if (!isOneOrder(rows)) wrong.push(`${key} has the rows ${JSON.stringify(rows)}`)
  for (const order of told) {
    const rows = byKey.get(order.key)
    if (rows === undefined) wrong.push(`acknowledged order ${order.number} (${order.key}) is lost`)
    else if (!isAsTold(rows, order))
      wrong.push(`order ${order.number} (${order.key}) stands as ${JSON.stringify(rows)}`)
  }
  for (const order of told.filter(({ number }) => number !== undefined).slice(-20)) {
    const reply = await request(`${url}/orders/${order.number}`)
    const { data } = (await reply.body.json()) as { data?: Shown }
    if (!isShown(data, order)) wrong.push(`GET /orders/${order.number} tells ${JSON.stringify(data)}`)
  }
  for (const { key, user, total } of told.filter(({ number }) => number === undefined).slice(-20)) {
    const reply = await request(`${url}/orders/find/${key.slice(1)}`)
    const draft = (await reply.body.json()) as { paid?: boolean; user_id?: string; total_cost?: number }
    if (draft.paid !== true || draft.user_id !== user || draft.total_cost !== total)
      wrong.push(`the draft ${key}, which was checked out, is told as ${JSON.stringify(draft)}`)
  }
  return wrong
}

/** What was refused is no order. */
export function judgeRefused(dataDir: string, refused: readonly string[]): string[] {
  const numbers = new Map(rowsOf(`${dataDir}/order/orders.csv`).map(({ key, order_number }) => [key!, order_number!]))
  return refused.flatMap((key) => (numbers.has(key) ? [`${key} was refused and is order ${numbers.get(key)}`] : []))
}

/** `1 of 3`, `2 of 3`, `3 of 3` of one number and attempt. */
const isOneOrder = (rows: readonly Row[]): boolean =>
  rows.every(
    ({ line, order_number, attempt, user }, i) =>
      line === `${i + 1} of ${rows.length}` &&
      order_number === rows[0]!.order_number &&
      attempt === rows[0]!.attempt &&
      user === rows[0]!.user,
  )

const isAsTold = (rows: readonly Row[], { number, total, user = '', lines }: Told): boolean =>
  rows.length === lines.length &&
  (number === undefined || rows[0]!.order_number === String(number)) &&
  rows[0]!.user === user &&
  lines.every(({ name, quantity }, i) => rows[i]!.name === name && rows[i]!.quantity === String(quantity)) &&
  costOf(rows) === cents(total.toFixed(2))

interface Shown extends Partial<Line> {
  total: number
  user?: string
  items?: readonly Line[]
}

function isShown(data: Shown | undefined, { total, user, lines }: Told): boolean {
  const items = data?.items ?? [{ name: data?.name, quantity: data?.quantity }]
  const same = lines.every(({ name, quantity }, i) => items[i]?.name === name && items[i]?.quantity === quantity)
  return same && items.length === lines.length && data?.user === user && data?.total === total
}

/** Credit, by the files of a stopped store: all that was put in is there or was spent, and what was told was put in once. */
export function judgeCredit(dataDir: string, { told, credited }: Pick<Buyers, 'told' | 'credited'>): string[] {
  const wrong: string[] = []
  const sums = (pairs: readonly (readonly [string, number])[]): Map<string, number> => {
    const sum = new Map<string, number>()
    for (const [user, amount] of pairs) sum.set(user, (sum.get(user) ?? 0) + amount)
    return sum
  }
  const movements = rowsOf(`${dataDir}/payment/movements.csv`)
  const moved = sums(movements.map(({ account, change }) => [account!, cents(change!)]))
  const left = sums(rowsOf(`${dataDir}/payment/customers.csv`).map(({ user_id, credit }) => [user_id!, cents(credit!)]))
  const orders = rowsOf(`${dataDir}/order/orders.csv`).filter(({ user }) => user !== '')
  const spent = sums(orders.map((row) => [row.user!, costOf([row])]))
  for (const user of new Set([...moved.keys(), ...left.keys(), ...spent.keys(), ...customers.keys()])) {
    const [all, now, gone] = [moved.get(user) ?? 0, left.get(user) ?? 0, spent.get(user) ?? 0]
    if (now < 0 || all !== now + gone)
      wrong.push(`${user}: ${all} cents were put in, ${now} are left and ${gone} spent`)
  }
  const paid = sums(told.flatMap(({ user, total }) => (user === undefined ? [] : [[user, cents(total.toFixed(2))]])))
  for (const [user, amount] of paid)
    if ((spent.get(user) ?? 0) < amount)
      wrong.push(`${user}: ${amount} cents were told to be paid, ${spent.get(user)} were`)
  const puts = movements.filter(({ reason }) => reason === 'credit put in')
  if (puts.length !== credited)
    wrong.push(`credit was told to be put in ${credited} times, and was ${puts.length} times`)
  if (puts.some(({ change }) => change !== putIn.toFixed(2))) wrong.push('credit of another amount was put in')
  return wrong
}

/** Not a number where the text is no amount of two decimals. */
const cents = (text: string): number => (/^-?\d+\.\d\d$/.test(text) ? Number(text.replace('.', '')) : Number.NaN)
const costOf = (rows: readonly Row[]): number =>
  rows.reduce((sum, { quantity, price }) => sum + Number(quantity) * cents(price!), 0)
