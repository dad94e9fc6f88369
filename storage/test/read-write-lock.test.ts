import t from 'tap'
import { SharedLock } from '../read-write-lock.ts'

const gate = () => Promise.withResolvers<void>()
const tick = () => new Promise((resolve) => setImmediate(resolve))

t.test('readers share it, a writer is alone, and a waiting writer goes before later readers', async (t) => {
  const lock = new SharedLock()
  const seen: string[] = []
  const [reading, writing] = [gate(), gate()]
  const all = [
    lock.read(() => reading.promise.then(() => seen.push('reader 1'))),
    lock.read(() => reading.promise.then(() => seen.push('reader 2'))),
    lock.write(() => {
      seen.push('writer begins')
      return writing.promise.then(() => seen.push('writer ends'))
    }),
    lock.read(() => seen.push('reader 3')),
    lock.write(() => seen.push('writer 2')),
  ]
  await tick()
  t.strictSame(seen, [])
  reading.resolve()
  await tick()
  t.strictSame(seen, ['reader 1', 'reader 2', 'writer begins'])
  writing.resolve()
  await Promise.all(all)
  t.strictSame(seen.slice(3).sort(), ['reader 3', 'writer 2', 'writer ends'])
  t.equal(seen[3], 'writer ends')
})

t.test('what the work returns or throws is told, and the lock is released either way', async (t) => {
  const lock = new SharedLock()
  t.equal(await lock.read(() => 1), 1)
  for (const hold of [lock.read.bind(lock), lock.write.bind(lock)]) {
    await t.rejects(
      hold(() => {
        throw new Error('at once')
      }),
      /at once/,
    )
    await t.rejects(
      hold(() => Promise.reject(new Error('later'))),
      /later/,
    )
  }
  t.equal(await lock.write(() => 2), 2)
  t.equal(await lock.read(async () => 3), 3)
})

t.test(
  'ten thousand readers behind a writer are refused beyond the first thousand, and nothing overflows',
  async (t) => {
    const lock = new SharedLock()
    const writing = gate()
    const writer = lock.write(() => writing.promise)
    const readers = Array.from({ length: 10_000 }, () => lock.read(() => 'read'))
    const settled = Promise.allSettled(readers)
    await tick()
    writing.resolve()
    await writer
    const outcomes = await settled
    const refused = outcomes.filter((each) => each.status === 'rejected')
    t.equal(outcomes.filter((each) => each.status === 'fulfilled').length, 1000)
    t.match(refused[0], { reason: { code: 'unavailable' } })
    t.equal(await lock.read(() => 'again'), 'again', 'there is room again')
    t.equal(await lock.write(() => 'too'), 'too')
  },
)
