/** Small cases over a real store hold, and a store that is wrong about one thing is found out. */
import { randomInt } from 'node:crypto'
import t from 'tap'
import { dataDirOf, type Store, startStore } from '../../../test/store.ts'
import { json, type Plant, plantAt, type Reply, type Request } from '../../smoke/test/planted.ts'
import { startClient } from '../../test/program.ts'
import { type CaseName, caseNames, caseOf } from '../cases.ts'
import { runCase } from '../run.ts'

const seed = randomInt(2 ** 32)
t.comment(`seed ${seed}`)
let store: Store
t.before(async () => {
  store = await startStore({ t, dataDir: dataDirOf(t) })
})

const sizes = { users: 30, checkouts: 30 }
const run = (url: string, name: CaseName, { direct = false } = {}) => {
  const size = caseOf(name, { ...sizes, ...(name === 'one' ? { pieces: 5 } : { items: 10 }) })
  const common = { token: undefined, timeoutMs: 20_000, concurrency: 30, retries: 5, kill: undefined, progress() {} }
  return runCase(size, { ...common, url, direct, seed, number: 0 })
}
const none = { answers: 0, stock: 0, credit: 0, log: 0 }

t.test('all is consistent, by drafts and by purchases', async (t) => {
  for (const direct of [false, true])
    for (const name of caseNames) {
      const { succeeded, wrong, unanswered, examples } = await run(store.url, name, { direct })
      t.strictSame([wrong, unanswered, examples], [none, 0, []], `${name} ${direct}`)
      if (name === 'one') t.equal(succeeded, 5)
      else if (name === 'poor') t.equal(succeeded, 0)
      else t.ok(succeeded > 0 && succeeded <= 10, `${succeeded}`)
    }
})

const is = (method: string, start: string) => (request: Request, reply: Reply) =>
  request.method === method && request.path.startsWith(start) && reply.status === 200
/** The first that matches, and whenever that path is asked for again. */
const changedOne = (
  matches: (request: Request, reply: Reply) => boolean,
  change: (body: Record<string, unknown>) => Record<string, unknown>,
): Plant => {
  let path: string | undefined
  return {
    change(reply, request) {
      if (!matches(request, reply)) return reply
      path ??= request.path
      if (path !== request.path) return reply
      return json(200, change(JSON.parse(reply.text) as Record<string, unknown>))
    },
  }
}
const once = (matches: (request: Request, reply: Reply) => boolean, change: (reply: Reply) => Reply): Plant => {
  let left = 1
  return { change: (reply, request) => (matches(request, reply) && left-- > 0 ? change(reply) : reply) }
}

const faults: { title: string; direct?: true; plant: () => Plant; wrong: object }[] = [
  {
    title: 'a failed checkout is told as done',
    plant: () =>
      once(
        ({ path }, { status }) => path.startsWith('/orders/checkout/') && status === 400,
        () => json(200, {}),
      ),
    // It is not paid, and one success too many.
    wrong: { ...none, answers: 2 },
  },
  {
    title: 'a checkout that took place is told as refused',
    plant: () =>
      once(is('POST', '/orders/checkout/'), () =>
        json(400, { error: { code: 400, reason: 'out_of_stock', message: 'no' } }),
      ),
    wrong: { ...none, answers: 2 },
  },
  {
    title: 'credit is taken twice',
    plant: () =>
      changedOne(is('GET', '/payment/find_user/'), (body) => ({ ...body, credit: (body.credit as number) - 1 })),
    wrong: { answers: 0, stock: 0, log: 0 },
  },
  {
    title: 'a piece is lost',
    plant: () => changedOne(is('GET', '/stock/find/'), (body) => ({ ...body, stock: (body.stock as number) + 1 })),
    wrong: { ...none, stock: 1 },
  },
  {
    title: 'an order is not in the log',
    plant: () =>
      changedOne(is('GET', '/orders?limit=1000'), (body) => ({ ...body, data: (body.data as unknown[]).slice(1) })),
    wrong: { ...none, log: 1 },
  },
  {
    title: 'a purchase that failed is told as done',
    direct: true,
    plant: () =>
      once(
        ({ path }, { status }) => path === '/orders' && status === 409,
        () => json(200, { data: { order_number: 1 } }),
      ),
    wrong: { ...none, answers: 2 },
  },
]

t.test('each fault is told under its figure, and under no other', async (t) => {
  for (const { title, direct, plant, wrong } of faults) {
    const url = await plantAt(t, store.url, plant())
    const verdict = await run(url, 'one', { direct: direct ?? false })
    t.match(verdict.wrong, wrong, title)
    t.ok(verdict.examples.length > 0, title)
    if (title.startsWith('credit')) t.ok(verdict.wrong.credit > 0, title)
  }
})

t.test('a lost answer is asked for again, and the order is bought once', async (t) => {
  const lost = once(is('POST', '/orders/checkout/'), () =>
    json(503, { error: { code: 503, reason: 'outcome_unknown', message: 'no' } }),
  )
  const { succeeded, wrong, retries } = await run(await plantAt(t, store.url, lost), 'one')
  t.strictSame([succeeded, wrong, retries], [5, none, 1])
})

t.test('the command prints four figures a run, and its exit code says whether all are 0', async (t) => {
  const options = ['--cases', 'one', '--pieces', '3', '--users', '9', '--checkouts', '9', '--concurrency', '9']
  const good = await startClient(['consistency', '--url', store.url, ...options, '--runs', '2']).ran
  t.equal(good.code, 0, good.err)
  t.match(good.out, /^ok {5}run 2, one: 0\/0\/0\/0 {2}3 succeeded \(of 3 that had to\), 6 out_of_stock, /m)
  t.match(good.out, /^wrong in answers\/stock\/credit\/log: 0\/0\/0\/0; 2 of 2 without a fault$/m)
  const url = await plantAt(t, store.url, faults[3]!.plant())
  const bad = await startClient(['consistency', '--url', url, ...options, '--json']).ran
  t.equal(bad.code, 1)
  t.match(JSON.parse(bad.out), {
    held: 0,
    runs: [{ wrong: { stock: 1 }, examples: [/^of item 0 there are 1, and 0/] }],
  })
})

t.test('wrong use ends with exit code 2, and where there is no store with 1', async (t) => {
  const ran = (...options: string[]) => startClient(['consistency', ...options]).ran
  const [kill, own, cases, nobody] = await Promise.all([
    ran('--url', store.url, '--kill', 'order'),
    ran('--url', store.url, '--own'),
    ran('--cases', 'two'),
    ran('--url', 'http://shop.example'),
  ])
  t.match([kill!.code, own!.code, cases!.code, nobody!.code], [2, 2, 2, 2])
  t.match(cases!.err, /There is no case "two".*There are pairs, poor, one/)
})
