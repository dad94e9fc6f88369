import t from 'tap'
import { SharedLock } from '../read-write-lock.ts'
import { SharedReads } from '../shared-reads.ts'
import { HandClock } from './hand-clock.ts'

const tick = () => new Promise((resolve) => setImmediate(resolve))

t.test('reads that come together share one hold of the lock and one delay', async (t) => {
  const clock = new HandClock()
  const lock = new SharedLock()
  const reads = new SharedReads(lock, clock, 200)
  let held = 0
  const counted = lock.read.bind(lock)
  lock.read = (work) => {
    held += 1
    return counted(work)
  }
  const all = Promise.all(Array.from({ length: 5000 }, (_, i) => reads.read(() => i)))
  await tick()
  await clock.pass(199)
  t.equal(await Promise.race([all, 'not yet']), 'not yet')
  await clock.pass(1)
  t.equal((await all).length, 5000)
  t.equal(held, 1)
})

t.test('what comes while a read waits for a writer joins it; what comes later gets the whole delay', async (t) => {
  const clock = new HandClock()
  const lock = new SharedLock()
  const reads = new SharedReads(lock, clock, 100)
  const writing = Promise.withResolvers<void>()
  let value = 'before'
  const writer = lock.write(() => writing.promise)
  const first = reads.read(() => value)
  await tick()
  const joined = reads.read(() => value)
  value = 'after'
  writing.resolve()
  await writer
  await tick()
  await clock.pass(60)
  let late = 'waits'
  const later = reads.read(() => {
    late = 'read'
  })
  await clock.pass(40)
  t.strictSame(await Promise.all([first, joined]), ['after', 'after'])
  t.equal(late, 'waits')
  await clock.pass(100)
  await later
  t.equal(late, 'read')
})

t.test('a read that throws tells its own caller alone, and the lock is released', async (t) => {
  const lock = new SharedLock()
  const reads = new SharedReads(lock, new HandClock(), 0)
  const all = Promise.allSettled([
    reads.read(() => 1),
    reads.read(() => {
      throw new Error('mine')
    }),
    reads.read(() => 3),
  ])
  t.match(await all, [{ value: 1 }, { reason: { message: 'mine' } }, { value: 3 }])
  t.equal(await lock.write(() => 'free'), 'free')
})

t.test('reads are refused where too many wait for the lock, and served again later', async (t) => {
  const lock = new SharedLock()
  const reads = new SharedReads(lock, new HandClock(), 0)
  const writing = Promise.withResolvers<void>()
  const writer = lock.write(() => writing.promise)
  const crowd = Array.from({ length: 1000 }, () => lock.read(() => {}))
  await t.rejects(
    reads.read(() => 1),
    { code: 'unavailable' },
  )
  writing.resolve()
  await Promise.all([writer, ...crowd])
  t.equal(await reads.read(() => 2), 2)
})
