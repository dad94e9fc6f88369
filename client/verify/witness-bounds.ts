/** What was shown of each toy, against what can have been there: rules 2 to 4 of after-load.ts. */
import type { MovementBook } from './books.ts'
import type { OrdersSince } from './orders-since.ts'
import type { ShownToy } from './rows.ts'
import type { Shown } from './witness.ts'

/** A shop after a load; movements are those since it began. */
export interface End {
  toys: ReadonlyMap<string, ShownToy>
  before: ReadonlyMap<string, ShownToy>
  movements: Pick<MovementBook, 'sum' | 'range'>
  since: Pick<OrdersSince, 'sold' | 'ours'>
  /** All orders since are ours, or may be. */
  alone: boolean
}

/** What several processes saw of one toy, as one. */
export function combineShown(all: readonly Shown[]): Map<string, Shown> {
  const combined = new Map<string, Shown>()
  for (const shown of all) {
    const sum = combined.get(shown.name)
    if (sum === undefined) {
      combined.set(shown.name, { ...shown, prices: [...shown.prices] })
      continue
    }
    sum.highest = Math.max(sum.highest, shown.highest)
    sum.lowest = Math.min(sum.lowest, shown.lowest)
    sum.leastRefused = leastOf(sum.leastRefused, shown.leastRefused)
    sum.prices = [...new Set([...sum.prices, ...shown.prices])]
    sum.unsettled += shown.unsettled
  }
  return combined
}

const leastOf = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.min(a, b)

/** A sentence each. */
export function shownFaults(all: ReadonlyMap<string, Shown>, end: End): string[] {
  const shown = [...all.values()].flatMap((one) => faultsOf(one, end))
  return [...shown, ...[...end.since.ours].flatMap(([name, pieces]) => fallFault(name, pieces, end))]
}

function faultsOf(
  { name, highest, lowest, leastRefused, unsettled }: Shown,
  { toys, movements, since, alone }: End,
): string[] {
  const [stock, sold] = [toys.get(name)?.stock ?? 0, since.sold(name)]
  const { low, high } = movements.range(name)
  // From any moment of the load to its end at least `least` pieces came in, and at most `most`; negative where they left.
  const [least, most] = [movements.sum(name) - Math.max(0, high), movements.sum(name) - Math.min(0, low)]
  const faults: string[] = []
  if (highest > stock + sold - least)
    faults.push(
      `${name}: ${highest} pieces were shown, with those that we had bought before, but ${stock} are left and ${sold} were sold since: more than there were${movedText(least)}`,
    )
  if (!alone) return faults
  const there = stock - most - unsettled
  const held = unsettled === 0 ? '' : ` (${unsettled} of failed purchases aside)`
  if (lowest < there)
    faults.push(
      `${name}: only ${lowest} pieces were shown, but ${stock} are left${held}: fewer than there were${movedText(most)}`,
    )
  if (leastRefused !== null && leastRefused <= there)
    faults.push(
      `${name}: ${leastRefused} pieces were refused as out of stock, but ${stock} are left${held}${movedText(most)}`,
    )
  return faults
}

const movedText = (pieces: number): string => (pieces === 0 ? '' : `, and ${pieces} came in meanwhile`)

/** Where nothing came in, the stock fell by what we bought, or by more. */
function fallFault(name: string, pieces: number, { toys, before, movements }: End): string[] {
  const { low, high } = movements.range(name)
  const [was, is] = [before.get(name)?.stock ?? 0, toys.get(name)?.stock ?? 0]
  if (low !== 0 || high !== 0 || was - is >= pieces) return []
  return [`${name}: we bought ${pieces}, but the stock fell only by ${was - is}, from ${was} to ${is}`]
}
