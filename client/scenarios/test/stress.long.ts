/** The stories of the course's stress test: what they ask of a real store holds, and a store that does otherwise is found out. */
import { randomInt } from 'node:crypto'
import t from 'tap'
import { realClock } from '../../../clock.ts'
import { dataDirOf, type Store, startStore } from '../../../test/store.ts'
import { Connection } from '../../load/connection.ts'
import { newCounts } from '../../load/counts.ts'
import { weightsOf } from '../../load/mix.ts'
import { seededRandom } from '../../load/plan.ts'
import { Seconds } from '../../load/seconds.ts'
import { loadResult } from '../../load/test/run.ts'
import { Visit } from '../../load/visit.ts'
import { json, type Plant, plantAt, type Reply, type Request } from '../../smoke/test/planted.ts'
import { scenarioOf } from '../index.ts'

/** Tells stories to one store by one visitor after the other; what failed, by kind and word. */
async function tell(url: string, story: string, { times = 1, token }: { times?: number; token?: string } = {}) {
  const counts = newCounts()
  const [clock, connection] = [realClock, new Connection(url, 10_000, token)]
  const from = { startedAt: clock.elapsed(), measuredFrom: clock.elapsed() }
  const recording = {
    clock,
    counts,
    seconds: new Seconds(),
    ...from,
    jitter: Math.random,
    withKeys: true,
    watch: undefined,
  }
  const { stories } = scenarioOf(story)
  for (let time = 0; time < times; time++)
    for (const [number, { tell }] of stories.entries()) {
      const random = seededRandom(seed, number, time)
      await tell(
        new Visit({ toys: [], quantityMax: 1, prepared: undefined }, connection, recording, random, () => false),
      )
    }
  connection.interrupt()
  const words = [...counts.kinds].flatMap(([kind, { failures }]) =>
    [...failures.keys()].map((word) => `${kind} ${word}`),
  )
  return { failures: words.sort(), checkouts: [...(counts.kinds.get('checkout')?.answers ?? [])].sort() }
}

const seed = randomInt(2 ** 32)
t.comment(`seed ${seed}`)
let store: Store
t.before(async () => {
  store = await startStore({ t, dataDir: dataDirOf(t) })
})

t.test('each story holds, in the mix and as a scenario of its own, and refusals are answers', async (t) => {
  const all = [
    ['ok', 30],
    ['out_of_credit', 10],
    ['out_of_stock', 10],
  ]
  t.strictSame(await tell(store.url, 'stress', { times: 10 }), { failures: [], checkouts: all })
  const alone = {
    'one-item': 'ok',
    'two-items': 'ok',
    regret: 'ok',
    'no-stock': 'out_of_stock',
    'no-credit': 'out_of_credit',
  }
  for (const [story, answer] of Object.entries(alone))
    t.strictSame(await tell(store.url, story), { failures: [], checkouts: [[answer, 1]] }, story)
  t.strictSame(await tell(store.url, 'stock-admin'), { failures: [], checkouts: [] })
})

t.test('the weights are those of the course, and --mix changes them', async (t) => {
  t.strictSame(weightsOf(scenarioOf('stress'), 0, undefined), [5, 30, 25, 20, 10, 10])
  t.strictSame(weightsOf(scenarioOf('stress'), 0, 'regret=2,no-stock=1'), [0, 0, 0, 2, 1, 0])
})

t.test('many clients at once in a load, with nothing failed', async (t) => {
  const result = await loadResult(t, store.url, `--scenario stress --clients 8 --requests 10 --seed ${seed}`)
  t.strictSame([result.rounds, result.all.failures], [80, []])
})

t.test('a wrong outcome makes the exit code of a load 1', async (t) => {
  const url = await plantAt(t, store.url, checkoutInstead(200, '"done"'))
  const options = `--scenario one-item --clients 1 --requests 1 --processes 1 --seed ${seed}`
  const { all } = await loadResult(t, url, options, 1)
  t.ok(
    all.failures.some(([word]) => word === 'wrong_order (one-item)'),
    JSON.stringify(all.failures),
  )
})

const is = (method: string, start: string) => (request: Request) =>
  request.method === method && request.path.startsWith(start)
const bodyChanged = (
  matches: (request: Request) => boolean,
  change: (body: Record<string, unknown>) => unknown,
): Plant => ({
  change: (reply: Reply, request) =>
    matches(request) && reply.status === 200
      ? json(200, change(JSON.parse(reply.text) as Record<string, unknown>))
      : reply,
})
const checkoutInstead = (status: number, text: string): Plant => ({
  instead: (request) =>
    is('POST', '/orders/checkout/')(request)
      ? { status, headers: { 'content-type': 'application/json' }, text }
      : undefined,
})
const refused = (reason: string): Plant =>
  checkoutInstead(400, JSON.stringify({ error: { code: 400, reason, message: 'no' } }))

const faults: { title: string; story: string; plant: Plant; told: string[] }[] = [
  {
    title: 'pieces that are added are not there',
    story: 'stock-admin',
    plant: { instead: (request) => (is('POST', '/stock/add/')(request) ? json(200, {}) : undefined) },
    told: ['find item wrong_stock (stock-admin)'],
  },
  {
    title: 'a checkout that does nothing is told as done',
    story: 'one-item',
    plant: checkoutInstead(200, '"done"'),
    told: [
      'find item wrong_stock (one-item)',
      'find order wrong_order (one-item)',
      'find user wrong_credit (one-item)',
    ],
  },
  {
    title: 'a checkout takes a credit too much',
    story: 'two-items',
    plant: bodyChanged(is('GET', '/payment/find_user/'), (body) => ({ ...body, credit: (body.credit as number) - 1 })),
    told: ['find user wrong_credit (two-items)'],
  },
  {
    title: 'a checkout takes a piece too much',
    story: 'two-items',
    plant: bodyChanged(is('GET', '/stock/find/'), (body) => ({ ...body, stock: (body.stock as number) - 1 })),
    told: ['find item wrong_stock (two-items)'],
  },
  {
    title: 'a removed item is still in the order',
    story: 'regret',
    plant: { instead: (request) => (is('DELETE', '/orders/removeItem/')(request) ? json(200, {}) : undefined) },
    told: ['find item wrong_stock (regret)', 'find order wrong_order (regret)', 'find user wrong_credit (regret)'],
  },
  {
    title: 'a paid order is not shown as paid',
    story: 'one-item',
    plant: bodyChanged(is('GET', '/orders/find/'), (body) => ({ ...body, paid: false })),
    told: ['find order wrong_order (one-item)'],
  },
  {
    title: 'a checkout is refused though there is all it needs',
    story: 'one-item',
    plant: refused('out_of_credit'),
    told: ['checkout wrongly_out_of_credit (one-item)'],
  },
  {
    title: 'a checkout without the stock is told as done',
    story: 'no-stock',
    plant: checkoutInstead(200, '"done"'),
    told: ['checkout not_out_of_stock (no-stock)'],
  },
  {
    title: 'a checkout is refused for another reason than it is',
    story: 'no-credit',
    plant: refused('out_of_stock'),
    told: ['checkout wrongly_out_of_stock (no-credit)'],
  },
  {
    title: 'a refused checkout keeps credit',
    story: 'no-stock',
    plant: bodyChanged(is('GET', '/payment/find_user/'), (body) => ({ ...body, credit: (body.credit as number) - 1 })),
    told: ['find user wrong_credit (no-stock)'],
  },
  {
    title: 'a refused checkout keeps pieces',
    story: 'no-credit',
    plant: bodyChanged(is('GET', '/stock/find/'), (body) => ({ ...body, stock: (body.stock as number) - 1 })),
    told: ['find item wrong_stock (no-credit)'],
  },
]

t.test('what is wrong is told by its name and its story', async (t) => {
  for (const { title, story, plant, told } of faults) {
    const url = await plantAt(t, store.url, plant)
    t.strictSame((await tell(url, story)).failures, told, title)
  }
})

t.test("with ADMIN_TOKEN the owner's routes are asked with the token", async (t) => {
  const { url } = await startStore({ t, dataDir: dataDirOf(t), env: { ADMIN_TOKEN: 'owner-owner' } })
  t.strictSame((await tell(url, 'stress', { token: 'owner-owner' })).failures, [])
  t.strictSame((await tell(url, 'stress')).failures, ['create item unauthorized'])
})
