/** Purchases that come in one request: they travel together, and each is decided by itself. */
import t from 'tap'
import { StoreError } from '../../errors.ts'
import type { Outcome } from '../../storage/ledger.ts'
import { type HeldStore, heldStore, turns } from './held-world.ts'

const wanted = (account: string, amount: number, key: string) => ({ key, items: [{ account, amount }] })
const tux = (key: string, quantity = 1) => wanted('Tux', quantity, key)

/** A store whose log knows its keys, so that new ones need no look-up. */
async function store(stock: Record<string, number>): Promise<HeldStore> {
  const started = await heldStore(stock)
  started.log.knowsKeys = true
  return started
}

t.test('they are reserved in one message and confirmed in one, and numbered in their order', async (t) => {
  const { buyAll, catalog } = await store({ Tux: 5 })
  catalog.messages = []
  const before = catalog.sent.length
  const bought = await buyAll(tux('k1'), tux('k2', 2), tux('k3'))
  t.match(bought, [
    { order_number: 1, quantity: 1 },
    { order_number: 2, quantity: 2, total: 20 },
    { order_number: 3, quantity: 1 },
  ])
  await turns()
  const ops = catalog.sent.slice(before).map(({ op }) => op)
  t.strictSame(ops, ['reserve', 'reserve', 'reserve', 'confirm', 'confirm', 'confirm'])
  t.equal(catalog.stock(), 1)
  t.same(catalog.reserved(), [])
})

t.test('one that is refused gives back what it asked for, and the others are bought', async (t) => {
  const { buyAll, catalog, log } = await store({ Tux: 3 })
  const answers = await buyAll(tux('k1'), tux('k2', 99), wanted('Nobody', 1, 'k3'), tux('k4'))
  t.match(answers, [{ order_number: 1 }, 'out_of_stock', 'product_not_found', { order_number: 2 }])
  t.strictSame(
    log.entries.map(({ key }) => key),
    ['k1', 'k4'],
  )
  await turns()
  t.equal(catalog.stock(), 1)
  t.same(catalog.reserved(), [])
})

t.test('a refusal among them is told only when its void is acknowledged', async (t) => {
  const { buyAll, catalog, log } = await store({ Tux: 3 })
  catalog.auto = ({ op }) => op !== 'void'
  let answers: unknown
  const asked = buyAll(tux('k1'), tux('k2', 99)).then((told) => {
    answers = told
  })
  await turns()
  t.equal(answers, undefined)
  t.equal(log.lastNumber, 1, 'the other one is written meanwhile')
  catalog.only('void').deliver()
  await asked
  t.match(answers, [{ order_number: 1 }, 'out_of_stock'])
})

t.test('a key that comes twice in a request, or in two at the same time, is bought once', async (t) => {
  const { buyAll, log, catalog } = await store({ Tux: 9 })
  const [first, second] = await Promise.all([buyAll(tux('k1'), tux('k1'), tux('k2')), buyAll(tux('k2'), tux('k3'))])
  t.match(first, [{ order_number: 1 }, { order_number: 1 }, { order_number: 2 }])
  t.match(second, [{ order_number: 2 }, { order_number: 3 }])
  t.equal(log.lastNumber, 3)
  t.equal(catalog.stock(), 6)
})

t.test('a key that is known is answered from the log, and one of another purchase is refused', async (t) => {
  const { buyAll, log } = await store({ Tux: 9 })
  await buyAll(tux('k1'))
  const answers = await buyAll(tux('k1'), tux('k1', 2), tux('k2'), tux('k2', 2))
  t.match(answers, [{ order_number: 1 }, 'key_reused', { order_number: 2 }, 'key_reused'])
  t.equal(log.lastNumber, 2)
})

t.test('a row that is certainly not there is given back, and the others stay bought', async (t) => {
  const { buyAll, catalog, log } = await store({ Tux: 9 })
  const append = log.append.bind(log)
  log.append = (entry) =>
    entry.key === 'k2' ? Promise.reject(new StoreError('unavailable', 'the disk is full')) : append(entry)
  t.match(await buyAll(tux('k1'), tux('k2'), tux('k3')), [{ order_number: 1 }, 'unavailable', { order_number: 2 }])
  await turns()
  t.equal(catalog.stock(), 7)
  t.same(catalog.reserved(), [])
})

t.test('a row that may be there stays undecided, and the fence stays below it', async (t) => {
  const { buyAll, catalog, log, clock } = await store({ Tux: 9 })
  const append = log.append.bind(log)
  log.append = (entry) =>
    entry.key === 'k2' ? Promise.reject(new StoreError('outcome_unknown', 'a sync failed')) : append(entry)
  t.match(await buyAll(tux('k1'), tux('k2'), tux('k3')), [{ order_number: 1 }, 'outcome_unknown', { order_number: 2 }])
  await turns()
  t.strictSame(catalog.reserved(), ['a1-2'], 'neither confirmed nor given back')
  catalog.auto = ({ op }) => op !== 'confirm'
  await buyAll(tux('k4'))
  await clock.pass(5000)
  await turns()
  const fences = catalog.sent.flatMap((command) => (command.op === 'open' ? [command.fence] : []))
  t.equal(fences.at(-1), 'a1-2')
})

t.test('a request that the catalog does not answer is given back as a whole', async (t) => {
  const { buyAll, catalog } = await store({ Tux: 9 })
  catalog.auto = ({ op }) => op !== 'reserve'
  const asked = buyAll(tux('k1'), tux('k2'))
  await turns()
  const reserve = catalog.only('reserve')
  reserve.arrive()
  reserve.fail()
  t.strictSame(await asked, ['unavailable', 'unavailable'])
  t.equal(catalog.stock(), 9)
  t.same(catalog.reserved(), [])
})

t.test('a command that the catalog refuses as none fails alone', async (t) => {
  const { buyAll, catalog } = await store({ Tux: 9 })
  const send = catalog.send.bind(catalog)
  catalog.send = async (commands) => {
    const outcomes: (Outcome | Error)[] = await send(commands)
    if (commands[0]?.op === 'reserve') outcomes[1] = new StoreError('bad_request', 'what is this?')
    return outcomes as Outcome[]
  }
  t.match(await buyAll(tux('k1'), tux('k2'), tux('k3')), [{ order_number: 1 }, 'bad_request', { order_number: 2 }])
  await turns()
  t.equal(catalog.stock(), 7)
  t.same(catalog.reserved(), [])
})

t.test('a bug while they are written leaves no key in flight', async (t) => {
  const { buyAll, log } = await store({ Tux: 9 })
  const { append } = log
  log.append = () => {
    throw new TypeError('a bug')
  }
  const answers = await Promise.all([buyAll(tux('k1'), tux('k2')), buyAll(tux('k1'))])
  t.match(answers.flat(), [/a bug/, /a bug/, /a bug/])
  log.append = append.bind(log)
  t.match(await buyAll(tux('k1')), [{ order_number: 1 }])
})

t.test('all rows of an order have one time, also where a moment passes between them', async (t) => {
  const { buyAll, catalog, clock, log } = await store({ Tux: 9, Fox: 9 })
  let now = 0
  clock.now = () => ++now
  const items = ['Tux', 'Fox'].map((account) => ({ account, amount: 1 }))
  await buyAll({ key: 'k1', items }, tux('k2'))
  const times = log.entries.map(({ rows }) => rows.map(({ placed_at }) => placed_at))
  t.same(times, [[times[0]![0], times[0]![0]], times[1]])
  await turns()
  t.same(catalog.reserved(), [])
})
