/** What was wrong with the store that this one grew from: a test each, that shows ours has none of it. */

import { readFile, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { verifyFiles } from '../client/verify/files.ts'
import { ask, eventually } from './ask.ts'
import { buy, dataDirOf, startStore } from './store.ts'

const toys = 'name,price,quantity\nTux,0.10,10000\nFox,0.07,500\nOwl,19.99,10000\nLast,5.00,1\nCub,9999999.99,1000000\n'
const dataDir = dataDirOf(t, { catalog: { 'toys_db.csv': toys } })
const store = await startStore({ dataDir, t })
const { url, catalogUrl, orderUrl } = store
const stockOf = async (name: string) =>
  ((await ask(`${url}/products/${name}`)).body as { data: { stock: number } }).data.stock
const lastNumber = async () =>
  ((await ask(`${url}/orders?limit=1`)).body as { data: { number: number }[] }).data[0]?.number ?? 0
const post = (to: string, body: unknown) => ask(to, { method: 'POST', body })

t.test('a purchase of −5 adds no stock', async (t) => {
  for (const to of [`${url}/orders`, `${orderUrl}/order`, `${catalogUrl}/buy_qty`])
    t.match(await post(to, { name: 'Tux', quantity: -5 }), { status: 400, body: { error: { reason: 'bad_request' } } })
  t.equal(await stockOf('Tux'), 10_000)
  t.equal(await lastNumber(), 0)
})

t.test('1.5 pieces cannot be bought', async (t) => {
  for (const to of [`${url}/orders`, `${orderUrl}/order`, `${catalogUrl}/buy_qty`])
    t.match(await post(to, { name: 'Tux', quantity: 1.5 }), { status: 400, body: { error: { reason: 'bad_request' } } })
  t.equal(await stockOf('Tux'), 10_000)
  t.equal(await lastNumber(), 0)
})

t.test('a missing field is answered, and the connection goes on', async (t) => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  t.teardown(() => socket.destroy())
  const send = (body: string, more: string) =>
    `POST /orders HTTP/1.1\r\nhost: toys\r\n${more}content-length: ${body.length}\r\n\r\n${body}`
  socket.write(send('{"quantity":1}', '') + send('{"name":"Tux"}', '') + send('{}', ''))
  socket.write(send('{"name":"Tux","quantity":1}', 'connection: close\r\n'))
  const statuses = (await text(socket)).match(/HTTP\/1\.1 \d+/g)
  t.strictSame(statuses, ['HTTP/1.1 400', 'HTTP/1.1 400', 'HTTP/1.1 400', 'HTTP/1.1 200'])
  t.equal(await stockOf('Tux'), 9999)
})

t.test('two buyers do not pass the same check', async (t) => {
  const answers = await Promise.all(Array.from({ length: 40 }, () => buy(url, { name: 'Last', quantity: 1 })))
  t.equal(answers.filter(({ status }) => status === 200).length, 1)
  t.equal(answers.filter(({ status }) => status === 409).length, 39)
  t.equal(await stockOf('Last'), 0)
})

t.test("the last segment of any path is no product's name", async (t) => {
  for (const path of ['/Tux', '/x/Tux', '/products/x/Tux', '/query/Tux', '/orders/1/Tux', '/products/Tux/', '//Tux'])
    t.match(await ask(url + path), { status: 404, body: { error: { reason: 'not_found' } } }, path)
  for (const path of ['/Tux', '/x/Tux', '/query/x/Tux', '/products/Tux'])
    t.match(await ask(catalogUrl + path), { status: 404, body: { error: { reason: 'not_found' } } }, path)
})

t.test('killing the order service loses no order', async (t) => {
  const before = await lastNumber()
  for (let quantity = 1; quantity <= 5; quantity++) await buy(url, { name: 'Fox', quantity })
  await store.killService('order')
  await eventually(async () => (await lastNumber()) === before + 5)
  for (let quantity = 1; quantity <= 5; quantity++)
    t.match((await ask(`${url}/orders/${before + quantity}`)).body, { data: { name: 'Fox', quantity } })
  let next: unknown
  await eventually(async () => {
    next = (await buy(url, { name: 'Fox', quantity: 1 })).body
    return (next as { data?: unknown }).data !== undefined
  })
  t.match(next, { data: { order_number: before + 6 } })
})

t.test('an order is appended to the log, which is never rewritten', async (t) => {
  const path = `${dataDir}/order/orders.csv`
  let { ino, size } = await stat(path)
  let bytes = await readFile(path)
  for (let round = 0; round < 30; round++) {
    await Promise.all(Array.from({ length: 1 + (round % 4) }, () => buy(url, { name: 'Owl', quantity: 1 })))
    const [now, grown] = [await stat(path), await readFile(path)]
    t.equal(now.ino, ino, 'the same file')
    t.ok(now.size > size && now.size - size < 4 * 200, 'grown by its new rows')
    t.ok(grown.subarray(0, bytes.length).equals(bytes), 'what was there is untouched')
    ;({ ino, size } = now)
    bytes = grown
  }
})

t.test('the bytes written for an order do not grow with the orders', async (t) => {
  const pid = store.pids.order
  const written = async () => Number(/^wchar: (\d+)$/m.exec(await readFile(`/proc/${pid}/io`, 'utf8'))?.[1])
  const perOrder = async () => {
    const before = await written()
    for (let index = 0; index < 20; index++) await buy(url, { name: 'Owl', quantity: 1 })
    return ((await written()) - before) / 20
  }
  const early = await perOrder()
  await Promise.all(Array.from({ length: 1000 }, () => buy(url, { name: 'Owl', quantity: 1 })))
  const late = await perOrder()
  t.ok(late < early * 1.5, `${early} bytes an order, then ${late}`)
})

t.test('the price is no float: totals are exact', async (t) => {
  const rows = [
    ['Tux', 3, '"price":0.1,"total":0.3}'],
    ['Fox', 100, '"price":0.07,"total":7}'],
    ['Owl', 3, '"price":19.99,"total":59.97}'],
    ['Owl', 1001, '"price":19.99,"total":20009.99}'],
    ['Cub', 1_000_000, '"price":9999999.99,"total":9999999990000}'],
  ] as const
  for (const [name, quantity, end] of rows) {
    const { text } = await post(`${url}/orders`, { name, quantity })
    t.ok(text.includes(end), `${text} ends in ${end}`)
    const order = (JSON.parse(text) as { data: { order_number: number } }).data.order_number
    t.ok((await ask(`${url}/orders/${order}`)).text.includes(end.slice(0, -1)))
  }
  t.match(await readFile(`${dataDir}/order/orders.csv`, 'utf8'), /,Tux,3,0\.10,/)
})

t.test('after all that the books balance', async (t) => {
  t.equal(await store.stop(), 0)
  t.match(await verifyFiles(dataDir), { reserved: 0, differences: { length: 0 } })
})
