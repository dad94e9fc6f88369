/** Purchases of carts with a cart service that is held in hand: its messages wait, get lost or come twice where a test says so. */
import type { CartAnswer, CartItem, CartOp } from '../../cart/client.ts'
import { StoreError } from '../../errors.ts'
import { compareAttempts, noAttempt } from '../../storage/attempt-id.ts'
import type { Log } from '../../storage/log.ts'
import { HandClock } from '../../storage/test/hand-clock.ts'
import { CartPurchases, type KeyedCart } from '../carts.ts'
import type { Bought, Placed } from '../client.ts'
import type { Coordinator } from '../coordinator.ts'
import type { NumberFile } from '../number-file.ts'
import type { Orders } from '../order.ts'
import type { Wanted } from '../purchase.ts'
import { codeOf, HeldSides } from './held-customers.ts'
import { HeldLog, turns } from './held-world.ts'

export class CartMessage {
  readonly op: CartOp
  readonly #to: HeldCarts
  readonly #answer = Promise.withResolvers<CartAnswer>()

  constructor(to: HeldCarts, op: CartOp) {
    this.#to = to
    this.op = op
  }

  get answer(): Promise<CartAnswer> {
    return this.#answer.promise
  }

  /** It arrives, and its answer too. */
  deliver(): void {
    this.#answer.resolve(this.arrive())
    this.#to.forget(this)
  }

  /** It arrives (once more); the answer does not. */
  arrive(): CartAnswer {
    return this.#to.execute(this.op)
  }

  /** The caller waits no longer. */
  fail(error: unknown = new StoreError('outcome_unknown', 'no answer', { cause: 'lost' })): void {
    this.#answer.reject(error)
    this.#to.forget(this)
  }
}

/** The cart service, by its contract. */
export class HeldCarts {
  readonly #carts = new Map<string, { items: CartItem[]; taken: string }>()
  /** Under way, oldest first. */
  messages: CartMessage[] = []
  /** Everything that was ever sent. */
  readonly sent: CartOp[] = []
  /** Deliver at once what this says yes to. */
  auto: (op: CartOp) => boolean = () => true

  run(op: CartOp): Promise<CartAnswer> {
    const message = new CartMessage(this, op)
    this.messages.push(message)
    this.sent.push(op)
    if (this.auto(op)) message.deliver()
    return message.answer
  }

  execute(op: CartOp): CartAnswer {
    const cart = this.#cart(op.customer)
    if (op.op === 'look')
      return { items: structuredClone(cart.items), ...(cart.taken === noAttempt ? {} : { attempt: cart.taken }) }
    if (op.op !== 'take') throw new Error(`the order service has no business with ${op.op}`)
    if (compareAttempts(op.attempt, cart.taken) <= 0) return {}
    cart.taken = op.attempt
    for (const { itemId, count } of op.lines) {
      let left = count // of a toy that is there by its number and by its name both go
      for (const item of cart.items.filter((one) => String(one.itemId) === String(itemId))) {
        const taken = Math.min(left, item.unitCount)
        item.unitCount -= taken
        left -= taken
      }
    }
    cart.items = cart.items.filter(({ unitCount }) => unitCount > 0)
    return {}
  }

  /** The customer puts it in. */
  put(customer: string, itemId: CartItem['itemId'], unitCount = 1, offer: Partial<CartItem> = {}): void {
    const { items } = this.#cart(customer)
    const known = items.find((item) => item.itemId === itemId)
    if (known !== undefined) known.unitCount += unitCount
    else items.push({ itemId, unitCount, timestamp: '2026-01-01T00:00:00.000Z', ...offer })
  }

  in(customer: string): [CartItem['itemId'], number][] {
    return this.#cart(customer).items.map(({ itemId, unitCount }) => [itemId, unitCount])
  }

  forget(message: CartMessage): void {
    this.messages = this.messages.filter((one) => one !== message)
  }

  only(op: CartOp['op']): CartMessage {
    const found = this.messages.filter((message) => message.op.op === op)
    if (found.length !== 1) throw new Error(`${found.length} messages "${op}" are under way`)
    return found[0]!
  }

  takes(): string[] {
    return this.sent.flatMap((op) => (op.op === 'take' ? [`${op.customer} ${op.attempt} ${op.order}`] : []))
  }

  #cart(customer: string): { items: CartItem[]; taken: string } {
    const cart = this.#carts.get(customer) ?? { items: [], taken: noAttempt }
    this.#carts.set(customer, cart)
    return cart
  }
}

export class HeldShop {
  readonly sides: HeldSides
  readonly cart = new HeldCarts()
  log = new HeldLog()
  clock!: HandClock
  /** The file's number, and whether the disk refuses the next. */
  readonly mark = { last: 0, writes: 0, refused: false }
  readonly notes: string[] = []
  orders!: Orders
  carts!: CartPurchases
  #coordinator: Coordinator | undefined
  #alive = { now: false }

  constructor(stock: Record<string, number>, credit: Record<string, number>) {
    this.sides = new HeldSides(stock, credit)
  }

  /** A new life; the log is not read yet. */
  async begin(): Promise<void> {
    const alive = { now: true }
    const { mark, cart, log } = this
    this.#alive = alive
    this.clock = new HandClock()
    const { clock } = this
    /** What a dead process has begun comes to nothing. */
    const living = async <Value>(work: Promise<Value>): Promise<Value> => {
      const result = await work.then(
        (value) => () => value,
        (error: unknown) => () => {
          throw error
        },
      )
      return alive.now ? result() : new Promise<never>(() => {})
    }
    const kept: Log = Object.assign(Object.create(log) as HeldLog, {
      append: (entry: Parameters<Log['append']>[0]) => living(log.append(entry)),
    })
    const { orders, coordinator } = await this.sides.orders(kept, clock)
    const taken: NumberFile = {
      get last() {
        return mark.last
      },
      async write(number) {
        if (!alive.now) return
        if (mark.refused) throw new StoreError('unavailable', 'the disk is full')
        mark.last = number
        mark.writes += 1
      },
    }
    this.#coordinator = coordinator
    this.orders = orders
    this.carts = new CartPurchases({
      orders,
      log: kept,
      cart: { run: (op) => living(cart.run(op)) },
      coordinator,
      taken,
      clock,
      callMs: 2000,
      note: (sentence) => this.notes.push(sentence),
    })
  }

  async start(): Promise<void> {
    await this.begin()
    this.carts.start()
    await turns()
  }

  /** kill -9: what was sent and did not arrive is lost, and so is a row that was not synced. */
  kill(): void {
    this.#alive.now = false
    this.#coordinator?.close()
    this.log.lose()
    const { catalog, payment } = this.sides
    for (const side of [catalog, payment]) for (const message of side.messages) side.forget(message)
    for (const message of this.cart.messages) this.cart.forget(message)
  }

  /** kill -9, and a new start that has settled what was under way. */
  async crash(): Promise<void> {
    this.kill()
    this.sides.catalog.auto = this.sides.payment.auto = () => true
    await this.start()
    await this.pass(200)
  }

  async pass(ms: number): Promise<void> {
    await this.clock.pass(ms)
    await turns()
  }

  place = async (wanted: KeyedCart, ms = 5000): Promise<Placed | Error> =>
    (await this.carts.placeAll([wanted], this.clock.elapsed() + ms))[0]!

  /** Resolves to what was bought, or to why not. */
  buy = async (key: string, rest: Partial<KeyedCart> = {}): Promise<Bought | string> => {
    const one = await this.place({ key, cart: 'ann', ...rest })
    return one instanceof Error ? codeOf(one) : one.bought
  }

  /** Toys that are not from a cart. */
  buyToys = async (key: string, more: Partial<Wanted> = {}): Promise<Bought | string> => {
    const wanted = { key, items: [{ account: 'Tux', amount: 1 }], ...more }
    const [one] = await this.orders.placeAll([wanted], this.clock.elapsed() + 5000)
    return one instanceof Error ? codeOf(one) : one!.bought
  }

  /** Who reserved something still. */
  reserved = (): string[] => [...this.sides.catalog.reserved(), ...this.sides.payment.reserved()]
}

/** What a promise has come to so far. */
export function seen<Value>(promise: Promise<Value>): { value: Value | 'nothing yet' } {
  const box: { value: Value | 'nothing yet' } = { value: 'nothing yet' }
  void promise.then((value) => {
    box.value = value
  })
  return box
}

/** A shop that has started. Toys cost 10.00, and ann has one Tux and two Foxes in her cart. */
export async function heldShop(
  stock: Record<string, number> = { Tux: 10, Fox: 10 },
  credit: Record<string, number> = { ann: 10_000, bob: 10_000 },
): Promise<HeldShop> {
  const shop = new HeldShop(stock, credit)
  await shop.start()
  shop.cart.put('ann', 'Tux')
  shop.cart.put('ann', 'Fox', 2)
  return shop
}
