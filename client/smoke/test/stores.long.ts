/** Real stores of every kind hold, are told what could not be checked, and keep one order and nothing else. */
import t, { type Test } from 'tap'
import { ask, booksOf } from '../../../test/ask.ts'
import { startBuyers } from '../../../test/buyers.ts'
import { buy, dataDirOf, type Store, startStore } from '../../../test/store.ts'
import { verifyFiles } from '../../verify/files.ts'
import { runSmoke } from './run.ts'

interface Options {
  toys?: string
  env?: Record<string, string>
}

async function start(t: Test, { toys, env = {} }: Options = {}): Promise<Store & { dataDir: string }> {
  const dataDir = dataDirOf(t, toys === undefined ? {} : { catalog: { 'toys_db.csv': `name,price,quantity\n${toys}` } })
  return Object.assign(await startStore({ t, dataDir, env }), { dataDir })
}

const timeout = ['--timeout', '20s']
const lastLineOf = (out: string): string => out.trim().split('\n').at(-1)!
const leftOut = (out: string): string[] => out.split('\n').filter((line) => line.startsWith('left out'))

/** All orders as the owner sees them. */
async function ordersOf(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ name: string; quantity: number }[]> {
  const { body } = await ask(`${url}/orders?limit=1000`, { headers })
  return (body as { data: { name: string; quantity: number }[] }).data
}

t.test('a new store holds, and one order stays: one piece of what there is the most of', async (t) => {
  const store = await start(t, { toys: 'Tux,25.99,7\nWhale,19.99,9\nFox,29.99,8\n' })
  const { code, out, err } = await runSmoke(store.url, ...timeout)
  t.equal(code, 0, out)
  t.equal(err, '')
  t.match(out, /^ok {8}GET \/products\/<name>, as in the list \(\d+\.\d ms\)$/m)
  t.match(out, /^note: order 1 of 1 "Whale" stays in the store \(key smoke-[0-9a-f]{32}\)$/m)
  t.match(lastLineOf(out), /^\d+ checks, 0 failed, \d+ left out$/)
  t.ok(
    leftOut(out).every((line) => line.endsWith(': what it makes would stay in the store: asked for with --create')),
    out,
  )
  t.match(await ordersOf(store.url), [{ name: 'Whale', quantity: 1 }])
  const { products, movements } = await booksOf(store.url)
  t.match(products, { data: [{ stock: 8 }, { stock: 7 }, { stock: 8 }] })
  t.equal((movements as { data: unknown[] }).data.length, 3)
  t.equal(await store.stop(), 0)
  t.match(await verifyFiles(store.dataDir), { orders: 1, reserved: 0, carts: 0, differences: [] })
})

t.test(
  'with --create all is checked, what was made stays sold out and without credit, and the books balance',
  async (t) => {
    const store = await start(t, { toys: 'Tux,25.99,7\n' })
    for (let run = 1; run <= 2; run++) {
      const { code, out } = await runSmoke(store.url, '--create', ...timeout)
      t.equal(code, 0, out)
      t.match(lastLineOf(out), /^\d+ checks, 0 failed$/)
      const { products } = await booksOf(store.url)
      const toys = (products as { data: { name: string; stock: number }[] }).data
      t.strictSame(toys.length, 1 + 3 * run)
      t.ok(
        toys.every(({ name, stock }) => stock === (name === 'Tux' ? 7 - run : 0)),
        JSON.stringify(toys),
      )
      const users = [...out.matchAll(/^note: the customer "([\w-]+)" stays in the store$/gm)].map(([, user]) => user)
      t.equal(users.length, 2)
      for (const user of users) t.match((await ask(`${store.url}/customers/${user}`)).body, { data: { credit: 0 } })
      t.equal((await ordersOf(store.url)).length, 5 * run)
    }
    t.equal(await store.stop(), 0)
    t.match(await verifyFiles(store.dataDir), { orders: 10, reserved: 0, differences: [] })
  },
)

t.test('names with spaces, slashes and all that must be escaped hold', async (t) => {
  const store = await start(t, { toys: 'a b/c?d#e&f=g%h,1.00,5\nГусь 🦆 “ü”,0.00,9\n__proto__,3.10,1\n' })
  const { code, out } = await runSmoke(store.url, ...timeout)
  t.equal(code, 0, out)
  t.match(out, 'percent-encoded: "Гусь 🦆 “ü”"')
  t.match(await ordersOf(store.url), [{ name: 'Гусь 🦆 “ü”', quantity: 1 }])
})

t.test('a store with one toy holds, also when its last piece is bought', async (t) => {
  const store = await start(t, { toys: 'Tux,25.99,1\n' })
  t.match(await runSmoke(store.url, ...timeout), { code: 0, out: /0 failed, \d+ left out$/m })
  t.match((await ask(`${store.url}/products/Tux`)).body, { data: { stock: 0 } })
})

t.test('a store without toys is told so, and holds as far as it goes', async (t) => {
  const store = await start(t, { toys: '' })
  const { code, out } = await runSmoke(store.url, ...timeout)
  t.equal(code, 0, out)
  t.match(out, /^ok {8}GET \/products: the store has no toys \(/m)
  t.match(out, /^left out {2}GET \/products\/<name>, as in the list: the store has no toys$/m)
  t.match(out, /^ok {8}POST \/orders of a toy that is not there, 404 \(/m)
  t.match(lastLineOf(out), /^\d\d checks, 0 failed, \d+ left out$/)
})

t.test('where all is sold out the refusal is checked, and nothing stays', async (t) => {
  const store = await start(t, { toys: 'Tux,25.99,2\nWhale,19.99,0\n' })
  t.equal((await buy(store.url, { name: 'Tux', quantity: 2 })).status, 200)
  const before = await booksOf(store.url)
  const { code, out } = await runSmoke(store.url, ...timeout)
  t.equal(code, 0, out)
  t.match(out, /^ok {8}POST \/orders: all is sold out, and that is refused as it should be \(/m)
  t.match(out, /^ok {8}GET \/orders\/<number> \(/m, 'the newest order takes the place of ours')
  t.match(
    out,
    /^left out {2}POST \/orders with the same key, the same order: nothing was bought, since all is sold out$/m,
  )
  t.strictSame(await booksOf(store.url), before)
})

t.test("with ADMIN_TOKEN the owner's routes are checked with the token, and told as left out without", async (t) => {
  const store = await start(t, { env: { ADMIN_TOKEN: 'owner-owner' } })
  const owner = await runSmoke(store.url, '--create', '--token', 'owner-owner', ...timeout)
  t.equal(owner.code, 0, owner.out)
  t.strictSame(leftOut(owner.out), [])
  const stranger = await runSmoke(store.url, ...timeout)
  t.equal(stranger.code, 0, stranger.out)
  const why = "it is for the shop's owner: give the store's ADMIN_TOKEN as --token"
  for (const name of ['GET /orders', 'GET /movements', 'GET /metrics'])
    t.ok(leftOut(stranger.out).includes(`left out  ${name}: ${why}`), name)
  t.match(stranger.out, /^ok {8}GET \/orders without the right, 401 or 403 \(/m)
  const wrong = await runSmoke(store.url, '--token', 'owner-other', ...timeout)
  t.equal(wrong.code, 1)
  t.match(
    wrong.out,
    /^FAILED {4}GET \/metrics: expected the owner's answer, with the token that was given, was answered 401/m,
  )
  t.equal((await ordersOf(store.url, { authorization: 'Bearer owner-owner' })).length, 7)
})

t.test('a store that answers errors with status 200 holds, and it is told', async (t) => {
  const store = await start(t, { env: { ERROR_STATUS: '200' } })
  const { code, out } = await runSmoke(store.url, ...timeout)
  t.equal(code, 0, out)
  t.match(out, /^note: errors of the original's routes come with status 200 \(ERROR_STATUS=200\)/m)
  t.match(lastLineOf(out), /^\d+ checks, 0 failed, \d+ left out$/)
})

t.test('a store in use holds, from run to run', async (t) => {
  const store = await start(t, { toys: 'Tux,25.99,100000\nWhale,19.99,3\n' })
  const buyers = startBuyers(store.url, 8)
  for (let run = 0; run < 3; run++) {
    const { code, out } = await runSmoke(store.url, ...timeout)
    t.equal(code, 0, out)
  }
  await buyers.stop()
  t.ok(buyers.acknowledged.size > 20, `${buyers.acknowledged.size}`)
})

t.test('a store whose last pieces go meanwhile holds', async (t) => {
  const { url } = await start(t, { toys: 'Tux,25.99,1500\n' })
  const buyers = startBuyers(url, 8)
  let isSoldOut = false
  while (!isSoldOut) {
    const { code, out } = await runSmoke(url, ...timeout)
    t.equal(code, 0, out)
    isSoldOut = out.includes('all is sold out')
  }
  await buyers.stop()
  t.match((await ask(`${url}/orders?limit=1`)).body, { data: [{ number: 1500 }] })
})
