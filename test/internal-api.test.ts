import { readFile } from 'node:fs/promises'
import t from 'tap'
import { verifyFiles } from '../client/verify/files.ts'
import { ask, errorOf } from './ask.ts'
import { buy, dataDirOf, startStore } from './store.ts'

const dataDir = dataDirOf(t)
const { url, catalogUrl, orderUrl } = await startStore({ dataDir, t })
const post = (to: string, body: unknown) => ask(to, { method: 'POST', body })
const toy = async (name: string) => (await ask(`${catalogUrl}/query/${name}`)).body

t.test('the catalog tells a toy as the original did', async (t) => {
  t.strictSame(await toy('Whale'), { data: { name: 'Whale', price: 19.99, quantity: 10_000, stock: 10_000 } })
  const unknown = await ask(`${catalogUrl}/query/Nobody`)
  t.equal(unknown.status, 404)
  t.strictSame(unknown.body, errorOf(404, 'product_not_found', 'product not found'))
})

t.test('a direct sale takes stock and leaves a movement', async (t) => {
  const sold = await post(`${catalogUrl}/buy_qty`, { name: 'Whale', quantity: 4 })
  t.equal(sold.status, 200)
  t.strictSame(sold.body, { data: { name: 'Whale', quantity: 4, price: 19.99, stock: 9996 } })
  t.match(await toy('Whale'), { data: { quantity: 9996 } })
  const { body } = await ask(`${url}/movements?after=6`)
  t.match(body, { data: [{ number: 7, account: 'Whale', change: -4, reason: 'direct sale' }], next: null })
  t.match(await readFile(`${dataDir}/catalog/movements.csv`, 'utf8'), /^7,[^,]+,Whale,-4,direct sale$/m)
})

t.test('an array of direct sales is answered in its order, each by itself', async (t) => {
  const { status, body } = await post(`${catalogUrl}/buy_qty`, [
    { name: 'Whale', quantity: 6 },
    { name: 'Whale', quantity: 10_000 },
    { name: 'Nobody', quantity: 1 },
    { name: 'Whale', quantity: 1.5 },
    { name: 'Fox', quantity: 1 },
    null,
  ])
  t.equal(status, 200)
  t.strictSame(body, [
    { data: { name: 'Whale', quantity: 6, price: 19.99, stock: 9990 } },
    errorOf(409, 'out_of_stock', 'not enough stock'),
    errorOf(404, 'product_not_found', 'product not found'),
    errorOf(400, 'bad_request', 'quantity: must be a whole number from 1 to 1000000'),
    { data: { name: 'Fox', quantity: 1, price: 29.99, stock: 9999 } },
    errorOf(400, 'bad_request', 'the body must be an object'),
  ])
  t.match((await ask(`${url}/movements?after=7`)).body, { data: [{ change: -6 }, { account: 'Fox', change: -1 }] })
  t.strictSame((await post(`${catalogUrl}/buy_qty`, [])).body, [])
  const tooMany = Array.from({ length: 1001 }, () => ({ name: 'Whale', quantity: 1 }))
  t.match(await post(`${catalogUrl}/buy_qty`, tooMany), { status: 400, body: { error: { reason: 'bad_request' } } })
  t.match(await toy('Whale'), { data: { quantity: 9990 } })
})

t.test('direct sales at the same time never take more than there is', async (t) => {
  const answers = await Promise.all(
    Array.from({ length: 30 }, () => post(`${catalogUrl}/buy_qty`, { name: 'Python', quantity: 1000 })),
  )
  t.equal(answers.filter(({ status }) => status === 200).length, 10)
  t.equal(answers.filter(({ status }) => status === 409).length, 20)
  t.match(await toy('Python'), { data: { quantity: 0 } })
})

t.test('the order service sells one, or an array, each with a key or without', async (t) => {
  const one = await post(`${orderUrl}/order`, { name: 'Tux', quantity: 2, key: 'own' })
  t.equal(one.status, 200)
  t.strictSame(one.body, { data: { order_number: 1, name: 'Tux', quantity: 2, price: 25.99, total: 51.98 } })
  const { status, body } = await post(`${orderUrl}/order`, [
    { name: 'Tux', quantity: 2, key: 'own' },
    { name: 'Tux', quantity: 3, key: 'own' },
    { name: 'Fox', quantity: 1 },
    { name: 'Tux', quantity: 20_000 },
    { name: 'Nobody', quantity: 1, key: 'other' },
    { name: 'Tux', quantity: 1, key: '~draft' },
    'Tux',
  ])
  t.equal(status, 200)
  t.strictSame(body, [
    one.body,
    errorOf(422, 'key_reused', 'this Idempotency-Key was used for another purchase; use a new one'),
    { data: { order_number: 2, name: 'Fox', quantity: 1, price: 29.99, total: 29.99 } },
    errorOf(409, 'out_of_stock', 'not enough stock'),
    errorOf(404, 'product_not_found', 'product not found'),
    errorOf(
      400,
      'bad_request',
      'key: must be 1 to 255 characters of A-Z a-z 0-9 . _ : - beginning with a letter or digit',
    ),
    errorOf(400, 'bad_request', 'the body must be an object'),
  ])
  t.match(await toy('Tux'), { data: { quantity: 9998 } })
  const known = await buy(url, { name: 'Tux', quantity: 2 }, { key: 'own' })
  t.strictSame(known.body, one.body, 'keys are store-wide')
})

t.test('the front end does not serve what is internal', async (t) => {
  for (const [method, path] of [
    ['GET', '/query/Tux'],
    ['POST', '/buy_qty'],
    ['POST', '/order'],
    ['POST', '/ledger'],
    ['GET', '/customers/ann/payments/1'],
  ] as const)
    t.match(await ask(url + path, { method }), { status: 404, body: { error: { reason: 'not_found' } } }, path)
})

t.test('the books balance with direct sales in them', async (t) => {
  const { differences, orders } = await verifyFiles(dataDir)
  t.strictSame(differences, [])
  t.equal(orders, 2)
})
