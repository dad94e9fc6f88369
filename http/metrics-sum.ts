/**
 * Figures of several threads as those of one service: the same number of the same labels is added up, gauges too, since what
 * threads of a service tell alike are parts of one whole (requests in flight, products in memory); what only one of them
 * knows (the journal's bytes, the stock) stays what it is.
 */
import type { Counts, Figures } from './metrics.ts'

export function sumFigures(all: readonly (readonly Figures[])[]): Figures[] {
  const sums = new Map<string, Figures>()
  for (const figures of all)
    for (const { values, ...family } of figures) {
      const sum = sums.get(family.name)
      if (sum === undefined) sums.set(family.name, { ...family, values: [...values] })
      else sum.values = added(sum.values, values)
    }
  return [...sums.values()]
}

/** What was counted and stays so when the thread that counted it is gone. */
export const countedOf = (figures: readonly Figures[]): Figures[] => figures.filter(({ type }) => type !== 'gauge')

function added(some: Figures['values'], more: Figures['values']): Figures['values'] {
  const sums = new Map(some.map((value) => [JSON.stringify(value[0]), value]))
  for (const [labels, value] of more) {
    const key = JSON.stringify(labels)
    const known = sums.get(key)
    sums.set(key, known === undefined ? [labels, value] : [labels, plus(known[1], value)])
  }
  return [...sums.values()]
}

function plus(a: number | Counts, b: number | Counts): number | Counts {
  if (typeof a === 'number' || typeof b === 'number') return Number(a) + Number(b)
  return { bounds: a.bounds, counts: a.counts.map((count, i) => count + b.counts[i]!), sum: a.sum + b.sum }
}
