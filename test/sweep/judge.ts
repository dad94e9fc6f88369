/**
 * What must hold of a disk after whatever happened to it, held against what buyers and owners were told. The store is
 * started on it, settles, is asked again for all that nobody knows, sells once more, stops and starts; then the files'
 * own bytes are read, not by the engine that wrote them.
 */
import { parseRow } from '../../storage/csv/row.ts'
import type { MemoryDisk } from '../../storage/test/memory-disk.ts'
import { cartsOf, cartsWrong } from './carts.ts'
import { type Answer, type AskedOrder, type Basket, type Books, type Record, sameBasket } from './record.ts'
import { RunningStore } from './running-store.ts'
import { creditCommand, doAsTold, guest, priceOf, putIn, rich } from './workload.ts'

/** Each a sentence; empty where all is right. The disk is changed by it. */
export async function judge(disk: MemoryDisk, told: Record): Promise<string[]> {
  const record = told.before(Number.POSITIVE_INFINITY)
  for (const repeat of record.repeats) {
    const { key, answer } = repeat
    const first = record.orders.find((order) => order.key === key && sameBasket(order, repeat))
    // What was refused at first can be bought by asking again.
    if (first !== undefined && first.answer.is !== 'done' && answer.is !== 'refused')
      Object.assign(first, { answer, to: repeat.to })
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
  const newestCart = record.orders.findLast(({ answer, cart }) => answer.is === 'done' && cart !== undefined)
  const unknown = record.orders.filter(({ answer }) => answer.is === 'unknown')
  for (const asked of new Set([...unknown, newest, newestCart])) {
    if (asked === undefined) continue
    const there = before.get(asked.key)
    const again = await store.settle(store.buy(asked.key, asked))
    if (there !== undefined && !(again.is === 'done' && again.number === there.number))
      wrong.push(`${asked.key} is order ${there.number}, but asked again it is told ${JSON.stringify(again)}`)
    else if (again.is === 'unknown') wrong.push(`${asked.key} is told that nobody can know, by a sound store`)
    else if (again.is === 'refused' && again.code === 'unavailable') wrong.push(`${asked.key} finds a sound store down`)
    if (asked.answer.is === 'unknown') record.answer(asked, again)
  }
  wrong.push(...(await settleCredit(store, record)))
  const basket = { lines: [['Python', 1]] } as const
  const isThere = record.changes.some(({ account, answer }) => account === rich && answer.is === 'done')
  for (const op of [{ op: 'get', customer: rich }, putIn(guest, 'Fox', 1)] as const) {
    const asked = record.cart(op)
    record.answer(asked, await store.settle(store.cart(op)))
    if (asked.answer.is !== 'done') wrong.push(`a cart is told ${JSON.stringify(asked.answer)} by a sound store`)
  }
  for (const [key, more] of [
    ['one-more-cart', { lines: [], cart: guest }],
    ['one-more', basket],
    ...(isThere ? ([['paid', { ...basket, user: rich }]] as const) : []),
  ] as const) {
    const asked = record.order(key, more)
    const answer = await store.settle(store.buy(key, more))
    record.answer(asked, answer)
    if (answer.is !== 'done') wrong.push(`it does not sell any more: ${key} is told ${JSON.stringify(answer)}`)
  }
  return wrong
}

/** The same with changes under a key; what was to be taken back is left as it is: its key may be free again. */
async function settleCredit(store: RunningStore, { changes, undone }: Record): Promise<string[]> {
  const wrong: string[] = []
  const keyed = changes.filter((change) => change.keyed && !undone.has(change.reason))
  const newest = keyed.findLast(({ answer }) => answer.is === 'done')
  for (const asked of keyed) {
    if (asked.answer.is === 'refused' || (asked.answer.is === 'done' && asked !== newest)) continue
    const { account, by, reason, answer } = asked
    const again = await store.settle(store.change(creditCommand('change', account, by!, reason), 'payment'))
    if (answer.is === 'done' && !(again.is === 'done' && again.number === answer.number))
      wrong.push(`"${reason}" was movement ${answer.number}, but asked again it is told ${JSON.stringify(again)}`)
    else if (again.is === 'unknown' || (again.is === 'refused' && again.code === 'unavailable'))
      wrong.push(`"${reason}" is told ${JSON.stringify(again)} by a sound store`)
    if (answer.is === 'unknown') asked.answer = again
  }
  return wrong
}

interface Order extends Basket {
  number: number
  key: string
  attempt: string
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
    const [number, line = '', name = '', quantity, price, user, cart, key = '', attempt = '', placedAt] = fields ?? []
    const [row, of] = line.split(' of ').map(Number)
    const now = { number: Number(number), row: row!, of: of!, key, attempt }
    if (placedAt === undefined || !(Number(quantity) > 0) || price !== priceOf(name))
      wrong.push(`orders.csv has the row ${fields}`)
    const goesOn = last.row < last.of
    const before = orders.get(key)
    if (goesOn && (before?.attempt !== attempt || (before.user ?? '') !== user || (before.cart ?? '') !== cart))
      wrong.push(`orders.csv: ${fields} is another's row than the one before it`)
    if (goesOn && (now.number !== last.number || now.row !== last.row + 1 || now.of !== last.of || key !== last.key))
      wrong.push(`orders.csv: ${fields} comes after row ${last.row} of ${last.of} of order ${last.number}`)
    if (!goesOn) {
      if (now.number !== last.number + 1 || now.row !== 1)
        wrong.push(`orders.csv: ${fields} comes after ${last.number}`)
      if (orders.has(key)) wrong.push(`key ${key} has two orders`)
      if (attempts.has(attempt)) wrong.push(`attempt ${attempt} has two orders`)
      attempts.add(attempt)
      orders.set(key, { number: now.number, key, attempt, user: user || undefined, cart: cart || undefined, lines: [] })
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
  wrong.push(...booksWrong(disk, 'catalog', takenOf(orders), record))
  wrong.push(...booksWrong(disk, 'payment', spentOf(orders), record))
  wrong.push(...againWrong(record))
  wrong.push(...cartsWrong(disk, record, [...orders.values()]))
  const names = disk.paths().filter((path) => /\/(journal|base)-\d+\.csv$|\.tmp$/.test(path))
  if (names.length !== 4) wrong.push(`after a stop in order there are ${names}`)
  return wrong
}

function orderWrong(asked: AskedOrder, found: Order | undefined): string[] {
  const { key, lines, user, cart, answer } = asked
  if (answer.is === 'refused')
    return found === undefined ? [] : [`${key} was refused (${answer.code}) and is order ${found.number}`]
  if (answer.is === 'unknown') return [`${key} is unknown in the end`]
  if (found === undefined) return [`acknowledged order ${answer.number} (${key}) is lost`]
  if (found.number === answer.number && sameBasket(found, asked)) return []
  const [then, now] = [`${cart ?? lines} by ${user}`, `${found.cart ?? found.lines} by ${found.user}`]
  return [`${key} was acknowledged as ${answer.number} with ${then} and stands as ${found.number} with ${now}`]
}

function repeatWrong(key: string, answer: Answer, found: Order | undefined): string[] {
  if (answer.is === 'done' && answer.number !== found?.number)
    return [`${key}, asked again, was told ${answer.number} and is ${found?.number}`]
  if (
    answer.is === 'refused' &&
    !['key_reused', 'unavailable', 'out_of_stock', 'out_of_credit', 'user_not_found', 'cart_empty'].includes(
      answer.code,
    )
  )
    return [`${key}, asked again, was refused: ${answer.code}`]
  return []
}

/** A keyed change that was asked for once more was told what it was told at first. */
const againWrong = ({ changes, changesAgain }: Record): string[] =>
  changesAgain.flatMap(({ reason, answer }) => {
    const first = changes.find((change) => change.reason === reason)?.answer
    const same = answer.is !== 'done' || (first?.is === 'done' && first.number === answer.number)
    return same ? [] : [`"${reason}", asked again, was told ${JSON.stringify(answer)} after ${JSON.stringify(first)}`]
  })

type Amounts = readonly (readonly [account: string, amount: number])[]

const takenOf = (orders: ReadonlyMap<string, Order>): Amounts => [...orders.values()].flatMap(({ lines }) => lines)

/** In cents. */
const spentOf = (orders: ReadonlyMap<string, Order>): Amounts =>
  [...orders.values()].flatMap(({ user, lines }) =>
    user === undefined
      ? []
      : lines.map(([toy, quantity]) => [user, quantity * amountOf(priceOf(toy), 'payment')] as const),
  )

const readableOf = { catalog: '/data/catalog/toys_db.csv', payment: '/data/payment/customers.csv' } as const

/** Pieces, or cents of a decimal; not a number where the text is neither. */
function amountOf(text: string, books: Books): number {
  const form = books === 'catalog' ? /^-?\d+$/ : /^-?\d+\.\d\d$/
  return form.test(text) ? Number(text.replace('.', '')) : Number.NaN
}

/** All movements together are what is there and what orders took. */
function booksWrong(disk: MemoryDisk, books: Books, taken: Amounts, record: Record): string[] {
  const wrong: string[] = []
  const sums = new Map<string, number>()
  const add = (account: string, count: number): void => {
    sums.set(account, (sums.get(account) ?? 0) + count)
  }
  const changes = record.changes.filter((change) => change.books === books)
  const told = new Map(changes.map((change) => [change.reason, change]))
  const seen = new Map<string, number>()
  let count = 0
  let edited = 0
  for (const fields of rowsOf(disk, `/data/${books}/movements.csv`)) {
    const [number, , account = '', change = '', reason = ''] = fields ?? []
    const by = amountOf(change, books)
    count += 1
    if (Number(number) !== count) wrong.push(`movement ${number} of ${books} stands in place ${count}`)
    add(account, by)
    if (reason === 'hand edit') edited += 1
    else if (reason !== 'start') {
      const asked = told.get(reason)
      if (seen.has(reason)) wrong.push(`the change "${reason}" was made twice`)
      seen.set(reason, count)
      if (asked === undefined || asked.account !== account || (asked.by !== undefined && asked.by !== by))
        wrong.push(`nobody asked for the movement ${fields}`)
    }
  }
  for (const { reason, answer } of changes) {
    const number = seen.get(reason)
    if (answer.is === 'done' && number !== answer.number)
      wrong.push(`the change "${reason}" was acknowledged as ${answer.number} and is ${number}`)
    if (answer.is === 'refused' && number !== undefined) wrong.push(`the change "${reason}" was refused and made`)
  }
  const wantedEdits = books === 'payment' ? 0 : record.edits.reduce((sum, { stock }) => sum + stock.size, 0)
  if (edited !== wantedEdits)
    wrong.push(`${wantedEdits} of ${books} were changed by hand, ${edited} changes were taken`)
  for (const [account, amount] of taken) add(account, -amount)
  for (const fields of rowsOf(disk, readableOf[books])) {
    const [account = '', ...rest] = fields ?? []
    const left = amountOf(rest.at(-1) ?? '', books)
    if (!(left >= 0) || (books === 'catalog' ? rest[0] !== priceOf(account) : rest.length !== 1))
      wrong.push(`${readableOf[books]} has the row ${fields}`)
    add(account, -left)
  }
  for (const [account, left] of sums) if (left !== 0) wrong.push(`${account}: ${left} of ${books} are missing`)
  return wrong
}

async function startsClean(disk: MemoryDisk): Promise<string[]> {
  const wrong: string[] = []
  const readable = () => Object.values(readableOf).map((path) => text(disk, path))
  const carts = () => JSON.stringify([...cartsOf(disk, wrong)].sort())
  const [before, cartsBefore] = [readable(), carts()]
  const store = new RunningStore(disk)
  store.start()
  if (!(await store.ready())) return [`after a stop in order it does not start: ${store.refused?.message}`]
  for (const books of ['catalog', 'payment'] as const) {
    const { cut, handEdits, openReservations } = store.running(books)!.report
    if (cut !== undefined) wrong.push(`after a stop in order something of ${books} was torn`)
    if (handEdits > 0) wrong.push(`after a stop in order there is an edit of ${books} by hand`)
    if (openReservations > 0) wrong.push(`after a stop in order something of ${books} is reserved`)
  }
  if (store.running('order')!.checked.cut !== undefined) wrong.push('after a stop in order orders.csv was torn')
  if (store.running('cart')!.checked.cut !== undefined) wrong.push('after a stop in order a cart was torn')
  const newest = await store.read('order', ({ orders, log }) => orders.get(log.lastNumber))
  if (newest?.name !== 'Python') wrong.push(`the newest order is ${JSON.stringify(newest)}`)
  if (!(await store.stop())) wrong.push('it does not stop in order a second time')
  if (`${readable()}` !== `${before}`) wrong.push('a start and a stop changed toys_db.csv or customers.csv')
  if (carts() !== cartsBefore) wrong.push('a start and a stop changed the carts')
  return wrong
}
