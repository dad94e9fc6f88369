import t from 'tap'
import { type FaultKind, faultKinds, faultsOf } from '../faults.ts'

const asked = { count: 400, kinds: faultKinds, everyMs: 500, seed: 7 }

t.test('one seed gives one sequence of faults, another seed another', async (t) => {
  t.same(faultsOf(asked), faultsOf(asked))
  t.notSame(faultsOf(asked), faultsOf({ ...asked, seed: 8 }))
  t.same(faultsOf({ ...asked, count: 10 }), faultsOf(asked).slice(0, 10), 'a longer run begins as a shorter one')
})

t.test('so many faults as there are kinds have met each kind, and then each victim once', async (t) => {
  for (let seed = 0; seed < 50; seed++) {
    const faults = faultsOf({ ...asked, count: 18, seed })
    for (let from = 0; from < 18; from += 3)
      t.same(new Set(faults.slice(from, from + 3).map(({ kind }) => kind)), new Set(faultKinds))
    const victimsOf = (kind: FaultKind) => faults.filter((fault) => fault.kind === kind).map(({ victim }) => victim)
    t.same(victimsOf('kill').toSorted(), ['all', 'cart', 'catalog', 'frontend', 'order', 'payment'])
    t.same(victimsOf('pause').slice(0, 5).toSorted(), ['cart', 'catalog', 'frontend', 'order', 'payment'])
    t.same(victimsOf('cut').slice(0, 5).toSorted(), ['cart', 'catalog', 'frontend', 'order', 'payment'])
  }
})

t.test('only the kinds that were asked for are made', async (t) => {
  const faults = faultsOf({ ...asked, kinds: ['pause'] })
  t.ok(faults.every(({ kind }) => kind === 'pause'))
})

t.test('gaps are as long on average as was asked for, and pauses and cuts within their bounds', async (t) => {
  const faults = faultsOf({ ...asked, count: 4000 })
  const mean = faults.reduce((sum, { gapMs }) => sum + gapMs, 0) / faults.length
  t.ok(mean > 450 && mean < 550, `${mean} ms`)
  t.ok(faults.some(({ gapMs }) => gapMs > 1000))
  for (const fault of faults)
    if (fault.kind === 'pause' && (fault.ms < 200 || fault.ms > 2000)) t.fail(`paused for ${fault.ms} ms`)
    else if (fault.kind === 'cut' && (fault.ms < 50 || fault.ms > 1000)) t.fail(`cut for ${fault.ms} ms`)
})
