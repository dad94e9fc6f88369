/** The conformance suite of the log's contract: entries of one and several rows, every way to read them, and what the naive model says. */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import type { Entry, Log, LogEntry } from '../../log.ts'
import { asCode } from './script.ts'
import type { Suite } from './suite.ts'

export type LogCall =
  | { call: 'append'; entry: Entry }
  | { call: 'lastNumber' }
  | { call: 'get'; number: number }
  | { call: 'list'; before: number; limit: number }
  | { call: 'byKey'; key: string }
  | { call: 'attemptsAfter'; attempts: string[]; after: number }
  | { call: 'since'; after: number; column?: string }

/** The entries in their order: the first has the number 1. */
type LogModel = readonly Entry[]

/** Few keys and attempts, so that some are asked for that are there; the contract does not forbid that one comes twice. */
const key = fc.nat(14).map((i) => `key ${i}`)
const attempt = fc.nat(8).map((i) => `a1-${i}`)
/** A few of these make a file that is searched and not read as a whole. */
const long = 'x'.repeat(5000)
const row = fc.record({
  name: fc.constantFrom('Tux', 'a, "b"', 'ä'.repeat(9), 'x'.repeat(70), '1 of 2', '', long),
  quantity: fc.nat(99).map(String),
})
const rows = fc.oneof(
  { weight: 2, arbitrary: fc.array(row, { minLength: 1, maxLength: 1 }) },
  { weight: 1, arbitrary: fc.array(row, { minLength: 2, maxLength: 4 }) },
)
const number = fc.oneof({ weight: 4, arbitrary: fc.nat(12) }, fc.constantFrom(-1, 1_000_000, Number.MAX_SAFE_INTEGER))

/** A name may be empty. */
const since: fc.Arbitrary<LogCall> = fc.record(
  { call: fc.constant('since'), after: number, column: fc.constant('name') },
  { requiredKeys: ['call', 'after'] },
)

const calls: fc.Arbitrary<LogCall> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ call: fc.constant('append'), entry: fc.record({ key, attempt, rows }) }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('lastNumber') }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('get'), number }) },
  {
    weight: 1,
    arbitrary: fc.record({ call: fc.constant('list'), before: number, limit: fc.integer({ min: 1, max: 5 }) }),
  },
  { weight: 2, arbitrary: fc.record({ call: fc.constant('byKey'), key }) },
  {
    weight: 2,
    arbitrary: fc.record({
      call: fc.constant('attemptsAfter'),
      attempts: fc.array(attempt, { maxLength: 5 }),
      after: fc.nat(12),
    }),
  },
  { weight: 1, arbitrary: since },
)

const numbered = (entries: LogModel): LogEntry[] => entries.map((entry, i) => ({ ...entry, number: i + 1 }))

export const logSuite: Suite<Log, LogCall, LogModel> = {
  name: 'log',
  calls,
  first: [],
  apply(state, call) {
    const entries = numbered(state)
    switch (call.call) {
      case 'append':
        return { state: [...state, call.entry], answer: state.length + 1 }
      case 'lastNumber':
        return { state, answer: state.length }
      case 'get':
        return { state, answer: entries.filter((entry) => entry.number === call.number) }
      case 'list': {
        const below = entries.filter((entry) => entry.number < call.before)
        return { state, answer: below.toReversed().slice(0, call.limit) }
      }
      case 'byKey':
        return { state, answer: { oneOf: entries.filter((entry) => entry.key === call.key) } }
      case 'attemptsAfter': {
        const found = entries.filter((entry) => entry.number > call.after && call.attempts.includes(entry.attempt))
        return { state, answer: [...new Set(found.map((entry) => entry.attempt))].sort() }
      }
      case 'since':
        return { state, answer: entries.filter((entry) => entry.number > call.after && isIn(entry, call.column)) }
    }
  },
  /** An entry of several rows is never there in part. */
  halves: (call) => (call.call === 'append' ? () => [] : undefined),
  asText: (state) => JSON.stringify(state),
  async ask(log, call) {
    switch (call.call) {
      case 'append':
        return log.append(call.entry)
      case 'lastNumber':
        return log.lastNumber
      case 'get':
        return asList(await log.get(call.number))
      case 'list':
        return log.list(call.before, call.limit)
      case 'byKey':
        return asList(await log.byKey(call.key))
      case 'attemptsAfter':
        return [...(await log.attemptsAfter(new Set(call.attempts), call.after))].sort()
      case 'since':
        return Array.fromAsync(log.since(call.after, call.column))
    }
  },
  fits(right, answer) {
    if (typeof right === 'object' && right !== null && 'oneOf' in right) {
      const { oneOf } = right as { oneOf: LogEntry[] }
      const [found] = answer as LogEntry[]
      return found === undefined ? oneOf.length === 0 : oneOf.some((entry) => holds(found, entry))
    }
    if (!Array.isArray(right) || !Array.isArray(answer) || typeof right[0] === 'string')
      return isDeepStrictEqual(right, answer)
    return right.length === answer.length && right.every((entry, i) => holds(answer[i], entry))
  },
  asCode(call) {
    switch (call.call) {
      case 'append':
        return `log.append(${asCode(call.entry)})`
      case 'lastNumber':
        return 'log.lastNumber'
      case 'get':
        return `log.get(${call.number})`
      case 'list':
        return `log.list(${call.before}, ${call.limit})`
      case 'byKey':
        return `log.byKey(${asCode(call.key)})`
      case 'attemptsAfter':
        return `log.attemptsAfter(new Set(${asCode(call.attempts)}), ${call.after})`
      case 'since':
        return `Array.fromAsync(log.since(${call.after}, ${asCode(call.column)}))`
    }
  },
  look: [
    // First, while they are still being found again.
    ...Array.from({ length: 15 }, (_, i): LogCall => ({ call: 'byKey', key: `key ${i}` })),
    { call: 'lastNumber' },
    { call: 'list', before: Number.MAX_SAFE_INTEGER, limit: 1000 },
    { call: 'attemptsAfter', attempts: Array.from({ length: 9 }, (_, i) => `a1-${i}`), after: 0 },
    { call: 'since', after: 0 },
  ],
  works: [{ call: 'append', entry: { key: 'the last', attempt: 'a9-9', rows: [{ name: 'Tux', quantity: '1' }] } }],
  size: () => 1,
}

const isIn = ({ rows }: Entry, column: string | undefined): boolean => column === undefined || rows[0]![column] !== ''
const asList = (entry: LogEntry | undefined): LogEntry[] => (entry === undefined ? [] : [entry])

/** Whether the entry that was read is the one that was appended: an engine may fill in further columns. */
function holds(read: LogEntry, { rows, ...entry }: LogEntry): boolean {
  const { rows: found, ...rest } = read
  return (
    isDeepStrictEqual(rest, { ...entry }) &&
    found.length === rows.length &&
    rows.every((row, i) => Object.entries(row).every(([column, value]) => found[i]![column] === value))
  )
}
