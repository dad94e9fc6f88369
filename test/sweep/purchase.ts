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

/** Buys all of it, or nothing. */
export async function buyAt(
  { orders }: LocalOrder,
  key: string,
  lines: readonly Line[],
  clock: HandClock,
): Promise<number> {
  const items = lines.map(([account, amount]) => ({ account, amount }))
  return (await orders.place({ key, items }, clock.elapsed() + 10_000)).bought.order_number
}

/** What a caller may conclude. */
export function answerOf(error: unknown): Answer {
  if (error instanceof Refusal) return { is: 'refused', code: error.outcome.reason }
  if (!(error instanceof StoreError) || error.code === 'outcome_unknown' || error.code === 'internal')
    return { is: 'unknown' }
  return { is: 'refused', code: error.code }
}
