/** What a thread of the catalog tells of a ledger that another thread owns, over a real message channel. */
import { MessageChannel } from 'node:worker_threads'
import t, { type Test } from 'tap'
import { createPeer } from '../../http/thread-calls.ts'
import { ledgerOf } from '../../ledger-service/far-ledger.ts'
import type { Account } from '../../storage/ledger.ts'
import { changesOf } from '../far-changes.ts'
import type { CatalogHears, CatalogOwner } from '../threads.ts'

/** The owner's side as the test holds it. */
function owned(t: Test) {
  const { port1, port2 } = new MessageChannel()
  t.teardown(() => port1.close())
  const owner = createPeer<CatalogHears>(port2)
  const near = createPeer<CatalogOwner>(port1)
  let follows = 0
  owner.serve({
    follow: () => {
      follows += 1
      owner.tell('event', 'begin 5', 5)
    },
    execute: () => ({ outcomes: [{ outcome: 'done' }], sequence: 9 }),
    accountAt: (): { account: Account | undefined; sequence: number; changed: number } => ({
      account: { balance: 1, attributes: ['1.00'] },
      sequence: 7,
      changed: 6,
    }),
    list: () => ({ accounts: [], sequence: 8 }),
    movements: () => [],
    keyed: () => undefined,
  })
  const ledger = ledgerOf(near)
  const { changes, hears } = changesOf(near, ledger, 'e1')
  near.serve(hears)
  /** Resolves when what was told until now has been heard. */
  const heard = async (): Promise<void> => {
    await near.call('movements', 0, 1)
    await near.call('movements', 0, 1)
  }
  return { owner, ledger, changes, heard, follows: () => follows }
}

t.test('the owner is asked to tell once, whoever follows; who comes later begins at what was told last', async (t) => {
  const { owner, changes, heard, follows } = owned(t)
  const [first, second, third] = [[], [], []] as string[][]
  changes.events((text) => first!.push(text))
  const leave = changes.events((text) => second!.push(text))
  await heard()
  t.strictSame([first, second], [['begin 5'], ['begin 5']])
  owner.tell('event', 'change 6', 6)
  await heard()
  leave()
  changes.events((text) => third!.push(text))
  t.strictSame(third, ['event: begin\ndata: {"epoch":"e1","sequence":6}\n\n'])
  owner.tell('event', 'change 7', 7)
  await heard()
  t.strictSame(first, ['begin 5', 'change 6', 'change 7'])
  t.strictSame(second, ['begin 5', 'change 6'])
  t.equal(third!.at(-1), 'change 7')
  t.equal(follows(), 1)
})

t.test('the position is one that the owner had reached when it answered last, and never goes back', async (t) => {
  const { ledger, changes } = owned(t)
  t.equal(changes.position(), 'e1.0')
  t.match(await ledger.accountAt('Tux'), { account: { balance: 1 }, sequence: 7, changed: 6 })
  t.equal(changes.position(), 'e1.7')
  await ledger.execute([{ op: 'confirm', id: 'a1-1' }])
  t.equal(changes.position(), 'e1.9')
  await ledger.list('', 1)
  t.equal(changes.position(), 'e1.9')
  t.equal(changes.position(3), 'e1.3', 'of a read, its own')
})
