import t from 'tap'
import { HandClock } from '../../test/hand-clock.ts'
import { CatchUp } from '../catch-up.ts'

/** A turn takes `tookMs` of the hand's time, waits at `gate` where there is one, and fails `failures` times. */
function start(options: { tookMs?: number; gate?: Promise<void>; failures?: number } = {}) {
  const clock = new HandClock()
  const turns: number[] = []
  const notes: string[] = []
  const seen = { running: 0, together: 0 }
  let failures = options.failures ?? 0
  const catchUp = new CatchUp({
    clock,
    note: (sentence) => notes.push(sentence),
    async open() {
      turns.push(clock.elapsed())
      seen.together = Math.max(seen.together, ++seen.running)
      return { segment: turns.length, bytes: Buffer.alloc(0) }
    },
    async publish() {
      await options.gate
      if (options.tookMs !== undefined) await new Promise<void>((resolve) => clock.after(options.tookMs!, resolve))
      seen.running -= 1
      if (failures-- > 0) throw new Error('the disk is full')
    },
  })
  return { clock, catchUp, turns, notes, seen }
}

t.test('it catches up as soon as there was no change for 20 ms', async (t) => {
  const { clock, catchUp, turns } = start()
  await clock.pass(1000)
  t.strictSame(turns, [], 'not without a change')
  catchUp.changed()
  await clock.pass(10)
  catchUp.changed()
  await clock.pass(19)
  t.strictSame(turns, [])
  await clock.pass(1)
  t.strictSame(turns, [1030])
  await clock.pass(5000)
  t.strictSame(turns, [1030])
})

t.test('under load it catches up within a second', async (t) => {
  const { clock, catchUp, turns } = start()
  for (let i = 0; i < 300; i++) {
    catchUp.changed()
    await clock.pass(10)
  }
  t.ok(turns.length >= 2 && turns.length <= 3, `${turns}`)
  t.ok(turns[0]! <= 1020, `${turns}`)
})

t.test('under load it never takes more than a twentieth of the time', async (t) => {
  const { clock, catchUp, turns } = start({ tookMs: 200 })
  for (let i = 0; i < 2000; i++) {
    catchUp.changed()
    await clock.pass(10)
  }
  t.ok(turns.length >= 4 && turns.length <= 6, `${turns}`)
})

t.test('with pauses between changes it never takes more than a fifth of the time', async (t) => {
  const { clock, catchUp, turns } = start({ tookMs: 200 })
  for (let i = 0; i < 200; i++) {
    catchUp.changed()
    await clock.pass(100)
  }
  t.ok(turns.length >= 15 && turns.length <= 20, `${turns}`)
})

t.test('a change while a turn runs is shown by the next turn', async (t) => {
  const gate = Promise.withResolvers<void>()
  const { clock, catchUp, turns } = start({ gate: gate.promise })
  catchUp.changed()
  await clock.pass(20)
  t.equal(turns.length, 1)
  catchUp.changed()
  await clock.pass(30)
  t.equal(turns.length, 1)
  gate.resolve()
  await clock.pass(0)
  await clock.pass(1000)
  t.equal(turns.length, 2)
})

t.test('a turn that is asked for now runs beside no other', async (t) => {
  const gate = Promise.withResolvers<void>()
  const { clock, catchUp, turns, seen } = start({ gate: gate.promise })
  catchUp.changed()
  const now = catchUp.now()
  await clock.pass(100)
  t.equal(seen.together, 1, 'the timer of the change does not begin a second one')
  catchUp.changed()
  await clock.pass(100)
  gate.resolve()
  await now
  await clock.pass(5000)
  t.equal(turns.length, 2, 'a change meanwhile is not forgotten')
  t.equal(seen.together, 1)
})

t.test('a turn that the disk refuses is tried again each second, and told once', async (t) => {
  const { clock, catchUp, turns, notes } = start({ failures: 3 })
  catchUp.changed()
  await clock.pass(5000)
  t.strictSame(turns, [20, 1020, 2020, 3020])
  t.match(notes, [/could not be brought up to date \(the disk is full\)/])
  t.equal(notes.length, 1)
})

t.test('closing shows what is left, waits for the turn that runs, and ends it', async (t) => {
  const gate = Promise.withResolvers<void>()
  const { clock, catchUp, turns, seen } = start({ gate: gate.promise })
  catchUp.changed()
  await clock.pass(20)
  catchUp.changed()
  const closing = catchUp.close()
  gate.resolve()
  await closing
  t.equal(turns.length, 2)
  t.equal(seen.running, 0)
  catchUp.changed()
  await clock.pass(5000)
  t.equal(turns.length, 2)
})

t.test('closing without a change since the last turn does nothing', async (t) => {
  const { clock, catchUp, turns } = start()
  catchUp.changed()
  await clock.pass(20)
  await catchUp.close()
  t.equal(turns.length, 1)
})

t.test('closing tells where the disk refuses', async (t) => {
  const { catchUp } = start({ failures: 1 })
  catchUp.changed()
  await t.rejects(catchUp.close(), /the disk is full/)
})
