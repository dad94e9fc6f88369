/** How much load there is at which time, and when each arrival is due. */
import fc from 'fast-check'
import t from 'tap'
import { seededRandom } from '../plan.ts'
import { arrivals, constant, endOf, fromStages, highestOf, levelAt } from '../profile.ts'

const stages = fromStages([
  { ms: 10_000, level: 5 },
  { ms: 30_000, level: 50 },
  { ms: 0, level: 20 },
  { ms: 10_000, level: 0 },
])

t.test('stages lead in straight lines from level to level, and jump where one takes no time', async (t) => {
  t.same(
    [0, 5000, 10_000, 25_000, 39_999, 40_000, 45_000, 50_000, 60_000].map((ms) =>
      Number(levelAt(stages, ms).toFixed(1)),
    ),
    [0, 2.5, 5, 27.5, 50, 20, 10, 0, 0],
  )
  t.equal(endOf(stages), 50_000)
  t.equal(highestOf(stages), 50)
  t.equal(levelAt(constant(7, Number.POSITIVE_INFINITY), 1e9), 7)
})

t.test('a constant clock ticks evenly, and processes take turns', async (t) => {
  const due = (process: number, processes: number) => {
    let first = true
    return [
      ...arrivals(constant(10 / processes, 1000), () => {
        const gap = first ? (process + 1) / processes : 1
        first = false
        return gap
      }),
    ]
  }
  const round = (times: number[]) => times.map((ms) => Math.round(ms))
  t.same(round(due(0, 1)), [100, 200, 300, 400, 500, 600, 700, 800, 900])
  t.same(round([...due(0, 2), ...due(1, 2)].sort((a, b) => a - b)), round(due(0, 1)))
})

t.test('as many arrivals are due as the area under the profile says, where it says', async (t) => {
  const levels = fc.array(
    fc.record({ ms: fc.integer({ min: 1, max: 5000 }), level: fc.integer({ min: 0, max: 400 }) }),
    {
      minLength: 1,
      maxLength: 5,
    },
  )
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(levels, (list) => {
        const profile = fromStages(list)
        const due = [...arrivals(profile, () => 1)]
        let area = 0
        for (let ms = 0; ms < endOf(profile); ms++) area += levelAt(profile, ms + 0.5) / 1000
        const rising = due.every((ms, i) => ms <= endOf(profile) + 1e-6 && (i === 0 || ms >= due[i - 1]! - 1e-6))
        return rising && Math.abs(due.length - area) < 2
      }),
    ),
  )
})

t.test('gaps of a Poisson clock are exponential: their deviation is their mean', async (t) => {
  const random = seededRandom(11, 0)
  const due = [...arrivals(constant(1000, 60_000), () => -Math.log(1 - random()))]
  const gaps = due.slice(1).map((ms, i) => ms - due[i]!)
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
  t.ok(Math.abs(mean - 1) < 0.02, `mean ${mean} ms`)
  t.ok(Math.abs(deviation / mean - 1) < 0.02, `deviation ${deviation} ms`)
})
