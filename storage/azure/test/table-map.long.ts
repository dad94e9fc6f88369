/** The map on tables over a table service in memory, with real connections that break. */
import t from 'tap'
import { connect } from '../connection.ts'
import { emulatorString, FakeTables, fakePage, type Harm } from './fake-tables.ts'
import { ownTable } from './harness.ts'
import { facts } from './table-map-facts.ts'

const fake = new FakeTables()
const connectionString = await fake.listen()
t.teardown(() => fake.close())
t.afterEach(() => {
  fake.harm = () => undefined
})
facts(t, connectionString, { page: fakePage })

/** Harms the first so many writes. */
function harmWrites(harm: Harm, count = 1): void {
  let left = count
  fake.harm = ({ method }) => (method !== 'GET' && left-- > 0 ? harm : undefined)
}

const add = (value = '') => `${value}x`

for (const harm of ['before', 'after', { status: 500 }, { status: 503, headers: { 'retry-after': '0' } }] as const)
  t.test(`a connection that breaks costs no change and makes none twice: ${JSON.stringify(harm)}`, async (t) => {
    const map = await ownTable(t, connectionString).open()
    for (const value of ['x', 'xx', 'xxx']) {
      harmWrites(harm, 2)
      t.equal(await map.update('ann', add), value)
      t.equal(await map.get('ann'), value)
    }
    let reads = 0
    fake.harm = ({ method }) => (method === 'GET' && ++reads % 3 !== 0 ? harm : undefined)
    for (let i = 0; i < 10; i++) t.equal(await map.get('ann'), 'xxx', 'a read is asked again')
  })

t.test('Retry-After may be a date', async (t) => {
  const map = await ownTable(t, connectionString).open()
  harmWrites({ status: 429, headers: { 'retry-after': new Date(Date.now() + 2000).toUTCString() } })
  const began = performance.now()
  t.equal(await map.update('ann', add), 'x')
  t.ok(performance.now() - began > 900)
})

t.test('a key that is refused later refuses calls, and is told once', async (t) => {
  const { open, notes } = ownTable(t, connectionString)
  const map = await open()
  fake.harm = () => ({ status: 403 })
  await t.rejects(map.get('ann'), { code: 'unavailable' })
  await t.rejects(map.update('ann', add), { code: 'unavailable' })
  t.match(notes, [/refuses a request \(403\)/])
  t.equal(notes.length, 1)
  fake.harm = () => undefined
  t.equal(await map.update('ann', add), 'x')
})

t.test('the simulated delay is taken by each read, and by changes that go together once', async (t) => {
  const map = await ownTable(t, connectionString).open({ ioDelayMs: 100 })
  const began = performance.now()
  await Promise.all([map.update('ann', add), map.update('ann', add), map.update('ann', add), map.get('bob')])
  const ms = performance.now() - began
  t.ok(ms > 95 && ms < 1000, `${ms} ms`)
})

t.test('more than ten thousand calls at the same time are refused, the others are answered', async (t) => {
  const map = await ownTable(t, connectionString).open()
  const asked = await Promise.allSettled(Array.from({ length: 10_500 }, () => map.update('ann', add)))
  const refused = asked.filter((each) => each.status === 'rejected')
  t.equal(refused.length, 500)
  t.ok(refused.every(({ reason }) => reason.code === 'unavailable'))
  t.equal((await map.get('ann'))?.length, 10_000)
})

t.test('where Azure is down at the start the map opens, refuses at once, and works when it is there', async (t) => {
  const later = new FakeTables()
  await later.listen()
  const { port } = later
  await later.close()
  const again = new FakeTables()
  t.teardown(() => again.close())
  const notes: string[] = []
  const table = ownTable(t, connectionString)
  const began = performance.now()
  const map = await table.open({
    connectionString: emulatorString(port),
    callMs: 300,
    note: (sentence) => notes.push(sentence),
  })
  t.ok(performance.now() - began < 2000)
  const asked = performance.now()
  await t.rejects(map.get('ann'), { code: 'unavailable' })
  await t.rejects(map.update('ann', add), { code: 'unavailable' })
  t.ok(performance.now() - asked < 100)
  t.match(notes, [/cannot be used.*ECONNREFUSED/])
  await again.listen(port)
  const end = performance.now() + 20_000
  while ((await map.update('ann', add).catch(() => undefined)) === undefined && performance.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 20))
  t.equal(await map.get('ann'), 'x')
  t.match(notes, [/cannot be used/, /can be used again/])
  t.equal(notes.length, 2)
  await connect(emulatorString(port), table.name).deleteTable()
})

t.test('where Azure goes down later, calls are refused in time, and nothing of them is made', async (t) => {
  const gone = new FakeTables()
  const at = await gone.listen()
  const { port } = gone
  const map = await ownTable(t, connectionString).open({ connectionString: at, callMs: 400 })
  t.equal(await map.update('ann', add), 'x')
  await gone.close()
  const began = performance.now()
  await t.rejects(map.get('ann'), { code: 'unavailable' })
  await t.rejects(map.update('ann', add), { code: 'unavailable' })
  t.ok(performance.now() - began < 3000)
  await gone.listen(port)
  t.equal(await map.update('ann', add), 'xx')
  await map.close()
  await gone.close()
})
