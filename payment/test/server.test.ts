import { readFile } from 'node:fs/promises'
import t from 'tap'
import { ask, errorOf } from '../../test/ask.ts'
import { dataDirOf } from '../../test/store.ts'
import { startedPayment } from './started.ts'

const DATA_DIR = dataDirOf(t)
const { url, client, ledger, creditOf } = await startedPayment(t, { DATA_DIR })
const movements = async () => (await client.movements(0, 1000, {})).data

t.test('a customer is made once, with credit or without, and is seen', async (t) => {
  t.strictSame(await client.create('ann', 1250, {}), { user_id: 'ann', credit: 12.5 })
  t.strictSame(await client.create('bob', 0, {}), { user_id: 'bob', credit: 0 })
  await t.rejects(client.create('ann', 999, {}), {
    code: 'customer_exists',
    message: 'there is a customer of this id already',
  })
  const { status, body } = await ask(`${url}/customers/ann`)
  t.equal(status, 200)
  t.strictSame(body, { data: { user_id: 'ann', credit: 12.5 } })
  const unknown = await ask(`${url}/customers/nobody`)
  t.strictSame(unknown.body, errorOf(404, 'user_not_found', 'there is no customer of this id'))
  await t.rejects(client.get('nobody', {}), { code: 'user_not_found' })
})

t.test(
  'credit is put in once for a key; the same again is told as it was, another amount or customer is refused',
  async (t) => {
    t.strictSame(await client.credit('ann', 50, 'k1', {}), { user_id: 'ann', credit: 13 })
    t.strictSame(await client.credit('ann', 50, undefined, {}), { user_id: 'ann', credit: 13.5 })
    t.strictSame(await client.credit('ann', 50, 'k1', {}), { user_id: 'ann', credit: 13 }, 'as it was the first time')
    const reused = { code: 'key_reused', message: 'this key was used for another amount or customer; use a new one' }
    await t.rejects(client.credit('ann', 51, 'k1', {}), reused)
    await t.rejects(client.credit('bob', 50, 'k1', {}), reused)
    t.equal(await creditOf('ann'), 13.5)
    t.equal(await creditOf('bob'), 0)
    await t.rejects(client.credit('nobody', 50, 'k2', {}), { code: 'user_not_found' })
    await client.create('nobody-yet', 0, {})
    t.strictSame(
      await client.credit('nobody-yet', 50, 'k2', {}),
      { user_id: 'nobody-yet', credit: 0.5 },
      'a refusal is not pinned to its key',
    )
  },
)

t.test('an order is paid once, and taken back once, by who paid it', async (t) => {
  await client.create('carl', 1000, {})
  t.equal(await client.isPaid('carl', 'o1', {}), false)
  t.strictSame(await client.pay('carl', 700, 'o1', {}), { user_id: 'carl', credit: 3 })
  t.strictSame(await client.pay('carl', 700, 'o1', {}), { user_id: 'carl', credit: 3 }, 'asked again: once')
  await t.rejects(client.pay('carl', 100, 'o1', {}), { code: 'key_reused' }, 'another amount for the same order')
  t.equal(await client.isPaid('carl', 'o1', {}), true)
  t.equal(await client.isPaid('ann', 'o1', {}), false)
  const notPaid = { code: 'conflict', message: 'this customer has not paid for this order' }
  await t.rejects(client.cancel('ann', 'o1', {}), notPaid)
  await t.rejects(client.cancel('carl', 'o2', {}), notPaid)
  await t.rejects(client.cancel('nobody', 'o1', {}), notPaid)
  t.strictSame(await client.cancel('carl', 'o1', {}), { user_id: 'carl', credit: 10 })
  t.equal(await client.isPaid('carl', 'o1', {}), false)
  await t.rejects(client.cancel('carl', 'o1', {}), {
    code: 'conflict',
    message: 'this payment was taken back already',
  })
  t.equal(await creditOf('carl'), 10)
  t.strictSame(await client.pay('carl', 100, 'o1', {}), { user_id: 'carl', credit: 9 }, 'and may be paid anew')
  t.strictSame(await client.cancel('carl', 'o1', {}), { user_id: 'carl', credit: 10 })
})

t.test('a customer and an order are not taken for others whose names together read the same', async (t) => {
  await client.create('eve', 1000, {})
  await client.create('eve two', 1000, {})
  await client.pay('eve two', 100, 'three', {})
  t.equal(await client.isPaid('eve', 'two three', {}), false)
  t.strictSame(await client.pay('eve', 300, 'two three', {}), { user_id: 'eve', credit: 7 })
  t.equal(await creditOf('eve two'), 9)
  t.strictSame(await client.cancel('eve', 'two three', {}), { user_id: 'eve', credit: 10 })
  t.equal(await client.isPaid('eve two', 'three', {}), true)
})

t.test('nobody pays more than there is, nor has more than a balance may be', async (t) => {
  await client.create('dora', 500, {})
  await t.rejects(client.pay('dora', 501, undefined, {}), { code: 'out_of_credit', message: 'not enough credit' })
  await t.rejects(client.pay('dora', 501, 'o9', {}), { code: 'out_of_credit' })
  t.equal(await client.isPaid('dora', 'o9', {}), false)
  t.strictSame(await client.pay('dora', 500, undefined, {}), { user_id: 'dora', credit: 0 })
  t.strictSame(await client.credit('dora', 1_000_000_000_000, undefined, {}), { user_id: 'dora', credit: 1e10 })
  await t.rejects(client.credit('dora', 1, undefined, {}), {
    code: 'conflict',
    message: 'nobody can have more credit than 10000000000.00',
  })
  t.equal(await creditOf('dora'), 1e10)
})

t.test(
  'at the same time, of a hundred payments for ten orders ten are made, and never more than the credit',
  async (t) => {
    await client.create('many', 700, {})
    const paid = await Promise.all(
      Array.from({ length: 100 }, (_, i) => client.pay('many', 100, `order ${i % 10}`, {}).catch(({ code }) => code)),
    )
    t.equal(await creditOf('many'), 0)
    const made = await Promise.all(Array.from({ length: 10 }, (_, i) => client.isPaid('many', `order ${i}`, {})))
    t.equal(made.filter(Boolean).length, 7)
    for (const [i, one] of paid.entries())
      if (made[i % 10]) t.notSame(one, 'out_of_credit', `payment ${i}`)
      else t.equal(one, 'out_of_credit', `payment ${i}`)
  },
)

t.test(
  'credits are set, whether the customers are there or not, and each is a movement of the difference',
  async (t) => {
    const before = (await movements()).length
    await client.setAll(['ann', 'new1', 'new2'], 4200, {})
    for (const user of ['ann', 'new1', 'new2']) t.equal(await creditOf(user), 42)
    t.match((await movements()).slice(before), [
      { account: 'ann', change: 4200 - 1350, reason: 'set' },
      { account: 'new1', change: 4200, reason: 'set' },
      { account: 'new2', change: 4200, reason: 'set' },
    ])
  },
)

t.test('every change of credit is a movement in cents here, and as money in the file', async (t) => {
  const all = await movements()
  t.match(all.slice(0, 4), [
    { number: 1, account: 'ann', change: 1250, reason: 'new customer' },
    { number: 2, account: 'bob', change: 0, reason: 'new customer' },
    { number: 3, account: 'ann', change: 50, reason: 'credit put in' },
    { number: 4, account: 'ann', change: 50, reason: 'credit put in' },
  ])
  const carl = all.filter(({ account }) => account === 'carl').map(({ change, reason }) => [change, reason])
  t.strictSame(carl, [
    [1000, 'new customer'],
    [-700, 'payment of o1'],
    [700, 'payment of o1 taken back'],
    [-100, 'payment of o1'],
    [100, 'payment of o1 taken back'],
  ])
  const sums = new Map<string, number>()
  for (const { account, change } of all) sums.set(account, (sums.get(account) ?? 0) + change)
  for (const [user, cents] of sums) t.equal(await creditOf(user), cents / 100, `${user}'s movements add up`)
  const text = await readFile(`${DATA_DIR}/payment/movements.csv`, 'utf8')
  t.match(text, /^1,[^,]+,ann,12\.50,new customer$/m)
  t.match(text, /^\d+,[^,]+,carl,-7\.00,payment of o1$/m)
  t.match(text, /^2,[^,]+,bob,0\.00,new customer$/m)
})

t.test(
  'credit is held for purchases as pieces are, and what costs nothing is held of somebody who is there',
  async (t) => {
    const reserve = (id: string, amount: number, account = 'holder') => ({
      op: 'reserve',
      id,
      after: 0,
      items: [{ account, amount }],
    })
    await client.create('holder', 1000, {})
    const refused = (reason: string, account = 'holder') => ({
      data: { outcome: 'refused', reason, accounts: [account] },
    })
    const held = (amount: number) => ({
      data: { outcome: 'held', items: [{ account: 'holder', amount, attributes: [] }] },
    })
    t.strictSame(
      await ledger(
        reserve('a1-1', 600),
        reserve('a1-2', 600),
        reserve('a1-3', 0),
        reserve('a1-4', 0, 'nobody'),
        reserve('a1-5', Number.MAX_SAFE_INTEGER),
      ),
      [held(600), refused('insufficient'), held(0), refused('not_found', 'nobody'), refused('insufficient')],
    )
    t.equal(await creditOf('holder'), 4)
    t.match(await ledger({ op: 'void', id: 'a1-1' }, { op: 'void', id: 'a1-3' }), [{ data: { outcome: 'done' } }, {}])
    t.equal(await creditOf('holder'), 10)
  },
)

t.test('a command that is none is refused alone, and changes nothing', async (t) => {
  const item = { account: 'ann', amount: 1 }
  const bad = [
    { op: 'take', account: 'ann', amount: 1, reason: 'theft' },
    { op: 'remove', account: 'ann', reason: 'theft' },
    { op: 'put', account: 'ann', attributes: ['gold'], balance: 1, reason: 'theft' },
    { op: 'put', account: 'ann', attributes: [], balance: -1, reason: 'theft' },
    { op: 'put', account: 'ann', attributes: [], balance: 1_000_000_000_001, reason: 'theft' },
    { op: 'put', account: '=ann', attributes: [], balance: 1, reason: 'theft' },
    { op: 'change', account: 'ann', change: 1.5, reason: 'half a cent' },
    { op: 'change', account: 'ann', change: 1, reason: 'two\nlines' },
    { op: 'change', account: 'ann', change: 1, reason: 'x', key: 'two\nlines' },
    { op: 'change', account: 'ann', change: 1, reason: 'x'.repeat(601) },
    { op: 'undo', account: 'ann', reason: 'no key' },
    { op: 'reserve', id: 'a1-9', after: 0, items: [{ account: 'ann', amount: -1 }] },
    { op: 'reserve', id: 'a1-9', after: 0, items: [item, item] },
    { op: 'reserve', id: 'a1-9', after: 0, items: [] },
    null,
  ]
  const before = await movements()
  const answers = (await ledger(...bad, { op: 'confirm', id: 'a1-1000' })) as unknown[]
  for (const [i, command] of bad.entries())
    t.match(answers[i], { error: { code: 400, reason: 'bad_request' } }, JSON.stringify(command))
  t.match(answers.at(-1), { data: { outcome: 'done' } }, 'the right one among them is done')
  t.strictSame(await movements(), before)
})

t.test('paths that name nobody are refused', async (t) => {
  for (const path of [
    '/customers/%3Dann',
    '/customers/ann%0A',
    `/customers/${'a'.repeat(201)}`,
    '/customers/ann/payments/%2Bo1',
  ])
    t.match(await ask(url + path), { status: 400, body: { error: { reason: 'bad_request' } } }, path)
  t.match(await ask(`${url}/customers/nobody/payments/o1`), { status: 404 })
  t.match(await ask(`${url}/movements?limit=0`), { status: 400 })
})
