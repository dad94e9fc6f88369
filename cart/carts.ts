/**
 * Everybody's carts. Always: a change of a cart sees the last one before it, and is answered after it is durable; what is asked
 * together for one cart is done in its order.
 */
import type { Clock } from '../clock.ts'
import { asError } from '../errors.ts'
import type { KeyedMap } from '../storage/map.ts'
import { type Cart, type CartChange, changeCart } from './cart.ts'
import type { CartAnswer, CartItem, CartOp } from './client.ts'

export interface CartsOptions {
  map: Pick<KeyedMap<Cart>, 'get' | 'update'>
  clock: Pick<Clock, 'now'>
  /** Told of each change that is durable. */
  changed?: () => void
}

const noItems: readonly CartItem[] = []

export class Carts {
  readonly #options: CartsOptions

  constructor(options: CartsOptions) {
    this.#options = options
  }

  /** Answers in their order, with an error for what is refused: `cart_full`, `bad_request`, `unavailable`, `outcome_unknown`. */
  runAll(ops: readonly CartOp[]): Promise<(CartAnswer | Error)[]> {
    const at = new Date(this.#options.clock.now()).toISOString()
    return Promise.all(ops.map((op) => this.#run(op, at).catch(asError)))
  }

  async #run(op: CartOp, at: string): Promise<CartAnswer> {
    if (op.op !== 'get' && op.op !== 'look') return this.#change(op, at)
    const { items = noItems, taken } = (await this.#options.map.get(op.customer)) ?? {}
    if (op.op === 'get') return items
    return taken === undefined ? { items } : { items, attempt: taken.attempt }
  }

  async #change(change: CartChange, at: string): Promise<CartAnswer> {
    const { map, changed } = this.#options
    let answer: CartAnswer = null
    let isChanged = false
    await map.update(change.customer, (cart) => {
      const done = changeCart(cart, change, at)
      answer = done.answer
      isChanged = done.cart !== cart
      return done.cart
    })
    if (isChanged) changed?.()
    return answer
  }
}
