/** How the front door buys from a running order service, and what it may conclude from an error. */
import { StoreError } from '../../errors.ts'
import { Refusal } from '../../order/participant.ts'
import type { HandClock } from '../../storage/test/hand-clock.ts'
import type { LocalOrder } from '../local-store.ts'
import type { Answer, Line } from './record.ts'

export const asksOf = (lines: readonly Line[]) => [
  { of: 'catalog', items: lines.map(([account, amount]) => ({ account, amount })) },
]

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
    return (await orders.place({ name: first![0], quantity: first![1] }, key, deadline)).order_number
  const known = await log.byKey(key)
  if (known !== undefined) return known.number
  return coordinator.attempt(asksOf(lines), deadline, (attempt, held) => {
    const placed_at = new Date(clock.now()).toISOString()
    const rows = held.get('catalog')!.map(({ account, amount, attributes }) => ({
      name: account,
      quantity: String(amount),
      price: attributes[0]!,
      placed_at,
    }))
    return log.append({ key, attempt, rows })
  })
}

/** What a caller may conclude. */
export function answerOf(error: unknown): Answer {
  if (error instanceof Refusal) return { is: 'refused', code: error.outcome.reason }
  if (!(error instanceof StoreError) || error.code === 'outcome_unknown' || error.code === 'internal')
    return { is: 'unknown' }
  return { is: 'refused', code: error.code }
}
