/**
 * A day of the store in the order in which it always happens: every kind of command, several at once and alone, starts,
 * stops, crashes, edits by hand. It goes on whatever the disk does: what a step is told stands in the record, and a store
 * that ends or will not start is started again as its supervisor or a person would.
 */
import type { CartOp } from '../../cart/client.ts'
import type { Command } from '../../storage/ledger.ts'
import { firstToys } from '../local-store.ts'
import { type Basket, type Line, type Record, sameBasket } from './record.ts'
import type { RunningStore } from './running-store.ts'

const [newPrice, editPrice] = ['12.50', '9.99']
/** No price ever changes. */
export const priceOf = (toy: string): string =>
  firstToys.get(toy)?.attributes[0] ?? (toy === editedToy ? editPrice : newPrice)
const editedToy = 'Yoyo'
/** She has enough for everything that she buys here. */
export const rich = 'ann'
const poor = 'bob, "the poor"'
/** Buys and has no credit. */
export const guest = 'eve, "a guest"'
const toysFile = '/data/catalog/toys_db.csv'
const ordersFile = '/data/order/orders.csv'

/** What the message of a refused start says is to be done; only where a person did edit the file of a running store. */
export function doAsTold({ disk, refused }: RunningStore, { edits }: Record): boolean {
  if (!/toys_db.csv: it was changed by hand, but .* move the file aside/.test(refused?.message ?? '')) return false
  if (!edits.some(({ running }) => running)) return false
  disk.put(`${toysFile}.aside`, disk.read(toysFile))
  disk.put(toysFile, undefined)
  return true
}

/** Until it sells, as a supervisor and a person would; a lasting fault ends where it does not within moments. */
export async function up(store: RunningStore, record: Record, onRefused = (): void => {}): Promise<void> {
  for (let tries = 0; !(await store.ready(1500)); tries++) {
    if (tries > 8) throw new Error(`it does not start: ${store.refused?.message ?? store.notes.at(-1)}`)
    if (tries > 1) store.calls.heal()
    if (store.refused === undefined) continue
    if (!doAsTold(store, record)) onRefused()
    store.start()
  }
}

/** What is bought together, and by whom where somebody pays; under a key of its own, or the next one. */
type Wanted = readonly Line[] | (Basket & { key?: string })

const basketOf = (wanted: Wanted): Basket =>
  'lines' in wanted ? { lines: wanted.lines, user: wanted.user, cart: wanted.cart } : { lines: wanted }
const paidBy = (user: string, ...lines: Line[]): Wanted => ({ user, lines })

const fromCart = (key: string, cart: string, user?: string): Wanted & { key: string } => ({
  key,
  lines: [],
  cart,
  user,
})
export const putIn = (customer: string, item: string, count: number): CartOp => ({
  op: 'add',
  customer,
  item,
  count,
  named: 'unitCount',
  offer: {},
})
const takeOut = (customer: string, item: string): CartOp => ({ op: 'remove', customer, item })
const setTo = (customer: string, item: string, count: number): CartOp => ({ op: 'set', customer, item, count })
const of = (customer: string, op: 'get' | 'checkout'): CartOp => ({ op, customer })

/** Under its reason as the key, but for a new customer. */
export const creditCommand = (op: 'new' | 'change', account: string, cents: number, reason: string): Command =>
  op === 'new'
    ? { op: 'put', account, attributes: [], balance: cents, reason, isNew: true }
    : { op: 'change', account, change: cents, reason, key: reason }

class Day {
  readonly #store: RunningStore
  readonly #record: Record
  readonly #onRefused: () => void
  #keys = 0
  #reasons = 0

  constructor(store: RunningStore, record: Record, onRefused: () => void) {
    this.#store = store
    this.#record = record
    this.#onRefused = onRefused
  }

  up(): Promise<void> {
    return up(this.#store, this.#record, this.#onRefused)
  }

  async start(): Promise<void> {
    this.#store.start()
    await this.up()
  }

  async buy(wanted: Wanted): Promise<void> {
    const basket = basketOf(wanted)
    const key = ('key' in wanted ? wanted.key : undefined) ?? `key-${++this.#keys}`
    const asked = this.#record.order(key, basket)
    this.#record.answer(asked, await this.#store.settle(this.#store.buy(key, basket)))
  }

  async together(...wanted: (Wanted | CartOp)[]): Promise<void> {
    await this.up()
    await this.all(...wanted)
  }

  async all(...wanted: (Wanted | CartOp)[]): Promise<void> {
    await Promise.all(wanted.map((one) => this.ask(one)))
  }

  ask(wanted: Wanted | CartOp): Promise<void> {
    return 'op' in wanted ? this.cart(wanted) : this.buy(wanted)
  }

  async cart(op: CartOp): Promise<void> {
    const asked = this.#record.cart(op)
    this.#record.answer(asked, await this.#store.settle(this.#store.cart(op)))
  }

  /** The same again, with its key; or another purchase with the key of one that was answered, which must be refused. */
  async again(key: string, wanted: Wanted): Promise<void> {
    await this.up()
    const basket = basketOf(wanted)
    const first = this.#record.orders.find((order) => order.key === key)
    if (first === undefined || (first.answer.is !== 'done' && !sameBasket(first, basket))) return
    const asked = this.#record.again(key, basket)
    this.#record.answer(asked, await this.#store.settle(this.#store.buy(key, basket)))
  }

  async change(op: 'take' | 'change' | 'put' | 'remove', toy: string, count = 0): Promise<void> {
    await this.up()
    const reason = `${op} ${++this.#reasons}, by "us"`
    const by = op === 'take' ? -count : op === 'change' ? count : undefined
    const asked = this.#record.change({ books: 'catalog', reason, account: toy, by, keyed: false })
    const command: Command =
      op === 'take'
        ? { op, account: toy, amount: count, reason }
        : op === 'change'
          ? { op, account: toy, change: count, reason }
          : op === 'put'
            ? { op, account: toy, attributes: [newPrice], balance: count, reason }
            : { op, account: toy, reason }
    this.#record.answer(asked, await this.#store.settle(this.#store.change(command)))
  }

  /** Of a customer, in cents: a new one, or credit put in or taken under a key. Returns the key. */
  async credit(op: 'new' | 'change', user: string, cents: number): Promise<string> {
    await this.up()
    const reason = `${op} ${++this.#reasons}, of "us"`
    const asked = this.#record.change({ books: 'payment', reason, account: user, by: cents, keyed: op === 'change' })
    this.#record.answer(
      asked,
      await this.#store.settle(this.#store.change(creditCommand(op, user, cents, reason), 'payment')),
    )
    return reason
  }

  /** Under a key that was used: it must be told what it was told. */
  async creditAgain(user: string, cents: number, key: string): Promise<void> {
    await this.up()
    const first = this.#record.changes.find(({ reason }) => reason === key)!
    // What was refused at first can be made by asking again.
    if (first.answer.is !== 'done') this.#record.answer(first, { is: 'unknown' })
    const answer = await this.#store.settle(this.#store.change(creditCommand('change', user, cents, key), 'payment'))
    if (first.answer.is === 'unknown') this.#record.answer(first, answer)
    else this.#record.changeAgain(key, answer)
  }

  /** Takes back what was changed under this key. */
  async takeBack(user: string, cents: number, key: string): Promise<void> {
    await this.up()
    const reason = `undo ${++this.#reasons}, of "us"`
    const asked = this.#record.change({ books: 'payment', reason, account: user, by: cents, keyed: false })
    this.#record.undone.add(key)
    this.#record.answer(
      asked,
      await this.#store.settle(this.#store.change({ op: 'undo', account: user, key, reason }, 'payment')),
    )
  }

  /** Stops in order; a person edits the file only then. */
  async stop(edit?: { add: readonly [toy: string, stock: number]; set: readonly [toy: string, stock: number] }) {
    await this.up()
    const clean = await this.#store.stop()
    const text = this.#store.disk.read(toysFile)?.toString()
    if (edit === undefined || !clean || text === undefined) return
    const [name, stock] = edit.set
    const form = new RegExp(`^(${name},[^,]*),\\d+`, 'm')
    if (!form.test(text)) return
    this.#record.edit(new Map([edit.add, edit.set]), { running: false })
    this.#store.disk.put(
      toysFile,
      Buffer.from(`${text.replace(form, `$1,${stock}`)}${edit.add[0]},${editPrice},${edit.add[1]}\n`),
    )
  }

  /** A person who does not know better edits the file of a running store. */
  editRunning(): void {
    const bytes = this.#store.disk.read(toysFile)
    if (bytes === undefined) return
    this.#record.edit(new Map(), { running: true })
    this.#store.disk.put(toysFile, Buffer.from(bytes.toString().replace(/^Tux,.*$/m, 'Tux,1.00,7')))
  }

  /** Everything is killed while all this is under way, and what was written last is torn. */
  async crash(moments: number, torn: boolean, ...wanted: (Wanted | CartOp)[]): Promise<void> {
    const { disk, calls } = this.#store
    const running = wanted.map((one) => this.ask(one))
    for (let left = moments; left > 0; left--) await new Promise((resolve) => setImmediate(resolve))
    this.#store.kill()
    await Promise.all(running)
    if (!torn) return
    // Only the newest segment can be torn, and only while no other one is made or taken away.
    const isJournal = (path: string): boolean => /\/journal-\d+\.csv$/.test(path)
    const changes = calls.all.filter(({ kind, path }) => kind !== 'close' && kind !== 'readFile' && isJournal(path))
    const newest = disk.paths().filter(isJournal).sort().at(-1)
    const journal = changes.at(-1)?.path === newest ? newest : undefined
    // What is gone or torn already stays so.
    for (const [path, tear] of [
      [ordersFile, '999,1 of 2,Tux,1,25.99,,,torn,a9-9,2026\n999,2 of'],
      [journal, 'account,Tux,99'],
    ] as const)
      if (path !== undefined && disk.read(path)?.at(-1) === 10)
        disk.put(path, Buffer.concat([disk.read(path)!, Buffer.from(tear)]))
  }
}

const long = 'a toy whose name is as long as names may be, so that few rows fill a page '.repeat(2).slice(0, 120).trim()

/** Ends with the store stopped in order, where the disk let it. `onRefused`: a start ended with a StartError. */
export async function workload(store: RunningStore, record: Record, onRefused = (): void => {}): Promise<void> {
  const day = new Day(store, record, onRefused)
  await day.start()
  await day.together([['Tux', 2]])
  await day.credit('new', rich, 10_000_000)
  await day.credit('new', poor, 6000)
  await day.credit('new', poor, 1) // is there already
  await day.together(
    paidBy(rich, ['Tux', 1], ['Fox', 1]),
    paidBy(poor, ['Dolphin', 2]),
    paidBy(poor, ['Dolphin', 3]),
    paidBy('nobody', ['Tux', 1]),
    [['Fox', 1]],
    [
      ['Tux', 1],
      ['Fox', 2],
      ['Whale', 3],
    ],
    [['Python', 1]],
    [['Tux', 1_000_000]],
    [['no such toy', 1]],
    [
      ['Dolphin', 4],
      ['Elephant', 1],
    ],
    [
      ['Whale', 10_000],
      ['Tux', 1],
    ],
    putIn(rich, 'Tux', 1),
    putIn(rich, 'Tux', 2),
    putIn(guest, 'Fox', 2),
    putIn(rich, 'Whale', 1),
  )
  await day.change('change', 'Fox', 5)
  await day.change('put', 'Bear, "brown"', 3)
  await day.change('put', long, 50)
  await day.together(
    [['Bear, "brown"', 2]],
    [['Bear, "brown"', 2]],
    [
      [long, 1],
      ['Tux', 1],
    ],
    fromCart('cart-1', rich, rich),
    setTo(guest, 'Fox', 5),
    setTo(guest, 'Whale', 1),
  )
  const paidIn = await day.credit('change', poor, 2050)
  await day.creditAgain(poor, 2050, paidIn)
  const paid = await day.credit('change', rich, -9999)
  await day.takeBack(rich, 9999, paid)
  await day.takeBack(rich, 9999, paid)
  await day.change('take', 'Python', 4)
  await day.change('take', 'Python', 1_000_000)
  await store.pass(1500) // the readable file catches up
  await day.again('key-1', [['Tux', 2]])
  await day.again('key-1', [['Fox', 2]])
  await day.again('key-1', paidBy(rich, ['Tux', 2]))
  await store.settle(
    store.buyInVain(
      [
        ['Tux', 5],
        ['Fox', 5],
      ],
      rich,
    ),
  )
  await store.read('catalog', ({ ledger }) => ledger.movements(0, 100))
  await store.read('catalog', ({ ledger }) => ledger.list('', 3))
  await day.together(of(rich, 'get'), putIn(guest, 'Tux', 1), putIn(guest, 'Tux', 1), putIn(rich, 'Tux', 1))
  await day.change('remove', 'Elephant')
  await day.stop({ add: [editedToy, 12], set: ['Fox', 4321] })

  await day.start()
  await day.again('cart-1', fromCart('cart-1', rich, rich))
  await day.again('cart-1', fromCart('cart-1', guest))
  await day.together(
    [['Yoyo', 5]],
    of(rich, 'checkout'),
    fromCart('cart-2', guest),
    fromCart('cart-3', guest),
    takeOut(guest, 'Fox'),
    putIn(guest, 'Tux', 2),
    fromCart('cart-4', guest, poor),
    fromCart('cart-5', rich, 'nobody'),
    paidBy(rich, ['Yoyo', 1]),
    [['Elephant', 1]],
    [
      ['Fox', 1],
      ['Yoyo', 8],
    ],
  )
  await day.together(
    putIn(rich, 'Tux', 1),
    putIn(guest, 'Fox', 1),
    ...Array.from({ length: 40 }, (_, i): Line[] => [[i % 3 === 0 ? long : 'Tux', 1 + (i % 2)]]),
  )
  await day.change('change', 'Yoyo', -3)
  await store.pass(1500)
  day.editRunning()
  await day.together(fromCart('cart-10', guest))
  await day.up()
  // Nobody waits for it: where a cart is away, the crash comes while it does not know what was bought of it.
  const meanwhile = day.all(
    [['Tux', 1]],
    fromCart('cart-11', rich, rich),
    putIn(rich, 'Fox', 2),
    putIn(guest, 'Tux', 1),
  )
  await store.pass(2500) // the edit is kept aside
  await store.read('order', ({ orders }) => orders.list(Number.MAX_SAFE_INTEGER, 5))
  await store.read('order', ({ orders }) => orders.get(3))
  await day.crash(
    3,
    false,
    [['Tux', 3]],
    paidBy(rich, ['Tux', 1], ['Whale', 2]),
    [
      ['Fox', 1],
      ['Tux', 1],
    ],
    fromCart('cart-6', rich, rich),
    putIn(guest, 'Tux', 1),
  )
  await meanwhile

  await day.start()
  await day.together([['Dolphin', 1]], fromCart('cart-7', rich, rich), fromCart('cart-8', guest))
  await day.together(of(guest, 'checkout'), putIn(guest, 'Tux', 3), putIn(rich, 'Fox', 1))
  await day.crash(
    9,
    true,
    [['Tux', 1]],
    fromCart('cart-9', rich),
    putIn(rich, 'Tux', 1),
    paidBy(rich, ['Dolphin', 1]),
    paidBy(poor, ['Dolphin', 1]),
    [['Dolphin', 1]],
    [
      ['Whale', 1],
      ['Fox', 1],
    ],
  )
  await day.start()
  await day.change('change', 'Whale', 9)
  await day.again('key-2', [['Fox', 1]])
  await day.again('cart-9', fromCart('cart-9', rich))
  await day.crash(0, false, paidBy(rich, ['Tux', 1]), putIn(rich, 'Whale', 1))
  await day.start()
  await day.together(
    [['Whale', 2]],
    [
      ['Tux', 1],
      ['Dolphin', 1],
    ],
  )
  await day.stop()
  await day.start()
  await day.together([['Python', 2]])
  await day.stop()
}
