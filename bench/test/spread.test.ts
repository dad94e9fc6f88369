import fc from 'fast-check'
import t from 'tap'
import { median, percentile, ratiosOf, spreadOf } from '../spread.ts'

t.test('a median is the middle one, or between the two in the middle, whatever the order', async (t) => {
  t.strictSame(spreadOf([10, 9, 100]), { median: 10, min: 9, max: 100 })
  t.strictSame(spreadOf([4, 1, 3, 2]), { median: 2.5, min: 1, max: 4 })
  t.equal(median([7]), 7)
})

t.test('as many values lie below a median as above', async () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
      const middle = median(values)
      return (
        values.filter((value) => value < middle).length <= values.length / 2 &&
        values.filter((value) => value > middle).length <= values.length / 2
      )
    }),
  )
})

t.test('there is no median of nothing, nor of what is no number', async (t) => {
  t.throws(() => spreadOf([]), RangeError)
  t.throws(() => spreadOf([1, Number.NaN]), RangeError)
  t.throws(() => spreadOf([1, Number.POSITIVE_INFINITY]), RangeError)
})

t.test('a percentile is the nearest rank', async (t) => {
  const hundred = Array.from({ length: 100 }, (_, at) => 100 - at)
  t.equal(percentile(hundred, 0.5), 50)
  t.equal(percentile(hundred, 0.99), 99)
  t.equal(percentile([5], 0.99), 5)
  t.ok(Number.isNaN(percentile([], 0.5)))
})

t.test('a ratio is made round by round, not of the medians', async (t) => {
  const rounds = [
    { store: 1, echo: 2 },
    { store: 30, echo: 40 },
  ]
  t.strictSame(
    ratiosOf(rounds, 'store', 'echo', (value) => value),
    [0.5, 0.75],
  )
})
