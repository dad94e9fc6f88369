/** Each check is seen to fail: a fault is planted in front of a real store, and exactly the check that is about it catches it. */
import t from 'tap'
import { buy, dataDirOf, startStore } from '../../../test/store.ts'
import { checks } from '../checks.ts'
import { smoke } from '../smoke.ts'
import { cartFaults } from './faults/carts.ts'
import { courseFaults } from './faults/course.ts'
import { ownerFaults } from './faults/owner.ts'
import { purchaseFaults } from './faults/purchases.ts'
import { readFaults } from './faults/reads.ts'
import { refusalFaults } from './faults/refusals.ts'
import { plantAt } from './planted.ts'

const faults = [...readFaults, ...purchaseFaults, ...refusalFaults, ...ownerFaults, ...courseFaults, ...cartFaults]

t.setTimeout(900_000)

t.test('a fault is caught by the check that is about it, and by no other', async (t) => {
  const store = await startStore({ t, dataDir: dataDirOf(t) })
  for (let order = 0; order < 3; order++) await buy(store.url, { name: 'Fox', quantity: 1 })
  for (const { title, caughtBy, timeout = 20_000, plant } of faults) {
    const url = await plantAt(t, store.url, plant())
    const { fault, checks: outcomes } = await smoke({ url, timeout, create: true }, () => {})
    const failed = outcomes.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name)
    t.strictSame([fault, failed], [null, [caughtBy]], title)
  }
})

t.test('each check has a fault that it catches', async (t) => {
  const caught = new Set(faults.map(({ caughtBy }) => caughtBy))
  t.strictSame([...caught].sort(), checks.map(({ name }) => name).toSorted())
})

t.test('a purchase that nobody answers to the end may be an order, and that is told', async (t) => {
  const store = await startStore({ t, dataDir: dataDirOf(t) })
  const { timeout = 0, plant } = faults.find(({ title }) => title === 'the answer of a purchase never ends')!
  const { notes } = await smoke({ url: await plantAt(t, store.url, plant()), timeout }, () => {})
  t.match(notes, [/^an order of 1 "Dolphin" may have been made \(key smoke-[0-9a-f]{32}\)$/])
})
