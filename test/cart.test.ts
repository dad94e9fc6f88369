/** Carts at the front door of a whole store, as the shopping-cart service has them; alike with threads. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { ask, booksOf, errorOf, eventually } from './ask.ts'
import { buy, dataDirOf, startStore } from './store.ts'

interface Item {
  itemId: number | string
  unitCount: number
  itemCount?: number
  offeredPrice?: number
  timestamp: string
}

const cartOf = (url: string) => {
  const call = (method: string, path: string, body?: unknown) => ask(`${url}${path}`, { method, body })
  return {
    call,
    items: async (customer: string) => (await call('GET', `/items/${customer}`)).body as Item[],
    add: (customer: string, item: number | string, body?: unknown) => call('POST', `/items/${customer}/${item}`, body),
  }
}
const counts = (items: readonly Item[]) => items.map(({ itemId, unitCount }) => [itemId, unitCount])

for (const env of [{}, { THREADS: '2' }])
  t.test(`with ${JSON.stringify(env)}`, async (t) => {
    const { url } = await startStore({ dataDir: dataDirOf(t), env, t })
    const { call, items, add } = cartOf(url)

    t.test('what the shopping-cart service promises, step by step', async (t) => {
      const [upc, other] = ['036000291459', '987243752377']
      t.strictSame(await items('jea265'), [])
      await add('jea265', upc, { unitCount: 2, offeredPrice: 50 })
      await add('jea265', other, { unitCount: 3, offeredPrice: 10 })
      t.match(await items('jea265'), [
        { itemId: 36000291459, unitCount: 2, offeredPrice: 50 },
        { itemId: 987243752377, unitCount: 3, offeredPrice: 10 },
      ])
      await call('PUT', `/items/jea265/${upc}`, { newCount: 1 })
      t.match(await items('jea265'), [{ unitCount: 1, offeredPrice: 50 }, { unitCount: 3 }])
      t.strictSame((await call('DELETE', `/items/jea265/${upc}`)).body, {})
      t.match(await items('jea265'), [{ itemId: 987243752377, unitCount: 3, offeredPrice: 10 }])
      const bought = (await call('POST', '/checkout/jea265')).body as Item[]
      t.equal(
        bought.reduce((sum, { unitCount, offeredPrice }) => sum + unitCount * offeredPrice!, 0),
        30,
      )
      t.strictSame(await items('jea265'), [])
      t.strictSame((await call('POST', '/checkout/jea265')).body, [])
    })

    t.test('the documented routes are the same as the real ones', async (t) => {
      t.match((await call('POST', '/item/dora/Tux', { itemCount: 2 })).body, {
        itemId: 'Tux',
        unitCount: 2,
        itemCount: 2,
      })
      t.match((await call('PUT', '/item/dora/Tux', { newCount: 3 })).body, { unitCount: 3 })
      t.match((await call('GET', '/item/dora')).body, [{ itemId: 'Tux', unitCount: 3, itemCount: 3 }])
      t.strictSame((await call('DELETE', '/item/dora/Tux')).body, {})
      t.strictSame((await call('DELETE', '/item/dora')).body, {})
      t.strictSame(await items('dora'), [])
    })

    t.test('one piece is added where no body says more; items stand in the order first added', async (t) => {
      for (const item of ['Tux', 'Fox', '007', 'Tux', 7]) await add('eve', item)
      t.strictSame(counts(await items('eve')), [
        ['Tux', 2],
        ['Fox', 1],
        [7, 2],
      ])
      const { body } = await add('eve', 'Tux', {
        offeredPrice: 9.99,
        specialSale: 'autumn',
        saleExpiration: 1893456000,
      })
      t.match(body, { unitCount: 3, offeredPrice: 9.99, specialSale: 'autumn', saleExpiration: 1893456000 })
      t.match((body as Item).timestamp, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    })

    t.test('a change of what is not there says so, and changes nothing', async (t) => {
      t.equal((await call('PUT', '/items/nobody/Tux', { newCount: 2 })).text, 'null')
      t.strictSame((await call('DELETE', '/items/nobody/Tux')).body, {})
      t.strictSame((await call('DELETE', '/items/nobody')).body, {})
      t.strictSame(await items('nobody'), [])
      await add('finn', 'Tux', { unitCount: 2 })
      t.match((await call('PUT', '/items/finn/Tux', { newCount: 0 })).body, { itemId: 'Tux', unitCount: 0 })
      t.strictSame(await items('finn'), [])
    })

    t.test('400 adds at the same time are 400; of two checkouts at the same time one has all', async (t) => {
      await Promise.all(Array.from({ length: 400 }, () => add('gil', 'Tux', { unitCount: 1 })))
      t.strictSame(counts(await items('gil')), [['Tux', 400]])
      const both = await Promise.all([call('POST', '/checkout/gil'), call('POST', '/checkout/gil')])
      t.strictSame(both.map(({ body }) => counts(body as Item[])).sort(), [[], [['Tux', 400]]])
    })

    t.test('bad input is told where it is wrong, and changes nothing', async (t) => {
      await add('hal', 'Tux', { unitCount: 3 })
      const before = await items('hal')
      const books = await booksOf(url)
      const count = 'unitCount: must be a whole number from 1 to 1000000'
      const refused: [method: string, path: string, body: unknown, message: string][] = [
        ...[-1, 0, 1.5, 1e300, 1_000_001, '2', null, [1]].map((unitCount): [string, string, unknown, string] => [
          'POST',
          '/items/hal/Tux',
          { unitCount },
          count,
        ]),
        ['POST', '/items/hal/Tux', '{"unitCount":1e999}', count],
        ['POST', '/items/hal/Tux', { unitCount: 999_998 }, 'unitCount: at most 1000000 pieces of an item in a cart'],
        ['POST', '/items/hal/Tux', [], 'the body must be an object'],
        ['POST', '/items/hal/Tux', [{ unitCount: 1 }], 'the body must be an object'],
        [
          'POST',
          '/items/hal/Tux',
          { unitCount: 1, itemCount: 2 },
          'unitCount and itemCount are two names of one count; give one of them',
        ],
        ['POST', '/items/hal/Tux', { count: 1 }, 'unknown field "count"'],
        [
          'POST',
          '/items/hal/Tux',
          { offeredPrice: -1 },
          'offeredPrice: must be a price such as 15.99, from 0 to 10000000',
        ],
        [
          'POST',
          '/items/hal/Tux',
          { saleExpiration: 'soon' },
          'saleExpiration: must be a time such as 2026-11-22T12:00:00Z',
        ],
        ['POST', `/items/hal/${'9'.repeat(400)}`, {}, `item: a number must be at most ${Number.MAX_SAFE_INTEGER}`],
        ['POST', `/items/hal/${'x'.repeat(400)}`, {}, 'item: must have at most 200 characters'],
        ['POST', '/items/hal/a%0Ab', {}, 'item: must not hold control characters or line breaks'],
        ['PUT', '/items/hal/Tux', {}, 'newCount: must be a whole number from 0 to 1000000'],
        ['PUT', '/items/hal/Tux', { newCount: -1 }, 'newCount: must be a whole number from 0 to 1000000'],
        ['PUT', '/items/hal/Tux', [], 'the body must be an object'],
        ['GET', '/items/a%00b', undefined, 'customer: must not hold control characters or line breaks'],
        ['GET', `/items/${'a'.repeat(201)}`, undefined, 'customer: must have at most 200 characters'],
        [
          'GET',
          '/items/%3D1%2B1',
          undefined,
          'customer: must not begin with =, +, - or @ (a spreadsheet would run it)',
        ],
      ]
      for (const [method, path, body, message] of refused) {
        const answer = await call(method, path, body)
        t.strictSame(
          [answer.status, answer.body],
          [400, errorOf(400, 'bad_request', message)],
          `${method} ${path.slice(0, 40)}`,
        )
      }
      t.equal((await call('GET', `/items/${'a'.repeat(10_000)}`)).status, 414)
      t.equal((await call('PATCH', '/items/hal/Tux', {})).status, 405)
      t.strictSame(await items('hal'), before)
      t.strictSame(await booksOf(url), books)
    })

    t.test('any other name is a customer and an item', async (t) => {
      for (const name of ['a/b', '100%', '🦊 Füchse', '__proto__', 'constructor', 'a "quoted", name'])
        for (const item of ['Tux', '__proto__', 'a/b; "c", 🦊']) {
          const path = `${encodeURIComponent(name)}/${encodeURIComponent(item)}`
          t.match((await call('POST', `/items/${path}`, { unitCount: 2 })).body, { itemId: item, unitCount: 2 })
          t.match((await call('POST', `/items/${path}`)).body, { itemId: item, unitCount: 3 })
          t.ok(
            counts(await items(encodeURIComponent(name))).some(([id, n]) => id === item && n === 3),
            path,
          )
        }
    })

    t.test('a cart that is full says so, and stays as it was', async (t) => {
      let answer = await add('ivy', 'toy')
      for (let i = 0; answer.status === 200 && i < 1000; i++)
        answer = await add('ivy', `${'x'.repeat(180)} ${i}`, { offeredPrice: 1 })
      t.strictSame(
        [answer.status, answer.body],
        [409, errorOf(409, 'cart_full', 'the cart is full; take something out, or buy what is in it first')],
      )
      const before = await items('ivy')
      t.ok(before.length > 100)
      t.equal((await add('ivy', 'y'.repeat(185), { offeredPrice: 1 })).status, 409)
      t.strictSame(await items('ivy'), before)
      t.equal((await add('ivy', 'toy')).status, 200)
    })
  })

t.test('carts are there after a stop and a start, and after a kill', async (t) => {
  const dataDir = dataDirOf(t)
  for (const end of ['stop', 'kill'] as const) {
    const store = await startStore({ dataDir, t })
    const { add } = cartOf(store.url)
    await add('ann', 'Tux', { unitCount: 2 })
    await add(`of ${end}`, 7)
    await store[end]()
    const again = await startStore({ dataDir, t })
    const found = cartOf(again.url)
    t.strictSame(counts(await found.items(`of ${end}`)), [[7, 1]])
    t.strictSame(counts(await found.items('ann')), [['Tux', end === 'stop' ? 2 : 4]])
    await again.stop()
  }
})

t.test('a changed number of shards is taken at a start', async (t) => {
  const dataDir = dataDirOf(t)
  const shardsOf = async (SHARDS: string, work: (url: string) => Promise<unknown>): Promise<string[][]> => {
    const store = await startStore({ dataDir, env: { SHARDS }, t })
    await work(store.url)
    await store.stop()
    const rows = readFileSync(`${dataDir}/cart/carts.csv`, 'utf8').trim().split('\n')
    return rows.slice(1).map((row) => row.split(',').slice(0, 2))
  }
  const put = (url: string) => cartOf(url).add('jea265', 'Tux')
  t.strictSame(await shardsOf('5', put), [['jea265', '4']])
  t.strictSame(await shardsOf('16', async (url) => t.match(await cartOf(url).items('jea265'), [{ itemId: 'Tux' }])), [
    ['jea265', '12'],
  ])
})

t.test('buying a cart', async (t) => {
  const dataDir = dataDirOf(t)
  const store = await startStore({ dataDir, t })
  const { url } = store
  const { call, items, add } = cartOf(url)
  const buyCart = (cart: unknown, more: object = {}, key?: string) =>
    buy(url, { cart, ...more }, key === undefined ? {} : { key })
  const stock = async (name: string) =>
    ((await ask(`${url}/products/${name}`)).body as { data: { stock: number } }).data.stock

  t.test('what it holds is one order, and leaves it; the same key is the same order', async (t) => {
    await add('ann', 'Tux', { unitCount: 2, offeredPrice: 25.99 })
    await add('ann', 'Fox')
    const bought = await buyCart('ann', {}, 'first')
    const order = {
      order_number: 1,
      total: 81.97,
      items: [
        { name: 'Tux', quantity: 2, price: 25.99 },
        { name: 'Fox', quantity: 1, price: 29.99 },
      ],
    }
    t.strictSame([bought.status, bought.body], [200, { data: order }])
    t.strictSame(await items('ann'), [])
    await add('ann', 'Tux')
    t.strictSame((await buyCart('ann', {}, 'first')).body, { data: order })
    t.strictSame(counts(await items('ann')), [['Tux', 1]], 'what came after it stays')
    t.equal(await stock('Tux'), 9998)
    const rows = readFileSync(`${dataDir}/order/orders.csv`, 'utf8').split('\n').slice(1, 3)
    t.match(rows, [/^1,1 of 2,Tux,2,25\.99,,ann,first,/, /^1,2 of 2,Fox,1,29\.99,,ann,first,/])
  })

  t.test('one item alone, named by digits, and paid by a customer', async (t) => {
    await ask(`${url}/products`, { method: 'POST', body: { name: '42', price: 1.5, quantity: 3 } })
    await ask(`${url}/customers`, { method: 'POST', body: { user_id: 'payer', credit: 4 } })
    await add('bob', '042', { unitCount: 2 })
    t.match((await buyCart('bob', { user: 'payer' })).body, {
      data: { total: 3, items: [{ name: '42', quantity: 2, price: 1.5 }], user: 'payer' },
    })
    t.strictSame(await items('bob'), [])
    await add('bob', 42)
    const refused = await buyCart('bob', { user: 'payer' })
    t.match([refused.status, refused.body], [409, { error: { reason: 'out_of_credit' } }])
    t.strictSame(counts(await items('bob')), [[42, 1]])
  })

  t.test('a refusal says why, and leaves cart and stock as they were', async (t) => {
    const before = await stock('Tux')
    t.match(await buyCart('nobody'), { status: 409, body: { error: { reason: 'cart_empty' } } })
    await add('carl', 'Tux', { unitCount: 2, offeredPrice: 20 })
    await add('carl', 'Fox', { offeredPrice: 31 })
    const changed = await buyCart('carl')
    t.match(
      [changed.status, changed.body],
      [409, { error: { reason: 'price_changed', items: [{ name: 'Tux', old: 20, new: 25.99 }] } }],
    )
    await add('carl', 'Nothing')
    t.match(await buyCart('carl', { acceptPrices: true }), {
      status: 404,
      body: { error: { reason: 'product_not_found', items: ['Nothing'] } },
    })
    await call('DELETE', '/items/carl/Nothing')
    t.match(await buyCart('carl', { user: 'who', acceptPrices: true }), {
      status: 404,
      body: { error: { reason: 'user_not_found' } },
    })
    await call('PUT', '/items/carl/Tux', { newCount: 1_000_000 })
    t.match(await buyCart('carl', { acceptPrices: true }), {
      status: 409,
      body: { error: { reason: 'out_of_stock', items: ['Tux'] } },
    })
    t.equal(await stock('Tux'), before)
    t.strictSame(counts(await items('carl')), [
      ['Tux', 1_000_000],
      ['Fox', 1],
    ])
    for (const [body, message] of [
      [{ cart: 'carl', name: 'Tux' }, 'unknown field "name"'],
      [{ cart: ['carl'] }, 'cart: must be a string'],
      [{ cart: 'carl', acceptPrices: 'yes' }, 'acceptPrices: must be true or false'],
      [[{ cart: 'carl' }], 'the body must be an object'],
    ] as const)
      t.strictSame((await buy(url, body)).body, errorOf(400, 'bad_request', message))
  })

  t.test('an offer whose time is over is none', async (t) => {
    await add('dora', 'Tux', { offeredPrice: 20, saleExpiration: '2020-01-01T00:00:00Z' })
    t.match(await buyCart('dora'), { status: 200, body: { data: { total: 25.99 } } })
    await add('dora', 'Tux', { offeredPrice: 20, saleExpiration: Math.floor(Date.now() / 1000) + 3600 })
    t.match(await buyCart('dora'), { status: 409, body: { error: { reason: 'price_changed' } } })
  })

  t.test(
    'of many who buy one cart at the same time, one does; what is added meanwhile is bought or stays',
    async (t) => {
      const [before, added] = [await stock('Whale'), 40]
      await add('eve', 'Whale', { unitCount: 5 })
      const answers = await Promise.all([
        ...Array.from({ length: 12 }, () => buyCart('eve')),
        ...Array.from({ length: added }, () => add('eve', 'Whale')),
      ])
      const sold = answers.slice(0, 12).filter(({ status }) => status === 200) as {
        body: { data: { items: [{ quantity: number }] } }
      }[]
      t.ok(sold.length >= 1)
      t.ok(
        answers
          .slice(0, 12)
          .every(
            ({ status, body }) =>
              status === 200 || (body as { error: { reason: string } }).error.reason === 'cart_empty',
          ),
      )
      const quantity = sold.reduce((sum, { body }) => sum + body.data.items[0].quantity, 0)
      const left = (await items('eve')).reduce((sum, { unitCount }) => sum + unitCount, 0)
      t.equal(quantity + left, 5 + added)
      t.equal(await stock('Whale'), before - quantity)
    },
  )

  t.test('with the cart service away nothing is bought and nothing is set aside', async (t) => {
    await add('finn', 'Fox')
    const before = await stock('Fox')
    await store.signalService('cart', 'SIGSTOP')
    t.match(await buyCart('finn'), { status: 503, body: { error: { reason: 'unavailable' } } })
    t.equal((await buy(url, { name: 'Tux', quantity: 1 })).status, 200, 'others buy')
    await store.signalService('cart', 'SIGCONT')
    t.equal(await stock('Fox'), before)
    await eventually(async () => (await buyCart('finn')).status === 200)
    t.strictSame(await items('finn'), [])
  })
})
