import { writeFileSync } from 'node:fs'
import t from 'tap'
import { HandClock } from '../../test/hand-clock.ts'
import { bytesOf, change, namesOf, openLedger, reserve, textOf, until } from './harness.ts'

t.test('after many turns one segment and one base are left, and they do not grow', async (t) => {
  const folder = t.testdir()
  const clock = new HandClock()
  const { ledger } = await openLedger(t, folder, { clock })
  const sizes: number[] = []
  for (let i = 0; i < 12; i++) {
    const before = namesOf(folder)[0]
    await ledger.execute([reserve(`a1-${i}`, ['Tux', 1]), { op: 'confirm', id: `a1-${i}` }])
    await ledger.execute([{ op: 'open', fence: `a1-${i}`, first: false }])
    await clock.pass(20)
    await until(
      () =>
        namesOf(folder).length === 4 &&
        namesOf(folder)[0] !== before &&
        !textOf(folder, 'toys_db.csv').includes(`Tux,25.99,${10_000 - i}\n`),
    )
    sizes.push(bytesOf(folder)[namesOf(folder)[1]!]!.length)
  }
  t.strictSame(namesOf(folder), ['base-00000013.csv', 'journal-00000013.csv', 'movements.csv', 'toys_db.csv'])
  t.ok(sizes.at(-1)! < 300, `${sizes}`)
  await ledger.close()
})

t.test('a readable file that is changed while the store runs is kept aside, told, and not taken', async (t) => {
  const folder = t.testdir()
  const clock = new HandClock()
  const { ledger, notes } = await openLedger(t, folder, { clock })
  const edited = textOf(folder, 'toys_db.csv').replace('10000', '1')
  writeFileSync(`${folder}/toys_db.csv`, edited)
  await ledger.execute([change('Fox', 1)])
  await ledger.close()
  const [kept] = namesOf(folder).filter((name) => name.includes('edited'))
  t.match(kept, /^toys_db\.edited-20260101T0000\d\dZ\.csv$/)
  t.equal(textOf(folder, kept!), edited)
  t.match(notes, [/was changed while the store runs.*stop the store to edit/])
  t.match(textOf(folder, 'toys_db.csv'), /Tux,25\.99,10000\n(.*\n)*Fox,29\.99,10001\n/)
  const again = await openLedger(t, folder)
  t.equal(again.report.handEdits, 0)
})

t.test('a change by hand is kept aside too when it comes while the file is being written anew', async (t) => {
  const folder = t.testdir()
  const clock = new HandClock()
  const { ledger, files, notes } = await openLedger(t, folder, { clock })
  const held = files.hold({ kind: 'sync', name: 'toys_db.csv.tmp' })
  await ledger.execute([change('Fox', 1)])
  await clock.pass(20)
  await held.reached
  const edited = textOf(folder, 'toys_db.csv').replace('10000', '1')
  writeFileSync(`${folder}/toys_db.csv`, edited)
  held.release()
  await ledger.close()
  const [kept] = namesOf(folder).filter((name) => name.includes('edited'))
  t.equal(textOf(folder, kept!), edited)
  t.match(notes, [/was changed while the store runs/])
})

t.test('a change by hand is kept aside too when it comes right after the file was written anew', async (t) => {
  const folder = t.testdir()
  const clock = new HandClock()
  const { ledger, files, notes } = await openLedger(t, folder, { clock })
  const renamed = files.hold({ kind: 'rename', name: 'toys_db.csv' })
  await ledger.execute([change('Fox', 1)])
  await clock.pass(20)
  await renamed.reached
  const synced = files.hold({ kind: 'syncFolder' })
  renamed.release()
  await synced.reached
  const edited = textOf(folder, 'toys_db.csv').replace('10000', '1')
  writeFileSync(`${folder}/toys_db.csv`, edited)
  synced.release()
  await ledger.execute([change('Fox', 1)])
  await ledger.close()
  const [kept] = namesOf(folder).filter((name) => name.includes('edited'))
  t.equal(textOf(folder, kept!), edited)
  t.match(notes, [/was changed while the store runs/])
})
