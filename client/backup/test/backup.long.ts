/** Copies of a shop with customers, taken while everything in it is used: each balances, holds what was told, and opens. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { parse } from 'csv-parse/sync'
import t from 'tap'
import { randomFrom } from '../../../storage/test/random.ts'
import { ask } from '../../../test/ask.ts'
import { missing, Shoppers, stockCustomers } from '../../../test/shoppers.ts'
import { dataDirOf, startStore } from '../../../test/store.ts'
import { startClient } from '../../test/program.ts'
import { verifyFiles } from '../../verify/files.ts'
import { backup } from '../backup.ts'

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
const copies = Number(process.env.COPIES ?? 3)

t.test(`copies made while customers pay balance, hold what was told, and open as stores (seed ${seed})`, async (t) => {
  const folder = dataDirOf(t)
  const dataDir = `${folder}/data`
  await stockCustomers(dataDir)
  const store = await startStore({ t, dataDir })
  const shoppers = new Shoppers(store.url, randomFrom(seed)).start(24)
  let last = { to: '', told: 0, paid: 0, carts: 0 }
  for (let copy = 0; copy < copies; copy++) {
    await pause(30 + (copy % 7) * 10)
    while (shoppers.paid.length === 0 || shoppers.carts.length === 0) await pause(10)
    last = {
      to: `${folder}/copy-${copy}`,
      told: shoppers.told.length,
      paid: shoppers.paid.length,
      carts: shoppers.carts.length,
    }
    const { differences } = await backup(dataDir, last.to)
    t.strictSame(differences, [])
    t.strictSame(await missing(last.to, shoppers.told.slice(0, last.told)), [])
  }
  await shoppers.stop()
  t.strictSame(shoppers.wrong, [])
  await store.stop()
  t.comment(
    `${shoppers.told.length} orders, ${shoppers.paid.length} drafts paid, ${shoppers.carts.length} carts bought`,
  )
  t.comment(`in the last copy ${last.told}, ${last.paid}, ${last.carts}`)

  const { to } = last
  const customers = readFileSync(`${to}/payment/customers.csv`, 'utf8')
  const restored = await startStore({ t, dataDir: to })
  for (const { draft, user } of shoppers.paid.slice(0, last.paid)) {
    const { body } = await ask(`${restored.url}/orders/find/${draft}`)
    t.match(body, { paid: true, user_id: user })
  }
  // What they bought after their cart was copied is asked of them again, in the background.
  for (let looks = 0; looks < 100 && (await verifyFiles(to)).untaken > 0; looks++) await pause(100)
  const bought = cartsOf(to)
  t.ok(shoppers.carts.slice(0, last.carts).every((cart) => bought.has(cart)))
  for (const cart of bought) t.equal((await ask(`${restored.url}/items/${encodeURIComponent(cart)}`)).text, '[]', cart)
  await restored.stop()
  t.match(await verifyFiles(to), { reserved: 0, reservedCredit: 0, untaken: 0, differences: { length: 0 } })
  const aside = ['catalog', 'payment', 'cart', 'order'].flatMap((room) => readdirSync(`${to}/${room}`))
  t.strictSame(
    aside.filter((name) => /edited|cut/.test(name)),
    [],
    `nothing looked changed by hand: ${customers}`,
  )
})

/** Those that the orders of a copy bought. */
function cartsOf(dataDir: string): Set<string> {
  const rows: Record<string, string>[] = parse(readFileSync(`${dataDir}/order/orders.csv`), { columns: true })
  return new Set(rows.flatMap(({ cart }) => cart || []))
}

t.test('a copy of a stopped store keeps an edit of its customers; the command says how many there are', async (t) => {
  const folder = dataDirOf(t)
  const dataDir = `${folder}/data`
  await stockCustomers(dataDir)
  const store = await startStore({ t, dataDir })
  const purchase = { items: [{ name: 'Tux', quantity: 1 }, { name: 'Fox', quantity: 2 }], user: 'Anna' } // biome-ignore format: one purchase
  t.match(await ask(`${store.url}/orders`, { method: 'POST', body: purchase }), { status: 200 })
  await store.stop()
  const path = `${dataDir}/payment/customers.csv`
  writeFileSync(path, readFileSync(path, 'utf8').replace(/^Anna,.*/m, 'Anna,12.50'))
  const to = `${folder}/copy`
  const { ran } = startClient(['backup', '--data', dataDir, '--to', to])
  t.match(await ran, { code: 0, err: '', out: `${to}: books balanced: 1 orders, 6 toys, 4 customers, 0 differences\n` })
  const restored = await startStore({ t, dataDir: to })
  t.match(await ask(`${restored.url}/customers/Anna`), { body: { data: { credit: 12.5 } } })
  t.strictSame(await missing(to, [{ number: 1, items: purchase.items, user: 'Anna' }]), [])
  await restored.stop()
  t.strictSame((await verifyFiles(to)).differences, [])
})

t.test('a store from before there were customers and carts is copied as it is', async (t) => {
  const folder = dataDirOf(t, { data: { payment: { '.gitkeep': '' } } })
  const dataDir = `${folder}/data`
  const store = await startStore({ t, dataDir })
  await store.stop()
  for (const name of readdirSync(`${dataDir}/payment`)) if (name !== '.gitkeep') rmSync(`${dataDir}/payment/${name}`)
  for (const each of ['cart', 'order/taken.csv']) rmSync(`${dataDir}/${each}`, { recursive: true, force: true })
  const { differences, customers } = await backup(dataDir, `${folder}/copy`)
  t.strictSame([differences, customers], [[], 0])
  t.strictSame(readdirSync(`${folder}/copy`).sort(), ['catalog', 'order'])
})

t.test('of an order of several, all rows are copied or none', async (t) => {
  const folder = dataDirOf(t)
  const dataDir = `${folder}/data`
  await stockCustomers(dataDir)
  const store = await startStore({ t, dataDir })
  const items = ['Tux', 'Fox', 'Whale'].map((name) => ({ name, quantity: 1 }))
  for (const user of [{}, { user: 'Anna' }])
    await ask(`${store.url}/orders`, { method: 'POST', body: { items, ...user } })
  await store.stop()
  const path = `${dataDir}/order/orders.csv`
  const rows = readFileSync(path, 'utf8')
  const third = rows.slice(rows.indexOf('\n2,') + 1).replaceAll(/^2,/gm, '3,')
  const unknown = third.replaceAll(/a1-\d+/g, 'a1-999')
  for (const [i, more] of [
    unknown,
    `${unknown.split('\n', 1)[0]}\n`,
    `${third.split('\n').slice(0, 2).join('\n')}\n`,
    third.slice(0, -5),
  ].entries()) {
    writeFileSync(path, rows + more)
    await backup(dataDir, `${folder}/copy-${i}`)
    t.equal(readFileSync(`${folder}/copy-${i}/order/orders.csv`, 'utf8'), rows, `case ${i}`)
  }
})

t.test('a copy of a store in which an order was not paid says that its books are wrong', async (t) => {
  const folder = dataDirOf(t)
  const dataDir = `${folder}/data`
  await stockCustomers(dataDir)
  const store = await startStore({ t, dataDir })
  await ask(`${store.url}/orders`, { method: 'POST', body: { name: 'Tux', quantity: 1 } })
  await store.stop()
  const path = `${dataDir}/order/orders.csv`
  writeFileSync(path, readFileSync(path, 'utf8').replace(',,,', ',Anna,,'))
  const { differences } = await backup(dataDir, `${folder}/copy`)
  t.match(differences, [/^Tux: movements add up to 1000000000, but 999999999 in stock/])
})
