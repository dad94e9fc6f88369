/**
 * The conformance suites of the map's contract: of any map, and of one that takes very many at once. The latter also runs over
 * a reference map and over that with a part broken, so that what it is worth is known.
 */
import fc from 'fast-check'
import type { BulkMap, KeyedMap } from '../../map.ts'
import { asCode } from './script.ts'
import type { Suite } from './suite.ts'

/** What an update does to a value: a pure function, as data. */
export type Change = { add: string } | { set: string } | { remove: true } | { same: true } | { refuse: true }

export type MapCall =
  | { call: 'get'; key: string }
  | { call: 'update'; key: string; change: Change }
  | { call: 'delete'; key: string }
  | { call: 'putAll'; entries: [key: string, value: string][] }
  | { call: 'entries' }
  | { call: 'size' }

type MapModel = ReadonlyMap<string, string>

const keys = ['cart', 'a, "b"', '__proto__', `Spielzeug für ${'ä'.repeat(286)}`]
const key = fc.constantFrom(...keys)
const letter = fc.constantFrom('x', 'y', 'ä', '\n')
const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ add: letter }) },
  fc.record({ set: letter }),
  fc.record({ remove: fc.constant(true) }),
  fc.record({ same: fc.constant(true) }),
  fc.record({ refuse: fc.constant(true) }),
)
const entry = fc.tuple(key, fc.oneof(letter, fc.constant('z'.repeat(90))))
const calls: fc.WeightedArbitrary<MapCall>[] = [
  { weight: 5, arbitrary: fc.record({ call: fc.constant('update'), key, change }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('delete'), key }) },
  { weight: 2, arbitrary: fc.record({ call: fc.constant('get'), key }) },
]
const putAll: fc.Arbitrary<MapCall> = fc.record({
  call: fc.constant('putAll'),
  entries: fc.array(entry, { maxLength: 3 }),
})

/** What a change throws that will not have it. */
class Refused extends Error {}

function changed(value: string | undefined, change: Change): string | undefined {
  if ('refuse' in change) throw new Refused()
  if ('add' in change) return `${value ?? ''}${change.add}`
  if ('set' in change) return change.set
  return 'remove' in change ? undefined : value
}

export const mapSuite: Suite<KeyedMap<string>, MapCall, MapModel> = {
  name: 'map',
  calls: fc.oneof(...calls),
  first: new Map(),
  apply(state, call) {
    if (call.call === 'get') return { state, answer: state.get(call.key) }
    if (call.call === 'entries') return { state, answer: JSON.stringify([...state].sort()) }
    if (call.call === 'size') return { state, answer: state.size }
    if (call.call === 'putAll') return { state: new Map([...state, ...call.entries]), answer: undefined }
    if (call.call === 'update' && 'refuse' in call.change) return { state, answer: 'refused' }
    const value = call.call === 'delete' ? undefined : changed(state.get(call.key), call.change)
    const next = new Map(state)
    if (value === undefined) next.delete(call.key)
    else next.set(call.key, value)
    return { state: next, answer: value }
  },
  halves(call) {
    if (call.call === 'get' || call.call === 'entries' || call.call === 'size') return undefined
    return call.call === 'putAll'
      ? (state) => someOf(call.entries).map((some) => new Map([...state, ...some]))
      : () => []
  },
  asText: (state) => JSON.stringify([...state].sort()),
  async ask(map, call) {
    if (call.call === 'get') return map.get(call.key)
    if (call.call === 'delete') return map.delete(call.key)
    if (call.call === 'entries') {
      const all: [string, string][] = []
      for await (const each of map.entries()) all.push(each)
      return JSON.stringify(all.sort())
    }
    if (call.call !== 'update') throw new Error(`${call.call} is not asked of every map`)
    const { key, change } = call
    return map
      .update(key, (value) => changed(value, change))
      .catch((error: unknown) => {
        if (error instanceof Refused) return 'refused'
        throw error
      })
  },
  fits: (right, answer) => right === answer,
  asCode(call) {
    if (call.call === 'update') return `map.update(${asCode(call.key)}, ${changeAsCode(call.change)})`
    if (call.call === 'putAll') return `map.putAll(${asCode(call.entries)})`
    if (call.call === 'size') return 'map.size'
    return call.call === 'entries' ? 'map.entries()' : `map.${call.call}(${asCode(call.key)})`
  },
  look: [...keys.map((key): MapCall => ({ call: 'get', key })), { call: 'entries' }],
  works: [
    { call: 'update', key: 'cart', change: { add: 'z' } },
    { call: 'get', key: 'cart' },
  ],
  size: (call) => (call.call === 'putAll' ? call.entries.length : 1),
}

export const bulkMapSuite: Suite<BulkMap<string>, MapCall, MapModel> = {
  ...mapSuite,
  calls: fc.oneof(...calls, { weight: 1, arbitrary: putAll }),
  async ask(map, call) {
    if (call.call === 'putAll') return map.putAll(call.entries)
    return call.call === 'size' ? map.size : mapSuite.ask(map, call)
  },
  look: [...mapSuite.look, { call: 'size' }],
}

/** Every choice of some entries that is neither none nor all. */
function someOf(entries: readonly [string, string][]): [string, string][][] {
  const choices = Array.from({ length: 2 ** entries.length }, (_, choice) =>
    entries.filter((_, i) => (choice >> i) & 1),
  )
  return choices.slice(1, -1)
}

function changeAsCode(change: Change): string {
  if ('add' in change) return `(value = '') => value + ${asCode(change.add)}`
  if ('set' in change) return `() => ${asCode(change.set)}`
  if ('refuse' in change) return '() => { throw refused }'
  return 'remove' in change ? '() => undefined' : '(value) => value'
}
