import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import type { Command, Outcome } from '../../ledger.ts'
import { answered, change, namesOf, openLedger, reserve, textOf, until } from './harness.ts'

const journal = 'journal-'

t.test('a first start makes the toys, their movements and the readable file', async (t) => {
  const folder = t.testdir()
  const { ledger } = await openLedger(t, folder)
  t.equal((await ledger.list('', 100)).length, 6)
  t.strictSame(await ledger.account('Tux'), { balance: 10_000, attributes: ['25.99'] })
  t.equal(await ledger.account('no such toy'), undefined)
  t.match((await ledger.movements(0, 100))[5], { number: 6, account: 'Dolphin', change: 10_000, reason: 'start' })
  t.match(textOf(folder, 'toys_db.csv'), /^name,price,quantity\nTux,25\.99,10000\n/)
})

t.test('an answer comes only after the sync of the line it stands in', async (t) => {
  const { ledger, files } = await openLedger(t, t.testdir())
  const held = files.hold({ kind: 'sync', name: journal })
  const took = ledger.execute([{ op: 'take', account: 'Tux', amount: 1, reason: 'direct sale' }])
  await held.reached
  t.notOk(await answered(took))
  held.release()
  t.match(await took, [{ outcome: 'changed', balance: 9999 }])
})

t.test('what comes while a sync runs shares the next one', async (t) => {
  const { ledger, files } = await openLedger(t, t.testdir())
  const held = files.hold({ kind: 'sync', name: journal })
  const first = ledger.execute([reserve('a1-0', ['Tux', 1])])
  await held.reached
  const before = files.count('sync', journal)
  const rest = Array.from({ length: 100 }, (_, i) => ledger.execute([reserve(`a1-${i + 1}`, ['Tux', 100])]))
  held.release()
  await first
  const outcomes = (await Promise.all(rest)).flat().map(({ outcome }) => outcome)
  t.equal(outcomes.filter((outcome) => outcome === 'held').length, 99, '9,999 were left')
  t.equal(outcomes.at(-1), 'refused')
  t.equal(files.count('sync', journal), before + 1)
})

t.test('a refusal and a repeated answer wait for the sync of the state that they were computed from', async (t) => {
  const { ledger, files } = await openLedger(t, t.testdir())
  const held = files.hold({ kind: 'sync', name: journal })
  const all = ledger.execute([reserve('a1-1', ['Tux', 10_000])])
  await held.reached
  const repeated = ledger.execute([reserve('a1-1', ['Tux', 10_000])])
  const refused = ledger.execute([reserve('a1-2', ['Tux', 1])])
  t.strictSame(await Promise.all([repeated, refused].map((each) => answered(each))), [false, false])
  held.release()
  t.match(await Promise.all([all, repeated, refused]), [
    [{ outcome: 'held' }],
    [{ outcome: 'held' }],
    [{ outcome: 'refused', reason: 'insufficient' }],
  ])
})

t.test('a refusal of the batch that does not become durable is not given', async (t) => {
  const { ledger, files } = await openLedger(t, t.testdir())
  files.fail({ kind: 'write', name: journal }, { code: 'ENOSPC' })
  const [all, refused] = await Promise.allSettled([
    ledger.execute([reserve('a1-1', ['Tux', 10_000])]),
    ledger.execute([reserve('a1-2', ['Tux', 1])]),
  ])
  t.match([all, refused], [{ reason: { code: 'unavailable' } }, { reason: { code: 'unavailable' } }])
  t.match(await ledger.execute([reserve('a1-2', ['Tux', 1])]), [{ outcome: 'held' }])
})

t.test('readers see nothing that is not synced', async (t) => {
  const { ledger, files } = await openLedger(t, t.testdir())
  const held = files.hold({ kind: 'sync', name: journal })
  const done = ledger.execute([
    { op: 'put', account: 'Bear', attributes: ['9.00'], balance: 5, reason: 'new' },
    { op: 'remove', account: 'Tux', reason: 'gone' },
    change('Fox', 1),
  ])
  await held.reached
  t.equal(await ledger.account('Bear'), undefined)
  t.equal((await ledger.account('Tux'))?.balance, 10_000)
  t.equal((await ledger.account('Fox'))?.balance, 10_000)
  t.equal((await ledger.list('', 100)).length, 6)
  held.release()
  await done
  t.strictSame(
    (await ledger.list('', 2)).map(({ name }) => name),
    ['Bear', 'Dolphin'],
  )
  t.equal(await ledger.account('Tux'), undefined)
  t.equal((await ledger.account('Fox'))?.balance, 10_001)
})

t.test('pages go through the accounts by name in code-unit order', async (t) => {
  const { ledger } = await openLedger(t, t.testdir())
  await ledger.execute([{ op: 'put', account: 'äpfel', attributes: ['1.00'], balance: 0, reason: 'new' }])
  const names: string[] = []
  for (let page = await ledger.list('', 2); page.length > 0; page = await ledger.list(names.at(-1)!, 2))
    names.push(...page.map(({ name }) => name))
  t.strictSame(names, ['Dolphin', 'Elephant', 'Fox', 'Python', 'Tux', 'Whale', 'äpfel'])
})

for (const written of [0, 0.6])
  t.test(`a full disk refuses the batch (${written} of it written), and the next one works`, async (t) => {
    const folder = t.testdir()
    const { ledger, files, givenUp } = await openLedger(t, folder)
    await ledger.execute([change('Tux', 1)])
    await until(() => !namesOf(folder).includes('journal-00000001.csv')) // caught up: no turn comes in between
    const before = textOf(folder, 'journal-00000002.csv')
    files.fail({ kind: 'write', name: journal }, { code: 'ENOSPC', written })
    await t.rejects(ledger.execute([reserve('a1-1', ['Tux', 5])]), { code: 'unavailable' })
    t.equal(textOf(folder, 'journal-00000002.csv'), before)
    t.equal((await ledger.account('Tux'))?.balance, 10_001)
    t.match(await ledger.execute([reserve('a1-1', ['Tux', 5])]), [{ outcome: 'held' }])
    t.strictSame(givenUp, [])
  })

t.test('after a failed sync nothing is written any more, by no turn of the segments either', async (t) => {
  const folder = t.testdir()
  const { ledger, files, givenUp } = await openLedger(t, folder)
  await ledger.execute([change('Tux', 1)]) // so that a turn is due
  files.fail({ kind: 'sync', name: journal })
  await t.rejects(ledger.execute([reserve('a1-1', ['Tux', 5])]), { code: 'outcome_unknown' })
  t.match(givenUp, [{ silent: false }])
  await pause(100)
  t.notOk(namesOf(folder).includes('journal-00000002.csv'), 'what followed there would deny the line that may survive')
  await t.rejects(ledger.execute([reserve('a1-2', ['Tux', 5])]), { code: 'outcome_unknown' })
  t.equal((await ledger.account('Tux'))?.balance, 10_001, 'reads go on')
  await t.rejects(ledger.close())
  files.freeze()
  const again = await openLedger(t, folder)
  t.match(await again.ledger.execute([reserve('a1-1', ['Tux', 5])]), [{ outcome: 'held' }], 'the line survived here')
  t.equal((await again.ledger.account('Tux'))?.balance, 9996)
})

t.test('commands whose lines are more than a torn tail may be are written in several appends', async (t) => {
  const { ledger } = await openLedger(t, t.testdir())
  const name = (i: number) => `${i} ${'ü'.repeat(190)}`
  const puts = (from: number, count: number) =>
    Array.from({ length: count }, (_, i): Command => {
      return { op: 'put', account: name(from + i), attributes: ['1.00'], balance: 1, reason: 'new' }
    })
  const outcomes = await Promise.all(Array.from({ length: 20 }, (_, i) => ledger.execute(puts(i * 100, 100))))
  t.ok(outcomes.flat().every(({ outcome }: Outcome) => outcome === 'changed'))
  await t.rejects(ledger.execute(puts(5000, 2000)), { code: 'bad_request' })
  t.equal((await ledger.list('', 10_000)).length, 2006)
})

t.test('the simulated delay is taken once for a batch of writes, and once for reads that come together', async (t) => {
  const { ledger } = await openLedger(t, t.testdir(), { ioDelayMs: 30 })
  for (const [what, work] of [
    ['writes', (i: number) => ledger.execute([reserve(`a1-${i}`, ['Tux', 1])])],
    ['reads', () => ledger.account('Tux')],
  ] as const) {
    const began = performance.now()
    await Promise.all(Array.from({ length: 50 }, (_, i) => work(i)))
    const took = performance.now() - began
    t.ok(took >= 29 && took < 300, `50 ${what} took ${took} ms`)
  }
})
