/** A short history with a fixed seed; `node test/history.ts` records longer ones. */
import t from 'tap'
import { historyRun } from './history/run.ts'
import { dataDirOf } from './store.ts'

t.test('what customers are told while services are killed and paused can all have happened', async (t) => {
  const folder = dataDirOf(t)
  const run = await historyRun({ folder, operations: 3000, faults: 4, seed: 4, sessions: 16, t })
  t.same(run.wrong, [])
  t.ok(run.operations >= 3000, `${run.operations} operations`)
  t.ok(run.answers.bought! > 100 && run.answers.product! > 100 && run.answers.order! > 100, JSON.stringify(run.answers))
  t.equal(
    Object.values(run.faults).reduce((sum, times) => sum + times, 0),
    4,
    JSON.stringify(run.faults),
  )
  t.match(run.verdict, /^books balanced: /)
})
