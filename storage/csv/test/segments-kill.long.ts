import t, { type Test } from 'tap'
import type { Command, Ledger } from '../../ledger.ts'
import { FaultyFiles } from '../../test/faulty-files.ts'
import { HandClock } from '../../test/hand-clock.ts'
import { asked, change, namesOf, openLedger, reserve, textOf } from './harness.ts'

const put = (account: string, balance: number): Command => {
  return { op: 'put', account, attributes: ['9.00'], balance, reason: 'new' }
}
const ids = ['a1-1', 'a1-2', 'a1-3', 'a1-4', 'a1-5', 'a1-6', 'a1-7']

/** One of each command; open reservations and decided ids on both sides of the fence. */
const purchases: Command[] = [
  { op: 'open', fence: 'a1-0', first: true },
  reserve('a1-1', ['Tux', 5], ['Fox', 6]),
  reserve('a1-2', ['Tux', 1]),
  { op: 'confirm', id: 'a1-2' },
  reserve('a1-4', ['Tux', 2]),
  { op: 'open', fence: 'a1-4', first: false },
  reserve('a1-5', ['Fox', 3]),
  { op: 'void', id: 'a1-5' },
  { op: 'void', id: 'a1-6' },
  put('Bear, "brown"', 7),
  { op: 'remove', account: 'Whale', reason: 'gone' },
  { op: 'take', account: 'Python', amount: 4, reason: 'direct sale' },
  change('Tux', 100),
]
const more: Command[] = [{ op: 'void', id: 'a1-1' }, { op: 'confirm', id: 'a1-4' }, change('Tux', 1)]

async function run(ledger: Ledger, commands: Command[]): Promise<void> {
  for (const command of commands) await ledger.execute([command])
}

const timeless = async (ledger: Ledger): Promise<string> =>
  JSON.stringify(await asked(ledger, ids)).replaceAll(/"at":"[^"]*",/g, '')

/** What it must answer in the end, from a ledger that nobody kills. */
async function wanted(t: Test, ...parts: Command[][]): Promise<string[]> {
  const { ledger } = await openLedger(t, t.testdir(), { clock: new HandClock() })
  const answers: string[] = []
  for (const part of parts) {
    await run(ledger, part)
    answers.push(await timeless(ledger))
  }
  await ledger.close()
  return answers
}

/** Opens what a kill has left, goes on, stops and opens again: nothing is missing, and only one segment and base are left. */
async function recovers(t: Test, folder: string, [before, after]: string[], what: string): Promise<void> {
  const again = await openLedger(t, folder, { clock: new HandClock() })
  const found = await timeless(again.ledger)
  if (found !== before) t.strictSame(JSON.parse(found), JSON.parse(before!), what)
  await run(again.ledger, more)
  await again.ledger.close()
  const kept = namesOf(folder).map((name) => name.replace(/\d{8}/, 'N'))
  const cut = kept.filter((name) => name.includes('.cut-'))
  const left = kept.filter((name) => !name.includes('.cut-'))
  if (`${left}` !== 'base-N.csv,journal-N.csv,movements.csv,toys_db.csv' || cut.length > 1) t.fail(`${what}: ${kept}`)
  const last = await openLedger(t, folder, { clock: new HandClock() })
  const foundLast = await timeless(last.ledger)
  if (foundLast !== after) t.strictSame(JSON.parse(foundLast), JSON.parse(after!), what)
  if (last.report.cut !== undefined || last.report.handEdits > 0) t.fail(`${what}: a clean stop was not found clean`)
  const numbers = textOf(folder, 'movements.csv')
    .split('\n')
    .slice(1, -1)
    .map((row) => Number(row.split(',')[0]))
  if (numbers.some((number, i) => number !== i + 1)) t.fail(`${what}: movements.csv has the numbers ${numbers}`)
  for (const { files } of [again, last]) await files.release()
}

/** Kills `work` at each of its calls in turn, until it comes through; a write that is killed is half done or not at all. */
async function killed(
  t: Test,
  answers: string[],
  work: (folder: string, files: FaultyFiles, kill: () => void) => Promise<unknown>,
): Promise<number> {
  for (let after = 0; ; after++)
    for (const halfWrite of [false, true]) {
      const folder = t.testdir()
      const files = new FaultyFiles()
      const done = work(folder, files, () => files.freeze({ after, halfWrite })).then(() => true)
      const cameThrough = await Promise.race([done, files.frozen])
      await files.release()
      const { kind, name } = files.calls.at(-1)!
      await recovers(t, folder, answers, `killed at call ${after}, ${kind} ${name}${halfWrite ? ', half done' : ''}`)
      if (cameThrough) return after
      if (kind !== 'write') break
    }
}

t.test('a kill at any call of a turn and of a clean stop loses nothing and doubles nothing', async (t) => {
  const calls = await killed(t, await wanted(t, purchases, more), async (folder, files, kill) => {
    const { ledger } = await openLedger(t, folder, { files, clock: new HandClock() })
    await run(ledger, purchases)
    kill()
    await ledger.close()
  })
  t.ok(calls > 25, `${calls} calls`)
})

t.test('a kill at any call of a turn loses nothing of what came while it ran', async (t) => {
  const calls = await killed(t, await wanted(t, purchases, more), async (folder, files, kill) => {
    const clock = new HandClock()
    const { ledger } = await openLedger(t, folder, { files, clock })
    await run(ledger, purchases.slice(0, -2))
    const held = files.hold({ kind: 'open', name: 'base-' })
    await clock.pass(20)
    await held.reached
    await run(ledger, purchases.slice(-2))
    kill()
    held.release()
    await ledger.close()
  })
  t.ok(calls > 30, `${calls} calls`)
})

t.test('a kill at any call of a first start is as if it had never begun', async (t) => {
  const calls = await killed(t, await wanted(t, [], more), async (folder, files, kill) => {
    kill()
    await openLedger(t, folder, { files, clock: new HandClock() })
  })
  t.ok(calls > 30, `${calls} calls`)
})

t.test('a kill at any call of the start after a kill changes nothing', async (t) => {
  const calls = await killed(t, await wanted(t, purchases, more), async (folder, files, kill) => {
    const first = await openLedger(t, folder, { clock: new HandClock() })
    await run(first.ledger, purchases.slice(0, 10))
    await first.ledger.movements(0, 100)
    first.files.freeze({ after: 9, halfWrite: true }) // in the middle of a turn
    await Promise.race([first.ledger.close(), first.files.frozen])
    await first.files.release()
    const second = await openLedger(t, folder, { clock: new HandClock() })
    await run(second.ledger, purchases.slice(10))
    second.files.freeze()
    kill()
    const third = await openLedger(t, folder, { files, clock: new HandClock() })
    await third.ledger.close()
  })
  t.ok(calls > 30, `${calls} calls`)
})

t.test('a turn that the disk refuses at any call is made up for later, and writes go on meanwhile', async (t) => {
  const [, after] = await wanted(t, purchases, more)
  for (let nth = 1; nth <= 4; nth++)
    for (const kind of ['open', 'write', 'rename', 'remove', 'list', 'stat', 'syncFolder'] as const) {
      const folder = t.testdir()
      const clock = new HandClock()
      const { ledger, files, givenUp, notes } = await openLedger(t, folder, { clock })
      await run(ledger, purchases)
      files.fail({ kind }, { nth, code: 'ENOSPC', written: 0.5 })
      await clock.pass(20)
      await new Promise((resolve) => setTimeout(resolve, 20))
      for (const command of more) await ledger.execute([command]).catch(() => ledger.execute([command])) // where the fault was still there
      await ledger.close().catch(() => ledger.close())
      if (givenUp.length > 0) t.fail(`${kind} ${nth}: ${JSON.stringify(givenUp)}`)
      if (namesOf(folder).length !== 4) t.fail(`${kind} ${nth}: ${namesOf(folder)} ${notes}`)
      const again = await openLedger(t, folder, { clock: new HandClock() })
      t.equal(await timeless(again.ledger), after, `${kind} ${nth}`)
      for (const each of [files, again.files]) await each.release()
    }
})
