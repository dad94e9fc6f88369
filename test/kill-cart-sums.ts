/**
 * Judges a cart that several sessions use at the same time, which only add, look, and either buy or check out. Always: nothing
 * that the store may do is called wrong. Of each item a look finds at least all that was certainly added before, less all that
 * may have gone; at most all that may have been added, less all that has certainly gone.
 */
import type { CartCall, Counts } from './kill-cart-calls.ts'

/** Something that went out of the cart. */
interface Gone {
  call: CartCall
  /** Undefined where nobody knows. */
  counts: Counts | undefined
}

/** `orders`: what was bought, by key. The first answer that does not fit, in a sentence; undefined where all fit. */
export function judgeSums(calls: readonly CartCall[], orders: ReadonlyMap<string, Counts>): string | undefined {
  const adds = calls.flatMap((call) => (call.what.op === 'add' ? [{ call, ...call.what }] : []))
  const items = new Set(adds.map(({ item }) => item))
  const gone = calls.flatMap((call) => goneBy(call, orders))

  const check = (call: CartCall, item: string, seen: number, what: string, own = 0): string | undefined => {
    let [least, most] = [own, 0]
    for (const { call: add, item: other, count } of adds) {
      if (other !== item) continue
      if (add.sent <= call.answered && add.told !== 'nothing') most += count
      if (add.answered < call.sent && typeof add.told === 'number') least += count
    }
    for (const { call: out, counts } of gone) {
      if (out === call) continue
      const count = counts === undefined ? Number.POSITIVE_INFINITY : (counts.get(item) ?? 0)
      if (out.sent <= call.answered) least -= count
      if (out.answered < call.sent && counts !== undefined) most -= count
    }
    if (seen >= least && seen <= most) return undefined
    return `${call.cart}: ${what} ${seen} ${item}, of which at least ${Math.max(0, least)} and at most ${most} can be there`
  }
  const checkAll = (call: CartCall): string | undefined => {
    const { what, told } = call
    if (what.op === 'add')
      return typeof told === 'number'
        ? check(call, what.item, told, 'after an addition there are', what.count)
        : undefined
    const found = what.op === 'look' ? told : gone.find((one) => one.call === call)?.counts
    if (!(found instanceof Map)) return undefined
    const words = what.op === 'look' ? 'a look found' : what.op === 'buy' ? `${what.key} bought` : 'a checkout took'
    return firstOf(new Set([...items, ...found.keys()]), (item) => check(call, item, found.get(item) ?? 0, words))
  }
  return firstOf(calls, checkAll)
}

function firstOf<Value>(values: Iterable<Value>, faultOf: (value: Value) => string | undefined): string | undefined {
  for (const value of values) {
    const fault = faultOf(value)
    if (fault !== undefined) return fault
  }
  return undefined
}

function goneBy(call: CartCall, orders: ReadonlyMap<string, Counts>): Gone[] {
  const { what, told } = call
  if (what.op === 'buy') {
    const counts = orders.get(what.key) ?? (told instanceof Map ? told : undefined)
    return counts === undefined ? [] : [{ call, counts }]
  }
  if (what.op !== 'checkout' || told === 'nothing') return []
  return [{ call, counts: told instanceof Map ? told : undefined }]
}
