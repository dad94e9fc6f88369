/** An order service whose catalog and payment are held in hand: every message to them waits for the test where it says so. */
import { StoreError } from '../../errors.ts'
import { HandClock } from '../../storage/test/hand-clock.ts'
import type { Bought } from '../client.ts'
import { Coordinator } from '../coordinator.ts'
import { Orders } from '../order.ts'
import { Prices } from '../prices.ts'
import type { Wanted } from '../purchase.ts'
import { HeldLog, HeldParticipant, turns } from './held-world.ts'

export interface HeldCustomers {
  catalog: HeldParticipant
  /** Balances in cents. */
  payment: HeldParticipant
  log: HeldLog
  orders: Orders
  clock: HandClock
  /** In cents; told to nobody. */
  setPrice: (name: string, cents: number) => void
  /** Resolves to what was bought, or to why not. */
  buy: (wanted: Omit<Wanted, 'key'> & { key?: string }) => Promise<Bought | string>
  /** What is held and what is left, of all accounts. */
  balances: () => Record<string, number>
}

/** A store that has opened; toys cost 10.00. */
export async function heldCustomers(
  stock: Record<string, number>,
  credit: Record<string, number>,
): Promise<HeldCustomers> {
  const catalog = new HeldParticipant('catalog', stock, ['10.00'])
  const payment = new HeldParticipant('payment', credit, [])
  const [clock, log] = [new HandClock(), new HeldLog()]
  log.knowsKeys = true
  const coordinator = new Coordinator({
    clock,
    log,
    incarnations: { take: async (above) => above + 1 },
    participants: [catalog, payment],
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
  const orders = new Orders({ log, coordinator, prices, clock })
  await coordinator.start()
  await turns()
  let keys = 0
  return {
    catalog,
    payment,
    log,
    orders,
    clock,
    setPrice(name, cents) {
      const { balance } = catalog.state.account(name)!
      catalog.state.apply({ fact: 'account', account: name, balance, attributes: [(cents / 100).toFixed(2)] })
    },
    buy: ({ key = `k${++keys}`, ...wanted }) =>
      orders.place({ key, ...wanted }, clock.elapsed() + 5000).then(
        ({ bought }) => bought,
        (error: unknown) => (error instanceof StoreError ? error.code : String(error)),
      ),
    balances: () =>
      Object.fromEntries(
        [...catalog.state.accounts(), ...payment.state.accounts()].map(([name, { balance }]) => [name, balance]),
      ),
  }
}
