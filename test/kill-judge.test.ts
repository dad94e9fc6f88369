import { readFileSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import type { Told } from './kill-buyers.ts'
import { judge, judgeCredit, judgeRefused } from './kill-judge.ts'
import { buy, dataDirOf, startStore } from './store.ts'

const orders = 'order/orders.csv'
const customers = 'payment/customers.csv'
const movements = 'payment/movements.csv'
const lines = [
  { name: 'Tux', quantity: 2 },
  { name: 'Fox', quantity: 1 },
]

/** A stopped store with two orders, and what their buyers were told. */
async function sold(t: Test): Promise<{ dataDir: string; told: Told[]; url: string }> {
  const dataDir = dataDirOf(t, { payment: { 'customers.csv': 'user_id,credit\nann,100.00\n' } })
  const { url, stop } = await startStore({ dataDir, t })
  const ann = await buy(url, { items: lines, user: 'ann' }, { key: 'first' })
  const anyone = await buy(url, { name: 'Tux', quantity: 1 }, { key: 'second' })
  const [first, second] = [ann, anyone].map(({ body }) => (body as { data: { total: number } }).data.total)
  const told: Told[] = [
    { key: 'first', number: 1, total: first!, user: 'ann', lines },
    { key: 'second', number: 2, total: second!, user: undefined, lines: [{ name: 'Tux', quantity: 1 }] },
  ]
  t.strictSame(await judge(url, dataDir, told), [])
  t.match(await judge(url, dataDir, [{ ...told[0]!, total: 1 }]), [/stands as/, /GET \/orders\/1 tells/])
  t.equal(await stop(), 0)
  return { dataDir, told, url }
}

t.test('the judge of a kill run finds what is wrong with orders and with credit', async (t) => {
  const { dataDir, told } = await sold(t)
  const heard = { told, credited: 0 }
  t.strictSame(judgeCredit(dataDir, heard), [])
  t.strictSame(judgeRefused(dataDir, ['other']), [])
  t.match(judgeRefused(dataDir, ['second']), [/second was refused and is order 2/])
  t.match(judgeCredit(dataDir, { ...heard, credited: 1 }), [/told to be put in 1 times, and was 0 times/])
  const judged = async (): Promise<string> =>
    [...(await judge('', dataDir, []).catch(() => [])), ...judgeCredit(dataDir, heard)].join('; ')
  for (const [what, path, from, to, message] of [
    ['a line of an order that is missing', orders, /^1,2 of 2.*\n/m, '', /first has the rows.*ann: 10000 cents/],
    ['a line of another customer', orders, /^(1,2 of 2,.*),ann,/m, '$1,bob,', /first has the rows.*bob: 0 cents/],
    ['a line of another attempt', orders, /^(1,2 of 2,.*,)a1-1,/m, '$1a1-9,', /first has the rows/],
    ['a customer charged twice', customers, /^ann,.*/m, 'ann,0.00', /ann: 10000 cents were put in, 0 are left/],
    ['credit that was lost', movements, /^1,.*\n/m, '', /ann: 0 cents were put in/],
    ['an amount that is none', customers, /^ann,(\d+)\..*/m, 'ann,$1', /ann: 10000 cents were put in, NaN/],
  ] as const) {
    const text = readFileSync(`${dataDir}/${path}`, 'utf8')
    const planted = text.replace(from, to)
    t.not(planted, text, `planted: ${what}`)
    writeFileSync(`${dataDir}/${path}`, planted)
    t.match(await judged(), message, what)
    writeFileSync(`${dataDir}/${path}`, text)
  }
})
