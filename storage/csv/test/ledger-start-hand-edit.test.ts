import { renameSync, rmSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { FaultyFiles } from '../../test/faulty-files.ts'
import { HandClock } from '../../test/hand-clock.ts'
import { bytesOf, change, namesOf, openLedger, reserve, textOf, until } from './harness.ts'

const readable = 'toys_db.csv'

/** A folder whose store was stopped cleanly, or killed in the middle of its purchases, with some of everything in it. */
async function left(t: Test, how: 'stopped' | 'killed'): Promise<string> {
  const folder = t.testdir()
  const { ledger, files } = await openLedger(t, folder, { clock: new HandClock() })
  await ledger.execute([change('Tux', 5), reserve('a1-1', ['Fox', 1])])
  if (how === 'stopped') await ledger.close()
  else await ledger.movements(0, 100) // so that movements.csv is longer than what the journal's head says
  await files.release()
  return folder
}

const edit = (folder: string, change: (text: string) => string): void =>
  writeFileSync(`${folder}/${readable}`, change(textOf(folder, readable)))

t.test('an edit after a clean stop is taken, and each change is a movement', async (t) => {
  const folder = await left(t, 'stopped')
  edit(
    folder,
    (text) =>
      `${text
        .replace('Tux,25.99,10005', 'Tux,25.99,7')
        .replace(/Whale.*\n/, '')
        .replace('Python,29.99', 'Python,31.5')}Bear,9,3\n`,
  )
  const { ledger, report } = await openLedger(t, folder)
  t.equal(report.handEdits, 4)
  t.equal(report.openReservations, 1)
  t.equal((await ledger.account('Tux'))?.balance, 7)
  t.equal(await ledger.account('Whale'), undefined)
  t.strictSame(await ledger.account('Python'), { balance: 10_000, attributes: ['31.50'] })
  t.strictSame(await ledger.account('Bear'), { balance: 3, attributes: ['9.00'] })
  t.strictSame(
    (await ledger.movements(7, 100)).map(({ number, account, change, reason }) => [number, account, change, reason]),
    [
      [8, 'Whale', -10_000, 'hand edit'],
      [9, 'Tux', -9998, 'hand edit'],
      [10, 'Python', 0, 'hand edit'],
      [11, 'Bear', 3, 'hand edit'],
    ],
  )
  await ledger.close()
  const again = await openLedger(t, folder)
  t.equal(again.report.handEdits, 0)
  t.match(textOf(folder, readable), /Tux,25\.99,7\n(.*\n)*Bear,9\.00,3\n$/)
})

/** An edit of two toys, killed when its lines are synced in the journal and no base has followed; returns the journal's name. */
async function taking(t: Test, folder: string): Promise<string> {
  const journal = namesOf(folder).find((name) => name.startsWith('journal-'))!
  edit(folder, (text) => text.replace('Tux,25.99,10005', 'Tux,25.99,7').replace('Whale,19.99,10000', 'Whale,19.99,8'))
  const files = new FaultyFiles()
  t.teardown(() => files.release())
  const held = files.hold({
    kind: 'open',
    name: `journal-${String(Number(journal.slice(8, 16)) + 1).padStart(8, '0')}`,
  })
  void openLedger(t, folder, { files })
  await held.reached
  await files.release()
  return journal
}

t.test('an edit that was half taken when the power failed is taken to its end', async (t) => {
  const folder = await left(t, 'stopped')
  const journal = await taking(t, folder)
  writeFileSync(`${folder}/${journal}`, textOf(folder, journal).slice(0, -5))
  const { ledger, report } = await openLedger(t, folder)
  t.equal(report.handEdits, 1)
  t.equal((await ledger.account('Tux'))?.balance, 7)
  t.equal((await ledger.account('Whale'))?.balance, 8)
  t.match(await ledger.movements(7, 100), [
    { number: 8, change: -9998, reason: 'hand edit' },
    { number: 9, change: -9992, reason: 'hand edit' },
  ])
})

t.test('an edit that was taken before a kill is no edit after the first purchase and another kill', async (t) => {
  const folder = await left(t, 'stopped')
  await taking(t, folder)
  const { ledger, files } = await openLedger(t, folder, { clock: new HandClock() })
  await ledger.execute([reserve('a1-2', ['Tux', 1])])
  await files.release()
  const again = await openLedger(t, folder)
  t.equal(again.report.handEdits, 0)
  t.equal((await again.ledger.account('Tux'))?.balance, 6)
})

t.test('a kill at any call while an edit is taken takes it once', async (t) => {
  for (let after = 1; ; after++) {
    const folder = await left(t, 'stopped')
    edit(folder, (text) => text.replace('Tux,25.99,10005', 'Tux,25.99,7'))
    const files = new FaultyFiles()
    files.freeze({ after, halfWrite: true })
    const opened = openLedger(t, folder, { files, clock: new HandClock() })
    const cameThrough = await Promise.race([opened.then(() => true), files.frozen])
    await files.release()
    const again = await openLedger(t, folder)
    const { kind, name } = files.calls.at(-1)!
    t.equal((await again.ledger.account('Tux'))?.balance, 7, `killed at call ${after}, ${kind} ${name}`)
    const edits = (await again.ledger.movements(0, 100)).filter(({ reason }) => reason === 'hand edit')
    t.match(edits, [{ number: 8, account: 'Tux', change: -9998 }])
    t.equal(edits.length, 1)
    await again.files.release()
    if (cameThrough) return t.ok(after > 25, `${after} calls`)
  }
})

for (const [what, change] of [
  ['sorted again', (text: string) => [text.split('\n')[0], ...text.split('\n').slice(1, -1).sort(), ''].join('\n')],
  ['saved with CRLF', (text: string) => text.replaceAll('\n', '\r\n')],
  ['saved with a BOM', (text: string) => `\uFEFF${text}`],
  ['saved with quotes and blank lines', (text: string) => `${text.replaceAll(/^(\w+),/gm, '"$1",')}\n\n`],
  ['saved with its columns in another order', (text: string) => text.replaceAll(/^(.*),(.*),(.*)$/gm, '$3,$1,$2')],
  ['saved with semicolons and decimal commas', (text: string) => text.replaceAll(',', ';').replaceAll('.', ',')],
  ['saved with an emptied column and row', (text: string) => `${text.replaceAll('\n', ',\n')},,,\n`],
  ['saved with prices without their zeros', (text: string) => text.replaceAll('.90', '.9')],
] as const)
  for (const how of ['stopped', 'killed'] as const)
    t.test(
      `a file that is only ${what} is no edit, after a store was ${how}, and it is written anew in our form`,
      async (t) => {
        const folder = await left(t, how)
        const ours = textOf(folder, readable)
          .replace('Tux,25.99,10000', 'Tux,25.99,10005')
          .replace('Fox,29.99,10000', 'Fox,29.99,9999')
        edit(folder, change)
        const { ledger, report, notes } = await openLedger(t, folder)
        t.equal(report.handEdits, 0)
        t.equal((await ledger.account('Tux'))?.balance, 10_005)
        t.equal((await ledger.movements(7, 10)).length, 0)
        t.strictSame(notes, [])
        await until(() => textOf(folder, readable) === ours)
        await ledger.close()
        t.equal((await openLedger(t, folder)).report.handEdits, 0)
      },
    )

for (const torn of ['', 'account,Tux,'])
  t.test(
    `an edit after a kill ${torn && 'with a torn journal '}stops the start, every file stays as it was, and the message helps`,
    async (t) => {
      const folder = await left(t, 'killed')
      edit(folder, (text) => text.replace('Tux,25.99,10000', 'Tux,25.99,7'))
      writeFileSync(`${folder}/journal-00000001.csv`, textOf(folder, 'journal-00000001.csv') + torn)
      writeFileSync(`${folder}/${readable}.tmp`, 'half')
      const before = bytesOf(folder)
      await t.rejects(openLedger(t, folder), {
        name: 'StartError',
        message:
          /toys_db\.csv: it was changed by hand.*Nothing was touched.*move the file aside, start the store, stop it/,
      })
      t.strictSame(bytesOf(folder), before)
      // as the message says
      renameSync(`${folder}/${readable}`, `${folder}/aside.csv`)
      const first = await openLedger(t, folder)
      t.equal((await first.ledger.account('Tux'))?.balance, 10_005)
      await first.ledger.close()
      edit(folder, (text) => text.replace('Tux,25.99,10005', 'Tux,25.99,7'))
      const second = await openLedger(t, folder)
      t.equal((await second.ledger.account('Tux'))?.balance, 7)
    },
  )

t.test(
  'taking out a row that a purchase holds stops the start, every file stays as it was, and the message helps',
  async (t) => {
    const folder = await left(t, 'stopped')
    const whole = textOf(folder, readable)
    edit(folder, (text) => text.replace(/Fox.*\n/, ''))
    const before = bytesOf(folder)
    await t.rejects(openLedger(t, folder), {
      name: 'StartError',
      message: /Fox was taken out, but a purchase still holds/,
    })
    t.strictSame(bytesOf(folder), before)
    writeFileSync(`${folder}/${readable}`, whole)
    const first = await openLedger(t, folder)
    await first.ledger.execute([{ op: 'void', id: 'a1-1' }])
    await first.ledger.close()
    edit(folder, (text) => text.replace(/Fox.*\n/, ''))
    const second = await openLedger(t, folder)
    t.equal(await second.ledger.account('Fox'), undefined)
  },
)

t.test('a readable file that is missing is written anew, and told', async (t) => {
  for (const how of ['stopped', 'killed'] as const) {
    const folder = await left(t, how)
    rmSync(`${folder}/${readable}`)
    const { ledger, notes } = await openLedger(t, folder)
    t.match(notes, [/toys_db\.csv was missing and is written anew/])
    await ledger.close()
    t.match(textOf(folder, readable), /Tux,25\.99,10005\n/)
  }
})

t.test('a file that a person puts where one was missing is kept aside', async (t) => {
  const folder = await left(t, 'stopped')
  rmSync(`${folder}/${readable}`)
  const { ledger } = await openLedger(t, folder, { clock: new HandClock() })
  writeFileSync(`${folder}/${readable}`, 'mine\n')
  await ledger.close()
  t.equal(textOf(folder, namesOf(folder).find((name) => name.includes('edited')) ?? ''), 'mine\n')
  t.match(textOf(folder, readable), /Tux/)
})

t.test('an edit of thousands of long rows is taken', async (t) => {
  const folder = await left(t, 'stopped')
  edit(folder, (text) => text + Array.from({ length: 3000 }, (_, i) => `${i} ${'ü'.repeat(190)},1.00,${i}\n`).join(''))
  const { ledger, report } = await openLedger(t, folder)
  t.equal(report.handEdits, 3000)
  t.equal((await ledger.list('', 10_000)).length, 3006)
})

t.test('a first start takes the toys from a file that is there', async (t) => {
  const folder = t.testdir({ [readable]: '\uFEFFname,stock,price\r\nBear,3,9\r\n' })
  const { ledger } = await openLedger(t, folder)
  t.strictSame(await ledger.list('', 10), [{ name: 'Bear', balance: 3, attributes: ['9.00'] }])
  t.match(await ledger.movements(0, 10), [{ number: 1, account: 'Bear', change: 3, reason: 'start' }])
  await ledger.close()
  t.equal((await openLedger(t, folder)).report.handEdits, 0)
})
