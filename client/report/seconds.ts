/**
 * A load's course in time, for drawing: the seconds of a result put together into at most so many slots of equal length, so
 * that an hour is as easy to read as a minute. A slot's counts are sums; its times are the highest of its seconds', so that
 * nothing bad is drawn away.
 */
import type { Result, ResultSecond } from '../load/result.ts'

/** What a slot's length may be, in seconds. */
const lengths = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600]

export interface Slots {
  /** Seconds that a slot is long. */
  length: number
  /** The first second of each, rising without gaps from 0. */
  starts: number[]
  /** When the load ended, in seconds since it began. */
  end: number
}

export interface Slot {
  requests: number
  ok: number
  refused: number
  failures: number
  retries: number
  /** Null where too little of the slot belongs to the load to tell. */
  perSecond: number | null
  p50: number | null
  p90: number | null
  p99: number | null
  max: number | null
}

export function slotsOf({ perSecond, load, warmupSeconds, seconds }: Result, most: number): Slots {
  const last = Math.max(-1, ...ends(perSecond), ...ends(load))
  const length = lengths.find((each) => (last + 1) / each <= most) ?? Math.ceil((last + 1) / most)
  const starts = Array.from({ length: Math.ceil((last + 1) / length) }, (_, slot) => slot * length)
  const told = warmupSeconds + seconds
  return { length, starts, end: told > last && told < last + 1 ? told : last + 1 }
}

/** Each slot of one kind, or of all kinds where none is named. */
export function slotsOfKind({ perSecond }: Result, slots: Slots, kind?: string): Slot[] {
  const made = slots.starts.map((start): Slot => {
    const lasted = Math.min(start + slots.length, slots.end) - start
    return { ...emptySlot, perSecond: lasted < 0.5 ? null : 0 }
  })
  for (const row of perSecond) {
    if (kind !== undefined && row.kind !== kind) continue
    const slot = made[Math.floor(row.second / slots.length)]!
    for (const count of ['requests', 'ok', 'refused', 'failures', 'retries'] as const) slot[count] += row[count]
    for (const time of ['p50', 'p90', 'p99', 'max'] as const) slot[time] = higher(slot[time], row[time])
  }
  for (const [i, slot] of made.entries()) {
    const start = slots.starts[i]!
    if (slot.perSecond !== null) slot.perSecond = slot.requests / (Math.min(start + slots.length, slots.end) - start)
  }
  return made
}

/** The highest of each slot's seconds; null where none tells anything. */
export function highestOf(slots: Slots, rows: readonly { second: number; value: number | null }[]): (number | null)[] {
  const made: (number | null)[] = slots.starts.map(() => null)
  for (const { second, value } of rows) {
    const at = Math.floor(second / slots.length)
    made[at] = higher(made[at]!, value)
  }
  return made
}

/** The kinds of requests, those first that a tally was made of. */
export function kindsOf({ kinds, perSecond }: Pick<Result, 'kinds' | 'perSecond'>): string[] {
  return [...new Set([...kinds, ...perSecond].map(({ kind }: { kind: string }) => kind))]
}

const emptySlot: Slot = {
  ...{ requests: 0, ok: 0, refused: 0, failures: 0, retries: 0, perSecond: null },
  ...{ p50: null, p90: null, p99: null, max: null },
}

/** Rows are not promised to be sorted; a spread over an hour of them would overflow the stack. */
function ends(rows: readonly Pick<ResultSecond, 'second'>[]): number[] {
  return rows.length === 0 ? [] : [rows.reduce((most, { second }) => Math.max(most, second), 0)]
}

function higher(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b)
}
