/** The faults of a run as text: how many of each, and how long until a purchase was answered again. */
import { aligned } from '../load/table.ts'
import type { Endured } from './run.ts'

export function faultsText(endured: readonly Endured[]): string {
  const groups = new Map<string, Endured[]>()
  for (const one of endured) {
    const name = `${one.fault.kind} ${one.fault.victim}`
    groups.set(name, [...(groups.get(name) ?? []), one])
  }
  const names = [...groups.keys()].sort()
  const rows = [
    ...names.map((name) => row(name, groups.get(name)!)),
    ...(names.length > 1 ? [row('all', endured)] : []),
  ]
  return aligned([['ms to the next purchase', 'faults', 'p50', 'p99', 'max'], ...rows])
}

/** For the page, whose list of events says only how long each lasted. */
export function recoveryNote(endured: readonly Endured[]): string {
  const [, , ...times] = row('', endured)
  return `A fault lasts until the next purchase is answered: p50 ${times[0]}, p99 ${times[1]}, at most ${times[2]} ms.`
}

function row(name: string, endured: readonly Endured[]): string[] {
  const times = endured.flatMap(({ recoveryMs }) => recoveryMs ?? []).sort((a, b) => a - b)
  return [name, String(endured.length), ...[0.5, 0.99, 1].map((share) => milliseconds(percentile(times, share)))]
}

/** The least that is not exceeded by this share of them; of rising numbers. */
export const percentile = (rising: readonly number[], share: number): number | undefined =>
  rising[Math.max(0, Math.ceil(share * rising.length) - 1)]

const milliseconds = (ms: number | undefined): string =>
  ms === undefined ? '-' : Math.round(ms).toLocaleString('en-US')
