/**
 * Two million orders, 0.2 GB of them: how much memory a verify of the files takes at most, as a process of its own. It must not
 * grow with them: one that kept all keys took 378 MB for the half of them.
 */
import { execFile } from 'node:child_process'
import { appendFile, open } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { dataDirOf, startStore } from '../../test/store.ts'
import { makeOrders } from '../many-orders.ts'

const orders = 2_000_000
/** The program alone takes 120. */
const megabytesMax = 250
const main = fileURLToPath(new URL('../../client/main.ts', import.meta.url))
/** Tells the most that was resident, in kilobytes, as the last line of standard error. */
const telling = 'data:text/javascript,process.on("exit",()=>console.error(process.resourceUsage().maxRSS))'

function verify(dataDir: string): Promise<{ code: number; out: string; megabytes: number }> {
  return new Promise((resolve) => {
    const args = ['--import', telling, main, 'verify', '--data', dataDir]
    execFile(process.execPath, args, { env: {} }, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, megabytes: Number(err.trim().split('\n').at(-1)) / 1024 }),
    )
  })
}

async function beginning(path: string): Promise<string> {
  await using file = await open(path)
  return (await file.read(Buffer.alloc(1000), 0, 1000, 0)).buffer.toString()
}

t.test('millions of orders are verified in the memory of a few', async (t) => {
  const dataDir = dataDirOf(t)
  await makeOrders(dataDir, orders, (line) => t.comment(line))
  const store = await startStore({ dataDir, t }) // raises the fence above them
  t.equal(await store.stop(), 0)
  const right = await verify(dataDir)
  t.match(right, { code: 0, out: /^books balanced: 2,000,000 orders, / })
  t.ok(right.megabytes < megabytesMax, `${Math.round(right.megabytes)} MB`)

  const path = `${dataDir}/order/orders.csv`
  const row = (await beginning(path)).split('\n')[3]!
  await appendFile(path, `${row.replace(/^\d+/, String(orders + 1))}\n`)
  const wrong = await verify(dataDir)
  t.match(wrong, { code: 1, out: /orders\.csv:2000002: attempt a1-3 has another order/ })
  t.match(wrong.out, /orders\.csv:2000002: key [0-9a-f]{32} has another order/)
  t.ok(wrong.megabytes < megabytesMax, `${Math.round(wrong.megabytes)} MB`)
})
