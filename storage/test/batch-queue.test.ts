import t from 'tap'
import { type BatchOptions, BatchQueue } from '../../batch-queue.ts'

/** A queue whose batches wait until the test lets them go. */
function start(options: Partial<BatchOptions<number, number>> = {}) {
  const batches: number[][] = []
  const gates: { open: () => void; fail: (error: Error) => void }[] = []
  let running = 0
  let together = 0
  const queue = new BatchQueue<number, number>({
    async run(batch) {
      batches.push(batch)
      together = Math.max(together, ++running)
      await new Promise<void>((resolve, reject) => gates.push({ open: resolve, fail: reject }))
      running -= 1
      return batch.map((item) => item * 10)
    },
    batchMax: 100,
    queueMax: 100,
    ...options,
  })
  const letGo = async (): Promise<void> => {
    gates.shift()!.open()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { queue, batches, gates, letGo, together: () => together }
}
const tick = () => new Promise((resolve) => setImmediate(resolve))

t.test('what comes in the same turn goes together, and each gets its own answer', async (t) => {
  const { queue, batches, letGo } = start()
  const answers = Promise.all([1, 2, 3].map((item) => queue.submit(item)))
  await tick()
  await letGo()
  t.strictSame(await answers, [10, 20, 30])
  t.strictSame(batches, [[1, 2, 3]])
})

t.test('what comes while a batch runs goes together in the next, in its order, one batch at a time', async (t) => {
  const { queue, batches, letGo, together } = start()
  const answers = [queue.submit(1)]
  await tick()
  for (const item of [2, 3]) answers.push(queue.submit(item))
  await tick()
  answers.push(queue.submit(4))
  t.strictSame(batches, [[1]])
  await letGo()
  t.strictSame(batches, [[1], [2, 3, 4]])
  await letGo()
  t.strictSame(await Promise.all(answers), [10, 20, 30, 40])
  t.equal(together(), 1)
})

t.test('a batch is bounded by its weight, but takes at least one', async (t) => {
  const { queue, batches, letGo } = start({ batchMax: 10, weight: (item) => item })
  const answers = Promise.all([4, 6, 1, 50, 9, 2].map((item) => queue.submit(item)))
  await tick()
  for (let i = 0; i < 5; i++) await letGo()
  await answers
  t.strictSame(batches, [[4, 6], [1], [50], [9], [2]])
})

t.test('a full queue refuses, and has room again later', async (t) => {
  const { queue, letGo } = start({ queueMax: 2 })
  const first = queue.submit(1)
  await tick()
  const waiting = [queue.submit(2), queue.submit(3)]
  await t.rejects(queue.submit(4), { code: 'unavailable' })
  await letGo()
  const later = queue.submit(5)
  await letGo()
  await letGo()
  t.strictSame(await Promise.all([first, ...waiting, later]), [10, 20, 30, 50])
})

t.test('what an item counts as bounds the queue, and is what the watch is told', async (t) => {
  const told: number[] = []
  let waiting = (): number => 0
  const { promise: passed, resolve: open } = Promise.withResolvers<void>()
  const queue = new BatchQueue<readonly number[], number>({
    run: async (batch) => {
      await passed
      return batch.map(({ length }) => length)
    },
    batchMax: 10,
    queueMax: 5,
    count: ({ length }) => length,
    watch(ask) {
      waiting = ask
      return (size) => told.push(size)
    },
  })
  const first = queue.submit([1, 2])
  await tick()
  const others = [queue.submit([3, 4, 5]), queue.submit([6, 7])]
  t.equal(waiting(), 5)
  await t.rejects(queue.submit([8]), { code: 'unavailable' })
  open()
  t.strictSame(await Promise.all([first, ...others]), [2, 3, 2])
  t.equal(waiting(), 0)
  t.strictSame(told, [2, 5])
})

t.test('an Error among the answers refuses its own item alone', async (t) => {
  const queue = new BatchQueue<number, number>({
    run: async (batch) => batch.map((item) => (item === 2 ? new Error('not you') : item)),
    batchMax: 10,
    queueMax: 10,
  })
  const answers = await Promise.allSettled([1, 2, 3].map((item) => queue.submit(item)))
  t.match(answers, [{ value: 1 }, { reason: { message: 'not you' } }, { value: 3 }])
})

t.test('a batch that fails refuses all of it, and the next one is run', async (t) => {
  const { queue, gates, letGo } = start()
  const failed = Promise.allSettled([queue.submit(1), queue.submit(2)])
  await tick()
  const next = queue.submit(3)
  gates.shift()!.fail(new Error('no disk'))
  t.match(await failed, [{ reason: { message: 'no disk' } }, { reason: { message: 'no disk' } }])
  await tick()
  await letGo()
  t.equal(await next, 30)
})

t.test('it is settled when nothing runs or waits', async (t) => {
  const { queue, letGo } = start({ batchMax: 1 })
  await queue.settled()
  const answers = [queue.submit(1), queue.submit(2)]
  let settled = false
  const waits = queue.settled().then(() => {
    settled = true
  })
  await tick()
  await letGo()
  t.notOk(settled)
  await letGo()
  await waits
  t.strictSame(await Promise.all(answers), [10, 20])
})

t.test(
  'with several in parallel, the next batch leaves before the last one is back, and no more than so many',
  async (t) => {
    const { queue, batches, letGo, together } = start({ parallel: 2 })
    const answers = [queue.submit(1)]
    await tick()
    answers.push(queue.submit(2), queue.submit(3))
    await tick()
    answers.push(queue.submit(4))
    await tick()
    answers.push(queue.submit(5))
    await tick()
    t.strictSame(batches, [[1], [2, 3]])
    await letGo()
    t.strictSame(batches, [[1], [2, 3], [4, 5]])
    await letGo()
    await letGo()
    t.strictSame(await Promise.all(answers), [10, 20, 30, 40, 50])
    t.equal(together(), 2)
    const later = queue.submit(6)
    await tick()
    await letGo()
    t.equal(await later, 60)
  },
)

t.test('what is gathered goes together', async (t) => {
  let gathered = (): void => {}
  const gather = () => new Promise<void>((resolve) => (gathered = resolve))
  const { queue, batches, letGo } = start({ gather })
  const answers = [queue.submit(1)]
  await tick()
  answers.push(queue.submit(2))
  await tick()
  t.strictSame(batches, [])
  gathered()
  await tick()
  t.strictSame(batches, [[1, 2]])
  await letGo()
  t.strictSame(await Promise.all(answers), [10, 20])
})

t.test('a patient item waits for company, but not longer than patience lasts', async (t) => {
  const overs: (() => void)[] = []
  const { queue, batches, letGo } = start({ patience: (over) => overs.push(over) })
  const answers = [queue.submit(1, { patient: true }), queue.submit(2, { patient: true })]
  await tick()
  t.strictSame(batches, [])
  t.equal(overs.length, 1, 'it waits once for all of them')
  answers.push(queue.submit(3))
  await tick()
  t.strictSame(batches, [[1, 2, 3]])
  answers.push(queue.submit(4, { patient: true }))
  await letGo()
  t.strictSame(batches, [[1, 2, 3]], 'a batch that ends hurries nobody')
  overs.shift()!()
  await tick()
  t.strictSame(batches, [[1, 2, 3], [4]])
  await letGo()
  t.strictSame(await Promise.all(answers), [10, 20, 30, 40])
  const alone = queue.submit(5, { patient: true })
  overs.shift()!()
  await tick()
  await letGo()
  t.equal(await alone, 50)
})
