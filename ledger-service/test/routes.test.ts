/** `/ledger` and `/movements`, as every service with a ledger has them; the catalog stands for all. */
import t from 'tap'
import { startCatalog } from '../../catalog/start.ts'
import { StoreError } from '../../errors.ts'
import type { Command, Outcome } from '../../storage/ledger.ts'
import { ask } from '../../test/ask.ts'
import { dataDirOf } from '../../test/store.ts'
import { startService } from '../../test/world.ts'
import type { Commands } from '../commands.ts'
import { ledgerRoute } from '../routes.ts'

const header = 'name,price,quantity\n'
const names = (count: number) => Array.from({ length: count }, (_, i) => `toy ${i}`)
const put = (account: string, balance: number) => ({ op: 'put', account, attributes: ['1.00'], balance, reason: 'set' })
const reserve = (id: string, accounts: readonly string[], amount = 1) => ({
  op: 'reserve',
  id,
  after: 0,
  items: accounts.map((account) => ({ account, amount })),
})

const { url } = await startService(t, startCatalog, {
  DATA_DIR: dataDirOf(t, { catalog: { 'toys_db.csv': header } }),
})
const post = (body: unknown) => ask(`${url}/ledger`, { method: 'POST', body })
const ledger = async (...commands: unknown[]) => (await post(commands)).body as { data?: Outcome; error?: unknown }[]

t.test('an array of a thousand accounts is done, and answered in its order', async (t) => {
  const all = names(1000)
  const answers = await ledger(...all.map((name, i) => put(name, i)))
  t.strictSame(
    answers.map(({ data }) => data?.outcome === 'changed' && [data.account, data.balance, data.movement]),
    all.map((name, i) => [name, i, i + 1]),
  )
  t.match((await post([...all, 'one more'].map((name) => put(name, 1)))).body, {
    error: { code: 400, message: 'an array may have at most 1000 items' },
  })
})

t.test(
  'commands on more than 400 accounts are done in their order: later ones see what earlier ones did',
  async (t) => {
    const many = names(1000).slice(900)
    const commands = [
      put('toy 0', 2),
      ...Array.from({ length: 8 }, (_, i) => reserve(`a1-${i + 1}`, many)),
      reserve('a1-9', ['toy 0'], 2),
      reserve('a1-10', ['toy 0']),
      null,
      { op: 'void', id: 'a1-9' },
      reserve('a1-11', ['toy 0'], 2),
    ]
    const answers = await ledger(...commands)
    t.strictSame(
      answers.map(({ data, error }) => (error === undefined ? data!.outcome : 'bad')),
      ['changed', ...Array(8).fill('held'), 'held', 'refused', 'bad', 'done', 'held'],
    )
    const first = answers[1]!.data as Outcome & { outcome: 'held' }
    t.strictSame(
      first.items.map(({ account }) => account),
      many,
    )
    const voids = await ledger(...Array.from({ length: 11 }, (_, i) => ({ op: 'void', id: `a1-${i + 1}` })))
    t.ok(voids.every(({ data }) => data?.outcome === 'done'))
    const { body } = await ask(`${url}/query/${encodeURIComponent('toy 950')}`)
    t.match(body, { data: { quantity: 950 } }, 'all is given back')
  },
)

t.test('a hundred accounts with the longest names fit into one purchase', async (t) => {
  const long = Array.from({ length: 100 }, (_, i) => `${'ü'.repeat(196)}${String(i).padStart(4, '0')}`)
  const made = await ledger(...long.map((name) => put(name, 1)))
  t.ok(made.every(({ data }) => data?.outcome === 'changed'))
  t.match(await ledger(reserve('a1-20', long), { op: 'confirm', id: 'a1-20' }), [
    { data: { outcome: 'held' } },
    { data: { outcome: 'done' } },
  ])
})

t.test('movements come in pages, the oldest first', async (t) => {
  const page = async (query: string) =>
    (await ask(`${url}/movements?${query}`)).body as { data: { number: number }[]; next: number | null }
  const first = await page('limit=1000')
  t.equal(first.data.length, 1000)
  t.equal(first.next, 1000)
  const second = await page(`after=${first.next}&limit=1000`)
  t.equal(second.data.length, 101)
  t.equal(second.next, null)
  t.strictSame(
    [...first.data, ...second.data].map(({ number }) => number),
    Array.from({ length: 1101 }, (_, i) => i + 1),
  )
})

t.test('of what goes in several parts, one that is refused takes the others not with it', async (t) => {
  const taken: number[] = []
  const execute = async (commands: readonly Command[]): Promise<Outcome[]> => {
    taken.push(commands.length)
    if (taken.length === 2) throw new StoreError('unavailable', 'the disk is full')
    return commands.map(() => ({ outcome: 'done' as const }))
  }
  const all: Commands = {
    schema: undefined as never, // the quick look takes all of them
    looksRight: (value): value is Command => value !== undefined,
  }
  const commands = Array.from({ length: 1000 }, (_, i) => ({ op: 'confirm', id: `a1-${i}` }))
  const route = ledgerRoute({ execute }, all)
  const reply = await route.handle({ body: async () => commands } as never)
  t.strictSame(taken, [400, 400, 200])
  const answers = JSON.parse((reply as { text: string }).text) as { data?: unknown; error?: { code: number } }[]
  t.strictSame(
    answers.map(({ error }) => error?.code ?? 'done'),
    [...Array(400).fill('done'), ...Array(400).fill(503), ...Array(200).fill('done')],
  )
})
