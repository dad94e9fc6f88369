import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import type { Account } from '../../ledger.ts'
import { answered, change, openLedger, reserve } from './harness.ts'

const journal = 'journal-'
const account = (balance: number, price: string): Account => ({ balance, attributes: [price] })
/** As it was told, without what the engine keeps beside it. */
const plain = (changed: ReadonlyMap<string, Account | undefined>) =>
  Object.fromEntries([...changed].map(([name, one]) => [name, one && account(one.balance, one.attributes[0]!)]))

t.test('a watcher is told of each batch that changes accounts, in order, with what is true after it', async (t) => {
  const { ledger } = await openLedger(t, t.testdir())
  const told: unknown[] = []
  ledger.watch((sequence, changed) => told.push([sequence, plain(changed)]))
  t.equal(ledger.sequence, 0)
  await ledger.execute([reserve('a1-1', ['Tux', 2], ['Fox', 1]), change('Tux', 5)])
  await ledger.execute([{ op: 'confirm', id: 'a1-1' }])
  await ledger.execute([reserve('a1-2', ['Tux', 1_000_000])])
  t.equal(ledger.sequence, 1, 'what changes no account has no number')
  await ledger.execute([{ op: 'put', account: 'Owl', attributes: ['1.00'], balance: 3, reason: 'new' }])
  await ledger.execute([{ op: 'remove', account: 'Owl', reason: 'gone' }])
  t.strictSame(told, [
    [1, { Tux: account(10_003, '25.99'), Fox: account(9999, '29.99') }],
    [2, { Owl: account(3, '1.00') }],
    [3, { Owl: undefined }],
  ])
  t.equal(ledger.sequence, 3)
})

t.test('nobody is told before the change is durable, nor after who asked for it was answered', async (t) => {
  const { ledger, files } = await openLedger(t, t.testdir())
  const order: string[] = []
  ledger.watch(() => order.push('told'))
  const held = files.hold({ kind: 'sync', name: journal })
  const took = ledger.execute([change('Tux', 1)])
  await held.reached
  t.notOk(await answered(took))
  await pause(20)
  t.strictSame(order, [])
  held.release()
  await took.then(() => order.push('answered'))
  t.strictSame(order, ['told', 'answered'])
})

t.test('a change that fails is not told and has no number', async (t) => {
  const { ledger, files } = await openLedger(t, t.testdir())
  let told = 0
  ledger.watch(() => {
    told += 1
  })
  files.fail({ kind: 'write', name: journal }, { code: 'ENOSPC' })
  await t.rejects(ledger.execute([change('Tux', 1)]), { code: 'unavailable' })
  t.strictSame([told, ledger.sequence], [0, 0])
})

t.test('a read has the number of the last change that it shows, one with a delay too', async (t) => {
  const { ledger } = await openLedger(t, t.testdir(), { ioDelayMs: 20 })
  const seen: { account: Account | undefined; sequence: number }[] = []
  let selling = true
  const reads = (async () => {
    while (selling) seen.push(await ledger.accountAt('Tux'))
  })()
  for (let sold = 0; sold < 5; sold++) await ledger.execute([change('Tux', 1)])
  seen.push(await ledger.accountAt('Tux'))
  selling = false
  await reads
  for (const { account: found, sequence } of seen) t.equal(found?.balance, 10_000 + sequence)
  t.match(
    seen.find(({ sequence }) => sequence === 5),
    { account: { balance: 10_005 } },
  )
  t.match(await ledger.accountAt('Nobody'), { account: undefined, sequence: 5 })
})
