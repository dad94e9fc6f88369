/** How the front door buys from a running order service, and what it may conclude from an error. */
import { StoreError } from '../../errors.ts'
import type { Held } from '../../order/attempt.ts'
import type { Coordinator } from '../../order/coordinator.ts'
import { Refusal } from '../../order/participant.ts'
import type { HandClock } from '../../storage/test/hand-clock.ts'
import type { LocalOrder } from '../local-store.ts'
import type { Answer, Line } from './record.ts'

const asksOf = (lines: readonly Line[]) => [
  { of: 'catalog', items: lines.map(([account, amount]) => ({ account, amount })) },
]

/** One attempt alone. Throws why there is no result. */
export async function attempt<Result>(
  coordinator: Coordinator,
  lines: readonly Line[],
  deadline: number,
  commit: (held: Held) => Promise<Result>,
): Promise<Result> {
  const [result] = await coordinator.attempts([asksOf(lines)], deadline, async ([held]) => [await commit(held!)])
  if (result instanceof Error) throw result
  return result!
}

/** One line as the order service does it, several lines as it is to do it. */
export async function buyAt(
  { orders, log, coordinator }: LocalOrder,
  key: string,
  lines: readonly Line[],
  clock: HandClock,
): Promise<number> {
  const deadline = clock.elapsed() + 10_000
  const [first, ...others] = lines
  if (others.length === 0)
    return (await orders.place({ name: first![0], quantity: first![1] }, key, deadline)).bought.order_number
  const known = await log.byKey(key)
  if (known !== undefined) return known.number
  return attempt(coordinator, lines, deadline, ({ id, items }) => {
    const placed_at = new Date(clock.now()).toISOString()
    const rows = items[0]!.map(({ account, amount, attributes }) => ({
      name: account,
      quantity: String(amount),
      price: attributes[0]!,
      placed_at,
    }))
    return log.append({ key, attempt: id, rows })
  })
}

/** What a caller may conclude. */
export function answerOf(error: unknown): Answer {
  if (error instanceof Refusal) return { is: 'refused', code: error.outcome.reason }
  if (!(error instanceof StoreError) || error.code === 'outcome_unknown' || error.code === 'internal')
    return { is: 'unknown' }
  return { is: 'refused', code: error.code }
}
