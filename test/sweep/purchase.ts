/** How the front door buys from a running order service, and what it may conclude from an error. */
import { orThrow, StoreError } from '../../errors.ts'
import type { Held } from '../../order/attempt.ts'
import type { Coordinator } from '../../order/coordinator.ts'
import { Refusal } from '../../order/participant.ts'
import type { HandClock } from '../../storage/test/hand-clock.ts'
import type { LocalOrder } from '../local-store.ts'
import type { Answer, Basket, Line } from './record.ts'

const asksOf = (lines: readonly Line[], user: string) => [
  { of: 'catalog', items: lines.map(([account, amount]) => ({ account, amount })) },
  { of: 'payment', items: [{ account: user, amount: 100 }] },
]

/** One attempt alone, for 1.00 of a customer's credit. Throws why there is no result. */
export async function attempt<Result>(
  coordinator: Coordinator,
  lines: readonly Line[],
  user: string,
  deadline: number,
  commit: (held: Held) => Promise<Result>,
): Promise<Result> {
  const [result] = await coordinator.attempts([asksOf(lines, user)], deadline, async ([held]) => [await commit(held!)])
  if (result instanceof Error) throw result
  return result!
}

/** Buys all of it, or nothing, or what a cart holds; `user` pays, where there is one. */
export async function buyAt(
  { orders, carts }: LocalOrder,
  key: string,
  { lines, user, cart }: Basket,
  clock: HandClock,
): Promise<number> {
  const items = lines.map(([account, amount]) => ({ account, amount }))
  const deadline = clock.elapsed() + 10_000
  const [placed] = await (cart === undefined
    ? orders.placeAll([{ key, items, user }], deadline)
    : carts.placeAll([{ key, cart, user }], deadline))
  return orThrow(placed!).bought.order_number
}

/** What a caller may conclude. */
export function answerOf(error: unknown): Exclude<Answer, { is: 'done' }> {
  if (error instanceof Refusal) return { is: 'refused', code: error.outcome.reason }
  if (!(error instanceof StoreError) || error.code === 'outcome_unknown' || error.code === 'internal')
    return { is: 'unknown' }
  return { is: 'refused', code: error.code }
}
