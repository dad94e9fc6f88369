import t from 'tap'
import { attemptId, compareAttempts, isAttemptId, noAttempt, parseAttemptId } from '../attempt-id.ts'

t.test('attempts are ordered by incarnation, then by seq, as numbers', (t) => {
  const order = [noAttempt, 'a0-1', 'a1-0', 'a1-9', 'a1-10', 'a2-1', 'a10-0', `a${10 ** 15 - 1}-3`]
  const shuffled = [...order].sort((a, b) => (a < b ? 1 : -1))
  t.strictSame(shuffled.sort(compareAttempts), order)
  t.equal(compareAttempts('a1-1', 'a1-1'), 0)
  t.end()
})

t.test('an id has one form, and comes back from its numbers', (t) => {
  t.equal(attemptId(3, 14), 'a3-14')
  t.strictSame(parseAttemptId('a3-14'), { incarnation: 3, seq: 14 })
  for (const text of [
    '',
    'a1',
    'a1-',
    'a01-1',
    'a1-01',
    'A1-1',
    'a1-1 ',
    'a-1-1',
    'a1-1\n',
    `a1-${10 ** 15}`,
    '__proto__',
  ]) {
    t.notOk(isAttemptId(text), JSON.stringify(text))
    t.throws(() => parseAttemptId(text), RangeError)
  }
  t.end()
})
