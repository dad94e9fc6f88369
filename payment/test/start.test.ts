/** Payment over stops, starts and hands: what is in customers.csv, and what a person may do with it. */
import { readFile, writeFile } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { changesRemembered } from '../../storage/ledger.ts'
import { ask, errorOf } from '../../test/ask.ts'
import { dataDirOf } from '../../test/store.ts'
import { startService } from '../../test/world.ts'
import { startPayment } from '../start.ts'
import { startedPayment } from './started.ts'

const head = 'user_id,credit\n'
const fileOf = (dataDir: string): string => `${dataDir}/payment/customers.csv`

/** A stopped payment with these customers. */
async function stopped(t: Test, credits: Record<string, number>): Promise<string> {
  const DATA_DIR = dataDirOf(t)
  const { client, close } = await startedPayment(t, { DATA_DIR })
  for (const [user, cents] of Object.entries(credits)) await client.create(user, cents, {})
  await close()
  return DATA_DIR
}

t.test('a first start has no customers, and its file has the header alone', async (t) => {
  const DATA_DIR = await stopped(t, {})
  t.equal(await readFile(fileOf(DATA_DIR), 'utf8'), head)
})

t.test('credit, keys and payments are what they were after a stop and a start', async (t) => {
  const DATA_DIR = dataDirOf(t)
  const first = await startedPayment(t, { DATA_DIR })
  await first.client.create('ann', 1250, {})
  await first.client.create('Fox, "the" red', 5, {})
  await first.client.credit('ann', 100, 'k1', {})
  await first.client.pay('ann', 300, 'o1', {})
  await first.client.pay('ann', 300, 'o2', {})
  await first.client.cancel('ann', 'o2', {})
  const before = await first.client.movements(0, 1000, {})
  await first.close()
  t.equal(await readFile(fileOf(DATA_DIR), 'utf8'), `${head}ann,10.50\n"Fox, ""the"" red",0.05\n`)

  const { client, creditOf } = await startedPayment(t, { DATA_DIR })
  t.equal(await creditOf('ann'), 10.5)
  t.equal(await creditOf('Fox, "the" red'), 0.05)
  t.strictSame(await client.movements(0, 1000, {}), before)
  t.strictSame(await client.credit('ann', 100, 'k1', {}), { user_id: 'ann', credit: 13.5 }, 'as the first time')
  await t.rejects(client.credit('ann', 101, 'k1', {}), { code: 'key_reused' })
  await client.pay('ann', 300, 'o1', {})
  t.equal(await creditOf('ann'), 10.5, 'what was paid is not paid again')
  t.equal(await client.isPaid('ann', 'o1', {}), true)
  t.equal(await client.isPaid('ann', 'o2', {}), false)
  await t.rejects(client.cancel('ann', 'o2', {}), { code: 'conflict', message: 'this payment was taken back already' })
  t.strictSame(await client.cancel('ann', 'o1', {}), { user_id: 'ann', credit: 13.5 })
})

t.test(
  'an edit by hand after a clean stop is taken, each change as a movement, however decimals are written',
  async (t) => {
    for (const edited of [
      'user_id,credit\r\nann,12.5\r\nnew,3\r\n',
      'user_id;credit\r\nann;12,5\r\nnew;3\r\n',
      '\uFEFF"credit";"user_id"\r\n"12,50";"ann"\r\n"3,00";"new"\r\n',
    ]) {
      const DATA_DIR = await stopped(t, { ann: 1000, gone: 75 })
      await writeFile(fileOf(DATA_DIR), edited)
      const { client, creditOf, close } = await startedPayment(t, { DATA_DIR })
      t.equal(await creditOf('ann'), 12.5)
      t.equal(await creditOf('new'), 3)
      await t.rejects(client.get('gone', {}), { code: 'user_not_found' })
      t.match((await client.movements(2, 1000, {})).data, [
        { number: 3, account: 'gone', change: -75, reason: 'hand edit' },
        { number: 4, account: 'ann', change: 250, reason: 'hand edit' },
        { number: 5, account: 'new', change: 300, reason: 'hand edit' },
      ])
      await close()
      t.equal(await readFile(fileOf(DATA_DIR), 'utf8'), `${head}ann,12.50\nnew,3.00\n`, 'written anew in our form')
      t.match(await readFile(`${DATA_DIR}/payment/movements.csv`, 'utf8'), /^4,[^,]+,ann,2\.50,hand edit$/m)
    }
  },
)

t.test('a file that a spreadsheet only saved again is no change', async (t) => {
  const DATA_DIR = await stopped(t, { ann: 1250, bob: 700 })
  await writeFile(fileOf(DATA_DIR), '\uFEFFuser_id;credit\r\nann;12,5\r\nbob;7\r\n')
  const { client, creditOf } = await startedPayment(t, { DATA_DIR })
  t.equal((await client.movements(0, 1000, {})).data.length, 2)
  t.equal(await creditOf('ann'), 12.5)
})

t.test('a customers.csv that is broken stops the start with its line, and is left byte for byte', async (t) => {
  const rows: [file: string, said: string][] = [
    [
      `${head}ann,10.00\nbob,7.505\n`,
      '3: credit is "7.505"; it must be an amount such as 15.99, from 0.00 to 10000000000.00',
    ],
    [`${head}ann,-1\n`, '2: credit is "-1"; it must be an amount such as 15.99, from 0.00 to 10000000000.00'],
    [`${head}ann,1\nann,2\n`, '3: "ann" stands in line 2 already; keep one of the two'],
    [`${head}"7.00"\n`, '2: the row has 1 fields where the header has 2; give it 2'],
    ['user_id,money\nann,1\n', '1: the column "credit" is missing; the header is user_id,credit'],
    ['', '1: the file is empty; give it the header user_id,credit'],
  ]
  for (const [file, said] of rows) {
    const DATA_DIR = await stopped(t, { ann: 1000 })
    await writeFile(fileOf(DATA_DIR), file)
    const start = startService(t, startPayment, { DATA_DIR })
    await t.rejects(start, { name: 'StartError', message: `${fileOf(DATA_DIR)}:${said}` }, said)
    t.equal(await readFile(fileOf(DATA_DIR), 'utf8'), file)
  }
})

t.test(
  'only the last keys are remembered: a payment before them cannot be taken back any more, nor is it told as paid',
  async (t) => {
    const DATA_DIR = dataDirOf(t)
    const { client, creditOf } = await startedPayment(t, { DATA_DIR })
    await client.create('ann', 100_000, {})
    await client.pay('ann', 100, 'first', {})
    await client.pay('ann', 100, 'second', {})
    const later = Array.from({ length: changesRemembered - 1 }, (_, i) => ({
      op: 'change' as const,
      account: 'ann',
      change: 1,
      reason: 'credit put in',
      key: `later ${i}`,
    }))
    for (let from = 0; from < later.length; from += 1000) await client.ledger(later.slice(from, from + 1000), {})
    const before = await creditOf('ann')
    await t.rejects(client.cancel('ann', 'first', {}), {
      code: 'conflict',
      message: 'this customer has not paid for this order',
    })
    t.equal(await client.isPaid('ann', 'first', {}), false)
    t.equal(await client.isPaid('ann', 'second', {}), true)
    t.equal(await creditOf('ann'), before)
    t.strictSame(await client.cancel('ann', 'second', {}), { user_id: 'ann', credit: before + 1 })
  },
)

t.test('with two threads it answers as with one', async (t) => {
  const DATA_DIR = dataDirOf(t)
  const { url, client, ledger } = await startedPayment(t, { DATA_DIR, THREADS: '2' })
  await client.create('ann', 10_000, {})
  await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      ask(`${url}/ledger`, {
        method: 'POST',
        headers: { connection: 'close' },
        body: [{ op: 'change', account: 'ann', change: 5, reason: 'credit put in', key: `k${i % 10}` }],
      }),
    ),
  )
  await client.pay('ann', 25, 'o1', {})
  for (let asked = 0; asked < 10; asked++) {
    const headers = { connection: 'close' }
    t.strictSame((await ask(`${url}/customers/ann`, { headers })).body, { data: { user_id: 'ann', credit: 100.25 } })
    t.strictSame((await ask(`${url}/customers/ann/payments/o1`, { headers })).body, { data: { paid: true } })
    t.strictSame((await ask(`${url}/customers/ann/payments/o2`, { headers })).body, { data: { paid: false } })
  }
  t.match(await ledger({ op: 'put', account: 'ann', attributes: [], balance: 1, reason: 'x', isNew: true }, null), [
    { data: { outcome: 'refused', reason: 'exists' } },
    { error: { reason: 'bad_request' } },
  ])
  t.equal((await client.movements(0, 1000, {})).data.length, 12)
  t.match(await ask(`${url}/customers/nobody`), { status: 404, body: { error: { reason: 'user_not_found' } } })
})

for (const THREADS of ['1', '2'])
  t.test(`with an internal token and ${THREADS} threads, who does not carry it is answered nothing`, async (t) => {
    const INTERNAL_TOKEN = 'inside-inside'
    const { url, client, creditOf } = await startedPayment(t, { DATA_DIR: dataDirOf(t), INTERNAL_TOKEN, THREADS })
    await client.create('ann', 100, {})
    const paths = [
      ['GET', '/customers/ann'],
      ['GET', '/customers/ann/payments/o1'],
      ['POST', '/ledger'],
      ['GET', '/movements'],
      ['GET', '/metrics'],
    ] as const
    for (const [method, path] of paths)
      for (const authorization of ['', 'Bearer inside', 'Bearer inside-insidf', 'inside-inside']) {
        const { status, body } = await ask(url + path, { method, headers: { authorization } })
        t.equal(status, 401)
        t.strictSame(body, errorOf(401, 'unauthorized', 'this needs the internal token'), `${method} ${path}`)
      }
    for (const path of ['/livez', '/readyz']) t.equal((await ask(url + path)).status, 200)
    t.equal(await creditOf('ann'), 1)
  })
