/** Carts and orders in the files: what fits together, and each way in which it does not, planted by hand. */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { Carts } from '../../../cart/carts.ts'
import { openCarts } from '../../../cart/store.ts'
import { openToys } from '../../../catalog/store.ts'
import { realClock } from '../../../clock.ts'
import { openOrders } from '../../../order/store.ts'
import { sealRow } from '../../../storage/csv/row.ts'
import { realFileSystem } from '../../../storage/file-system.ts'
import { CartBooks } from '../carts.ts'
import { verdictLine, verifyFiles } from '../files.ts'
import { readOrders } from '../orders.ts'

const giveUp = (error: Error): void => {
  throw error
}
const world = { files: realFileSystem, clock: realClock, ioDelayMs: 0, giveUp, note: () => {} }
const customers = 40

/** Each customer but the last has bought its cart twice, one Tux each time; Anna has something new in it. */
async function books(folder: string): Promise<void> {
  for (const name of ['catalog', 'order', 'cart']) await realFileSystem.makeFolder(`${folder}/${name}`)
  writeFileSync(`${folder}/catalog/toys_db.csv`, 'name,price,quantity\nTux,25.99,1000\n')
  const { ledger: toys } = await openToys({ ...world, folder: `${folder}/catalog` })
  const { log } = await openOrders({ ...world, folder: `${folder}/order` })
  const { map } = await openCarts({ ...world, folder: `${folder}/cart` })
  const carts = new Carts({ map, clock: realClock })
  await toys.execute([{ op: 'open', fence: 'a1-1', first: true }])
  const buy = async (customer: string, seq: number): Promise<void> => {
    const id = `a1-${seq}`
    await carts.runAll([{ op: 'add', customer, item: 'Tux', count: 1, named: 'unitCount', offer: {} }])
    await toys.execute([{ op: 'reserve', id, after: 0, items: [{ account: 'Tux', amount: 1 }] }])
    const rows = [{ name: 'Tux', quantity: '1', price: '25.99', cart: customer, placed_at: '2026-11-22T09:00:00.000Z' }]
    const order = await log.append({ key: `key-${id}`, attempt: id, rows })
    await toys.execute([{ op: 'confirm', id }])
    const lines = [{ itemId: 'Tux', count: 1 }]
    await carts.runAll([{ op: 'take', customer, attempt: id, order: order as number, lines }])
  }
  for (let round = 0; round < 2; round++)
    for (let one = 1; one < customers; one++) await buy(`customer ${one}`, round * customers + one)
  const added = { op: 'add', item: 'Fox', count: 2, named: 'unitCount', offer: {} } as const
  await carts.runAll([{ ...added, customer: 'customer 1' }, { ...added, customer: `customer ${customers}` }]) // biome-ignore format: two carts
  for (const closing of [toys, log, map]) await closing.close()
  writeFileSync(`${folder}/order/taken.csv`, `format,order_number\n1,${lastOrder}\n`)
}
const lastOrder = (customers - 1) * 2

const master = t.testdir()
t.before(() => books(master))

let copies = 0
function copy(t: Test): string {
  const folder = `${t.testdir()}/${++copies}`
  cpSync(master, folder, { recursive: true, filter: (path) => !/lock-\d+$/.test(path) })
  return folder
}

const segment = 'cart/carts-00000001.csv'
const rowsOf = (folder: string): string[] => readFileSync(`${folder}/${segment}`, 'utf8').trimEnd().split('\n')
/** A copy in whose carts these rows stand last. */
function withRows(t: Test, ...rows: string[][]): { folder: string; line: number } {
  const folder = copy(t)
  const before = rowsOf(folder)
  writeFileSync(`${folder}/${segment}`, `${[...before, ...rows.map((fields) => sealRow(fields))].join('\n')}\n`)
  return { folder, line: before.length + 1 }
}
const writeMark = (folder: string, text: string): void => writeFileSync(`${folder}/order/taken.csv`, text)
const differencesOf = async (folder: string): Promise<string[]> =>
  (await verifyFiles(folder)).differences.map((each) => each.replaceAll(`${folder}/`, ''))
const inCart = JSON.stringify([{ itemId: 'Tux', unitCount: 1, timestamp: '2026-11-22T09:00:00.000Z' }])

t.test('carts that gave up what was bought of them balance, and are counted', async (t) => {
  const verdict = await verifyFiles(master)
  t.strictSame(verdict.differences, [])
  t.match(verdict, { orders: lastOrder, carts: customers, untaken: 0 })
  t.equal(verdictLine(verdict), `books balanced: ${lastOrder} orders, 1 toys, ${customers} carts, 0 differences`)
})

t.test('a cart that an order emptied which is not there, or not its own, is a difference', async (t) => {
  for (const [order, attempt] of [
    [999, 'a1-999'],
    [999, 'a1-42'],
    [lastOrder, 'a1-999'],
    [1, 'a1-999'],
    [lastOrder, 'a1-79'],
  ] as const) {
    const { folder, line } = withRows(t, ['customer 2', 'set', '[]', String(order), attempt])
    t.strictSame(await differencesOf(folder), [
      `${segment}:${line}: order ${order} (${attempt}) has emptied the cart of customer 2, but there is no such order`,
    ])
  }
  const nobody = withRows(t, ['customer 99', 'new', '[]', '1', 'a1-1'])
  t.match(await differencesOf(nobody.folder), [/^cart\/.*order 1 \(a1-1\) has emptied the cart of customer 99, but/])
})

t.test(
  'what was bought and stays in its cart is a difference up to the mark, and above it the next start takes it out',
  async (t) => {
    const second = lastOrder - customers + 3 // of customer 2
    for (const rows of [
      [['customer 2', 'set', inCart, '2', 'a1-2']],
      [['customer 2', 'deleted', '', '', '']],
      [['customer 2', 'set', inCart, '', '']],
    ]) {
      const { folder } = withRows(t, ...rows)
      const stays = rows[0]![3] === '2' ? [second] : [2, second]
      t.strictSame(
        await differencesOf(folder),
        stays.map(
          (order) => `order/orders.csv:${order + 1}: order ${order} has bought the cart of customer 2, and stays in it`,
        ),
      )
      writeMark(folder, `format,order_number\n1,${second - 1}\n`)
      t.match(await verifyFiles(folder), { untaken: 1, differences: { length: stays.length - 1 } })
      rmSync(`${folder}/order/taken.csv`)
      const verdict = await verifyFiles(folder)
      t.match(verdict, { untaken: stays.length, differences: { length: 0 } }, 'a start asks the carts about all orders')
      const said = stays.length === 1 ? '1 order still in a cart' : '2 orders still in a cart'
      t.match(verdictLine(verdict), `${said}, 0 differences`)
    }
  },
)

t.test(
  'without files of carts nothing is said of them, but that some were bought; new ones must know it',
  async (t) => {
    const folder = copy(t)
    rmSync(`${folder}/cart`, { recursive: true })
    const elsewhere = /^Carts were not looked at: 78 orders have bought some, and .*cart holds none\./
    t.match(await verifyFiles(folder), { carts: 0, untaken: 0, differences: { length: 0 }, notes: [elsewhere] })
    mkdirSync(`${folder}/cart`)
    const { map } = await openCarts({ ...world, folder: `${folder}/cart` })
    await map.close()
    t.match(await verifyFiles(folder), { differences: { length: lastOrder }, notes: { length: 0 } })

    rmSync(`${folder}/cart`, { recursive: true })
    const path = `${folder}/order/orders.csv`
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/customer \d+/g, ''))
    t.match(await verifyFiles(folder), { differences: { length: 0 }, notes: { length: 0 } })
  },
)

t.test('a damaged row, one that makes no sense, and a mark that is none or too high are named', async (t) => {
  const folder = copy(t)
  const rows = rowsOf(folder)
  writeFileSync(
    `${folder}/${segment}`,
    `${[...rows.slice(0, 5), rows[5]!.replace(/.$/, 'x'), ...rows.slice(6)].join('\n')}\n`,
  )
  t.strictSame(await differencesOf(folder), [`${segment}:6: the row is damaged`])

  const senseless = withRows(t, ['customer 99', 'new', 'Tux', '', ''])
  t.strictSame(await differencesOf(senseless.folder), [`${segment}:${senseless.line}: items must be JSON`])

  const marked = copy(t)
  writeMark(marked, `format,order_number\n1,${lastOrder + 1}\n`)
  t.match(await differencesOf(marked), [/^order\/taken\.csv: .* up to 79 bought, but the last order is 78$/])
  writeMark(marked, 'format,order_number\n1,many\n')
  t.strictSame(await differencesOf(marked), ['order/taken.csv: this is no order number'])
})

t.test('a torn last row is none yet, and a torn end that a start cut off is told', async (t) => {
  const folder = copy(t)
  writeFileSync(`${folder}/${segment}`, `${rowsOf(folder).join('\n')}\ncustomer 3,set,"[`)
  writeFileSync(`${folder}/${segment}.cut-20261122T090000Z`, 'customer 3,set,"[')
  t.match(await verifyFiles(folder), { differences: { length: 0 }, kept: [{ what: /^half a row/ }] })
})

t.test('an order of two rows is one, and both belong to one cart', async (t) => {
  const { folder } = withRows(t, ['customer 1', 'set', inCart, '', ''])
  const path = `${folder}/order/orders.csv`
  const [header, first, ...others] = readFileSync(path, 'utf8').split('\n')
  const second = first!.replace('1 of 1,Tux', '2 of 2,Fox')
  const write = (row: string): void =>
    writeFileSync(path, [header, first!.replace('1 of 1', '1 of 2'), row, ...others].join('\n'))
  write(second)
  rmSync(`${folder}/order/taken.csv`)
  t.match(await verifyFiles(folder), { orders: lastOrder, untaken: 2 })
  write(second.replace('customer 1', 'customer 2'))
  const sentence = 'order/orders.csv:3: row 2 of order 1 has the cart "customer 2", its first row "customer 1"'
  t.ok((await differencesOf(folder)).includes(sentence))
})

t.test('carts that do not fit into memory at once are read in parts, and all that is wrong is found', async (t) => {
  const wrong = [3, 7, 11, 23, 31]
  const { folder } = withRows(
    t,
    ...wrong.map((one) => [`customer ${one}`, 'set', inCart, String(one), `a1-${one}`]),
    ...wrong.map((one) => [`stranger ${one}`, 'new', '[]', String(one), `a1-${one}`]),
  )
  const found = async (max?: number): Promise<string[]> => {
    const carts = await CartBooks.read(folder, realFileSystem, max)
    const { lastNumber } = await readOrders(`${folder}/order/orders.csv`, { sold: (row) => carts.take(row) })
    const { differences, ...counts } = await carts.end(lastNumber)
    t.strictSame(counts, { carts: customers + wrong.length, untaken: 0, elsewhere: 0 })
    return differences.sort()
  }
  const all = await found()
  t.equal(all.length, 2 * wrong.length)
  for (const max of [1, 4, 17]) t.strictSame(await found(max), all, `${max} at once`)
})

t.test('a compaction under way is read as what it leaves', async (t) => {
  const folder = copy(t)
  const last = new Map<string, string>()
  for (const row of rowsOf(folder).slice(2)) last.set(row.split(',', 1)[0]!, row)
  const [header] = rowsOf(folder)
  const kept = [...last].map(([customer, row]) => sealRow([customer, 'new', ...fieldsOf(row)]))
  const begins = sealRow(['', 'begins', '', '', ''])
  writeFileSync(`${folder}/cart/carts-00000002.csv`, `${[header, begins, ...kept].join('\n')}\n`)
  t.match(await verifyFiles(folder), { carts: customers, untaken: 0, differences: { length: 0 } })
  t.equal(readdirSync(`${folder}/cart`).length, 2)
})

/** Items, order and attempt. */
function fieldsOf(row: string): string[] {
  const [, items, order, attempt] = /^[^,]*,\w+,("(?:[^"]|"")*"|\[\]),(\d*),([a\d-]*),\w{8}$/.exec(row)!
  const text = items!.startsWith('"') ? items!.slice(1, -1).replaceAll('""', '"') : items!
  return [text, order!, attempt!]
}
