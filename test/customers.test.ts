/** Customers, their credit and what they buy, at the front door of a whole store; alike without a cache and with threads. */
import t from 'tap'
import { ask, booksOf } from './ask.ts'
import { courseAt } from './course-client.ts'
import { buy, dataDirOf, startStore } from './store.ts'

interface Page {
  data: { number: number; account: string; change: number; reason: string }[]
}

for (const env of [{}, { CACHE: 'off', THREADS: '2' }])
  t.test(`with ${JSON.stringify(env)}`, async (t) => {
    const { url } = await startStore({ dataDir: dataDirOf(t), env: { PAYMENT_PORT: '0', ...env }, t })
    const post = (path: string, body: unknown, key?: string) =>
      ask(url + path, { method: 'POST', body, headers: key === undefined ? {} : { 'idempotency-key': key } })
    const movements = async (ledger: string) =>
      ((await ask(`${url}/movements?ledger=${ledger}&limit=1000`)).body as Page).data
    const creditOf = async (user: string) =>
      ((await ask(`${url}/customers/${encodeURIComponent(user)}`)).body as { data: { credit: number } }).data.credit

    t.test('a customer is made with a name or without, and seen', async (t) => {
      const made = await post('/customers', { user_id: 'ann', credit: 12.5 })
      t.strictSame([made.status, made.body], [201, { data: { user_id: 'ann', credit: 12.5 } }])
      const unnamed = await post('/customers', {})
      t.match(unnamed, { status: 201, body: { data: { user_id: /^[\w-]{8,}$/, credit: 0 } } })
      t.match(await post('/customers', { user_id: 'Fox, "the" red', credit: 0.05 }), { status: 201 })
      t.equal(await creditOf('Fox, "the" red'), 0.05)
      t.match(await post('/customers', { user_id: 'ann', credit: 1 }), {
        status: 409,
        body: { error: { reason: 'customer_exists' } },
      })
      t.match(await ask(`${url}/customers/nobody`), { status: 404, body: { error: { reason: 'user_not_found' } } })
      t.equal(await creditOf('ann'), 12.5)
    })

    t.test('credit is put in once for a key', async (t) => {
      const put = (amount: number, key?: string, user = 'ann') => post(`/customers/${user}/credit`, { amount }, key)
      const told = { data: { user_id: 'ann', credit: 13.3 } }
      for (let times = 0; times < 3; times++) t.strictSame((await put(0.8, 'k1')).body, told)
      t.match(await put(0.9, 'k1'), { status: 422, body: { error: { reason: 'key_reused' } } })
      t.match(await put(0.8, 'k1', 'Fox, "the" red'), { status: 422 })
      t.strictSame((await put(0.8)).body, { data: { user_id: 'ann', credit: 14.1 } })
      t.strictSame((await put(0.9)).body, { data: { user_id: 'ann', credit: 15 } })
      t.match(await put(1, undefined, 'nobody'), { status: 404 })
      t.match(await put(1, '~1'), { status: 400 })
      const all = (await movements('credit')).filter(({ account }) => account === 'ann')
      t.strictSame(
        all.map(({ change, reason }) => [change, reason]),
        [
          [12.5, 'new customer'],
          [0.8, 'credit put in'],
          [0.8, 'credit put in'],
          [0.9, 'credit put in'],
        ],
      )
    })

    t.test('a product is made once, and restocked once for a key', async (t) => {
      const made = await post('/products', { name: 'Cheap Bear', price: 0.29, quantity: 3 })
      const bear = { name: 'Cheap Bear', price: 0.29, quantity: 3, stock: 3 }
      t.strictSame([made.status, made.body], [201, { data: bear }])
      t.strictSame((await ask(`${url}/products/Cheap%20Bear`)).body, { data: bear })
      t.match(await post('/products', bear), { status: 400 }, 'stock is no field of a new one')
      t.match(await post('/products', { name: 'Cheap Bear', price: 9, quantity: 9 }), {
        status: 409,
        body: { error: { reason: 'product_exists' } },
      })
      const restock = (quantity: number, key?: string) => post('/products/Cheap%20Bear/restock', { quantity }, key)
      for (let times = 0; times < 2; times++) t.match((await restock(4, 'r1')).body, { data: { quantity: 7 } })
      t.match(await restock(5, 'r1'), { status: 422 })
      t.match((await restock(1)).body, { data: { quantity: 8 } })
      t.match((await ask(`${url}/products/Cheap%20Bear`)).body, { data: { quantity: 8 } }, 'and that is shown')
      t.match(await post('/products/Nobody/restock', { quantity: 1 }), { status: 404 })
      t.strictSame(
        (await movements('stock'))
          .filter(({ account }) => account === 'Cheap Bear')
          .map((row) => [row.change, row.reason]),
        [
          [3, 'new product'],
          [4, 'restock'],
          [1, 'restock'],
        ],
      )
    })

    t.test('a name that was asked for in vain is sold as soon as it is made', async (t) => {
      t.equal((await ask(`${url}/products/Late%20Owl`)).status, 404)
      await post('/products', { name: 'Late Owl', price: 1, quantity: 1 })
      t.equal((await ask(`${url}/products/Late%20Owl`)).status, 200)
    })

    t.test('what is no amount, price or number of pieces is refused, and nothing is changed', async (t) => {
      const before = [await booksOf(url), await movements('credit')]
      const amounts = [-1, 0, 0.001, 12.555, 1e-7, 1e10 + 0.01, 1e300, '1', null, true, [1], {}, undefined]
      for (const amount of amounts) {
        t.match(await post('/customers/ann/credit', { amount }), { status: 400 }, `credit ${amount}`)
        if (amount !== 0 && amount !== undefined)
          t.match(await post('/customers', { user_id: 'new', credit: amount }), { status: 400 }, `credit ${amount}`)
      }
      for (const price of [-1, 0, 0.001, 1e7 + 0.01, '1', null])
        t.match(await post('/products', { name: 'New', price, quantity: 1 }), { status: 400 }, `price ${price}`)
      for (const quantity of [-1, 1.5, 1e12 + 1, 2 ** 53, '1', null]) {
        t.match(await post('/products', { name: 'New', price: 1, quantity }), { status: 400 }, `quantity ${quantity}`)
        t.match(await post('/products/Tux/restock', { quantity }), { status: 400 }, `quantity ${quantity}`)
      }
      for (const name of ['', '=1+1', ' New', 'a\nb', 'a'.repeat(201), 7, null]) {
        t.match(await post('/products', { name, price: 1, quantity: 1 }), { status: 400 }, `name ${name}`)
        t.match(await post('/customers', { user_id: name }), { status: 400 }, `user_id ${name}`)
      }
      t.match(await post('/products/Tux/restock', { quantity: 0 }), { status: 400 })
      t.match(await post('/products/Tux/restock', { quantity: 1e12 }), { status: 409 }, 'with those that are there')
      t.match(await post('/customers/ann/credit', { amount: 1e10 }), { status: 409 })
      t.match(await post('/customers', { user_id: 'new', credit: 1, gold: true }), { status: 400 })
      t.match(await post('/customers', []), { status: 400 })
      t.match(await ask(`${url}/movements?ledger=gold`), { status: 400 })
      t.strictSame([await booksOf(url), await movements('credit')], before)
    })

    t.test('a customer buys several toys, and is told what and for how much', async (t) => {
      const items = [
        { name: 'Cheap Bear', quantity: 2 },
        { name: 'Late Owl', quantity: 1 },
      ]
      const sold = {
        total: 1.58,
        items: [
          { name: 'Cheap Bear', quantity: 2, price: 0.29 },
          { name: 'Late Owl', quantity: 1, price: 1 },
        ],
        user: 'ann',
      }
      const bought = await buy(url, { items, user: 'ann' }, { key: 'o1' })
      t.strictSame([bought.status, bought.body], [200, { data: { order_number: 1, ...sold } }])
      t.equal(bought.headers.get('idempotency-key'), 'o1')
      t.strictSame((await buy(url, { items: items.toReversed(), user: 'ann' }, { key: 'o1' })).body, bought.body)
      t.match((await ask(`${url}/orders/1`)).body, { data: { number: 1, ...sold } })
      t.equal(await creditOf('ann'), 13.42)
      t.match(
        (await ask(`${url}/products/Late%20Owl`)).body,
        { data: { quantity: 0 } },
        'what is left is shown at once',
      )
      const one = [{ name: 'Cheap Bear', quantity: 1 }]
      t.strictSame((await buy(url, { items: one })).body, {
        data: {
          order_number: 2,
          name: 'Cheap Bear',
          quantity: 1,
          price: 0.29,
          total: 0.29,
          items: [{ ...one[0], price: 0.29 }],
        },
      })
      for (const [wanted, status, reason] of [
        [{ items, user: 'ann' }, 409, 'out_of_stock'],
        [{ items: one, user: 'nobody' }, 404, 'user_not_found'],
        [{ name: 'Cheap Bear', quantity: 1, user: 'Fox, "the" red' }, 409, 'out_of_credit'],
        [{ items: [...one, { name: 'Gnu', quantity: 1 }], user: 'ann' }, 404, 'product_not_found'],
        [{ items: Array(10_000).fill(one[0]) }, 400, 'bad_request'],
        [{ items: one, user: 'ann', name: 'Tux' }, 400, 'bad_request'],
      ] as const)
        t.match(await buy(url, wanted), { status, body: { error: { reason } } })
      t.equal(await creditOf('ann'), 13.42)
    })

    t.test('a draft of the course is bought, once', async (t) => {
      const course = courseAt(url)
      const [user, item] = [await course.userWith(10), await course.itemWith(3, 2)]
      const order = await course.orderOf(user, item, item)
      t.equal((await course.post(`/orders/addItem/${order}/Gnu/1`)).status, 400)
      const told = await Promise.all(Array.from({ length: 10 }, () => course.post(`/orders/checkout/${order}`)))
      t.ok(told.every(({ status }) => status === 200))
      t.strictSame([await course.creditOf(user), await course.stockOf(item)], [4, 0])
      t.match(await ask(`${url}/products/${item}`), { body: { data: { quantity: 0 } } })
      t.equal((await course.post(`/payment/batch_init/1200/3`)).status, 200)
      t.equal(await course.creditOf('1199'), 3)
    })
  })
