import t from 'tap'
import { restart } from './restart.ts'
import { dataDirOf } from './store.ts'

t.test('a start right after kill -9 of everything works, five times in a row', async (t) => {
  t.strictSame(await restart(dataDirOf(t), 5), [])
})
