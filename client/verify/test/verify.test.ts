/** Books that balance, and every way in which they do not: each planted by hand in the files, each named with its place. */
import { execFile } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { openToys } from '../../../catalog/store.ts'
import { realClock } from '../../../clock.ts'
import { openOrders } from '../../../order/store.ts'
import { sealRow } from '../../../storage/csv/row.ts'
import { realFileSystem } from '../../../storage/file-system.ts'
import { verdictLine, verifyFiles } from '../files.ts'

const giveUp = (error: Error): void => {
  throw error
}
const world = { files: realFileSystem, clock: realClock, ioDelayMs: 0, giveUp, note: () => {} }

/** Five orders, two of them of one toy, a direct sale, one reservation given back, one still open. */
async function books(folder: string): Promise<void> {
  for (const name of ['catalog', 'order']) await realFileSystem.makeFolder(`${folder}/${name}`)
  const { ledger } = await openToys({ ...world, folder: `${folder}/catalog` })
  const { log } = await openOrders({ ...world, folder: `${folder}/order` })
  await ledger.execute([{ op: 'open', fence: 'a1-1', first: true }])
  for (const [i, name] of ['Tux', 'Tux', 'Fox', 'Whale', 'Dolphin'].entries()) {
    const id = `a1-${i + 1}`
    await ledger.execute([{ op: 'reserve', id, after: i, items: [{ account: name, amount: i + 1 }] }])
    const row = { name, quantity: String(i + 1), price: '25.99', placed_at: '2026-11-21T09:00:00.000Z' }
    await log.append({ key: `key-${i}`, attempt: id, rows: [row] })
    await ledger.execute([{ op: 'confirm', id }])
  }
  await ledger.execute([
    { op: 'take', account: 'Python', amount: 3, reason: 'direct sale' },
    { op: 'open', fence: 'a1-3', first: false },
    { op: 'reserve', id: 'a1-6', after: 5, items: [{ account: 'Tux', amount: 10 }] },
    { op: 'void', id: 'a1-6' },
    { op: 'reserve', id: 'a1-7', after: 5, items: [{ account: 'Tux', amount: 20 }] },
  ])
  await ledger.close()
  await log.close()
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

const orders = 'order/orders.csv'

t.test('books that balance', async (t) => {
  const verdict = await verifyFiles(master)
  t.strictSame(verdict.differences, [])
  t.match(verdict, { orders: 5, accounts: 6, reserved: 20, broughtAlong: 0 })
  t.equal(verdictLine(verdict), 'books balanced: 5 orders, 6 toys, 20 pieces reserved, 0 differences')
})

for (const [what, change, difference] of [
  ['a lost order', (text: string) => text.replace(/^3,.*\n/m, ''), /orders\.csv:4: order 4 comes after order 2/],
  [
    'a lost last order',
    (text: string) => text.replace(/^5,.*\n/m, ''),
    /^Dolphin: movements add up to 10000, but 9995 in stock/,
  ],
  [
    'a doubled order',
    (text: string) => text.replace(/^(2,.*\n)/m, '$1$1'),
    /orders\.csv:4: order 2 comes after order 2/,
  ],
  [
    'a doubled attempt',
    (text: string) => text.replace('a1-2', 'a1-1'),
    /orders\.csv:3: attempt a1-1 has another order/,
  ],
  ['a doubled key', (text: string) => text.replace('key-2', 'key-1'), /orders\.csv:4: key key-1 has another order/],
  [
    'a changed quantity',
    (text: string) => text.replace('Fox,3', 'Fox,4'),
    /^Fox: movements add up to 10000.* is 10001$/,
  ],
  ['a negative quantity', (text: string) => text.replace('Fox,3', 'Fox,-3'), /orders\.csv:4: the quantity is "-3"/],
  ['a price that is none', (text: string) => text.replace('25.99', '25.9900000001'), /orders\.csv:2: the price is/],
  [
    'half an order',
    (text: string) => text.replace('4,1 of 1', '4,1 of 2'),
    /orders\.csv:6: row 2 of 2 of order 4 is missing/,
  ],
  [
    'an order whose stock was given back',
    (text: string) => text.replace('a1-5', 'a1-6'),
    /orders\.csv:6: order 5 .* given back/,
  ],
] as const)
  t.test(`${what} is found`, async (t) => {
    const { differences } = await verifyFiles(changed(t, orders, change))
    t.ok(
      differences.some((each) => difference.test(each.replace(/^.*\/(?=orders)/, ''))),
      differences.join('\n'),
    )
  })

t.test('half an order at the very end is found', async (t) => {
  const folder = changed(t, orders, (text) => text.replace('5,1 of 1', '5,1 of 2'))
  t.match((await verifyFiles(folder)).differences, [/orders\.csv:6: the last rows of order 5 are missing/])
})

t.test('what is being written at the very end is left out', async (t) => {
  for (const rest of ['6,1 of 1,Tux', '6,1 of 2,Tux,1,25.99,,,key-9,a1-9,2026-11-21T09:00:00.000Z\n']) {
    const folder = changed(t, orders, (text) => text + rest)
    t.match(await verifyFiles(folder), { orders: 6 - Number(!rest.endsWith('\n')), differences: { length: 0 } })
  }
})

for (const [what, change, difference] of [
  ['a row that is no row', (text: string) => text.replace(/^3,.*/m, 'rubbish'), /orders\.csv:4: the row has 1 fields/],
  ['an open quote', (text: string) => text.replace('3,1 of 1,', '3,1 of 1,"'), /orders\.csv:4: the row is damaged/],
  ['an attempt that is none', (text: string) => text.replace('a1-3', 'x1-3'), /orders\.csv:4: "x1-3" is no attempt/],
  [
    'a date that a spreadsheet rewrote',
    (text: string) => text.replace(/(3,1 of.*),.*/, '$1,21/11/2026 09:00'),
    /orders\.csv:4: the time is "21/,
  ],
  [
    'CRLF at the end of a row',
    (text: string) => text.replace(/(3,1 of.*)/, '$1\r'),
    /orders\.csv:4: the time is .*\\r/,
  ],
  ['a header of others', (text: string) => text.replace('attempt', 'try'), /orders\.csv:1: the header lacks attempt/],
] as const)
  t.test(`${what} in orders.csv is one difference with its line, and the rows behind it are read`, async (t) => {
    const { differences } = await verifyFiles(
      changed(t, orders, (text) => change(text).replace('Dolphin,5,25.99', 'Dolphin,5,25.999')),
    )
    t.ok(
      differences.some((each) => difference.test(each)),
      differences.join('\n'),
    )
    t.ok(
      differences.some((each) => /orders\.csv:6: the price is "25.999"/.test(each)),
      differences.join('\n'),
    )
  })

t.test('a changed stock is found', async (t) => {
  const base = (await realFileSystem.list(`${master}/catalog`)).find((name) => name.startsWith('base-'))!
  const folder = changed(t, `catalog/${base}`, (text) => text.replace(/^(Whale,[\d.]+),\d+/m, '$1,10001'))
  t.match((await verifyFiles(folder)).differences, [
    /base-\d+\.csv: it does not fit its checksum/,
    /^Whale: movements add up to 10000, but 10001 in stock/,
  ])
})

t.test('a missing movement is found', async (t) => {
  const folder = changed(t, 'catalog/movements.csv', (text) =>
    text.replace(/^2,.*$/m, (row) => row.replace('2,', '9,')),
  )
  t.ok((await verifyFiles(folder)).differences.some((each) => /movements\.csv:3: movement 9 comes after 1/.test(each)))
})

t.test('the command says so with its exit code', async (t) => {
  const main = fileURLToPath(new URL('../../main.ts', import.meta.url))
  const { NODE_OPTIONS: _, ...env } = process.env
  const run = (folder: string) =>
    promisify(execFile)(process.execPath, [main, 'verify', '--data', folder], { env }).then(
      ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    )
  t.match(await run(master), { code: 0, stdout: /^books balanced: 5 orders/ })
  const folder = changed(t, orders, (text) => text.replace('Fox,3', 'Fox,4'))
  t.match(await run(folder), { code: 1, stdout: /^Fox: .*\nBOOKS DO NOT BALANCE: .* 1 differences$/m })
  t.match(await run(`${folder}/nothing`), { code: 2, stderr: /^verify: / })
})

t.test('a damaged row of movements.csv is a difference with its line', async (t) => {
  for (const row of ['rubbish', '2,"at,Fox,1,start', '2,at,Fox,many,start']) {
    const folder = changed(t, 'catalog/movements.csv', (text) => {
      const lines = text.split('\n')
      lines[2] = row.padEnd(lines[2]!.length)
      return lines.join('\n')
    })
    const { differences } = await verifyFiles(folder)
    t.ok(
      differences.some((each) => /movements\.csv:3: the row is damaged/.test(each)),
      differences.join('\n'),
    )
  }
})

t.test('a journal line that a newer version wrote is a difference with its line', async (t) => {
  const segment = (await realFileSystem.list(`${master}/catalog`)).find((name) => name.startsWith('journal-'))!
  const folder = changed(t, `catalog/${segment}`, (text) => `${text}${sealRow(['surprise', '1'])}\n`)
  const { differences } = await verifyFiles(folder)
  t.match(differences, [/journal-\d+\.csv:\d+: the line does not fit its checksum, or was written by a newer version/])
})

t.test('a base that cannot be read is named', async (t) => {
  const base = (await realFileSystem.list(`${master}/catalog`)).find((name) => name.startsWith('base-'))!
  const folder = changed(t, `catalog/${base}`, (text) => text.replace('Tux', 'T"ux'))
  await t.rejects(verifyFiles(folder), { message: new RegExp(base) })
})
