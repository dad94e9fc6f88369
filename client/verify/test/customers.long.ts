/** A real store with customers: books that balance while everybody uses it, over its files, its API and both. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import t from 'tap'
import { randomFrom } from '../../../storage/test/random.ts'
import { Shoppers, stockCustomers } from '../../../test/shoppers.ts'
import { buy, copyRunning, dataDirOf, startStore } from '../../../test/store.ts'
import { snapshot, verifyAfterLoad } from '../after-load.ts'
import { compare } from '../compare.ts'
import { verifyFiles } from '../files.ts'
import { report } from '../report.ts'
import { visit } from './witnesses.ts'

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)

t.test('a shop with customers balances while everybody uses it, over its API, its files and both', async (t) => {
  const dataDir = dataDirOf(t)
  await stockCustomers(dataDir)
  const { url } = await startStore({ dataDir, t })
  const shoppers = new Shoppers(url, randomFrom(seed)).start(12)
  for (let i = 0; i < 4; i++) {
    const { differences, compared, live } = await report({ dataDir, url })
    t.strictSame(differences, [], `seed ${seed}`)
    t.ok(compared!.orders > 0 && live!.customers === 4)
  }
  for (let i = 0; i < 20; i++) t.strictSame((await verifyFiles(dataDir)).differences, [])
  await shoppers.stop()
  t.strictSame(shoppers.wrong, [])
  const { line, differences, live, compared } = await report({ dataDir, url })
  t.strictSame(differences, [])
  t.match(
    line,
    /^books balanced: [\d,]+ orders, 6 toys, 4 customers, [\d,]+ carts, 0 differences \(files, shop, compared\)$/,
  )
  t.match(live, { exact: true, customers: 4, orders: shoppers.told.length + shoppers.paid.length })
  t.match(compared, { customers: 4, creditMovements: live!.creditMovements! })
})

t.test("what a store's files hold of its customers is not what the store shows", async (t) => {
  const folder = dataDirOf(t)
  const dataDir = `${folder}/store`
  await stockCustomers(dataDir)
  const { url } = await startStore({ dataDir, t })
  const items = ['Tux', 'Fox', 'Whale'].map((name) => ({ name, quantity: 1 }))
  for (const user of ['Anna', 'Ömer']) await buy(url, { items, user })
  const path = `${dataDir}/order/orders.csv`
  const rows = await readFile(path, 'utf8')
  let copies = 0
  for (const [change, difference] of [
    [(text: string) => text.replaceAll('Ömer', 'Anna'), /orders\.csv:5: order 2 is .* paid by Anna, .* paid by Ömer/],
    [
      (text: string) => text.replace(/^1,2 of 3,Fox,1/m, '1,2 of 3,Fox,2'),
      /orders\.csv:2: order 1 is .* 2 Fox .* 1 Fox/,
    ],
  ] as const) {
    const other = `${folder}/${++copies}`
    await copyRunning(dataDir, other)
    await writeFile(`${other}/order/orders.csv`, change(rows))
    const { differences } = await compare({ url, dataDir: other, waitsMs: [0, 50] })
    t.match(differences, [difference])
  }
  const another = `${folder}/another`
  await mkdir(`${another}/payment`, { recursive: true })
  await writeFile(`${another}/payment/customers.csv`, 'user_id,credit\nAnna,1.00\nZoë,1.00\n')
  const store = await startStore({ t, dataDir: another })
  await store.stop()
  const { differences } = await compare({ url, dataDir: another, waitsMs: [0, 50] })
  for (const difference of [
    /^customer Anna: the files hold 1\.00, but the shop shows 9999999/,
    /^customer Zoë: the files hold 1\.00, but the shop shows none$/,
    /^customer 7: the files hold none, but the shop shows 1000000000\.00$/,
  ])
    t.ok(
      differences.some((each) => difference.test(each)),
      differences.join('\n'),
    )
})

t.test('a load is judged rightly while others buy several toys, and customers pay', async (t) => {
  const dataDir = dataDirOf(t)
  await stockCustomers(dataDir)
  const { url } = await startStore({ dataDir, t })
  const shoppers = new Shoppers(url, randomFrom(seed)).start(8)
  const before = await snapshot(url)
  const witness = await visit(url, ['Tux', 'Fox', 'Whale'], { sessions: 8, rounds: 12 })
  const { differences, notes } = await verifyAfterLoad({ url, before, witness })
  await shoppers.stop()
  t.strictSame(differences, [], `seed ${seed}`)
  t.ok(notes.some((note) => /^\d+ orders since are not ours/.test(note)))
  t.ok(witness.purchases.length > 0)
})
