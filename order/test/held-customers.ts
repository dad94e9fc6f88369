/** An order service whose catalog and payment are held in hand: every message to them waits for the test where it says so. */
import { StoreError } from '../../errors.ts'
import type { Log } from '../../storage/log.ts'
import { HandClock } from '../../storage/test/hand-clock.ts'
import type { Bought } from '../client.ts'
import { Coordinator } from '../coordinator.ts'
import { Orders } from '../order.ts'
import { Prices } from '../prices.ts'
import type { Wanted } from '../purchase.ts'
import { HeldLog, HeldParticipant, turns } from './held-world.ts'

/** What outlives an order service. */
export class HeldSides {
  readonly catalog: HeldParticipant
  /** Balances in cents. */
  readonly payment: HeldParticipant
  #incarnation = 0

  /** Toys cost 10.00. */
  constructor(stock: Record<string, number>, credit: Record<string, number>) {
    this.catalog = new HeldParticipant('catalog', stock, ['10.00'])
    this.payment = new HeldParticipant('payment', credit, [])
  }

  /** In cents; told to nobody. */
  setPrice(name: string, cents: number): void {
    const { balance } = this.catalog.state.account(name)!
    this.catalog.state.apply({ fact: 'account', account: name, balance, attributes: [(cents / 100).toFixed(2)] })
  }

  /** What is left, of all accounts. */
  balances(): Record<string, number> {
    const all = [...this.catalog.state.accounts(), ...this.payment.state.accounts()]
    return Object.fromEntries(all.map(([name, { balance }]) => [name, balance]))
  }

  /** Orders over this log, by a coordinator that has opened. */
  async orders(log: Log, clock: HandClock): Promise<{ orders: Orders; coordinator: Coordinator }> {
    const { catalog } = this
    const coordinator = new Coordinator({
      clock,
      log,
      incarnations: {
        take: async (above) => {
          this.#incarnation = Math.max(this.#incarnation, above) + 1
          return this.#incarnation
        },
      },
      participants: [catalog, this.payment],
      callMs: 2000,
      note: () => {},
      rival: () => {},
    })
    const prices = new Prices({
      async query(name) {
        const account = catalog.state.account(name)
        const price = Number(account?.attributes[0])
        const toy = account && { name, price, quantity: account.balance, stock: account.balance }
        return { toy, at: undefined }
      },
    })
    await coordinator.start()
    await turns()
    return { orders: new Orders({ log, coordinator, prices, clock }), coordinator }
  }
}

export interface HeldCustomers
  extends Pick<HeldSides, 'catalog' | 'payment'>,
    Record<'setPrice', HeldSides['setPrice']>,
    Record<'balances', HeldSides['balances']> {
  log: HeldLog
  orders: Orders
  clock: HandClock
  /** Resolves to what was bought, or to why not. */
  buy: (wanted: Omit<Wanted, 'key'> & { key?: string }) => Promise<Bought | string>
}

export const codeOf = (error: unknown): string => (error instanceof StoreError ? error.code : String(error))

/** A store that has opened; its log is in memory. */
export async function heldCustomers(
  stock: Record<string, number>,
  credit: Record<string, number>,
): Promise<HeldCustomers> {
  const sides = new HeldSides(stock, credit)
  const [clock, log] = [new HandClock(), new HeldLog()]
  log.knowsKeys = true
  const { orders } = await sides.orders(log, clock)
  let keys = 0
  return {
    catalog: sides.catalog,
    payment: sides.payment,
    setPrice: (name, cents) => sides.setPrice(name, cents),
    balances: () => sides.balances(),
    log,
    orders,
    clock,
    buy: ({ key = `k${++keys}`, ...wanted }) =>
      orders.place({ key, ...wanted }, clock.elapsed() + 5000).then(({ bought }) => bought, codeOf),
  }
}
