import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { services } from '../programs.ts'
import { ask, eventually } from './ask.ts'
import { faultsOf, startBuyers } from './buyers.ts'
import { buy, dataDirOf, goneGroup, startStore } from './store.ts'

t.test('a killed service is started again, and the store goes on selling without loss', async (t) => {
  const dataDir = dataDirOf(t)
  const store = await startStore({ dataDir, t })
  const buyers = startBuyers(store.url, 8)
  t.teardown(() => buyers.stop())
  for (const name of ['order', 'catalog', 'payment', 'cart', 'frontend', 'frontend', 'frontend']) {
    const before = store.pids
    await pause(100)
    await store.killService(name)
    const sold = buyers.acknowledged.size
    await eventually(() => store.pids[name] !== undefined && buyers.acknowledged.size > sold + 20)
    const after = store.pids
    for (const other of ['catalog', 'payment', 'cart', 'order', 'frontend'])
      t.equal(after[other] !== before[other], other === name, `after killing ${name}: ${other}`)
  }
  await buyers.stop()
  t.match((await buy(store.url, { name: 'Fox', quantity: 1 })).status, 200)
  t.equal(await store.stop(), 0)
  t.strictSame(await faultsOf(dataDir, buyers.acknowledged), [])
  const again = store.output.join('\n').match(/\w+ ended \(SIGKILL\); it is started again in \d+ ms/g)
  t.strictSame(
    again?.map((line) => line.replace(' ended (SIGKILL); it is started again in', '')),
    [
      'order 50 ms',
      'catalog 50 ms',
      'payment 50 ms',
      'cart 50 ms',
      'frontend 50 ms',
      'frontend 100 ms',
      'frontend 200 ms',
    ],
    'each time a little later',
  )
})

for (const [what, signal] of [
  ['a Ctrl-C', 'SIGINT'],
  ['SIGTERM', 'SIGTERM'],
] as const)
  t.test(`${what} in the middle of purchases ends all in order and loses nothing acknowledged`, async (t) => {
    const dataDir = dataDirOf(t)
    const store = await startStore({ dataDir, t })
    const buyers = startBuyers(store.url, 16)
    t.teardown(() => buyers.stop())
    await eventually(() => buyers.acknowledged.size > 100)
    const began = performance.now()
    if (signal === 'SIGINT') for (let times = 0; times < 3; times++) store.signalAll(signal)
    else process.kill(store.pid, signal)
    t.equal(await store.exited, 0)
    await goneGroup(store.pid)
    t.ok(performance.now() - began < 5000, `in ${Math.round(performance.now() - began)} ms`)
    await buyers.stop()
    t.strictSame(await faultsOf(dataDir, buyers.acknowledged, { settled: signal === 'SIGTERM' }), [])
    for (const name of ['catalog', 'payment', 'cart', 'order', 'frontend'])
      t.equal(store.output.filter((line) => line.includes(`"${name}","msg":"stopped"`)).length, 1, name)
    await t.rejects(ask(`${store.url}/livez`), 'the port is free')
  })

t.test('services whose supervisor was killed stop by themselves, in order', async (t) => {
  const dataDir = dataDirOf(t)
  const store = await startStore({ dataDir, t })
  const buyers = startBuyers(store.url, 8)
  t.teardown(() => buyers.stop())
  await eventually(() => buyers.acknowledged.size > 20)
  process.kill(store.pid, 'SIGKILL')
  t.equal(await store.exited, null)
  await goneGroup(store.pid)
  await store.readToEnd // what they wrote last may still be on its way
  await buyers.stop()
  t.equal(store.output.filter((line) => line.includes('the parent has gone')).length, services.length)
  t.equal(store.output.filter((line) => line.includes('"msg":"stopped"')).length, services.length)
  t.strictSame(await faultsOf(dataDir, buyers.acknowledged, { settled: false }), [])
})

t.test('exit code 2 of one service ends all with its sentence', async (t) => {
  const dataDir = dataDirOf(t)
  const store = await startStore({ dataDir, t })
  await buy(store.url, { name: 'Tux', quantity: 1 })
  const path = `${dataDir}/catalog/toys_db.csv`
  await eventually(async () => (await readFile(path, 'utf8')).includes('Tux,25.99,9999'))
  const edited = 'name,price,quantity\nTux,25.99,5\n'
  // Held still, so that it cannot find the edit while it runs, and keep it aside.
  process.kill(store.pids.catalog!, 'SIGSTOP')
  await writeFile(path, edited)
  await store.killService('catalog')
  t.equal(await Promise.race([store.exited, pause(10_000, 'it goes on', { ref: false })]), 2)
  await goneGroup(store.pid)
  t.match(store.output.join('\n'), `catalog: ${path}: it was changed by hand, but the store did not stop cleanly`)
  t.equal(await readFile(path, 'utf8'), edited, 'nothing was touched')
})
