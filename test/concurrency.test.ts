import { readFile } from 'node:fs/promises'
import t from 'tap'
import { verifyFiles } from '../client/verify/files.ts'
import { ask } from './ask.ts'
import { oversell } from './oversell.ts'
import { buy, dataDirOf, startStore } from './store.ts'

t.test('256 connections and 1,000 pieces: exactly 1,000 are sold', async (t) => {
  t.strictSame(await oversell(dataDirOf(t)), [])
})

t.test('purchases at the same time', async (t) => {
  const dataDir = dataDirOf(t)
  const store = await startStore({ dataDir, t })
  const { url } = store
  const orders = async () => ((await ask(`${url}/orders?limit=1000`)).body as { data: { number: number }[] }).data
  const times = <Result>(count: number, work: (index: number) => Promise<Result>): Promise<Result[]> =>
    Promise.all(Array.from({ length: count }, (_, index) => work(index)))

  t.test('the same key 100 times at once is one order and 100 equal answers', async (t) => {
    const answers = await times(100, () =>
      ask(`${url}/orders`, {
        method: 'POST',
        headers: { 'idempotency-key': 'once' },
        body: { name: 'Tux', quantity: 3 },
      }),
    )
    const wanted = '{"data":{"order_number":1,"name":"Tux","quantity":3,"price":25.99,"total":77.97}}'
    for (const { status, text } of answers) if (status !== 200 || text !== wanted) t.fail(`${status} ${text}`)
    t.equal((await orders()).length, 1)
    t.match((await ask(`${url}/products/Tux`)).body, { data: { quantity: 9997 } })
    t.match(await readFile(`${dataDir}/order/orders.csv`, 'utf8'), /^[^\n]*\n1,1 of 1,Tux,3,[^\n]*\n$/)
  })

  t.test('the same key with two bodies at once: one wins, the other is refused each time', async (t) => {
    const answers = await times(100, async (index) => {
      const quantity = 1 + (index % 2)
      return { quantity, ...(await buy(url, { name: 'Fox', quantity }, { key: 'two' })) }
    })
    const bought = answers.filter(({ status }) => status === 200)
    const refused = answers.filter(({ status }) => status === 422)
    t.equal(bought.length, 50)
    t.equal(refused.length, 50)
    const [winner] = bought
    for (const answer of bought) t.strictSame(answer.body, winner!.body)
    for (const { body } of refused) t.match(body, { error: { code: 422, reason: 'key_reused' } })
    t.equal((await orders()).length, 2)
    t.match((await ask(`${url}/products/Fox`)).body, { data: { quantity: 10_000 - winner!.quantity } })
  })

  t.test('many keys, many times each, many toys: one order a key, and the books balance', async (t) => {
    const toys = ['Tux', 'Whale', 'Elephant', 'Fox', 'Python', 'Dolphin']
    const answers = await times(400, async (index) => {
      const nth = index % 80
      const { body } = await buy(url, { name: toys[nth % 6], quantity: 1 + (nth % 3) }, { key: `key-${nth}` })
      return { nth, number: (body as { data: { order_number: number } }).data.order_number }
    })
    const numberOf = new Map<number, number>()
    for (const { nth, number } of answers) {
      if (!numberOf.has(nth)) numberOf.set(nth, number)
      t.equal(number, numberOf.get(nth))
    }
    t.equal(new Set(numberOf.values()).size, 80)
    const numbers = (await orders()).map(({ number }) => number)
    t.strictSame(
      numbers,
      Array.from({ length: 82 }, (_, index) => 82 - index),
    )
    t.equal(await store.stop(), 0)
    t.match(await verifyFiles(dataDir), { orders: 82, reserved: 0, differences: { length: 0 } })
  })
})
