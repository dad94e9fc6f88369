/** What is kept in memory, rule by rule, with changes and fetches held in hand. */
import t from 'tap'
import type { Position, Toy } from '../../catalog/client.ts'
import { StoreError } from '../../errors.ts'
import { Products } from '../products.ts'

const toyOf = (quantity: number, name = 'Tux'): Toy => ({ name, price: 25.99, quantity, stock: quantity })
const at = (sequence: number, epoch = 'e1'): Position => ({ epoch, sequence })
const change = (sequence: number, ...changed: Toy[]) => ({ sequence, changed, removed: [] as string[] })

/** Products whose catalog answers when the test says so. */
function held(namesMax = 100, missingMax = 100) {
  const asked: {
    name: string
    answer: (toy: Toy | undefined, at?: Position) => Promise<void>
    fail: () => Promise<void>
  }[] = []
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const products = new Products({
    namesMax,
    missingMax,
    query(name) {
      const { promise, resolve, reject } = Promise.withResolvers<{ toy: Toy | undefined; at: Position | undefined }>()
      const answer = (toy: Toy | undefined, position?: Position): Promise<void> => {
        resolve({ toy, at: position })
        return turn()
      }
      const fail = (): Promise<void> => {
        reject(new StoreError('product_not_found', 'product not found'))
        return turn()
      }
      asked.push({ name, answer, fail })
      return promise
    },
  })
  const known = (name = 'Tux'): number | undefined => stockOf(products.known(name))
  const fetch = async (name = 'Tux'): Promise<number | undefined> => stockOf(await products.fetch(name, {}))
  return { products, asked, known, fetch }
}

const stockOf = (reply: unknown): number | undefined =>
  reply === undefined ? undefined : JSON.parse((reply as { text: string }).text).data.stock

/** The same, where Tux is in memory with 10 pieces, read at change 5. */
async function warm() {
  const all = held()
  all.products.begin(at(5))
  const first = all.fetch()
  await all.asked[0]!.answer(toyOf(10), at(5))
  t.equal(await first, 10)
  return all
}

t.test('what was fetched once is given from memory, ready to be sent', async (t) => {
  const { products, known, asked } = await warm()
  t.equal(known(), 10)
  t.strictSame(products.known('Tux'), {
    text: '{"data":{"name":"Tux","price":25.99,"quantity":10,"stock":10}}',
    contentType: 'application/json',
  })
  t.equal(products.known('Tux'), products.known('Tux'), 'made once')
  t.equal(asked.length, 1)
  t.strictSame(products.answers, { memory: 4, catalog: 1 })
})

t.test('a change replaces what is in memory, and a removal takes it out', async (t) => {
  const { products, known } = await warm()
  products.change(change(6, toyOf(3, 'Fox')))
  t.equal(known(), 10)
  t.equal(known('Fox'), undefined, 'who is not asked for is not kept')
  products.change(change(7, toyOf(9)))
  t.equal(known(), 9)
  products.change({ sequence: 8, changed: [], removed: ['Tux'] })
  t.equal(known(), undefined)
  t.equal(products.size, 0)
})

t.test('nothing is given from memory while the stream is down, and nothing is stored', async (t) => {
  const { products, known, asked, fetch } = await warm()
  products.down()
  t.equal(known(), undefined)
  const again = fetch()
  await asked[1]!.answer(toyOf(9), at(6))
  t.equal(await again, 9)
  t.equal(known(), undefined)
  products.begin(at(6))
  t.equal(known(), undefined, 'a stream begins empty')
})

t.test('before the first beginning nothing is stored', async (t) => {
  const { known, asked, fetch } = held()
  const first = fetch()
  await asked[0]!.answer(toyOf(10), at(5))
  t.equal(await first, 10)
  t.equal(known(), undefined)
})

t.test('a new epoch begins empty, and stores nothing of the old one', async (t) => {
  const { products, known, asked, fetch } = await warm()
  const late = fetch('Fox')
  products.begin(at(0, 'e2'))
  t.equal(known(), undefined)
  await asked[1]!.answer(toyOf(4, 'Fox'), at(9))
  t.equal(await late, 4)
  t.equal(known('Fox'), undefined)
})

t.test('a value of an epoch whose stream has not begun is not stored', async (t) => {
  const { products, known, asked, fetch } = held()
  products.begin(at(5))
  const ahead = fetch()
  await asked[0]!.answer(toyOf(10), at(7, 'e2'))
  t.equal(await ahead, 10)
  t.equal(known(), undefined, 'the old stream, whose end is not noticed yet, does not keep it up to date')
})

t.test('a value that was asked for before the stream began is neither stored nor shared any more', async (t) => {
  const { products, known, asked, fetch } = held()
  const early = fetch()
  products.begin(at(5))
  const later = fetch()
  await asked[0]!.answer(toyOf(10), at(4))
  t.equal(await early, 10)
  t.equal(known(), undefined, 'change 5 may be one that nobody has told')
  await asked[1]!.answer(toyOf(9), at(5))
  t.equal(await later, 9)
  t.equal(known(), 9)
})

t.test('a value that was read before a change is not stored over it', async (t) => {
  const { products, known, asked, fetch } = held()
  products.begin(at(5))
  const late = fetch()
  products.change(change(6, toyOf(9)))
  products.change(change(7, toyOf(3, 'Fox')))
  await asked[0]!.answer(toyOf(10), at(5))
  t.equal(await late, 9)
  t.equal(known(), 9)
})

t.test('a value that was read after the change is stored, although the change was told first', async (t) => {
  const { products, known, asked, fetch } = held()
  products.begin(at(5))
  const first = fetch()
  products.change(change(6, toyOf(9)))
  await asked[0]!.answer(toyOf(7), at(8))
  t.equal(await first, 7)
  t.equal(known(), 7)
})

t.test('a product that was removed while it was fetched is not stored', async (t) => {
  const { products, known, asked, fetch } = held()
  products.begin(at(5))
  const late = fetch()
  products.change({ sequence: 6, changed: [], removed: ['Tux'] })
  await asked[0]!.answer(toyOf(10), at(5))
  t.equal(await late, 10)
  t.equal(known(), undefined)
})

t.test('changes that are older than what was fetched do not overwrite it', async (t) => {
  const { products, known, asked, fetch } = held()
  products.begin(at(5))
  const first = fetch()
  await asked[0]!.answer(toyOf(7), at(8))
  await first
  products.change(change(6, toyOf(9)))
  products.change({ sequence: 7, changed: [], removed: ['Tux'] })
  products.change(change(8, toyOf(7)))
  t.equal(known(), 7)
  products.change(change(9, toyOf(6)))
  t.equal(known(), 6)
})

t.test('a change that does not follow the last one ends the stream', async (t) => {
  const { products } = await warm()
  for (const sequence of [5, 7]) t.throws(() => products.change(change(sequence, toyOf(1))), RangeError)
  products.down()
  t.throws(() => products.change(change(6, toyOf(1))), RangeError)
})

t.test('a purchase that the stream has not told yet takes its toy out, until it is fetched with it', async (t) => {
  const { products, known, asked, fetch } = await warm()
  products.seen('Tux', at(6))
  t.equal(known(), undefined)
  const again = fetch()
  await asked[1]!.answer(toyOf(9), at(6))
  t.equal(await again, 9)
  t.equal(known(), 9)
  products.seen('Tux', at(6))
  t.equal(known(), 9, 'what is new enough stays')
  products.change(change(6, toyOf(9)))
  t.equal(known(), 9)
})

t.test('a purchase that the stream has told already leaves its toy in memory', async (t) => {
  const { products, known } = await warm()
  products.change(change(6, toyOf(9)))
  products.change(change(7, toyOf(3, 'Fox')))
  products.seen('Tux', at(7))
  t.equal(known(), 9)
})

t.test('a fetch from before a purchase is neither stored nor given to who asks after it', async (t) => {
  const { products, known, asked, fetch } = held()
  products.begin(at(5))
  const before = fetch()
  products.seen('Tux', at(6))
  const after = fetch()
  t.equal(asked.length, 2)
  await asked[0]!.answer(toyOf(10), at(5))
  t.equal(await before, 10, 'who asked before it may see the old one')
  t.equal(known(), undefined)
  await asked[1]!.answer(toyOf(9), at(6))
  t.equal(await after, 9)
  t.equal(known(), 9)
})

t.test('a purchase without a number takes its toy out, and only a fetch from after it is stored', async (t) => {
  for (const unknown of [undefined, at(5, 'e0')]) {
    const { products, known, asked, fetch } = await warm()
    products.seen('Tux', unknown)
    t.equal(known(), undefined)
    const before = fetch()
    products.seen('Tux', unknown)
    const after = fetch()
    await asked[1]!.answer(toyOf(10), at(5))
    t.equal(await before, 10)
    t.equal(known(), undefined)
    products.change(change(6, toyOf(8)))
    t.equal(known(), undefined, 'nor what is told meanwhile: it may be older than the purchase')
    await asked[2]!.answer(toyOf(7), at(7))
    t.equal(await after, 7)
    t.equal(known(), 7)
  }
})

t.test('who has been shown something new is never shown anything older', async (t) => {
  const { products, known, asked, fetch } = await warm()
  products.seen('Tux', undefined)
  const slow = fetch()
  products.seen('Tux', undefined)
  const quick = fetch()
  await asked[2]!.answer(toyOf(9), at(6))
  await quick
  t.equal(known(), 9)
  await asked[1]!.answer(toyOf(8), at(7))
  t.equal(await slow, 8)
  t.equal(known(), undefined)
})

t.test(
  'fetches of one name at the same time share one call, and its failure; nobody is kept who is unknown',
  async (t) => {
    const { products, known, asked, fetch } = held()
    products.begin(at(5))
    const [first, second, other] = [fetch(), fetch(), fetch('Fox')]
    t.strictSame(
      asked.map(({ name }) => name),
      ['Tux', 'Fox'],
    )
    await Promise.all([
      asked[0]!.answer(toyOf(10), at(5)),
      t.rejects(other, { code: 'product_not_found' }),
      asked[1]!.fail(),
    ])
    t.strictSame(await Promise.all([first, second]), [10, 10])
    t.equal(known('Fox'), undefined)
    t.equal(products.size, 1)
    void fetch('Fox').catch(() => {})
    t.equal(asked.length, 3)
    await asked[2]!.fail()
  },
)

t.test('over the limit the name that came first goes', async (t) => {
  const { products, known, asked, fetch } = held(2)
  products.begin(at(5))
  for (const [i, name] of ['Tux', 'Fox', 'Whale'].entries()) {
    const one = fetch(name)
    await asked[i]!.answer(toyOf(i, name), at(5))
    await one
  }
  t.strictSame([known('Tux'), known('Fox'), known('Whale'), products.size], [undefined, 1, 2, 2])
})

const notThere = { code: 'product_not_found' }

t.test('a name that no toy has is told from memory, until the stream says that there is one', async (t) => {
  const { products, asked, fetch, known } = held()
  products.begin(at(5))
  const first = fetch('Nobody')
  const told = t.rejects(first, notThere)
  await asked[0]!.answer(undefined, at(6))
  await told
  t.throws(() => known('Nobody'), notThere)
  products.change(change(6, toyOf(1, 'Nobody')))
  t.throws(() => known('Nobody'), notThere, 'the read had seen that change')
  products.change(change(7, toyOf(4, 'Nobody')))
  t.equal(known('Nobody'), 4)
  products.change({ sequence: 8, changed: [], removed: ['Nobody'] })
  t.equal(known('Nobody'), undefined, 'asked for again')
  t.equal(asked.length, 1)
})

t.test('what is told while it is asked for is newer than that nothing was there', async (t) => {
  const { products, asked, fetch, known } = held()
  products.begin(at(5))
  const first = fetch('Nobody')
  products.change(change(6, toyOf(3, 'Nobody')))
  await asked[0]!.answer(undefined, at(5))
  t.equal(await first, 3)
  t.equal(known('Nobody'), 3)
})

t.test('names that no toy has push out each other, and no toy', async (t) => {
  const { products, asked, fetch, known } = held(100, 2)
  products.begin(at(5))
  const tux = fetch()
  await asked[0]!.answer(toyOf(10), at(5))
  await tux
  for (const name of ['a', 'b', 'c']) {
    const told = t.rejects(fetch(name), notThere)
    await asked.at(-1)!.answer(undefined, at(5))
    await told
  }
  t.equal(products.size, 3)
  t.equal(known('a'), undefined)
  t.throws(() => known('b'), notThere)
  t.throws(() => known('c'), notThere)
  t.equal(known(), 10)
  products.change(change(6, toyOf(7, 'b')))
  for (const name of ['d', 'e']) {
    const told = t.rejects(fetch(name), notThere)
    await asked.at(-1)!.answer(undefined, at(6))
    await told
  }
  t.equal(known('b'), 7, 'it is a toy now')
  products.down()
  t.equal(products.size, 0)
  t.equal(known('c'), undefined)
})
