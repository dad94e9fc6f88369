/** The rules of buying a cart, each with the one line that keeps it, what is left when it is taken out, and who must notice. */
import type { Plant } from './plants.ts'

const bought = ['order/test/carts.test.ts']
const crash = ['order/test/carts-crash.test.ts']
const cart = ['cart/test/cart.test.ts']
const [carts, takes] = ['order/carts.ts', 'order/takes.ts']

const rules: readonly Omit<Plant, 'unseen'>[] = [
  {
    rule: 'what an order bought leaves its cart once',
    file: 'cart/cart.ts',
    from: 'if (cart?.taken !== undefined && compareAttempts(attempt, cart.taken.attempt) <= 0) return cart',
    to: '',
    tests: cart,
  },
  {
    rule: 'an emptied cart remembers the order that emptied it',
    file: 'cart/cart.ts',
    from: 'items.length === 0 && cart?.taken === undefined ? undefined',
    to: 'items.length === 0 ? undefined',
    tests: cart,
  },
  {
    rule: 'nothing leaves a cart before the row is synced',
    file: carts,
    from: 'const number = await log.append(entry)\n      this.#takes.add(takeOf({ ...entry, number })!)\n',
    to: 'this.#takes.add(takeOf({ ...entry, number: log.lastNumber + 1 })!)\n      const number = await log.append(entry)\n',
    tests: bought,
  },
  {
    rule: 'the answer waits until what was bought is out of the cart',
    file: carts,
    from: 'if (!(await this.#areTaken(cart, placed.bought.order_number, deadline))) throw notTaken()',
    to: '',
    tests: crash,
  },
  {
    rule: 'one purchase of a cart at a time',
    file: carts,
    from: 'if (!(await this.#turns.begin(cart, deadline))) throw busy()',
    to: '',
    and: { from: '      this.#turns.end(cart)\n', to: '' },
    tests: bought,
  },
  {
    rule: 'a cart is bought when it knows all that was bought of it before',
    file: carts,
    from: 'if (!(await this.#areTaken(cart, Number.POSITIVE_INFINITY, deadline))) throw busy(this.#unreadable)',
    to: '',
    tests: crash,
  },
  {
    rule: "a cart's known key is answered from the log",
    file: carts,
    from: 'known === undefined ? await this.#inTurn(purchase, deadline) : repeatOf(known)',
    to: 'known === undefined || deadline > 0 ? await this.#inTurn(purchase, deadline) : repeatOf(known)',
    tests: bought,
  },
  {
    rule: 'carts are asked again after a start',
    file: carts,
    from: 'if (take !== undefined) this.#takes.add(take)',
    to: '',
    tests: crash,
  },
  {
    rule: 'a cart is asked again until it acknowledges',
    file: takes,
    from: '      this.#failed.add(open)\n      this.#again()\n',
    to: '',
    tests: crash,
  },
  {
    rule: 'a cart is asked in the order of its attempts',
    file: takes,
    from: 'open.takes.push(take) === 1',
    to: 'open.takes.unshift(take) > 0',
    tests: crash,
  },
  {
    rule: 'the mark is below what a cart does not know',
    file: carts,
    from: 'this.#read, this.#takes.lowest - 1)',
    to: 'this.#read)',
    tests: crash,
  },
  {
    rule: "the mark is below a cart's row that is being written",
    file: carts,
    from: 'for (const { after } of this.#writing) sound = Math.min(sound, after)',
    to: '',
    tests: crash,
  },
  {
    rule: 'the mark is not above the log, or carts are passed over',
    file: carts,
    from: 'if (taken.last > log.lastNumber) await taken.write(log.lastNumber)',
    to: '',
    tests: crash,
  },
  {
    rule: 'a cart whose row may be in the log waits for a start',
    file: carts,
    from: 'if (this.#doubtful.has(cart)) throw doubtful()',
    to: '',
    tests: crash,
  },
  {
    rule: 'a change of a cart is answered after the sync',
    file: 'storage/csv/map-engine.ts',
    from: "await this.#active.append(Buffer.from(steps.map(({ line }) => line).join('')))",
    to: "void this.#active.append(Buffer.from(steps.map(({ line }) => line).join(''))).catch(() => {})",
    tests: ['storage/csv/test/map-engine.test.ts'],
  },
]

export const cartPlants: readonly Plant[] = rules.map((plant) => ({
  ...plant,
  unseen: 'in the stores explored nobody has a cart',
}))
