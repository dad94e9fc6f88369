import { readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { HandClock } from '../../test/hand-clock.ts'
import { sealBase, unsealBase } from '../base.ts'
import { headLine } from '../journal.ts'
import { bytesOf, change, openLedger, textOf } from './harness.ts'

t.test('a base is what was sealed, and any changed bit is noticed', async (t) => {
  const bytes = Buffer.from('name,price,quantity\nTux,25.99,10\n')
  const sealed = sealBase(bytes)
  t.strictSame(unsealBase(sealed), { bytes, right: true })
  t.strictSame(unsealBase(bytes), { bytes, right: undefined })
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const spoilt = Buffer.from(sealed)
    spoilt[bit >> 3]! ^= 1 << (bit & 7)
    if (unsealBase(spoilt).right === true) t.fail(`bit ${bit}`)
  }
})

for (const [what, spoil] of [
  ['a changed digit', (text: string) => text.replace('Tux,25.99,10000', 'Tux,25.99,10001')],
  ['a changed checksum', (text: string) => text.replace(/(\w)\n$/, (_, last) => `${last === '0' ? '1' : '0'}\n`)],
  ['a missing checksum', (text: string) => text.replace(/checksum.*\n$/, '')],
] as const)
  t.test(`${what} in a base stops the start, and nothing is touched`, async (t) => {
    const folder = t.testdir()
    const { files } = await openLedger(t, folder, { clock: new HandClock() })
    await files.release()
    const base = `${folder}/base-00000001.csv`
    const text = readFileSync(base, 'utf8')
    writeFileSync(base, spoil(text))
    t.not(readFileSync(base, 'utf8'), text)
    const before = bytesOf(folder)
    await t.rejects(openLedger(t, folder), {
      name: 'StartError',
      message: /base-00000001\.csv: it is damaged \(it does/,
    })
    t.strictSame(bytesOf(folder), before)
  })

t.test('a base of an older store has no checksum; it is read, and the next one has it', async (t) => {
  const folder = t.testdir()
  const { files } = await openLedger(t, folder, { clock: new HandClock() })
  await files.release()
  const older = headLine({ format: 1, segment: 1, movementBytes: 32, lastMovement: 0 })
  const base = 'base-00000001.csv'
  writeFileSync(`${folder}/${base}`, textOf(folder, base).replace(/checksum.*\n$/, ''))
  const journal = 'journal-00000001.csv'
  writeFileSync(`${folder}/${journal}`, textOf(folder, journal).replace(/^.*\n/, older))
  const { ledger, report } = await openLedger(t, folder)
  t.match(report, { handEdits: 0, cut: undefined })
  await ledger.execute([change('Tux', 1)])
  await ledger.close()
  t.match(textOf(folder, 'base-00000002.csv'), /\nchecksum,[0-9a-f]{8}\n$/)
})
