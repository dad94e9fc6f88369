/** The map on tables over Azurite, or over Azure itself: what is true of it, and what a change costs. */
import t from 'tap'
import { ownTable } from './harness.ts'
import { facts } from './table-map-facts.ts'
import { startTables } from './tables.ts'

const tables = await startTables()
t.teardown(() => tables.end())
facts(t, tables.connectionString, { page: 1000 })

t.test('what a change costs', async (t) => {
  const map = await ownTable(t, tables.connectionString).open()
  const change = (value = '') => `${value.slice(-100)}x`
  await map.update('first', change)
  const one = await msOf(async () => {
    for (let i = 0; i < 100; i++) await map.update(`one ${i}`, change)
  })
  const same = await msOf(async () => {
    for (let i = 0; i < 100; i++) await map.update('same', change)
  })
  const many = await msOf(() => Promise.all(Array.from({ length: 500 }, (_, i) => map.update(`many ${i}`, change))))
  const hot = await msOf(() => Promise.all(Array.from({ length: 500 }, () => map.update('hot', change))))
  const read = await msOf(async () => {
    for (let i = 0; i < 100; i++) await map.get(`one ${i}`)
  })
  t.comment(`ms each: new ${one / 100}, known ${same / 100}, read ${read / 100}`)
  t.comment(`ms for 500 at the same time: of as many keys ${many}, of one key ${hot}`)
  t.equal((await map.get('hot'))?.length, 101)
})

async function msOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return Math.round(performance.now() - began)
}
