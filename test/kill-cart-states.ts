/**
 * Judges a cart that one session alone uses, one call after the other: what it may hold is followed through all calls. Always:
 * nothing that the store may do is called wrong. A change without a clear answer may happen once within `lateMs`, or never.
 */
import { type CartCall, type CartChange, type Counts, describe, textOf } from './kill-cart-calls.ts'

interface Late {
  change: CartChange
  until: number
}

/** What a cart may hold, and which changes may still come to it. */
interface Possible {
  items: Counts
  late: readonly Late[]
}

/** So long after its answer was missed a change may still arrive: as long as a call takes at most, in milliseconds. */
export const lateMs = 5000
const statesMax = 50_000
const shown = 3

/** The first answer that does not fit, in a sentence; undefined where all fit. */
export function judgeStates(calls: readonly CartCall[]): string | undefined {
  let possible: Possible[] = [{ items: new Map(), late: [] }]
  for (const [i, call] of calls.entries()) {
    const before = withLate(possible).map(({ items, late }) => ({
      items,
      late: late.filter(({ until }) => until > call.sent),
    }))
    possible = distinct(before.flatMap((one) => after(one, call)))
    if (possible.length > statesMax) return `${call.cart}: too much is possible to judge it`
    if (possible.length === 0) {
      const held = distinct(before.map(({ items }) => ({ items, late: [] }))).map(({ items }) => textOf(items))
      const last = calls.slice(Math.max(0, i - 6), i).map(describe)
      return `${call.cart}: "${describe(call)}" where it held ${held.slice(0, shown).join(', or ')}, after ${last.join('; ')}`
    }
  }
  return undefined
}

/** What is possible after a call; nothing where the answer does not fit. */
function after(possible: Possible, { what, told, answered }: CartCall): Possible[] {
  const { items, late } = possible
  if (told === 'nothing') return [possible]
  if (told === 'unknown') {
    if (what.op === 'look' || what.op === 'buy') return [possible]
    return [{ items, late: [...late, { change: what, until: answered + lateMs }] }]
  }
  if (told instanceof Map) {
    if (textOf(told) !== textOf(items)) return []
    if (what.op === 'look') return [possible]
    // A late change may come between the look of a purchase and the moment in which it takes out what it bought.
    if (what.op === 'buy') return withLate([possible]).map((one) => ({ ...one, items: without(one.items, told) }))
  }
  if (what.op === 'look' || what.op === 'buy') return []
  const changed = apply(items, what)
  if (what.op === 'add' || what.op === 'set') {
    const count = what.op === 'set' && !items.has(what.item) ? null : (changed.get(what.item) ?? 0)
    if (told !== count) return []
  }
  return [{ items: changed, late }]
}

function apply(items: Counts, change: CartChange): Counts {
  const changed = new Map(items)
  switch (change.op) {
    case 'add':
      return changed.set(change.item, (items.get(change.item) ?? 0) + change.count)
    case 'set':
      if (change.count === 0) changed.delete(change.item)
      else if (items.has(change.item)) changed.set(change.item, change.count)
      return changed
    case 'remove':
      changed.delete(change.item)
      return changed
    case 'clear':
    case 'checkout':
      return new Map()
  }
}

const without = (items: Counts, bought: Counts): Counts =>
  new Map([...items].map(([item, count]) => [item, count - (bought.get(item) ?? 0)] as const).filter(([, n]) => n > 0))

/** Also with any of the late changes done, in any order. */
function withLate(possible: readonly Possible[]): Possible[] {
  const all = distinct(possible)
  const seen = new Set(all.map(nameOf))
  for (const { items, late } of all)
    for (const { change } of late) {
      const next = { items: apply(items, change), late: late.filter((one) => one.change !== change) }
      const name = nameOf(next)
      if (seen.has(name)) continue
      seen.add(name)
      all.push(next) // and is looked at in its turn
    }
  return all
}

function distinct(possible: readonly Possible[]): Possible[] {
  return [...new Map(possible.map((one) => [nameOf(one), one])).values()]
}

const nameOf = ({ items, late }: Possible): string => {
  const text = textOf(items)
  return late.length === 0 ? text : `${text}; ${late.map(({ change, until }) => `${Object.values(change)} ${until}`)}`
}
