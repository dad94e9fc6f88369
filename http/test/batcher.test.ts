import t from 'tap'
import { StoreError } from '../../errors.ts'
import { createBatcher } from '../batcher.ts'
import type { Caller, CallOptions, CallReply } from '../caller.ts'

/** A neighbour that answers when it is told to. */
function heldCaller() {
  const calls: {
    items: unknown[]
    options: CallOptions
    answer: (body: unknown) => void
    fail: (error: Error) => void
  }[] = []
  const caller: Caller = {
    call: (_method, _path, options = {}) =>
      new Promise<CallReply>((resolve, reject) => {
        const answer = (body: unknown): void => resolve({ data: undefined, status: 200, headers: {}, body })
        calls.push({ items: options.body as unknown[], options, answer, fail: reject })
      }),
    close: async () => {},
  }
  return { caller, calls }
}

const clock = { now: () => 0, elapsed: () => 1000, after: () => () => {} }
const turn = () => new Promise((resolve) => setImmediate(resolve))
const echo = (items: unknown[]) => items.map((item) => ({ data: item }))

t.test('alone, an item leaves at once; what comes meanwhile leaves together', async (t) => {
  const { caller, calls } = heldCaller()
  const { send } = createBatcher({ caller, path: '/order', clock })
  const first = send('a')
  await turn()
  t.strictSame(calls[0]?.items, ['a'])
  const others = [send('b'), send('c')]
  await turn()
  t.equal(calls.length, 1, 'one request at a time')
  calls[0]?.answer(echo(['a']))
  t.equal(await first, 'a')
  await turn()
  t.strictSame(calls[1]?.items, ['b', 'c'])
  calls[1]?.answer(echo(['b', 'c']))
  t.strictSame(await Promise.all(others), ['b', 'c'])
})

t.test("each item gets its own answer, an error too, and another's error is not its own", async (t) => {
  const { caller, calls } = heldCaller()
  const { send } = createBatcher({ caller, path: '/order', clock })
  const asked = Promise.allSettled([send(1), send(2), send(3)])
  await turn()
  calls[0]?.answer([
    { data: 'one' },
    { error: { code: 409, reason: 'out_of_stock', message: 'not enough stock' } },
    { data: null },
  ])
  const [one, two, three] = await asked
  t.match(one, { value: 'one' })
  t.match(two, { reason: { code: 'out_of_stock' } })
  t.match(three, { value: null })
})

t.test('a reply that is no array of that length leaves every outcome unknown', async (t) => {
  for (const body of [{ data: [] }, [{ data: 1 }], null]) {
    const { caller, calls } = heldCaller()
    const { send } = createBatcher({ caller, path: '/order', clock })
    const asked = Promise.allSettled([send(1), send(2)])
    await turn()
    calls[0]?.answer(body)
    for (const one of await asked) t.match(one, { reason: { code: 'outcome_unknown' } })
  }
})

t.test('a call that fails fails all of its items, and the next batch goes on', async (t) => {
  const { caller, calls } = heldCaller()
  const { send } = createBatcher({ caller, path: '/order', clock })
  const asked = Promise.allSettled([send(1), send(2)])
  await turn()
  const next = send(3)
  calls[0]?.fail(new StoreError('unavailable', 'it is down'))
  for (const one of await asked) t.match(one, { reason: { code: 'unavailable' } })
  await turn()
  calls[1]?.answer(echo([3]))
  t.equal(await next, 3)
})

t.test('an item whose deadline has passed is not sent any more, and the longest deadline is the batch’s', async (t) => {
  const { caller, calls } = heldCaller()
  const { send } = createBatcher({ caller, path: '/order', clock })
  const late = send('late', { deadline: 999 })
  const asked = [send('a', { deadline: 3000 }), send('b', { deadline: 5000 })]
  const told = late.catch((error: unknown) => error)
  await turn()
  t.strictSame(calls[0]?.items, ['a', 'b'])
  t.equal(calls[0]?.options.deadline, 5000)
  calls[0]?.answer(echo(['a', 'b']))
  t.strictSame(await Promise.all(asked), ['a', 'b'])
  t.match(await told, { code: 'unavailable', message: /not sent/ })
})

t.test('a batch and the queue are bounded', async (t) => {
  const { caller, calls } = heldCaller()
  const { send } = createBatcher({ caller, path: '/order', batchMax: 2, queueMax: 3, clock })
  const first = send(0)
  await turn()
  const waiting = [send(1), send(2), send(3)]
  await t.rejects(send(4), { code: 'unavailable' })
  calls[0]?.answer(echo([0]))
  await first
  await turn()
  t.strictSame(calls[1]?.items, [1, 2])
  calls[1]?.answer(echo([1, 2]))
  await turn() // few are waiting: another turn may bring more
  await turn()
  calls[2]?.answer(echo([3]))
  t.strictSame(await Promise.all(waiting), [1, 2, 3])
})
