import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { ask } from './ask.ts'
import { buy, dataDirOf, NotOpened, startStore } from './store.ts'

const client = fileURLToPath(new URL('../client/main.ts', import.meta.url))
const original =
  'order_no,name,quantity,price\n0,Tux,5,15.99\n1,Whale,2,34.99\n2,"Fox, red",1,51.980000000000004\n7,Tux,2,15.99\n'
const toys = 'name,price,stock\nTux,15.99,93\nWhale,34.99,98\n'
const older = () => ({ catalog: { 'toys_db.csv': toys }, order: { 'orders.csv': original } })

/** `npm run client -- verify`, as a person runs it. */
const verify = (dataDir: string): Promise<{ code: number; said: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [client, 'verify', '--data', dataDir], { env: {} }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), said: stdout + stderr }),
    )
  })

t.test("the original's orders are taken over: numbers go on, books balance, the old file is kept", async (t) => {
  const dataDir = dataDirOf(t, older())
  const orders = () => readFile(`${dataDir}/order/orders.csv`, 'utf8')
  const first = await startStore({ dataDir, t })
  t.match((await ask(`${first.url}/products/Tux`)).body, { data: { price: 15.99, stock: 93 } })
  t.match((await buy(first.url, { name: 'Tux', quantity: 3 })).body, { data: { order_number: 8, total: 47.97 } })
  const taken = (await ask(`${first.url}/orders`)).body
  t.match(taken, { data: [{ number: 8 }, { number: 7, placed_at: '' }, { number: 2 }, { number: 1 }, { number: 0 }] })
  const fox = { number: 2, name: 'Fox, red', quantity: 1, price: 51.98, total: 51.98, placed_at: '' }
  t.strictSame((await ask(`${first.url}/orders/2`)).body, { data: fox })
  t.match(await verify(dataDir), { code: 0, said: /^books balanced: 1 orders, 2 toys, 0 differences$/m })
  t.equal(await first.stop(), 0)
  t.equal(await readFile(`${dataDir}/order/orders.original.csv`, 'utf8'), original)
  const lines = (await orders()).split('\n')
  t.equal(lines[1], '0,1 of 1,Tux,5,15.99,,,,,')
  t.equal(lines[3], '2,1 of 1,"Fox, red",1,51.98,,,,,')
  t.match(lines[5], /^8,1 of 1,Tux,3,15\.99,,,[0-9a-f]{32},a1-1,/)

  const second = await startStore({ dataDir, t })
  t.strictSame((await ask(`${second.url}/orders`)).body, taken, 'taken over once')
  t.match((await buy(second.url, { name: 'Whale', quantity: 1 })).body, { data: { order_number: 9 } })
  t.equal(await second.stop(), 0)
  const files = await readdir(`${dataDir}/order`)
  t.equal(files.filter((name) => name.includes('original')).length, 1)
  t.match(await verify(dataDir), { code: 0, said: /^books balanced: 2 orders, 2 toys, 0 differences$/m })
  t.match(
    await readFile(`${dataDir}/catalog/toys_db.csv`, 'utf8'),
    /^name,price,quantity\nTux,15\.99,90\nWhale,34\.99,97$/m,
  )
})

t.test("an original's orders are refused where the folder had orders of its own, and nothing is changed", async (t) => {
  const dataDir = dataDirOf(t)
  const first = await startStore({ dataDir, t })
  await buy(first.url, { name: 'Tux', quantity: 1 })
  await first.stop()
  await writeFile(`${dataDir}/order/orders.csv`, original)
  const error: unknown = await startStore({ dataDir, t }).catch((reason: unknown) => reason)
  if (!(error instanceof NotOpened)) throw error
  t.equal(error.code, 2)
  t.match(error.output.join('\n'), "order/orders.csv:1: these are an older store's orders")
  t.equal(await readFile(`${dataDir}/order/orders.csv`, 'utf8'), original)
})

t.test("an original's file that is broken stops the start and stays as it was", async (t) => {
  const broken = `${original}8,Tux,many,15.99\n`
  const dataDir = dataDirOf(t, { order: { 'orders.csv': broken } })
  const error: unknown = await startStore({ dataDir, t }).catch((reason: unknown) => reason)
  if (!(error instanceof NotOpened)) throw error
  t.equal(error.code, 2)
  t.match(
    error.output.find((line) => !line.startsWith('{')),
    `order: ${dataDir}/order/orders.csv:6: quantity is "many"; it must be a whole number`,
  )
  t.equal(await readFile(`${dataDir}/order/orders.csv`, 'utf8'), broken)
  t.notOk((await readdir(`${dataDir}/order`)).includes('orders.original.csv'))
})

t.test('verify tells a difference with file and line, and exits with 1', async (t) => {
  const dataDir = dataDirOf(t, older())
  const store = await startStore({ dataDir, t })
  await buy(store.url, { name: 'Tux', quantity: 3 })
  t.equal(await store.stop(), 0)
  const orders = `${dataDir}/order/orders.csv`
  const text = await readFile(orders, 'utf8')
  await writeFile(orders, text.replace('8,1 of 1,Tux,3,', '8,1 of 1,Tux,2,'))
  const { code, said } = await verify(dataDir)
  t.equal(code, 1)
  t.match(said, 'Tux: movements add up to 93, but 90 in stock + 0 reserved + 2 sold is 92')
  t.match(await verify(`${dataDir}/nowhere`), { code: 2, said: /^verify: .*nowhere holds no store/ })
})
