/** A large catalog is written piece by piece, and nobody waits for it: told by the calls on files, not by time. */
import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import type { Account } from '../../ledger.ts'
import { LedgerState } from '../../ledger-state.ts'
import { HandClock } from '../../test/hand-clock.ts'
import { unsealBase } from '../base.ts'
import type { LedgerOptions } from '../ledger-engine.ts'
import { accountsAtOnce } from '../readable.ts'
import { change, namesOf, openLedger, reserve, textOf } from './harness.ts'

const count = 5 * accountsAtOnce
const nameOf = (i: number): string => `Toy ${String((i * 7919) % 100_003).padStart(6, '0')}`
const seed: ReadonlyMap<string, Account> = new Map(
  Array.from({ length: count }, (_, i) => [nameOf(i), { attributes: ['1.00'], balance: 100 }]),
)
const [first, last] = [nameOf(0), nameOf(count - 1)]

async function openLarge(t: Test, folder: string, options: Partial<LedgerOptions> = {}) {
  const clock = new HandClock()
  return { clock, ...(await openLedger(t, folder, { clock, seed, ...options })) }
}

const balanceIn = (text: string, name: string): string | undefined =>
  new RegExp(`^${name},1\\.00,(\\d+)$`, 'm').exec(text)?.[1]

/** Lets time pass until the turn that a change asked for has reached what the file system holds. */
async function turnOf(clock: HandClock, reached: Promise<void>): Promise<void> {
  await clock.pass(20)
  await reached
}

t.test(
  'purchases are answered between two pieces of the base, and the base is of the moment when its segment began',
  async (t) => {
    const folder = t.testdir()
    const { ledger, clock, files } = await openLarge(t, folder)
    await ledger.execute([change(first, 1)])
    const held = files.hold({ kind: 'write', name: 'base-00000002.csv.tmp' })
    await turnOf(clock, held.reached)
    const outcomes = await ledger.execute([change(first, 10), change(last, 20), reserve('a1-1', [last, 3])])
    t.match(outcomes, [{ outcome: 'changed', balance: 111 }, { outcome: 'changed', balance: 120 }, { outcome: 'held' }])
    t.match(await ledger.list('Toy', 1), [{ balance: Number }], 'and reads')
    const renamed = files.hold({ kind: 'rename', name: 'toys_db.csv' })
    held.release()
    await renamed.reached
    const base = textOf(folder, 'base-00000002.csv')
    t.strictSame([balanceIn(base, first), balanceIn(base, last)], ['101', '100'], 'as it was, with the earlier change')
    t.equal(unsealBase(Buffer.from(base)).right, true)
    t.equal(base.split('\n').length, count + 3, 'every toy once, the header and the checksum')
    renamed.release()
    await ledger.close()
    const text = textOf(folder, 'toys_db.csv')
    t.strictSame([balanceIn(text, first), balanceIn(text, last)], ['111', '117'])
  },
)

t.test('a kill amid the pieces loses nothing that was answered', async (t) => {
  const folder = t.testdir()
  const { ledger, clock, files } = await openLarge(t, folder)
  await ledger.execute([change(first, 1)])
  const held = files.hold({ kind: 'write', name: 'base-00000002.csv.tmp' })
  await turnOf(clock, held.reached)
  await ledger.execute([change(last, 20)])
  files.freeze()
  const again = await openLarge(t, folder)
  t.strictSame(
    await Promise.all([first, last].map(async (name) => (await again.ledger.account(name))?.balance)),
    [101, 120],
  )
  t.notOk(namesOf(folder).some((name) => name.endsWith('.tmp')))
  await again.ledger.close()
})

t.test(
  'no write of a turn holds more than a thousand toys, and each is formatted when its turn to be written comes',
  async (t) => {
    const folder = t.testdir()
    const { ledger, clock, files } = await openLarge(t, folder)
    const before = files.calls.length
    await ledger.execute([change(first, 1)])
    const held = files.hold({ kind: 'rename', name: 'toys_db.csv' })
    await turnOf(clock, held.reached)
    for (const name of ['base-00000002.csv.tmp', 'toys_db.csv.tmp'])
      t.equal(files.calls.slice(before).filter((call) => call.kind === 'write' && call.name === name).length, 5, name)
    t.equal(readFileSync(`${folder}/toys_db.csv.tmp`, 'utf8').split('\n').length, count + 2)
    held.release()
    await ledger.close()
  },
)

t.test(
  'the disk that refuses a later piece leaves the old base, and the next turn writes what is true then',
  async (t) => {
    const folder = t.testdir()
    const { ledger, clock, files, notes } = await openLarge(t, folder)
    await ledger.execute([change(first, 1)])
    files.fail({ kind: 'write', name: 'base-00000002.csv.tmp' }, { nth: 3, code: 'ENOSPC' })
    const removed = files.hold({ kind: 'remove', name: 'base-00000002.csv.tmp' })
    await turnOf(clock, removed.reached)
    await ledger.execute([change(first, 1), change(last, 1)])
    removed.release()
    await ledger.close()
    t.match(notes, [/could not be brought up to date/])
    const text = textOf(folder, 'toys_db.csv')
    t.strictSame([balanceIn(text, first), balanceIn(text, last)], ['102', '101'])
    const { ledger: again } = await openLarge(t, folder)
    t.equal((await again.account(last))?.balance, 101)
    await again.close()
  },
)

t.test('what a turn froze it lets go of, whether the disk took it or not', async (t) => {
  const { frozenAccounts } = LedgerState.prototype
  const seen = { frozen: 0, ended: 0 }
  LedgerState.prototype.frozenAccounts = function (this: LedgerState) {
    const frozen = frozenAccounts.call(this)
    const end = frozen.end.bind(frozen)
    seen.frozen += 1
    frozen.end = () => {
      seen.ended += 1
      end()
    }
    return frozen
  }
  t.teardown(() => {
    LedgerState.prototype.frozenAccounts = frozenAccounts
  })
  const { ledger, clock, files } = await openLarge(t, t.testdir())
  files.fail({ kind: 'open', name: 'base-00000002.csv.tmp' })
  const refused = files.hold({ kind: 'open', name: 'base-00000003.csv.tmp' })
  await ledger.execute([change(first, 1)])
  await clock.pass(5000)
  refused.release()
  await ledger.close()
  t.ok(seen.frozen >= 2, `${seen.frozen} turns`)
  t.equal(seen.ended, seen.frozen)
})

t.test('the movements of a first start are written in many turns, between which others write', async (t) => {
  const folder = t.testdir()
  const { ledger, clock, files } = await openLarge(t, folder)
  const held = files.hold({ kind: 'sync', name: 'movements.csv' })
  await turnOf(clock, held.reached)
  const from = files.calls.length
  const buying = ledger.execute([reserve('a1-1', [first, 1])])
  held.release()
  t.match(await buying, [{ outcome: 'held' }])
  await ledger.close()
  const order = files.calls
    .slice(from)
    .filter(({ kind, name }) => kind === 'write' && /^movements|^journal-00000001/.test(name))
  const names = order.map(({ name }) => name)
  const bought = names.indexOf('journal-00000001.csv')
  t.ok(bought !== -1 && bought < names.indexOf('movements.csv'), 'behind the first of them it came next')
  t.equal(textOf(folder, 'movements.csv').split('\n').length, count + 2)
})

t.test('a page of many toys is right at once after a start, and a toy that came or went is in its place', async (t) => {
  const { ledger } = await openLarge(t, t.testdir())
  const names = [...seed.keys()].sort()
  t.strictSame(
    (await ledger.list(names[2499]!, 3)).map(({ name }) => name),
    names.slice(2500, 2503),
  )
  await ledger.execute([
    { op: 'put', account: `${names[2500]!}a`, attributes: ['1.00'], balance: 1, reason: 'test' },
    { op: 'remove', account: names[2501]!, reason: 'test' },
  ])
  t.strictSame(
    (await ledger.list(names[2499]!, 3)).map(({ name }) => name),
    [names[2500]!, `${names[2500]!}a`, names[2502]!],
  )
  t.strictSame(ledger.balances(2), [
    [names[0]!, 100],
    [names[1]!, 100],
  ])
  await ledger.close()
})
