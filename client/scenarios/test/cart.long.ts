/** Carts under load: what a real store does holds, and a store that does otherwise is found out. */
import { randomInt } from 'node:crypto'
import t from 'tap'
import { dataDirOf, type Store, startStore } from '../../../test/store.ts'
import { loadResult } from '../../load/test/run.ts'
import { json, type Plant, plantAt, type Reply, type Request } from '../../smoke/test/planted.ts'
import { verifyFiles } from '../../verify/files.ts'

const seed = randomInt(2 ** 32)
t.comment(`seed ${seed}`)
let store: Store
let dataDir: string
t.before(async () => {
  dataDir = dataDirOf(t, {
    catalog: { 'toys_db.csv': 'name,price,quantity\nTux,25.99,9000\nFox,29.99,9000\n7,1.50,9000\n' },
  })
  store = await startStore({ t, dataDir })
})

const once = `--scenario cart --clients 1 --processes 1 --requests 25 --seed ${seed}`

t.test('many customers fill and buy carts, nothing fails, and the books hold each order as it was told', async (t) => {
  const result = await loadResult(t, store.url, `--scenario cart --clients 8 --requests 15 --verify --seed ${seed}`)
  t.strictSame([result.rounds, result.all.failures], [120, []])
  t.match(result.verdict, { balanced: true, differences: [] })
  t.notOk(
    result.notes.some((note) => note.includes('are not ours')),
    `${result.notes}`,
  )
  const kinds = Object.fromEntries(result.kinds.map(({ kind, requests }) => [kind, requests]))
  t.ok(kinds['buy cart']! > 80 && kinds['check out cart']! > 0 && kinds['remove from cart']! > 0, JSON.stringify(kinds))
  for (let looks = 0; looks < 50 && (await verifyFiles(dataDir)).untaken > 0; looks++);
  t.match(await verifyFiles(dataDir), { untaken: 0, differences: { length: 0 } })
})

t.test('a mixed load buys toys and carts', async (t) => {
  const options = `--scenario mixed --buy 0.6 --clients 4 --requests 20 --verify --seed ${seed}`
  const result = await loadResult(t, store.url, options)
  t.strictSame(result.all.failures, [])
  t.match(result.verdict, { balanced: true })
  const kinds = result.kinds.map(({ kind }) => kind)
  t.ok(
    ['buy', 'buy cart', 'query'].every((kind) => kinds.includes(kind)),
    `${kinds}`,
  )
})

t.test('what is sold out stays in the cart until it is taken out', async (t) => {
  const scarce = await startStore({
    t,
    dataDir: dataDirOf(t, { catalog: { 'toys_db.csv': 'name,price,quantity\nTux,25.99,12\nFox,29.99,12\n' } }),
  })
  const url = await plantAt(t, scarce.url, {
    change: (reply, { path }) => (path.startsWith('/products/') ? plenty(reply) : reply),
  })
  const { all } = await loadResult(t, url, `--scenario cart --clients 2 --requests 20 --seed ${seed}`)
  t.strictSame(all.failures, [])
  t.ok(new Map(all.answers).get('out_of_stock')! > 0, JSON.stringify(all.answers))
})

const plenty = (reply: Reply): Reply => {
  const { data } = JSON.parse(reply.text) as { data: object }
  return json(200, { data: { ...data, quantity: 9, stock: 9 } })
}

const is = (method: string, path: RegExp) => (request: Request) => request.method === method && path.test(request.path)
const toCart = /^\/items\/load-[\da-f-]{36}$/
const toItem = /^\/items\/load-[\da-f-]{36}\//
type Item = Record<string, unknown>
const changed = (matches: (request: Request) => boolean, change: (body: unknown) => unknown): Plant => ({
  change: (reply, request) =>
    matches(request) && reply.status === 200 ? json(200, change(JSON.parse(reply.text))) : reply,
})

const faults: { title: string; plant: Plant; told: string[] }[] = [
  {
    title: 'an item is added twice',
    plant: changed(is('GET', toCart), (items) => (items as Item[]).map((item) => ({ ...item, unitCount: 999 }))),
    told: ['wrong_cart (cart)'],
  },
  {
    title: 'an item that was removed is still there',
    plant: { instead: (request) => (is('DELETE', toItem)(request) ? json(200, {}) : undefined) },
    told: ['wrong_cart (cart)'],
  },
  {
    title: 'what is added is told as less',
    plant: changed(is('POST', toItem), (item) => ({ ...(item as Item), unitCount: 0 })),
    told: ['wrong_answer (cart)'],
  },
  {
    title: 'what was bought stays in its cart',
    plant: changed(is('GET', toCart), (items) =>
      (items as Item[]).length === 0 ? [{ itemId: 'Tux', unitCount: 1, timestamp: '' }] : items,
    ),
    told: ['wrong_cart (cart)'],
  },
  {
    title: 'something else is bought than was in the cart',
    plant: changed(is('POST', /^\/orders$/), (body) => {
      const { data } = body as { data: { items: Item[] } }
      return { data: { ...data, items: data.items.map((item) => ({ ...item, name: 'Whale' })) } }
    }),
    told: ['wrong_answer'],
  },
  {
    title: 'a checkout gives back nothing',
    plant: changed(is('POST', /^\/checkout\//), () => []),
    told: ['wrong_answer (cart)'],
  },
]

t.test('what is wrong is told by its name', async (t) => {
  for (const { title, plant, told } of faults) {
    const url = await plantAt(t, store.url, plant)
    const { all } = await loadResult(t, url, once, 1)
    t.strictSame(all.failures.map(([word]) => word).sort(), told, title)
  }
})

t.test('where nobody tells whether an item was added, the cart may hold it or not, and nothing else', async (t) => {
  const unknown = (): Reply => json(503, { error: { code: 503, reason: 'outcome_unknown', message: 'nobody knows' } })
  let asked = 0
  const isThird = (request: Request): boolean => is('POST', toItem)(request) && ++asked % 3 === 0
  for (const plant of [
    { instead: (request) => (isThird(request) ? unknown() : undefined) },
    { change: (reply, request) => (isThird(request) ? unknown() : reply) },
  ] satisfies Plant[]) {
    asked = 0
    const { all, notes } = await loadResult(t, await plantAt(t, store.url, plant), once, 1)
    t.strictSame(
      all.failures.map(([word]) => word),
      ['outcome_unknown'],
    )
    t.match(notes, [/^Carts that were left, since nobody told what became of a change: \d+\.$/])
  }
})
