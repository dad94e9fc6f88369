/**
 * The conformance suite of the map's contract. The product has no engine of it yet; until the first one comes, the suite
 * runs over the reference map beside it and over that with a part broken, so that what it is worth is known.
 */
import fc from 'fast-check'
import type { KeyedMap } from '../../map.ts'
import { asCode } from './script.ts'
import type { Suite } from './suite.ts'

/** What an update does to a value: a pure function, as data. */
export type Change = { add: string } | { set: string } | { remove: true } | { same: true }

export type MapCall =
  | { call: 'get'; key: string }
  | { call: 'update'; key: string; change: Change }
  | { call: 'delete'; key: string }

type MapModel = ReadonlyMap<string, string>

const keys = ['cart', 'a, "b"', '__proto__', '']
const key = fc.constantFrom(...keys)
const letter = fc.constantFrom('x', 'y', 'ä', '\n')
const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ add: letter }) },
  fc.record({ set: letter }),
  fc.record({ remove: fc.constant(true) }),
  fc.record({ same: fc.constant(true) }),
)
const calls: fc.Arbitrary<MapCall> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ call: fc.constant('update'), key, change }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('delete'), key }) },
  { weight: 2, arbitrary: fc.record({ call: fc.constant('get'), key }) },
)

function changed(value: string | undefined, change: Change): string | undefined {
  if ('add' in change) return `${value ?? ''}${change.add}`
  if ('set' in change) return change.set
  return 'remove' in change ? undefined : value
}

export const mapSuite: Suite<KeyedMap<string>, MapCall, MapModel> = {
  name: 'map',
  calls,
  first: new Map(),
  apply(state, call) {
    if (call.call === 'get') return { state, answer: state.get(call.key) }
    const value = call.call === 'delete' ? undefined : changed(state.get(call.key), call.change)
    const next = new Map(state)
    if (value === undefined) next.delete(call.key)
    else next.set(call.key, value)
    return { state: next, answer: value }
  },
  halves: (call) => (call.call === 'get' ? undefined : () => []),
  asText: (state) => JSON.stringify([...state].sort()),
  async ask(map, call) {
    if (call.call === 'get') return map.get(call.key)
    if (call.call === 'delete') return map.delete(call.key)
    return map.update(call.key, (value) => changed(value, call.change))
  },
  fits: (right, answer) => right === answer,
  asCode(call) {
    if (call.call === 'update') return `map.update(${asCode(call.key)}, ${changeAsCode(call.change)})`
    return `map.${call.call}(${asCode(call.key)})`
  },
  look: keys.map((key): MapCall => ({ call: 'get', key })),
  works: [
    { call: 'update', key: 'cart', change: { add: 'z' } },
    { call: 'get', key: 'cart' },
  ],
  size: () => 1,
}

function changeAsCode(change: Change): string {
  if ('add' in change) return `(value = '') => value + ${asCode(change.add)}`
  if ('set' in change) return `() => ${asCode(change.set)}`
  return 'remove' in change ? '() => undefined' : '(value) => value'
}
