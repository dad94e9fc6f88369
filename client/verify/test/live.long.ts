/** A real store over its API: books that balance, while it is used, and by whoever asks; and shops that show what is wrong. */

import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { startBuyers } from '../../../test/buyers.ts'
import { buy, copyRunning, dataDirOf, startStore } from '../../../test/store.ts'
import { compare } from '../compare.ts'
import { verifyLive } from '../live.ts'
import { report } from '../report.ts'
import { startModelShop } from './model-shop.ts'
import { visit } from './witnesses.ts'

const looksMs = [0, 50, 150]

t.test('a store at rest balances to the piece, over its API, its files and both', async (t) => {
  const dataDir = dataDirOf(t)
  const { url, catalogUrl } = await startStore({ dataDir, t })
  for (const [name, quantity] of [
    ['Tux', 3],
    ['Whale', 1],
    ['Tux', 2],
  ] as const)
    await buy(url, { name, quantity })
  const sale = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"name":"Fox","quantity":5}' }
  t.equal((await fetch(`${catalogUrl}/buy_qty`, sale)).status, 200)
  const live = await verifyLive({ url })
  t.strictSame(live, {
    url,
    toys: 6,
    orders: 3,
    movements: 7,
    customers: 0,
    creditMovements: 0,
    broughtAlong: 0,
    newest: 3,
    exact: true,
    differences: [],
    notes: [],
  })
  const both = await report({ dataDir, url })
  t.match(both, { balanced: true, differences: [], notes: [], compared: { orders: 3, toys: 6, movements: 7 } })
  t.equal(both.line, 'books balanced: 3 orders, 6 toys, 0 differences (files, shop, compared)')
})

t.test('a store balances while buyers are at it, also where its stock is nearly sold', async (t) => {
  const dataDir = dataDirOf(t, { catalog: { 'toys_db.csv': 'name,price,quantity\nTux,25.99,1000000\nBär,1.00,3\n' } })
  const { url } = await startStore({ dataDir, t })
  const buyers = startBuyers(url, 8)
  for (let i = 0; i < 3; i++) {
    const { differences, compared, live } = await report({ dataDir, url })
    t.strictSame(differences, [])
    t.ok(compared!.orders > 0, `${live!.orders} orders, ${compared!.orders} compared`)
  }
  await buyers.stop()
  const { differences, exact, orders } = await verifyLive({ url })
  t.strictSame({ differences, exact, orders }, { differences: [], exact: true, orders: buyers.acknowledged.size })
})

t.test("an older store's orders are known as such", async (t) => {
  const original = 'order_no,name,quantity,price\n0,Tux,5,15.99\n1,Whale,0,34.99\n7,Tux,2,15.99\n'
  const toys = 'name,price,stock\nTux,15.99,93\nWhale,34.99,98\n'
  const dataDir = dataDirOf(t, { catalog: { 'toys_db.csv': toys }, order: { 'orders.csv': original } })
  const { url } = await startStore({ dataDir, t })
  t.match(await verifyLive({ url }), { orders: 0, broughtAlong: 3, newest: 7, differences: { length: 0 } })
  await buy(url, { name: 'Tux', quantity: 3 })
  t.match(await verifyLive({ url }), { orders: 1, broughtAlong: 3, newest: 8, exact: true, differences: { length: 0 } })
  t.match(await compare({ url, dataDir }), { orders: 4, toys: 2, differences: { length: 0 } })
})

t.test('who is not the owner sees the toys alone, and is told so', async (t) => {
  const dataDir = dataDirOf(t)
  const ADMIN_TOKEN = 'only-for-the-owner'
  const { url } = await startStore({ dataDir, t, env: { ADMIN_TOKEN } })
  await buy(url, { name: 'Tux', quantity: 3 })
  for (const token of [undefined, 'somebody-else']) {
    const { orders, toys, differences, notes } = await verifyLive({ url, token })
    t.strictSame({ orders, toys, differences }, { orders: null, toys: 6, differences: [] })
    t.match(notes, [/^Orders, movements and whether .* were not checked: they are for the owner \(unauthorized\)/])
  }
  const both = await report({ url, dataDir })
  t.equal(both.compared, null)
  t.match(both.notes, [/were not checked/, /^Files and shop were not compared/])
  t.match(await verifyLive({ url, token: ADMIN_TOKEN }), { orders: 1, exact: true, differences: { length: 0 } })
})

t.test("what a store's files hold is not what the store shows", async (t) => {
  const folder = dataDirOf(t)
  const dataDir = `${folder}/store`
  const { url } = await startStore({ dataDir, t })
  for (let i = 0; i < 5; i++) await buy(url, { name: 'Tux', quantity: 1 })
  const path = `${dataDir}/order/orders.csv`
  const rows = await readFile(path, 'utf8')
  let copies = 0
  for (const [change, difference] of [
    [
      (text: string) => text.replace(/^2,1 of 1,Tux,1/m, '2,1 of 1,Tux,2'),
      /orders\.csv:3: order 2 is 2 Tux at 25\.99, .* in the file, but 1 Tux at/,
    ],
    [(text: string) => text.replace(/^(4,.*,)25\.99/m, '$124.99'), /orders\.csv:5: order 4 is 1 Tux at 24\.99/],
    [(text: string) => text.replace(/^5,.*\n/m, ''), /orders\.csv: order 5 is missing, which http/],
  ] as const) {
    const other = `${folder}/${++copies}`
    await copyRunning(dataDir, other)
    await writeFile(`${other}/order/orders.csv`, change(rows))
    const { differences } = await compare({ url, dataDir: other, waitsMs: [0, 50] })
    t.ok(
      differences.some((each) => difference.test(each)),
      differences.join('\n'),
    )
  }
  const another = `${folder}/another`
  const store = await startStore({ dataDir: another, t })
  await store.stop()
  t.match((await compare({ url, dataDir: another, waitsMs: [0, 50] })).differences, [
    /order 5 is missing.*: is it this store's folder/,
    /^Tux: the files hold 10000 at 25\.99, but the shop shows 9995 at 25\.99$/,
  ])
})

for (const [fault, difference] of [
  ['gap', /^order \d+ is missing: order \d+ comes after order \d+$/],
  ['doubled number', /^order (\d+) is listed below order \1: it comes twice/],
  ['lost order', /^order \d+ is missing/],
  ['stale product', /^Ball: GET \/products\/Ball shows 300 pieces, the list \d+ and then \d+$/],
  ['unsold', /^\w+: movements add up to \d+, but \d+ in stock \+ \d+ sold is/],
  ['leak', /^\w+: movements add up to \d+, but \d+ in stock \+ \d+ sold is/],
] as const)
  t.test(`a shop with the fault "${fault}" does not balance`, async (t) => {
    const shop = await startModelShop(t, { fault })
    await visit(shop.url, ['Ball', 'Bear', 'Cube'], { sessions: 8, rounds: 12 })
    const { differences, exact } = await verifyLive({ url: shop.url, looksMs })
    t.equal(exact, true)
    t.ok(
      differences.some((each) => difference.test(each)),
      differences.join('\n'),
    )
  })

/** What answers everything in one way. */
async function startAnswering(t: Test, answer: (path: string, response: ServerResponse) => void): Promise<string> {
  const server = createServer((request, response) => answer(request.url!, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

for (const [what, toy, difference] of [
  [
    'a price with parts of a cent',
    { name: 'A', price: 1.005, quantity: 1, stock: 1 },
    /^A: the price 1.005 is no amount/,
  ],
  ['a negative stock', { name: 'A', price: 1, quantity: -1, stock: -1 }, /^A: the stock -1 is no whole number/],
  ['half a piece', { name: 'A', price: 1, quantity: 1.5, stock: 1.5 }, /^A: the stock 1.5 is no whole number/],
  ['two stocks', { name: 'A', price: 1, quantity: 1, stock: 2 }, /^A: stock is 2 where quantity is 1/],
  ['no name', { price: 1, quantity: 1, stock: 1 }, /^a toy has no name: /],
] as const)
  t.test(`a toy with ${what} is a difference`, async (t) => {
    const url = await startAnswering(t, (path, response) => {
      const isOwners = !path.startsWith('/products')
      const refusal = { error: { code: 403, reason: 'forbidden', message: '' } }
      const body = isOwners ? refusal : path.startsWith('/products?') ? { data: [toy], next: null } : { data: toy }
      response.writeHead(isOwners ? 403 : 200).end(JSON.stringify(body))
    })
    const { differences } = await verifyLive({ url, looksMs })
    t.ok(
      differences.some((each) => difference.test(each)),
      differences.join('\n'),
    )
  })

t.test('lists that never end are left', async (t) => {
  const url = await startAnswering(t, (path, response) => {
    const [toy, next] = [{ name: 'A', price: 1, quantity: 1, stock: 1 }, path.startsWith('/products') ? 'A' : 7]
    const order = { number: 7, name: 'A', quantity: 1, price: 1, total: 1, placed_at: '2026-11-21T09:00:00.000Z' }
    const movement = { number: 1, at: order.placed_at, account: 'A', change: 2, reason: 'start' }
    const row = path.startsWith('/products') ? toy : path.startsWith('/orders') ? order : movement
    response.end(JSON.stringify(path === '/products/A' ? { data: toy } : { data: [row], next }))
  })
  const { differences } = await verifyLive({ url, looksMs: [0] })
  for (const list of ['toys', 'orders', 'movements'])
    t.ok(
      differences.some((each) => each.startsWith(`the list of ${list} cannot be read on`)),
      differences.join('\n'),
    )
})

for (const [fault, difference] of [
  ['charged twice', /^customer Anna: movements add up to 500000\.00, but \d+\.\d\d credit \+ \d+\.\d\d spent is 49/],
  ['unpaid', /^customer Anna: movements add up to 500000\.00, but .* spent is 500\d/],
  ['credit without movement', /^customer Anna: movements add up to 500000\.00, but .* spent is 500000\.0\d$/],
] as const)
  t.test(`a shop with the fault "${fault}" does not balance`, async (t) => {
    const shop = await startModelShop(t, { fault, customers: { Anna: 50_000_000, Ömer: 100 } })
    for (let i = 0; i < 20; i++) await buy(shop.url, { name: 'Ball', quantity: 1, user: 'Anna' })
    const { differences, exact } = await verifyLive({ url: shop.url, looksMs })
    t.equal(exact, true)
    t.match(differences, [difference])
  })
