/** What lies beside the books is told, each in a line; only what was acknowledged after all is a difference. */
import { writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { openToys } from '../../../catalog/store.ts'
import { realClock } from '../../../clock.ts'
import { openOrders } from '../../../order/store.ts'
import { factsLine } from '../../../storage/csv/journal.ts'
import { realFileSystem } from '../../../storage/file-system.ts'
import { dataDirOf } from '../../../test/store.ts'
import { verifyFiles } from '../files.ts'

const giveUp = (error: Error): void => {
  throw error
}
const world = { files: realFileSystem, clock: realClock, ioDelayMs: 0, giveUp, note: () => {} }
const placed = { name: 'Tux', quantity: '1', price: '25.99', placed_at: '2026-11-21T09:00:00.000Z' }
const row = (number: number, attempt: string, place = '1 of 1') =>
  `${number},${place},Tux,1,25.99,,,key-${attempt},${attempt},2026-11-21T09:00:00.000Z\n`

/** One order, a1-1; the catalog has confirmed a1-1 and a1-2, given back a1-3 and holds a1-4. */
async function books(t: Test): Promise<string> {
  const folder = dataDirOf(t, { catalog: {}, order: {} })
  const { ledger } = await openToys({ ...world, folder: `${folder}/catalog` })
  const { log } = await openOrders({ ...world, folder: `${folder}/order` })
  await log.append({ key: 'key-1', attempt: 'a1-1', rows: [placed] })
  for (const id of ['a1-1', 'a1-2', 'a1-3', 'a1-4'])
    await ledger.execute([{ op: 'reserve', id, after: 0, items: [{ account: 'Tux', amount: 1 }] }])
  await ledger.execute([
    { op: 'confirm', id: 'a1-1' },
    { op: 'confirm', id: 'a1-2' },
    { op: 'void', id: 'a1-3' },
  ])
  await ledger.close()
  await log.close()
  return folder
}

/** The books with a piece kept aside: what is told of it, and the differences that have its name. */
async function toldOf(t: Test, name: string, text: string): Promise<{ what: string; differences: string[] }> {
  const folder = await books(t)
  writeFileSync(`${folder}/${name}`, text)
  const { kept, differences } = await verifyFiles(folder)
  t.equal(kept.length, 1, 'one piece')
  t.match(kept[0], { path: `${folder}/${name}`, bytes: Buffer.byteLength(text) })
  return { what: kept[0]!.what, differences: differences.filter((each) => each.includes(name)) }
}

const unharmed = 'nothing of it was acknowledged'
const ordersEnd = 'order/orders.csv.cut-20261121T090000Z'
const journalEnd = 'catalog/journal-00000002.csv.cut-20261121T090000Z'
const held = (id: string) =>
  factsLine([
    { fact: 'open', reservation: { id, after: 0, items: [{ account: 'Tux', amount: 1, attributes: ['1'] }] } },
  ])

t.test('books without anything beside them tell of nothing', async (t) => {
  t.strictSame((await verifyFiles(await books(t))).kept, [])
})

for (const [what, name, text, told] of [
  ['half a row', ordersEnd, '2,1 of 1,Tu', `half a row; ${unharmed}`],
  ['half a row of a second cut', `${ordersEnd}-2`, '2,1 of 1,Tu', `half a row; ${unharmed}`],
  ['an order that was given back', ordersEnd, row(2, 'a1-3'), `1 whole row; ${unharmed}`],
  [
    'an order that is held still',
    ordersEnd,
    row(2, 'a1-4') + row(2, 'a1-4').slice(9),
    `1 whole row and 1 broken row; ${unharmed}`,
  ],
  [
    'orders that the catalog never heard of',
    ordersEnd,
    `${row(2, 'a1-8', '1 of 2')}${row(2, 'a1-8', '2 of 2')}3,1 `,
    `2 whole rows and half a row; ${unharmed}`,
  ],
  ['an order that is in the log too', ordersEnd, row(1, 'a1-1'), `1 whole row; ${unharmed}`],
  ['NULs', ordersEnd, '\0'.repeat(4096), `half a row; ${unharmed}`],
  ['half a line of the journal', journalEnd, 'open,a1-', `half a line; ${unharmed}`],
  [
    'reservations nobody bought with',
    journalEnd,
    `${held('a1-9')}nonsense\nopen`,
    `1 whole line and 1 broken line and half a line; ${unharmed}`,
  ],
  ['a reservation the catalog knows', journalEnd, held('a1-1'), `1 whole line; ${unharmed}`],
  [
    'an edit',
    'catalog/toys_db.edited-20261121T090000Z.csv',
    '\uFEFFname,price,quantity\r\nTux,1,1\r\n',
    'an edit made while the store ran, 1 row; it was not taken',
  ],
  [
    'an edit that is no CSV',
    'catalog/toys_db.edited-20261121T090000Z.csv-2',
    '"',
    'an edit made while the store ran, which is no CSV; it was not taken',
  ],
  [
    'an original',
    'order/orders.original.csv',
    'order_no,name,quantity,price\n1,Tux,1,1\n2,Tux,1,1\n',
    'the orders of an older store, 2 rows; they were taken over',
  ],
] as const)
  t.test(`${what} kept aside is told and no difference`, async (t) => {
    t.strictSame(await toldOf(t, name, text), { what: told, differences: [] })
  })

t.test('an order that was cut off though its stock was sold is a difference', async (t) => {
  const { what, differences } = await toldOf(t, ordersEnd, row(2, 'a1-2') + row(3, 'a1-3'))
  t.equal(what, '2 whole rows; some of it was acknowledged')
  t.match(differences, [/: order 2 \(a1-2\) was cut off, but its stock was sold/])
  t.equal(differences.length, 1)
})

t.test('an order whose reservation was cut off is a difference', async (t) => {
  const folder = await books(t)
  const { log } = await openOrders({ ...world, folder: `${folder}/order` })
  await log.append({ key: 'key-2', attempt: 'a1-9', rows: [placed] })
  await log.close()
  writeFileSync(`${folder}/${journalEnd}`, held('a1-9') + held('a1-10'))
  const { kept, differences } = await verifyFiles(folder)
  t.match(kept, [{ what: '2 whole lines; some of it was acknowledged' }])
  t.ok(
    differences.some((each) => /the pieces of order 2 \(a1-9\) were cut off/.test(each)),
    differences.join('\n'),
  )
})
