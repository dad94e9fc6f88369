/** A short history with a fixed seed; `node test/history.ts` records longer ones. */
import t from 'tap'
import { historyRun } from './history/run.ts'
import { dataDirOf } from './store.ts'

t.test('what customers are told while services are killed and paused can all have happened', async (t) => {
  const folder = dataDirOf(t)
  const run = await historyRun({ folder, operations: 2000, faults: 3, seed: 16, sessions: 16, t })
  t.same(run.wrong, [])
  t.ok(run.operations >= 2000, `${run.operations} operations`)
  t.ok(run.answers.bought! > 20 && run.answers.product! > 20 && run.answers.order! > 20, JSON.stringify(run.answers))
  t.equal(
    Object.values(run.faults).reduce((sum, times) => sum + times, 0),
    3,
    JSON.stringify(run.faults),
  )
  t.match(run.verdict, /^books balanced: /)
})
