import { readFile, writeFile } from 'node:fs/promises'
import t from 'tap'
import { ask, errorOf } from '../../test/ask.ts'
import { dataDirOf } from '../../test/store.ts'
import { startService } from '../../test/world.ts'
import { startCatalog } from '../start.ts'

const folder = dataDirOf(t, { catalog: { 'toys_db.csv': 'name,price,quantity\nTux,25.99,10\nFox,0.50,3\n' } })
const { url, close } = await startService(t, startCatalog, { DATA_DIR: folder })
const post = (path: string, body: unknown) => ask(url + path, { method: 'POST', body })
const ledger = async (...commands: unknown[]) => (await post('/ledger', commands)).body
const stock = async (name: string) =>
  ((await ask(`${url}/query/${name}`)).body as { data: { stock: number } }).data.stock
const reserve = (id: string, amount: number, account = 'Tux') => ({
  op: 'reserve',
  id,
  after: 0,
  items: [{ account, amount }],
})
const held = (amount: number) => ({
  data: { outcome: 'held', items: [{ account: 'Tux', amount, attributes: ['25.99'] }] },
})
const done = { data: { outcome: 'done' } }

t.test('a reservation holds, is confirmed or given back, and each of it once', async (t) => {
  t.strictSame(await ledger({ op: 'open', fence: 'a1-1', first: true }), [
    { data: { outcome: 'opened', fence: 'a1-1', open: [] } },
  ])
  t.strictSame(await ledger(reserve('a1-1', 4), reserve('a1-1', 4), reserve('a1-2', 6)), [held(4), held(4), held(6)])
  t.equal(await stock('Tux'), 0)
  t.strictSame(await ledger(reserve('a1-3', 1), reserve('a1-4', 1, 'Nobody')), [
    { data: { outcome: 'refused', reason: 'insufficient', accounts: ['Tux'] } },
    { data: { outcome: 'refused', reason: 'not_found', accounts: ['Nobody'] } },
  ])
  const [confirm, back] = [
    { op: 'confirm', id: 'a1-1' },
    { op: 'void', id: 'a1-2' },
  ]
  t.strictSame(await ledger(confirm, confirm, back, back), [done, done, done, done])
  t.equal(await stock('Tux'), 6)
  t.match((await ask(`${url}/movements?after=2`)).body, { data: { length: 0 }, next: null })
})

t.test('below the fence an unknown reservation is stale, and what is open is listed', async (t) => {
  await ledger(reserve('a1-5', 1))
  t.strictSame(await ledger({ op: 'open', fence: 'a2-1', first: true }), [
    { data: { outcome: 'opened', fence: 'a2-1', open: [{ id: 'a1-5', after: 0 }] } },
  ])
  t.strictSame(await ledger(reserve('a1-6', 1), { op: 'void', id: 'a1-5' }, { op: 'confirm', id: 'a1-7' }), [
    { data: { outcome: 'stale', fence: 'a2-1' } },
    done,
    done,
  ])
  t.strictSame(await ledger({ op: 'open', fence: 'a2-1', first: true }), [{ data: { outcome: 'seen', fence: 'a2-1' } }])
  t.equal(await stock('Tux'), 6)
})

t.test('a command that is none is refused alone, and changes nothing', async (t) => {
  const bad = [
    { op: 'take', account: 'Tux', amount: 1, reason: 'theft' },
    { op: 'put', account: 'Tux', attributes: ['cheap'], balance: 1, reason: 'sale' },
    { op: 'reserve', id: 'a2-9', after: 0, items: [] },
    reserve('a2-9', -1),
    reserve('a2-9', 1.5),
    reserve('2-9', 1),
    {
      ...reserve('a2-9', 1),
      items: [
        { account: 'Tux', amount: 1 },
        { account: 'Tux', amount: 1 },
      ],
    },
    { op: 'confirm' },
    { op: 'open', fence: 'a3-1' },
    'reserve',
    null,
  ]
  const answers = (await ledger(...bad, reserve('a2-1', 1), { op: 'void', id: 'a2-1' })) as unknown[]
  for (const [index, command] of bad.entries())
    t.match(answers[index], { error: { code: 400, reason: 'bad_request' } }, JSON.stringify(command))
  t.strictSame(answers.slice(bad.length), [held(1), done])
  t.equal(await stock('Tux'), 6)
})

t.test('a sale with an attempt id is a reservation, without one it is final', async (t) => {
  const sale = { name: 'Fox', quantity: 1, id: 'a2-2' }
  const answer = await post('/buy_qty', sale)
  t.strictSame(answer.body, { data: { name: 'Fox', quantity: 1, price: 0.5 } })
  t.strictSame((await post('/buy_qty', sale)).body, answer.body)
  t.equal(await stock('Fox'), 2)
  t.strictSame(await ledger({ op: 'void', id: 'a2-2' }), [done])
  t.equal(await stock('Fox'), 3)
  t.strictSame((await post('/buy_qty', sale)).body, errorOf(409, 'conflict', 'this attempt was given up'))
  const { body } = await post('/buy_qty', { name: 'Fox', quantity: 3 })
  t.strictSame(body, { data: { name: 'Fox', quantity: 3, price: 0.5, stock: 0 } })
})

t.test('all that is there after a stop and a start, and an edit by hand in between is a movement', async (t) => {
  await ledger(reserve('a2-3', 2))
  const before = (await ask(`${url}/movements`)).body
  await close()
  const path = `${folder}/catalog/toys_db.csv`
  t.equal(await readFile(path, 'utf8'), 'name,price,quantity\nTux,25.99,4\nFox,0.50,0\n')
  await writeFile(path, 'name,price,quantity\r\nTux,25.99,4\r\nFox,0.75,20\r\nOwl,3,5\r\n')
  const again = await startService(t, startCatalog, { DATA_DIR: folder })
  t.match((await ask(`${again.url}/query/Fox`)).body, { data: { price: 0.75, stock: 20 } })
  const { data } = before as { data: unknown[] }
  const after = (await ask(`${again.url}/movements`)).body as { data: unknown[] }
  t.strictSame(after.data.slice(0, data.length), data)
  t.match(after.data.slice(data.length), [
    { account: 'Fox', change: 20, reason: 'hand edit' },
    { account: 'Owl', change: 5, reason: 'hand edit' },
  ])
  const opened = await ask(`${again.url}/ledger`, {
    method: 'POST',
    body: [{ op: 'open', fence: 'a3-1', first: true }],
  })
  t.match(opened.body, [{ data: { outcome: 'opened', open: [{ id: 'a2-3' }] } }])
})
