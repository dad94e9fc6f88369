/** Histories of a simulated store that is right are accepted, and with one thing made wrong in them they are not. */
import fc from 'fast-check'
import t from 'tap'
import { randomFrom } from '../../storage/test/random.ts'
import { runs } from '../../storage/test/seed.ts'
import { judgeHistory } from './checker.ts'
import type { Call, Window } from './record.ts'
import { type Simulated, SimulatedStore } from './simulated-store.ts'

const anySeed = fc.integer({ min: 0, max: 2 ** 31 })

function simulate(seed: number): Simulated {
  const store = new SimulatedStore(randomFrom(seed))
  const windows = [store.window(6, 15), store.window(6, 15)]
  return { toys: store.toys, windows }
}

const sentencesOf = ({ toys, windows }: Simulated): string[] => {
  const { violations, undecided } = judgeHistory(toys, windows)
  return [...violations.map(({ sentence }) => sentence), ...undecided]
}

t.test('whatever a right store does, its history is accepted', async (t) => {
  let calls = 0
  const property = fc.property(anySeed, (seed) => {
    const history = simulate(seed)
    for (const window of history.windows) calls += window.calls.length
    const sentences = sentencesOf(history)
    if (sentences.length > 0) throw new Error(sentences.join('; '))
  })
  t.doesNotThrow(() => fc.assert(property, runs(200)))
  t.ok(calls > 400, `${calls} calls`)
})

/** Each spoils the last window, or says false where it holds nothing to spoil. */
type Spoil = (window: Window & { calls: Call[] }, one: <Value>(some: readonly Value[]) => Value | undefined) => boolean

const bought = (call: Call) => call.answer.kind === 'bought'
const numberIn = ({ answer }: Call) => ('number' in answer ? answer.number : 0)

const spoils: Record<string, Spoil> = {
  'a look in the calm shows a piece more': ({ calls, calmAt }, one) => addToLook(one(looksAfter(calls, calmAt)), 1),
  'a look in the calm shows a piece less': ({ calls, calmAt }, one) => addToLook(one(looksAfter(calls, calmAt)), -1),
  'a look shows more than there ever was': ({ calls }, one) => addToLook(one(looksAfter(calls, 0)), 31),
  'two orders, one after the other, change their numbers': ({ calls, rows }, one) => {
    const told = calls.filter(bought)
    const first = (call: Call) =>
      calls
        .filter((other) => keyOf(other) === keyOf(call))
        .every(({ id, answer }) => id === call.id || answer.kind === 'refused')
    const alone = told.filter(first)
    const pair = one(alone.flatMap((a) => alone.filter((b) => a.end < b.start).map((b) => [a, b] as const)))
    if (pair === undefined) return false
    const [low, high] = pair.map(numberIn) as [number, number]
    const swap = (number: number) => (number === low ? high : number === high ? low : number)
    for (const { answer } of calls) if (answer.kind === 'bought') answer.number = swap(answer.number)
    const [a, b] = [low, high].map((number) => rows.findIndex((row) => row.number === number)) as [number, number]
    const all = rows as (typeof rows)[number][]
    ;[all[a], all[b]] = [
      { ...all[b]!, number: low },
      { ...all[a]!, number: high },
    ]
    return true
  },
  'an acknowledged row is missing at the end': ({ calls, rows }) => {
    const last = rows.at(-1)
    if (last === undefined || !calls.some((call) => bought(call) && numberIn(call) === last.number)) return false
    ;(rows as unknown[]).pop()
    return true
  },
  'an acknowledged order is not found': ({ calls }, one) => {
    const read = one(
      calls.filter(
        (call) =>
          call.answer.kind === 'order' &&
          calls.some((other) => bought(other) && numberIn(other) >= numberIn(call) && other.end < call.start),
      ),
    )
    if (read === undefined) return false
    read.answer = { kind: 'refused', reason: 'order_not_found' }
    return true
  },
  'a repeated key is told another number': ({ calls }, one) => {
    const told = calls.filter(bought)
    const again = one(told.filter((call) => told.some((other) => other.id < call.id && keyOf(other) === keyOf(call))))
    if (again?.answer.kind !== 'bought') return false
    again.answer = { ...again.answer, number: again.answer.number + 1 }
    return true
  },
  'a key gets a second row': ({ rows }, one) => {
    const row = one(rows)
    if (row === undefined) return false
    ;(rows as unknown[]).push({ ...row, number: rows.at(-1)!.number + 1 })
    return true
  },
  'a purchase that was only refused has a row': ({ calls, rows }) => {
    const keys = new Set(rows.map(({ key }) => key))
    const refused = calls.find(
      (call) =>
        call.asked.kind === 'buy' &&
        !keys.has(call.asked.key) &&
        calls.every((other) => keyOf(other) !== keyOf(call) || other.answer.kind === 'refused'),
    )
    if (refused?.asked.kind !== 'buy' || rows.length === 0) return false
    const { key, toy, quantity } = refused.asked
    ;(rows as unknown[]).push({ number: rows.at(-1)!.number + 1, key, toy, quantity, price: toy === 'Tux' ? 2.5 : 1 })
    return true
  },
}

function looksAfter(calls: readonly Call[], at: number): Call[] {
  return calls.filter(({ start, answer }) => start > at && answer.kind === 'product')
}

function addToLook(look: Call | undefined, pieces: number): boolean {
  if (look?.answer.kind !== 'product') return false
  look.answer = { ...look.answer, stock: look.answer.stock + pieces }
  return true
}

const keyOf = ({ asked }: Call) => (asked.kind === 'buy' ? asked.key : undefined)

/** How often the spoilt history was rejected, of how many. */
function rejected(spoil: Spoil, seeds: number): { of: number; accepted: number[] } {
  const counted: { of: number; accepted: number[] } = { of: 0, accepted: [] }
  for (let seed = 1; seed <= seeds; seed++) {
    const history = structuredClone(simulate(seed))
    const random = randomFrom(seed)
    const last = history.windows.at(-1)! as Window & { calls: Call[] }
    if (!spoil(last, (some) => some[Math.floor(random() * some.length)])) continue
    counted.of += 1
    if (sentencesOf(history).length === 0) counted.accepted.push(seed)
  }
  return counted
}

for (const [what, spoil] of Object.entries(spoils))
  t.test(`rejected: ${what}`, async (t) => {
    const { of, accepted } = rejected(spoil, 80)
    t.same(accepted, [], 'accepted with these seeds')
    t.ok(of >= 10, `${of} histories could be spoilt so`)
  })

t.test('a piece more or less in any look is mostly found', async (t) => {
  for (const pieces of [1, -1]) {
    const { of, accepted } = rejected(({ calls }, one) => addToLook(one(looksAfter(calls, 0)), pieces), 80)
    t.ok(accepted.length < of / 2, `${pieces}: ${of - accepted.length} of ${of} were rejected`)
  }
})
