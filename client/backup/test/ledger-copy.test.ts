/** A ledger that was copied before another one is moved on to where it fits, and no further. */
import { mkdirSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { realClock } from '../../../clock.ts'
import { openCustomers } from '../../../payment/store.ts'
import { realFileSystem } from '../../../storage/file-system.ts'
import type { Command } from '../../../storage/ledger.ts'
import { LedgerState } from '../../../storage/ledger-state.ts'
import { credit, readLedger } from '../../verify/ledger.ts'
import { LedgerCopy } from '../ledger-copy.ts'
import { OrdersCopy } from '../orders-copy.ts'

const giveUp = (error: Error): void => {
  throw error
}
const header = 'order_number,line,name,quantity,price,user,cart,key,attempt,placed_at\n'
const row = (number: number) =>
  `${number},1 of 1,Tux,1,25.99,Anna,,key-${number},a1-${number},2026-11-21T09:00:00.000Z\n`

t.test('up to the last order that the stock has sold, and what comes later is left out', async (t) => {
  const folder = t.testdir({ payment: {}, to: {} })
  const world = { files: realFileSystem, clock: realClock, ioDelayMs: 0, giveUp, note: () => {} }
  const { ledger } = await openCustomers({ ...world, folder: `${folder}/payment` })
  const items = [{ account: 'Anna', amount: 2599 }]
  const reserve = (seq: number): Command => ({ op: 'reserve', id: `a1-${seq}`, after: 0, items })
  await ledger.execute([
    { op: 'put', account: 'Anna', attributes: [], balance: 100_000, reason: 'new customer' },
    { op: 'open', fence: 'a1-1', first: true },
    reserve(1),
    { op: 'confirm', id: 'a1-1' },
  ])
  const copy = await LedgerCopy.open(folder, credit)
  t.teardown(() => copy.close())
  for (const seq of [2, 3, 4, 5]) await ledger.execute([reserve(seq), { op: 'confirm', id: `a1-${seq}` }])
  await copy.readOn()
  await ledger.close()

  const to = `${folder}/to`
  await copy.write(to)
  const { state } = await readLedger(to, undefined, credit.decimals)
  t.equal(state.decision('a1-2'), undefined, 'it was not there yet')
  const stock = new LedgerState()
  stock.apply({ fact: 'fence', fence: 'a1-1' })
  for (const id of ['a1-1', 'a1-2', 'a1-3']) stock.apply({ fact: 'decided', id, decision: 'confirmed' })
  stock.apply({ fact: 'open', reservation: { id: 'a1-4', after: 0, items: [] } })
  mkdirSync(`${folder}/order`)
  const path = `${folder}/order/orders.csv`
  writeFileSync(path, header + [1, 2, 3, 4, 5].map(row).join(''))
  const orders = await OrdersCopy.open(path, stock, state)
  t.teardown(() => orders.close())
  t.strictSame(orders.unpaid, ['a1-2', 'a1-3'])
  await copy.moveOn(to, state, orders.unpaid)
  await orders.write(`${folder}/copied.csv`)

  const moved = await readLedger(to, undefined, credit.decimals)
  t.equal(moved.state.decision('a1-2'), 'confirmed')
  t.ok(moved.state.reservation('a1-3'), 'reserved, at the first moment at which it is known')
  t.equal(moved.state.reservation('a1-4'), undefined)
  t.equal(state.account('Anna')!.balance, moved.state.account('Anna')!.balance)
  t.equal((await realFileSystem.readFile(`${folder}/copied.csv`)).toString(), header + [1, 2, 3].map(row).join(''))
})
