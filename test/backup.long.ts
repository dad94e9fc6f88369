import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { backup } from '../client/backup/backup.ts'
import { stockShop } from '../client/chaos/folder.ts'
import { verifyFiles } from '../client/verify/files.ts'
import { sealBase } from '../storage/csv/base.ts'
import { randomFrom } from '../storage/test/random.ts'
import { Buyers, stockCustomers } from './kill-buyers.ts'
import { judge } from './kill-judge.ts'
import { buy, dataDirOf, startStore } from './store.ts'

const keptAside = (dataDir: string): string[] =>
  readdirSync(`${dataDir}/catalog`).filter((name) => name.includes('.edited-'))

t.test(
  'copies made while purchases go on balance, hold all that was answered before, and open as stores',
  async (t) => {
    const folder = dataDirOf(t)
    const dataDir = `${folder}/data`
    await stockShop(dataDir)
    await stockCustomers(dataDir)
    const store = await startStore({ t, dataDir })
    const buyers = new Buyers(store.url, randomFrom(1))
    const buying = Array.from({ length: 16 }, () => buyers.run())
    const copies: { to: string; told: number }[] = []
    for (let i = 0; i < 8; i++) {
      await pause(120)
      const [to, told] = [`${folder}/copy-${i}`, buyers.told.length]
      const verdict = await backup(dataDir, to)
      t.strictSame(verdict.differences, [])
      t.ok(verdict.orders >= told, `${verdict.orders} orders, ${told} answered before`)
      copies.push({ to, told })
    }
    buyers.stop()
    await Promise.all(buying)
    t.strictSame(buyers.wrong, [])
    await store.stop()

    const { to, told } = copies.at(-1)!
    const [base] = readdirSync(`${to}/catalog`).filter((name) => name.startsWith('base-'))
    const readable = readFileSync(`${to}/catalog/toys_db.csv`)
    t.ok(
      readFileSync(`${to}/catalog/${base}`).equals(sealBase(readable)),
      'the base is sealed, what people read is not',
    )
    const restored = await startStore({ t, dataDir: to })
    t.strictSame(await judge(restored.url, to, buyers.told.slice(0, told)), [])
    t.equal((await buy(restored.url, { name: 'Tux', quantity: 1 })).status, 200)
    t.strictSame(keptAside(to), [], 'nothing looked changed by hand')
    await restored.stop()
    const verdict = await verifyFiles(to)
    t.strictSame(verdict.differences, [])
    t.equal(verdict.reserved, 0)
  },
)

t.test('a row that is half written, or whose stock was taken after the ledger was copied, is left out', async (t) => {
  const folder = dataDirOf(t)
  const dataDir = `${folder}/data`
  const store = await startStore({ t, dataDir })
  await buy(store.url, { name: 'Tux', quantity: 1 }, { key: 'first' })
  await store.stop()
  const path = `${dataDir}/order/orders.csv`
  const rows = readFileSync(path, 'utf8')
  const second = rows.slice(rows.indexOf('\n1,') + 1).replace('1,', '2,')
  for (const [i, more] of [
    second.slice(0, -9),
    '2,1 of 1,Tu',
    '2',
    second.replace('first,a1-1', 'second,a1-999'),
    `${second.replace('first,a1-1', 'second,a1-999')}3,1 of`,
  ].entries()) {
    writeFileSync(path, rows + more)
    const to = `${folder}/copy-${i}`
    const verdict = await backup(dataDir, to)
    t.strictSame([verdict.orders, verdict.differences], [1, []])
    t.equal(readFileSync(`${to}/order/orders.csv`, 'utf8'), rows)
  }
})

t.test('a damaged base is told by who copies it', async (t) => {
  const folder = dataDirOf(t)
  const dataDir = `${folder}/data`
  await (await startStore({ t, dataDir })).stop()
  const catalog = `${dataDir}/catalog`
  const [base] = readdirSync(catalog).filter((name) => name.startsWith('base-'))
  writeFileSync(`${catalog}/${base}`, readFileSync(`${catalog}/${base}`, 'utf8').replace('10000', '10001'))
  const { differences } = await backup(dataDir, `${folder}/copy`)
  t.match(differences, [/base-\d+\.csv: it does not fit its checksum/])
})

t.test('a copy of a stopped store keeps an edit that was not taken yet; copied back, it is', async (t) => {
  const folder = dataDirOf(t)
  const dataDir = `${folder}/data`
  const store = await startStore({ t, dataDir })
  await buy(store.url, { name: 'Tux', quantity: 1 })
  await store.stop()
  const toys = `${dataDir}/catalog/toys_db.csv`
  writeFileSync(toys, readFileSync(toys, 'utf8').replace('Whale,19.99,10000', 'Whale,19.99,7'))
  await backup(dataDir, `${folder}/copy`)
  rmSync(dataDir, { recursive: true })
  cpSync(`${folder}/copy`, dataDir, { recursive: true })
  const again = await startStore({ t, dataDir })
  t.equal((await buy(again.url, { name: 'Whale', quantity: 8 })).status, 409)
  t.equal((await buy(again.url, { name: 'Whale', quantity: 7 })).status, 200)
  await again.stop()
  t.strictSame((await verifyFiles(dataDir)).differences, [])
})

t.test('a folder in use is left alone, and a missing store is named', async (t) => {
  const folder = dataDirOf(t, { data: { order: { 'orders.csv': '' } }, there: { 'a.txt': 'mine' } })
  await t.rejects(backup(`${folder}/data`, `${folder}/there`), { message: /there is not empty/ })
  t.strictSame(readdirSync(`${folder}/there`), ['a.txt'])
  await t.rejects(backup(`${folder}/nothing`, `${folder}/copy`), { message: /nothing holds no store/ })
  t.notOk(existsSync(`${folder}/copy`))
})
