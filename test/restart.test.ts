import t from 'tap'
import { restart } from './restart.ts'

t.test('a start right after kill -9 of everything works, five times in a row', async (t) => {
  t.strictSame(await restart(t.testdir(), 5), [])
})
