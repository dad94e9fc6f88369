/**
 * What must hold of a disk after whatever happened to it, held against what buyers and owners were told. The store is
 * started on it, settles, is asked again for all that nobody knows, sells once more, stops and starts; then the files'
 * own bytes are read, not by the engine that wrote them.
 */

import { parseRow } from '../../storage/csv/row.ts'
import type { MemoryDisk } from '../../storage/test/memory-disk.ts'
import type { Answer, AskedOrder, Record } from './record.ts'
import { RunningStore } from './running-store.ts'
import { doAsTold, priceOf } from './workload.ts'

/** Each a sentence; empty where all is right. The disk is changed by it. */
export async function judge(disk: MemoryDisk, told: Record): Promise<string[]> {
  const record = told.before(Number.POSITIVE_INFINITY)
  for (const { key, lines, answer } of record.repeats) {
    const first = record.orders.find((order) => order.key === key && `${order.lines}` === `${lines}`)
    // What was refused at first can be bought by asking again.
    if (first !== undefined && first.answer.is !== 'done' && answer.is !== 'refused') first.answer = answer
  }
  const wrong: string[] = []
  const store = new RunningStore(disk)
  store.start()
  if (!(await store.ready()) && doAsTold(store, record)) store.start()
  if (!(await store.ready())) return [`it does not start again: ${store.refused?.stack ?? store.notes.at(-1)}`]
  if (!(await store.rest())) wrong.push('it does not come to rest')
  wrong.push(...(await settleByAsking(store, record)))
  if (!(await store.stop())) wrong.push('it does not stop in order')
  wrong.push(...store.ended.map(({ error }) => `it gave up on a sound disk: ${error.message}`))
  wrong.push(...files(disk, record))
  wrong.push(...(await startsClean(disk)))
  return wrong
}

/** Asks again with every key whose answer nobody has, and with one that was answered; then buys once more. */
async function settleByAsking(store: RunningStore, record: Record): Promise<string[]> {
  const wrong: string[] = []
  const before = ordersOf(store.disk, [])
  for (const { key, answer } of record.orders)
    if (answer.is === 'done' && !before.has(key)) wrong.push(`acknowledged order ${answer.number} (${key}) is lost`)
  const newest = record.orders.findLast(({ answer }) => answer.is === 'done')
  const unknown = record.orders.filter(({ answer }) => answer.is === 'unknown')
  for (const asked of newest === undefined ? unknown : [...unknown, newest]) {
    const there = before.get(asked.key)
    const again = await store.settle(store.buy(asked.key, asked.lines))
    if (there !== undefined && !(again.is === 'done' && again.number === there.number))
      wrong.push(`${asked.key} is order ${there.number}, but asked again it is told ${JSON.stringify(again)}`)
    else if (again.is === 'unknown') wrong.push(`${asked.key} is told that nobody can know, by a sound store`)
    else if (again.is === 'refused' && again.code === 'unavailable') wrong.push(`${asked.key} finds a sound store down`)
    if (asked.answer.is === 'unknown') asked.answer = again
  }
  const asked = record.order('one-more', [['Python', 1]])
  const answer = await store.settle(store.buy('one-more', asked.lines))
  record.answer(asked, answer)
  if (answer.is !== 'done') wrong.push(`it does not sell any more: ${JSON.stringify(answer)}`)
  return wrong
}

interface Order {
  number: number
  lines: [string, number][]
}

const text = (disk: MemoryDisk, path: string): string => disk.read(path)?.toString() ?? ''
const rowsOf = (disk: MemoryDisk, path: string): (string[] | undefined)[] =>
  text(disk, path).split('\n').slice(1, -1).map(parseRow)

/** By key. */
function ordersOf(disk: MemoryDisk, wrong: string[]): Map<string, Order> {
  const orders = new Map<string, Order>()
  const attempts = new Set<string>()
  let last = { number: 0, row: 1, of: 1, key: '', attempt: '' }
  for (const fields of rowsOf(disk, '/data/order/orders.csv')) {
    const [number, line = '', name = '', quantity, price, , , key = '', attempt = '', placedAt] = fields ?? []
    const [row, of] = line.split(' of ').map(Number)
    const now = { number: Number(number), row: row!, of: of!, key, attempt }
    if (placedAt === undefined || !(Number(quantity) > 0) || price !== priceOf(name))
      wrong.push(`orders.csv has the row ${fields}`)
    const goesOn = last.row < last.of
    if (goesOn && (now.number !== last.number || now.row !== last.row + 1 || now.of !== last.of || key !== last.key))
      wrong.push(`orders.csv: ${fields} comes after row ${last.row} of ${last.of} of order ${last.number}`)
    if (!goesOn) {
      if (now.number !== last.number + 1 || now.row !== 1)
        wrong.push(`orders.csv: ${fields} comes after ${last.number}`)
      if (orders.has(key)) wrong.push(`key ${key} has two orders`)
      if (attempts.has(attempt)) wrong.push(`attempt ${attempt} has two orders`)
      attempts.add(attempt)
      orders.set(key, { number: now.number, lines: [] })
    }
    orders.get(key)?.lines.push([name, Number(quantity)])
    last = now
  }
  if (last.row < last.of) wrong.push('orders.csv ends within an order')
  return orders
}

/** The books and all that was told, by the files of a store that has stopped in order. */
function files(disk: MemoryDisk, record: Record): string[] {
  const wrong: string[] = []
  const orders = ordersOf(disk, wrong)
  const asked = new Map(record.orders.map((order) => [order.key, order]))
  for (const order of record.orders) wrong.push(...orderWrong(order, orders.get(order.key)))
  for (const { key, answer } of record.repeats) wrong.push(...repeatWrong(key, answer, orders.get(key)))
  for (const [key, { number }] of orders)
    if (!asked.has(key)) wrong.push(`order ${number} was never asked for (${key})`)
  wrong.push(...booksWrong(disk, orders, record))
  const names = disk.paths().filter((path) => /\/(journal|base)-\d+\.csv$|\.tmp$/.test(path))
  if (names.length !== 2) wrong.push(`after a stop in order there are ${names}`)
  return wrong
}

function orderWrong({ key, lines, answer }: AskedOrder, found: Order | undefined): string[] {
  if (answer.is === 'refused')
    return found === undefined ? [] : [`${key} was refused (${answer.code}) and is order ${found.number}`]
  if (answer.is === 'unknown') return [`${key} is unknown in the end`]
  if (found === undefined) return [`acknowledged order ${answer.number} (${key}) is lost`]
  if (found.number === answer.number && `${found.lines}` === `${lines}`) return []
  return [`${key} was acknowledged as ${answer.number} with ${lines} and stands as ${found.number} with ${found.lines}`]
}

function repeatWrong(key: string, answer: Answer, found: Order | undefined): string[] {
  if (answer.is === 'done' && answer.number !== found?.number)
    return [`${key}, asked again, was told ${answer.number} and is ${found?.number}`]
  if (answer.is === 'refused' && !['key_reused', 'unavailable', 'out_of_stock'].includes(answer.code))
    return [`${key}, asked again, was refused: ${answer.code}`]
  return []
}

function booksWrong(disk: MemoryDisk, orders: ReadonlyMap<string, Order>, record: Record): string[] {
  const wrong: string[] = []
  const sums = new Map<string, number>()
  const add = (toy: string, count: number): void => {
    sums.set(toy, (sums.get(toy) ?? 0) + count)
  }
  const told = new Map(record.changes.map((change) => [change.reason, change]))
  const seen = new Map<string, number>()
  let count = 0
  let edited = 0
  for (const fields of rowsOf(disk, '/data/catalog/movements.csv')) {
    const [number, , toy = '', by, reason = ''] = fields ?? []
    count += 1
    if (Number(number) !== count) wrong.push(`movement ${number} stands in place ${count}`)
    add(toy, Number(by))
    if (reason === 'hand edit') edited += 1
    else if (reason !== 'start') {
      const change = told.get(reason)
      if (seen.has(reason)) wrong.push(`the change "${reason}" was made twice`)
      seen.set(reason, count)
      if (change === undefined || change.toy !== toy || (change.by !== undefined && change.by !== Number(by)))
        wrong.push(`nobody asked for the movement ${fields}`)
    }
  }
  for (const { reason, answer } of record.changes) {
    const number = seen.get(reason)
    if (answer.is === 'done' && number !== answer.number)
      wrong.push(`the change "${reason}" was acknowledged as ${answer.number} and is ${number}`)
    if (answer.is === 'refused' && number !== undefined) wrong.push(`the change "${reason}" was refused and made`)
  }
  const wantedEdits = record.edits.reduce((sum, { stock }) => sum + stock.size, 0)
  if (edited !== wantedEdits) wrong.push(`${wantedEdits} toys were changed by hand, ${edited} changes were taken`)
  for (const { lines } of orders.values()) for (const [toy, quantity] of lines) add(toy, -quantity)
  for (const fields of rowsOf(disk, '/data/catalog/toys_db.csv')) {
    const [toy = '', price, stock] = fields ?? []
    if (!/^\d+$/.test(stock ?? '') || price !== priceOf(toy)) wrong.push(`toys_db.csv has the row ${fields}`)
    add(toy, -Number(stock))
  }
  for (const [toy, left] of sums) if (left !== 0) wrong.push(`${toy}: ${left} pieces are missing`)
  return wrong
}

async function startsClean(disk: MemoryDisk): Promise<string[]> {
  const before = text(disk, '/data/catalog/toys_db.csv')
  const store = new RunningStore(disk)
  store.start()
  if (!(await store.ready())) return [`after a stop in order it does not start: ${store.refused?.message}`]
  const wrong: string[] = []
  const { catalog, order } = { catalog: store.running('catalog')!, order: store.running('order')! }
  const { cut, handEdits, openReservations } = catalog.report
  if (cut !== undefined || order.checked.cut !== undefined) wrong.push('after a stop in order something was torn')
  if (handEdits > 0) wrong.push('after a stop in order there is an edit by hand')
  if (openReservations > 0) wrong.push('after a stop in order something is reserved')
  const newest = await store.read('order', ({ orders, log }) => orders.get(log.lastNumber))
  if (newest?.name !== 'Python') wrong.push(`the newest order is ${JSON.stringify(newest)}`)
  if (!(await store.stop())) wrong.push('it does not stop in order a second time')
  if (text(disk, '/data/catalog/toys_db.csv') !== before) wrong.push('a start and a stop changed toys_db.csv')
  return wrong
}
