/** The whole store with several threads a service, under load, kills and threads that die. */
import { randomInt } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { stockShop } from '../client/chaos/folder.ts'
import { verifyFiles } from '../client/verify/files.ts'
import { randomFrom } from '../storage/test/random.ts'
import { Buyers, stockCustomers } from './kill-buyers.ts'
import { judge, judgeCredit } from './kill-judge.ts'
import { killRun } from './kill-run.ts'
import { oversell } from './oversell.ts'
import { dataDirOf, startStore } from './store.ts'

const THREADS = '2'

t.test('256 connections and 1,000 pieces: exactly 1,000 are sold', async (t) => {
  t.strictSame(await oversell(dataDirOf(t), { THREADS }), [])
})

t.test('eight kills under buyers who never stop: nothing lost, nothing doubled, the books balance', async (t) => {
  const { acknowledged, wrong, verdict } = await killRun({
    dataDir: dataDirOf(t),
    kills: 8,
    seed: 11,
    env: { THREADS },
    t,
  })
  t.same(wrong, [])
  t.ok(acknowledged > 8, `${acknowledged} purchases were acknowledged`)
  t.match(verdict, /^books balanced: /)
})

t.test('threads that die under sixteen buyers are replaced, and nothing is lost', async (t) => {
  const dataDir = dataDirOf(t)
  const seed = Number(process.env.CRASH_SEED ?? randomInt(1000))
  t.comment(`CRASH_SEED=${seed}`)
  await stockShop(dataDir)
  await stockCustomers(dataDir)
  const crashes = fileURLToPath(new URL('./crash-threads.ts', import.meta.url))
  const env = { THREADS, NODE_OPTIONS: `--import=${crashes}`, CRASH_SEED: String(seed) }
  const store = await startStore({ t, dataDir, env })
  const pids = store.pids
  const buyers = new Buyers(store.url, randomFrom(seed))
  const buying = Array.from({ length: 16 }, () => buyers.run())
  const diedOf = (name: string): number =>
    store.output.filter((line) => line.includes(`"service":"${name}"`) && line.includes('a thread ended')).length
  while (['catalog', 'payment', 'cart', 'order', 'frontend'].some((name) => diedOf(name) < 4)) await pause(50)
  buyers.stop()
  await Promise.all(buying)
  t.strictSame(store.pids, pids, 'no process has ended')
  t.equal(await store.stop(), 0)
  const calm = await startStore({ t, dataDir, env: { THREADS } })
  t.strictSame([...buyers.wrong, ...(await judge(calm.url, dataDir, buyers.told))], [])
  t.ok(buyers.told.length > 10, `${buyers.told.length} purchases were acknowledged`)
  t.equal(await calm.stop(), 0)
  t.strictSame(judgeCredit(dataDir, buyers), [])
  const { differences, reserved } = await verifyFiles(dataDir)
  t.strictSame({ differences, reserved }, { differences: [], reserved: 0 })
})
