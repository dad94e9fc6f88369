/** Customers and orders of several items in the files: books that balance, and each way in which they do not, planted by hand. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { openToys } from '../../../catalog/store.ts'
import { realClock } from '../../../clock.ts'
import { openOrders } from '../../../order/store.ts'
import { openCustomers } from '../../../payment/store.ts'
import { factsLine } from '../../../storage/csv/journal.ts'
import { realFileSystem } from '../../../storage/file-system.ts'
import type { Command } from '../../../storage/ledger.ts'
import { verdictLine, verifyFiles } from '../files.ts'

const giveUp = (error: Error): void => {
  throw error
}
const world = { files: realFileSystem, clock: realClock, ioDelayMs: 0, giveUp, note: () => {} }
const time = '2026-11-21T09:00:00.000Z'
/** Cents a piece. */
const prices = { Tux: 2599, Fox: 2999, Whale: 1999 } as const
type Toy = keyof typeof prices

/** Anna and Ömer with 500.00 each. Five orders; one of three toys, two of them paid by Anna; one reservation given back, one open. */
async function books(folder: string): Promise<void> {
  for (const name of ['catalog', 'order', 'payment']) await realFileSystem.makeFolder(`${folder}/${name}`)
  const { ledger: toys } = await openToys({ ...world, folder: `${folder}/catalog` })
  const { ledger: customers } = await openCustomers({ ...world, folder: `${folder}/payment` })
  const { log } = await openOrders({ ...world, folder: `${folder}/order` })
  const both = async (command: Command): Promise<void> => {
    await toys.execute([command])
    await customers.execute([command])
  }
  await both({ op: 'open', fence: 'a1-1', first: true })
  for (const account of ['Anna', 'Ömer'])
    await customers.execute([{ op: 'put', account, attributes: [], balance: 50_000, reason: 'new customer' }])
  await customers.execute([{ op: 'change', account: 'Anna', change: -199, reason: 'direct payment' }])
  const reserve = async (id: string, items: [Toy, number][], user: string): Promise<void> => {
    const held = items.map(([account, amount]) => ({ account, amount }))
    const cost = items.reduce((sum, [toy, pieces]) => sum + prices[toy] * pieces, 0)
    await toys.execute([{ op: 'reserve', id, after: 0, items: held }])
    if (user !== '')
      await customers.execute([{ op: 'reserve', id, after: 0, items: [{ account: user, amount: cost }] }])
  }
  const bought: [string, [Toy, number][], string][] = [
    ['a1-1', [['Tux', 2]], ''],
    ['a1-2', [['Tux', 1], ['Fox', 2], ['Whale', 3]], 'Anna'], // biome-ignore format: one order
    ['a1-3', [['Fox', 1], ['Whale', 1]], ''], // biome-ignore format: one order
    ['a1-4', [['Whale', 1]], 'Ömer'],
    ['a1-5', [['Tux', 1], ['Whale', 2]], 'Anna'], // biome-ignore format: one order
  ]
  for (const [id, items, user] of bought) {
    await reserve(id, items, user)
    const rows = items.map(([name, pieces]) => ({
      name,
      quantity: String(pieces),
      price: (prices[name] / 100).toFixed(2),
      user,
      placed_at: time,
    }))
    await log.append({ key: `key-${id}`, attempt: id, rows })
    await both({ op: 'confirm', id })
  }
  await both({ op: 'open', fence: 'a1-4', first: false })
  await reserve('a1-6', [['Tux', 1]], 'Ömer')
  await both({ op: 'void', id: 'a1-6' })
  await reserve('a1-7', [['Tux', 2]], 'Ömer')
  for (const closing of [toys, customers, log]) await closing.close()
}

const master = t.testdir()
t.before(() => books(master))

let copies = 0
/** A copy of the books with a file changed. */
function changed(t: Test, file: string, change: (text: string) => string): string {
  const folder = `${t.testdir()}/${++copies}`
  cpSync(master, folder, { recursive: true, filter: (path) => !/lock-\d+$/.test(path) })
  const path = `${folder}/${file}`
  const text = readFileSync(path, 'utf8')
  const after = change(text)
  if (after === text) throw new Error('nothing was planted')
  writeFileSync(path, after)
  return folder
}

const ofPayment = async (kind: string): Promise<string> => {
  const names = await realFileSystem.list(`${master}/payment`)
  return `payment/${names.filter((name) => name.startsWith(kind)).at(-1)}`
}
const orders = 'order/orders.csv'

t.test('books with customers and orders of several items balance', async (t) => {
  const verdict = await verifyFiles(master)
  t.strictSame(verdict.differences, [])
  t.match(verdict, { orders: 5, accounts: 6, reserved: 2, customers: 2, reservedCredit: 5198 })
  t.equal(
    verdictLine(verdict),
    'books balanced: 5 orders, 6 toys, 2 customers, 2 pieces reserved, 51.98 of credit reserved, 0 differences',
  )
})

for (const [what, change, ...differences] of [
  [
    'a lost line in the middle',
    (text: string) => text.replace(/^2,2 of 3.*\n/m, ''),
    /orders\.csv:4: row 2 of 3 of order 2 is missing/,
    /^Fox: movements add up to 10000, .* is 9998$/,
    /^customer Anna: movements add up to 498\.01, .* is 438\.03$/,
  ],
  [
    'a lost first line',
    (text: string) => text.replace(/^2,1 of 3.*\n/m, ''),
    /orders\.csv:3: order 2 begins with row 2/,
  ],
  [
    'a lost last line',
    (text: string) => text.replace(/^2,3 of 3.*\n/m, ''),
    /orders\.csv:5: row 3 of 3 of order 2 is missing/,
  ],
  [
    'a lost line at the very end',
    (text: string) => text.replace(/^5,2 of 2.*\n/m, ''),
    /orders\.csv:9: the last rows of order 5 are missing/,
  ],
  [
    'a line that stands twice',
    (text: string) => text.replace(/^(2,2 of 3.*\n)/m, '$1$1'),
    /orders\.csv:5: row 3 of 3 of order 2 is missing/,
    /orders\.csv:5: row 2 of order 2 is the second one of Fox/,
  ],
  [
    'one toy twice in an order',
    (text: string) => text.replace(/^(2,3 of 3,)Whale/m, '$1Fox'),
    /orders\.csv:5: row 3 of order 2 is the second one of Fox/,
    /^Whale: /,
  ],
  [
    'a line with another user',
    (text: string) => text.replace(/^(2,3 of 3,.*),Anna,/m, '$1,Ömer,'),
    /orders\.csv:5: row 3 of order 2 has the user "Ömer", its first row "Anna"/,
    /^customer Anna: /,
    /^customer Ömer: /,
  ],
  [
    'a line without its user',
    (text: string) => text.replace(/^(2,3 of 3,.*),Anna,/m, '$1,,'),
    /orders\.csv:5: row 3 of order 2 has the user "", its first row "Anna"/,
    /^customer Anna: /,
  ],
  [
    'a line with another key',
    (text: string) => text.replace(/^(2,2 of 3.*)key-a1-2/m, '$1key-a1-9'),
    /orders\.csv:4: row 2 of order 2 has the key "key-a1-9", its first row "key-a1-2"/,
  ],
  [
    'a line with another attempt',
    (text: string) => text.replace(/^(2,2 of 3.*),a1-2,/m, '$1,a1-3,'),
    /orders\.csv:4: row 2 of order 2 has the attempt "a1-3", its first row "a1-2"/,
  ],
  [
    'a line with another time',
    (text: string) => text.replace(/^(2,2 of 3.*)T09/m, '$1T10'),
    /orders\.csv:4: row 2 of order 2 has the time "2026-11-21T10:.*", its first row "2026-11-21T09/,
  ],
  [
    'an order of another customer',
    (text: string) => text.replace(/^4(.*)Ömer/m, '4$1Anna'),
    /^customer Anna: movements add up to 498\.01, but .* is 518\.00$/,
    /^customer Ömer: movements add up to 500\.00, but .* is 480\.01$/,
  ],
  [
    'a price that was not paid',
    (text: string) => text.replace(/^(5,1 of 2.*)25\.99/m, '$125.98'),
    /^customer Anna: movements add up to 498\.01, but .* is 498\.00$/,
  ],
  [
    'an order whose credit was given back',
    (text: string) => text.replace(/^4(.*),a1-4,/m, '4$1,a1-6,'),
    /orders\.csv:8: order 4 is in the log, but its stock was given back/,
    /orders\.csv:8: order 4 is in the log, but its credit was given back/,
  ],
] as const)
  t.test(`${what} is found`, async (t) => {
    const found = await verifyFiles(changed(t, orders, change))
    for (const difference of differences)
      t.ok(
        found.differences.some((each) => difference.test(each.replace(/^.*\/(?=orders)/, ''))),
        `${difference}\n${found.differences.join('\n')}`,
      )
  })

t.test('a lost credit movement is found', async (t) => {
  const folder = changed(t, 'payment/movements.csv', (text) => text.replace(/^2,.*\n/m, ''))
  const { differences } = await verifyFiles(folder)
  t.match(differences, [
    /movements\.csv:3: movement 3 comes after 1/,
    /^customer Ömer: movements add up to 0\.00, but 428\.03 credit \+ 51\.98 reserved \+ 19\.99 spent is 500\.00$/,
  ])
})

t.test('a customer who was charged twice is found', async (t) => {
  const journal = await ofPayment('journal-')
  const base = await ofPayment('base-')
  const balance = Number(
    /^Anna,(\d+)\.(\d\d)$/m
      .exec(readFileSync(`${master}/${base}`, 'utf8'))!
      .slice(1)
      .join(''),
  )
  const again = factsLine([{ fact: 'account', account: 'Anna', balance: balance - 6597, attributes: [] }])
  const { differences } = await verifyFiles(changed(t, journal, (text) => text + again))
  t.match(differences, [/^customer Anna: movements add up to 498\.01, but .* 211\.91 spent is 432\.04$/])
  t.equal(differences.length, 1)
})

t.test('an order that nobody paid is found: a reservation that its ledger does not know', async (t) => {
  const row = `6,1 of 1,Tux,2,25.99,Anna,,key-8,a1-8,${time}\n`
  const { differences } = await verifyFiles(changed(t, orders, (text) => text + row))
  t.strictSame(differences, [], 'as of the moment at which the ledgers were read, it was not there yet')
  const known = row.replace('a1-8', 'a1-3').replace('key-8', 'key-7')
  const found = await verifyFiles(changed(t, orders, (text) => text + known))
  t.ok(
    found.differences.some((each) => /^customer Anna: .* spent is 549\.99$/.test(each)),
    found.differences.join('\n'),
  )
})

for (const [what, kind, change, difference] of [
  ['a changed credit', 'base-', (text: string) => text.replace(/^(Ömer,)\d/m, '$19'), /it does not fit its checksum/],
  [
    'a credit that is none',
    'base-',
    (text: string) => text.replace(/^Ömer,.*/m, 'Ömer,x'),
    /the balance of Ömer is "x"/,
  ],
  [
    'a credit movement of no amount',
    'movements',
    (text: string) => text.replace('-1.99', '-1.9x'),
    /:4: the row is dam/,
  ],
] as const)
  t.test(`${what} is found`, async (t) => {
    const { differences } = await verifyFiles(changed(t, await ofPayment(kind), change))
    t.ok(
      differences.some((each) => difference.test(each)),
      differences.join('\n'),
    )
  })

t.test('a store without customers balances while nobody paid by one', async (t) => {
  const folder = changed(t, orders, (text) => text.replaceAll(/Anna|Ömer/g, ''))
  rmSync(`${folder}/payment`, { recursive: true })
  const verdict = await verifyFiles(folder)
  t.strictSame(verdict.differences, [])
  t.equal(verdictLine(verdict), 'books balanced: 5 orders, 6 toys, 2 pieces reserved, 0 differences')
})

t.test('orders of customers without a ledger of them are one difference', async (t) => {
  const folder = changed(t, orders, (text) => `${text}6,1 of`)
  rmSync(`${folder}/payment`, { recursive: true })
  const { differences } = await verifyFiles(folder)
  t.match(differences, [/orders\.csv:3: Anna paid order 2, but .*payment holds no customers$/])
  t.equal(differences.length, 1)
})

t.test('a ledger of customers that lost its base cannot be read', async (t) => {
  const folder = changed(t, orders, (text) => `${text}6,1 of`)
  rmSync(`${folder}/${await ofPayment('base-')}`)
  await t.rejects(verifyFiles(folder), { message: /payment holds no ledger \(no base file\)/ })
})
