/** A sweep's result as text: for queries and for buys a table of clients against probabilities. */
import { aligned } from '../load/table.ts'
import { counted, milliseconds } from '../report/numbers.ts'
import { type Figure, type Kind, kinds } from './figures.ts'
import type { SweepResult } from './result.ts'

export function sweepText(result: SweepResult): string {
  const { figures, loads, seconds, notes } = result
  const requests = figures.reduce((sum, each) => sum + each.requests, 0)
  const failed = figures.reduce((sum, each) => sum + each.failures, 0)
  return [
    ...kinds.map((kind) => `${kindNames[kind]}, mean ms\n${aligned(meansTable(result, kind))}`),
    [
      ...(hasSpread(result) ? [`± is ${spreadMeaning}.`] : []),
      `${counted(requests, 'request')} in ${counted(loads.measured, 'load')} and ${seconds.toFixed(1)} s; ${number(failed)} failed.`,
      ...result.failures.map(
        ({ buy, clients, kind, word, count }) => `  buy ${buy}, clients ${clients}: ${kind} ${word} ${number(count)}`,
      ),
      ...notes,
    ].join('\n'),
  ].join('\n\n')
}

export const kindNames: Record<Kind, string> = { query: 'Queries', buy: 'Purchases' }
export const spreadMeaning = 'how far the means of the single runs lie from their middle'

/** Of one kind: a row for each number of clients, a column for each probability and one for all together. */
export function meansTable({ figures, together }: SweepResult, kind: Kind): string[][] {
  const own = figures.filter((figure) => figure.kind === kind)
  const buys = [...new Set(own.map(({ buy }) => buy))]
  const clients = [...new Set(own.map((figure) => figure.clients))]
  const cell = (from: readonly Figure[], buy: number | null, count: number): string =>
    meanText(from.find((each) => each.kind === kind && each.buy === buy && each.clients === count))
  return [
    ['clients', ...buys.map((buy) => `buy ${buy}`), ...(buys.length > 1 ? ['all'] : [])],
    ...clients.map((count) => [
      String(count),
      ...buys.map((buy) => cell(own, buy, count)),
      ...(buys.length > 1 ? [cell(together, null, count)] : []),
    ]),
  ]
}

/** Whether there are several runs to compare. */
export function hasSpread({ figures }: Pick<SweepResult, 'figures'>): boolean {
  return figures.some(({ runs }) => runs > 1)
}

function meanText(figure: Figure | undefined): string {
  const mean = milliseconds(figure?.mean ?? null)
  if (figure === undefined || figure.runs < 2 || figure.runMeanLow === null || figure.runMeanHigh === null) return mean
  return `${mean} ±${milliseconds((figure.runMeanHigh - figure.runMeanLow) / 2)}`
}

const number = (value: number): string => Math.round(value).toLocaleString('en-US')
