/** Calls between two threads, over a real message channel within one. */
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import t, { type Test } from 'tap'
import { realClock } from '../../clock.ts'
import { StartError, StoreError } from '../../errors.ts'
import { createPeer, fromShared, type Peer, toShared, type Work } from '../thread-calls.ts'
import { gate } from './harness.ts'

/** Two peers: what the second serves, the first may call. `sent`: the messages of each so far. */
function pair<Theirs>(t: Test, work: Work, waitingMax = 100) {
  const { port1, port2 } = new MessageChannel()
  const sent = { calls: [] as unknown[], answers: [] as unknown[] }
  const recorded = (port: MessagePort, into: unknown[]) => ({
    postMessage(text: string) {
      into.push(JSON.parse(text))
      port.postMessage(text)
    },
    on: (event: 'message', hear: (text: string) => void) => port.on(event, hear),
  })
  const near: Peer<Theirs> = createPeer<Theirs>(recorded(port1, sent.calls), { waitingMax })
  const far = createPeer<object>(recorded(port2, sent.answers))
  far.serve(work)
  t.teardown(() => port1.close())
  return { near, far, sent }
}

t.test('what is submitted in one turn goes as one message, in its order, and comes back as one', async (t) => {
  const seen: number[] = []
  const work = {
    double(number: number) {
      seen.push(number)
      return 2 * number
    },
  }
  const { near, sent } = pair<typeof work>(t, work)
  const numbers = Array.from({ length: 50 }, (_, index) => index)
  const doubled = await Promise.all(numbers.map((number) => near.call('double', number)))
  t.strictSame(
    doubled,
    numbers.map((number) => 2 * number),
  )
  t.strictSame(seen, numbers)
  t.equal(sent.calls.length, 1)
  t.equal(sent.answers.length, 1)
  t.equal(near.waiting, 0)
})

t.test('an answer waits for no other', async (t) => {
  const { passed, open } = gate()
  const work = { slow: async () => passed.then(() => 'slow'), quick: () => 'quick' }
  const { near } = pair<typeof work>(t, work)
  const slow = near.call('slow')
  t.equal(await near.call('quick'), 'quick')
  t.equal(near.waiting, 1)
  open()
  t.equal(await slow, 'slow')
})

t.test('an error arrives as what it was', async (t) => {
  const fail = (error: unknown) => () => {
    throw error
  }
  const details = { idempotency_key: 'k-1' }
  const cause = new Error('the disk')
  const work = {
    store: fail(new StoreError('outcome_unknown', 'nobody knows', { details, cause })),
    start: fail(new StartError('set PORT')),
    other: fail(new TypeError('a bug')),
    strange: fail({ toString: () => 'strange', call: () => {} }),
    nothing: () => undefined,
  }
  const { near } = pair<typeof work>(t, work)
  const thrown = (name: keyof typeof work) =>
    near.call(name).then(
      () => t.fail('it was answered'),
      (error: unknown) => error,
    )
  const store = await thrown('store')
  t.ok(store instanceof StoreError)
  t.match(store, { code: 'outcome_unknown', message: 'nobody knows', details, cause: { message: 'the disk' } })
  t.match((store as Error).stack, /thread-calls\.test/)
  const start = await thrown('start')
  t.ok(start instanceof StartError)
  t.match(start, { message: 'set PORT' })
  t.match(await thrown('other'), { message: 'a bug', stack: /thread-calls\.test/ })
  t.notOk((await thrown('other')) instanceof StoreError)
  t.match(await thrown('strange'), { message: 'strange' })
  t.equal(await near.call('nothing'), undefined)
  await t.rejects(near.call('unknown' as never), { message: 'nothing here is called unknown' })
})

t.test(
  'over the limit a call is refused at once, and nothing is begun; a question is answered all the same',
  async (t) => {
    const { passed, open } = gate()
    let begun = 0
    const work = {
      async wait() {
        begun += 1
        await passed
      },
      ready: () => 'ready',
    }
    const { near } = pair<typeof work>(t, work, 3)
    const waiting = [near.call('wait'), near.call('wait'), near.call('wait')]
    await t.rejects(near.call('wait'), { code: 'unavailable', message: 'too much is waiting; try again in a moment' })
    t.equal(await near.ask('ready'), 'ready')
    t.equal(begun, 3)
    open()
    await Promise.all(waiting)
    await near.call('wait')
    t.equal(begun, 4)
  },
)

t.test('when the other side has gone, all that waits fails, and whatever is called later', async (t) => {
  const { passed, open } = gate()
  const told: string[] = []
  const work = { wait: () => passed, note: (word: string) => void told.push(word), ready: () => true }
  const { near, far, sent } = pair<typeof work>(t, work)
  near.tell('note', 'first')
  const waiting = near.call('wait')
  t.ok(await near.ask('ready'))
  const why = new StoreError('unavailable', 'the thread has ended')
  near.end(why)
  await t.rejects(waiting, why)
  await near.ended
  await t.rejects(near.call('wait'), why)
  await t.rejects(near.ask('ready'), why)
  near.tell('note', 'last')
  far.end(why)
  const before = sent.answers.length
  open() // its answer has nowhere to go
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  t.strictSame(told, ['first'])
  t.equal(sent.answers.length, before)
  t.equal(near.waiting, 0)
})

t.test('a deadline means the same moment to a thread with another beginning', async (t) => {
  const beginning = 5000
  const other = { ...realClock, elapsed: () => realClock.elapsed() - beginning }
  const began = realClock.elapsed()
  const there = fromShared(toShared(began + 700, realClock), other)
  const passed = realClock.elapsed() - began
  t.ok(Math.abs(there + beginning - (began + 700)) <= passed + 1, 'but for what passed between two readings')
})
