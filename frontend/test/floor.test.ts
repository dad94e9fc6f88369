/** What threads of a front end owe each other: several memories over one floor, with changes and fetches held in hand. */
import t from 'tap'
import type { Found, Position, Toy } from '../../catalog/client.ts'
import { Floor, floorMemory } from '../floor.ts'
import { Products } from '../products.ts'

const toyOf = (quantity: number, name = 'Tux'): Toy => ({ name, price: 25.99, quantity, stock: quantity })
const at = (sequence: number, epoch = 'e1'): Position => ({ epoch, sequence })
const change = (sequence: number, ...changed: Toy[]) => ({ sequence, changed, removed: [] as string[] })
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Two threads' memories, each with Tux in it, 10 pieces, read at change 5 and last changed by change 3. */
async function warm() {
  const memory = floorMemory()
  const thread = () => {
    const asked: ((found: Found) => Promise<void>)[] = []
    const products = new Products({
      floor: new Floor(memory),
      query() {
        const { promise, resolve } = Promise.withResolvers<Found>()
        asked.push((found) => {
          resolve(found)
          return turn()
        })
        return promise
      },
    })
    const stockOf = (reply: unknown): number | undefined =>
      reply === undefined ? undefined : JSON.parse((reply as { text: string }).text).data.stock
    const known = (name = 'Tux') => stockOf(products.known(name))
    const fetch = async (name = 'Tux') => stockOf(await products.fetch(name, {}))
    return { products, asked, known, fetch }
  }
  const threads = [thread(), thread()] as const
  for (const { products, asked, fetch } of threads) {
    products.begin(at(5))
    const first = fetch()
    await asked.shift()!({ toy: toyOf(10), at: at(5), changed: 3 })
    t.equal(await first, 10)
  }
  for (const { known } of threads) t.equal(known(), 10)
  return threads
}

t.test('what one thread has sold, another shows no more before its stream tells it', async (t) => {
  const [one, other] = await warm()
  one.products.seen('Tux', at(6))
  t.equal(other.known(), undefined)
  other.products.change(change(6, toyOf(9)))
  t.equal(other.known(), 9, 'the same memory, without asking')
  t.equal(other.asked.length, 0)
})

t.test('what one thread has been told, another that lags behind shows no more', async (t) => {
  const [one, other] = await warm()
  one.products.change(change(6, toyOf(9)))
  t.equal(one.known(), 9)
  t.equal(other.known(), undefined)
  other.products.change(change(6, toyOf(9)))
  t.equal(other.known(), 9)
})

t.test('a change of another toy, and a read of one that has not changed, take nothing from anybody', async (t) => {
  const [one, other] = await warm()
  one.products.seen('Fox', at(6))
  one.products.change(change(6, toyOf(1, 'Fox')))
  const again = one.fetch()
  await one.asked.shift()!({ toy: toyOf(10), at: at(6), changed: 3 })
  t.equal(await again, 10)
  t.equal(other.known(), 10)
})

t.test('what one thread has fetched and shown, another shows nothing older of', async (t) => {
  const [one, other] = await warm()
  const shown = one.fetch()
  await one.asked.shift()!({ toy: toyOf(8), at: at(7), changed: 7 })
  t.equal(await shown, 8)
  t.equal(other.known(), undefined)
  other.products.change(change(6, toyOf(9)))
  t.equal(other.known(), undefined)
  other.products.change(change(7, toyOf(8)))
  t.equal(other.known(), 8)
})

t.test('a purchase of which nothing is known is asked for anew by all, whatever their streams tell', async (t) => {
  const [one, other] = await warm()
  one.products.seen('Tux', undefined)
  for (const { known } of [one, other]) t.equal(known(), undefined)
  for (const { products } of [one, other]) products.change(change(6, toyOf(9)))
  t.equal(other.known(), undefined, 'it may have come later than this change')
  const anew = other.fetch()
  await other.asked.shift()!({ toy: toyOf(8), at: at(7), changed: 7 })
  t.equal(await anew, 8)
  t.equal(other.known(), 8)
  t.equal(one.known(), undefined)
})

t.test('a fetch that was begun before another thread sold is joined by nobody after it', async (t) => {
  const [one, other] = await warm()
  const before = other.fetch()
  one.products.seen('Tux', at(6))
  const after = other.fetch()
  t.equal(other.asked.length, 2)
  const joined = other.fetch()
  t.equal(other.asked.length, 2, 'the second one may be joined')
  await other.asked[0]!({ toy: toyOf(10), at: at(5), changed: 3 })
  t.equal(await before, 10)
  t.equal(other.known(), undefined)
  await other.asked[1]!({ toy: toyOf(9), at: at(6), changed: 6 })
  t.strictSame(await Promise.all([after, joined]), [9, 9])
  t.equal(other.known(), 9)
})

t.test('when one thread follows a later life of the catalog, none shows anything of the earlier one', async (t) => {
  const [one, other] = await warm()
  one.products.begin(at(0, 'e2'))
  t.equal(other.known(), undefined)
  const first = one.fetch()
  await one.asked.shift()!({ toy: toyOf(4), at: at(0, 'e2'), changed: 0 })
  t.equal(await first, 4)
  t.equal(one.known(), 4, 'and the numbers of the earlier life are nothing to the later one')
  other.products.begin(at(0, 'e2'))
  const second = other.fetch()
  await other.asked.shift()!({ toy: toyOf(4), at: at(0, 'e2'), changed: 0 })
  t.equal(await second, 4)
  t.equal(other.known(), 4)
})

t.test('what is shown of a life that no stream follows yet is older nowhere', async (t) => {
  const [one, other] = await warm()
  one.products.down()
  const shown = one.fetch()
  await one.asked.shift()!({ toy: toyOf(4), at: at(1, 'e2'), changed: 1 })
  t.equal(await shown, 4)
  t.equal(other.known(), undefined)
})

t.test('the floor only rises within an epoch, and holds numbers of many years', async (t) => {
  const memory = floorMemory()
  const [one, other] = [new Floor(memory), new Floor(memory)]
  const epoch = 'ffffffffffffffff'
  one.begin(epoch)
  const mark = other.mark('Tux')
  const high = 2 ** 42
  one.raise('Tux', at(high, epoch))
  other.raise('Tux', at(7, epoch))
  t.notOk(other.allows('Tux', at(high - 1, epoch), mark))
  t.ok(other.allows('Tux', at(high, epoch), mark))
  t.ok(other.allows('Whale', at(0, epoch), other.mark('Whale')))
  t.notOk(other.allows('Tux', at(high, '0fffffffffffffff'), mark), 'an epoch that ends alike')
})
