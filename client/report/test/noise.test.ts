/** What is told from noise, tried on made-up runs whose truth is known. */
import t from 'tap'
import { seededRandom } from '../../load/plan.ts'
import { differenceOf, type Interval, ratioOf, ratioOfMeans, student } from '../noise.ts'

const random = seededRandom(20_261_121, 0)
const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/** Seconds around a mean, of which each resembles the one before by `likeness`. */
function run(seconds: number, likeness: number, mean = 1): number[] {
  let deviation = gauss()
  return Array.from({ length: seconds }, () => {
    deviation = likeness * deviation + Math.sqrt(1 - likeness ** 2) * gauss()
    return mean * Math.exp(0.1 * deviation)
  })
}

const told = ({ from, to }: Interval) => from > 1 || to < 1

/** The share of so many pairs of runs that are called different. */
function shareTold(seconds: number, likeness: number, ratio: number, way = ratioOf): number {
  const pairs = 1500
  let different = 0
  for (let pair = 0; pair < pairs; pair++)
    if (told(way(run(seconds, likeness), run(seconds, likeness, ratio))!)) different += 1
  return different / pairs
}

t.test('equal runs are seldom called different, also where the seconds hang together', async (t) => {
  for (const way of [ratioOf, ratioOfMeans]) {
    t.ok(shareTold(60, 0, 1, way) < 0.02)
    t.ok(shareTold(60, 0.5, 1, way) < 0.025)
    t.ok(shareTold(60, 0.8, 1, way) < 0.05)
    t.ok(shareTold(20, 0.5, 1, way) < 0.04)
    t.ok(shareTold(10, 0.8, 1, way) < 0.2)
  }
})

t.test('a difference of a tenth is found in a minute', async (t) => {
  t.ok(shareTold(60, 0, 1.1) > 0.95)
  t.ok(shareTold(60, 0, 1 / 1.1, ratioOfMeans) > 0.95)
  t.ok(shareTold(60, 0.5, 1.2) > 0.9)
})

t.test('the interval is around the ratio, upside down when the runs change places', async (t) => {
  const [a, b] = [run(60, 0.3), run(60, 0.3, 1.5)]
  for (const way of [ratioOf, ratioOfMeans]) {
    const [there, back] = [way(a, b)!, way(b, a)!]
    t.ok(there.from < 1.5 && there.to > 1.5 && there.to - there.from < 0.5, JSON.stringify(there))
    t.ok(Math.abs(there.from * back.to - 1) < 1e-9)
  }
})

t.test('fewer than ten seconds tell nothing, nor do means of nought', async (t) => {
  t.equal(differenceOf(run(9, 0), run(60, 0)), undefined)
  t.equal(ratioOf(run(60, 0), []), undefined)
  t.equal(ratioOfMeans(Array(20).fill(0), run(20, 0)), undefined)
})

t.test('seconds without any noise tell every difference', async (t) => {
  t.same(differenceOf(Array(20).fill(2), Array(20).fill(3)), { from: 1, to: 1 })
})

t.test("Student's t is that of the tables", async (t) => {
  for (const [freedom, value] of [
    [4, 4.604],
    [8, 3.355],
    [18, 2.878],
  ] as const)
    t.ok(Math.abs(student(freedom) / value - 1) < 0.02)
})
