/** What the conformance suites are worth: a sound map passes, each broken one is noticed, and what is told can be done again. */
import t from 'tap'
import { check, judge } from './conformance/check.ts'
import { conforms } from './conformance/conforms.ts'
import { bulkMapSuite } from './conformance/map.ts'
import { type Doing, Possible } from './conformance/possible.ts'
import { mapEngine, mapEngines } from './map-engines.ts'
import { breaks } from './reference-map.ts'

for (const [i, engine] of mapEngines.entries()) conforms(t, engine, bulkMapSuite, { runs: 60, seed: i + 1 })

for (const broken of breaks)
  t.test(`a map that ${broken} is noticed, and its smallest script does it again`, async (t) => {
    const engine = mapEngine(64, broken)
    const { wrong } = await check(engine, bulkMapSuite, { runs: 2000, seed: 1, shrinkMs: 5000 })
    t.ok(wrong !== undefined && wrong.calls <= 12, wrong?.text ?? 'it went unnoticed')
    t.equal(await judge(engine, bulkMapSuite, JSON.parse(wrong!.json)), wrong!.what)
    t.equal(await judge(mapEngine(64), bulkMapSuite, JSON.parse(wrong!.json)), undefined, 'a sound map passes it')
    const [, seed, path] = /^(\d+):(.*)$/.exec(wrong!.path)!
    const again = await check(engine, bulkMapSuite, { runs: 1, seed: Number(seed), path: path! })
    t.equal(again.wrong?.json, wrong!.json, 'so does its path')
  })

/** Adds to a number and answers what it is then. */
const add = (by: number): Doing<number> => ({
  apply: (state) => ({ state: state + by, answer: state + by }),
  halves: by === 0 ? undefined : (state) => [state + by / 2],
})
const counter = () => new Possible<number>(0, String)

t.test('two calls at the same time may take effect in either order, but not in both', async (t) => {
  for (const [first, second] of [
    [1, 3],
    [3, 2],
  ] as const) {
    const [possible, one, two] = [counter(), add(1), add(2)]
    possible.begin(one)
    possible.begin(two)
    t.equal(possible.answered(one, first), undefined)
    t.equal(possible.answered(two, second), undefined)
  }
  const [possible, one, two] = [counter(), add(1), add(2)]
  possible.begin(one)
  possible.begin(two)
  t.equal(possible.answered(one, 3), undefined)
  t.strictSame(possible.answered(two, 3), [2], 'the first was second already')
})

t.test('a read that began before a change may show either, one that began after its answer only the new', async (t) => {
  const [possible, early, change, late] = [counter(), add(0), add(1), add(0)]
  possible.begin(early)
  possible.begin(change)
  t.equal(possible.answered(change, 1), undefined)
  possible.begin(late)
  t.strictSame(possible.answered(late, 0), [1])
  t.equal(possible.answered(early, 0), undefined)
})

t.test('after a crash what was not answered has happened, in part, or not; what was answered has', async (t) => {
  for (const [found, isRight] of [
    [10, true],
    [12, true],
    [14, true],
    [4, false],
    [0, false],
  ] as const) {
    const [possible, answered, open, read] = [counter(), add(10), add(4), add(0)]
    possible.begin(answered)
    possible.begin(open)
    possible.answered(answered, 10)
    possible.crashed()
    possible.begin(read)
    t.equal(possible.answered(read, found) === undefined, isRight, `${found}`)
  }
})

t.test('what was refused never happened, and what was seen to happen cannot be refused', async (t) => {
  const [possible, change, read] = [counter(), add(1), add(0)]
  possible.begin(change)
  possible.begin(read)
  t.equal(possible.answered(read, 1), undefined, 'it has happened, then')
  t.equal(possible.refused(change), false)
  const [other, refused, after] = [counter(), add(1), add(0)]
  other.begin(refused)
  t.equal(other.refused(refused), true)
  other.crashed()
  other.begin(after)
  t.strictSame(other.answered(after, 1), [0])
})
