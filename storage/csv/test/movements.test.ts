import t from 'tap'
import { HandClock } from '../../test/hand-clock.ts'
import { answered, bytesOf, change, openLedger, textOf } from './harness.ts'

t.test('movements are numbered one by one over turns, stops and kills, and the file holds them all', async (t) => {
  const folder = t.testdir()
  const clock = new HandClock()
  for (let round = 0; round < 8; round++) {
    const { ledger, files } = await openLedger(t, folder, { clock })
    t.match(await ledger.execute([change('Tux', 1)]), [{ movement: 7 + 2 * round }])
    if (round % 2 === 0) await ledger.movements(0, 1)
    t.match(await ledger.execute([change('Tux', -1)]), [{ movement: 8 + 2 * round }])
    if (round % 3 === 0) await ledger.close()
    await files.release()
  }
  const { ledger } = await openLedger(t, folder, { clock })
  const all = await ledger.movements(0, 1000)
  t.strictSame(
    all.map(({ number }) => number),
    Array.from({ length: 22 }, (_, i) => i + 1),
  )
  await ledger.close()
  t.equal(textOf(folder, 'movements.csv').split('\n').length, 24)
})

t.test('what is asked for is in the file, and pages begin behind a number', async (t) => {
  const folder = t.testdir()
  const { ledger } = await openLedger(t, folder, { clock: new HandClock() })
  await ledger.execute(Array.from({ length: 900 }, (_, i) => change('Tux', i + 1)))
  const numbers = async (after: number, limit: number) =>
    (await ledger.movements(after, limit)).map(({ number }) => number)
  t.strictSame(await numbers(0, 3), [1, 2, 3])
  t.strictSame(await numbers(500, 2), [501, 502])
  t.strictSame(await numbers(905, 100), [906])
  t.strictSame(await numbers(906, 100), [])
  t.strictSame(await numbers(10_000, 100), [])
  t.strictSame(await numbers(0, 0), [])
  t.equal((await numbers(0, 5000)).length, 906)
  t.match(await ledger.movements(905, 1), [
    { account: 'Tux', change: 900, reason: 'restock', at: '2026-01-01T00:00:00.000Z' },
  ])
  t.equal(textOf(folder, 'movements.csv').split('\n').length, 908)
})

t.test('a movement is told only when it is durable', async (t) => {
  const { ledger, files } = await openLedger(t, t.testdir(), { clock: new HandClock() })
  const held = files.hold({ kind: 'sync', name: 'journal-' })
  const done = ledger.execute([change('Tux', 1)])
  await held.reached
  const asked = ledger.movements(0, 100)
  t.notOk(await answered(asked), 'it waits for the writer')
  held.release()
  await done
  t.equal((await asked).length, 7)
})

t.test('a movements.csv whose ledger is gone stops the start, and stays as it was', async (t) => {
  const folder = t.testdir({ 'movements.csv': 'number,at,account,change,reason\n1,2026-01-01,Tux,5,start\n' })
  const before = bytesOf(folder)
  await t.rejects(openLedger(t, folder), {
    name: 'StartError',
    message: /movements\.csv: it has movements, but the ledger/,
  })
  t.strictSame(bytesOf(folder), before)
})
