/** The load command against a store in the test's hand. */
import t from 'tap'
import { refuse, startFakeStore } from './fake-store.ts'
import { runLoad, totals } from './run.ts'

t.test('what the store saw is what the client reports, over several processes', async (t) => {
  let orders = 0
  const store = await startFakeStore(t, {
    order: (_, response) => {
      orders++
      if (orders % 10 === 0) return refuse(response, 503, 'unavailable')
      return orders % 7 === 0 && refuse(response, 409, 'out_of_stock')
    },
  })
  const { code, out, err } = await runLoad(store.url, '--processes 3 --clients 7 --requests 40 --buy 0.5')
  t.equal(code, 0, err)
  const buys = totals(out, 'buy')
  t.match(totals(out, 'query'), { requests: 280, ok: 280, failed: 0 })
  t.equal(store.queries().length, 280)
  t.equal(buys.requests, store.orders().length)
  t.equal(buys.retries, Math.floor(orders / 10))
  t.equal(buys.ok! + buys.out_of_stock! + buys.retries!, buys.requests)
  t.ok(buys.out_of_stock! > 0)
  const keys = new Set(store.orders().map(({ key }) => key))
  t.equal(keys.size, buys.requests! - buys.retries!, 'each purchase has a key of its own')
  for (const { body } of store.orders()) t.ok([1, 2, 3, 4, 5].includes(JSON.parse(body).quantity), body)
})

t.test('sold out is no failure, not even with status 200', async (t) => {
  const store = await startFakeStore(t, { order: (_, response) => refuse(response, 200, 'out_of_stock') })
  const { code, out } = await runLoad(store.url, '--processes 1 --clients 1 --requests 20 --buy 1')
  t.equal(code, 0)
  t.match(totals(out, 'buy'), { requests: 20, ok: 0, out_of_stock: 20, failed: 0, retries: 0 })
})

t.test('a toy of which nothing is left is not bought, but counted', async (t) => {
  const store = await startFakeStore(t, { quantity: 0 })
  const { code, out } = await runLoad(store.url, '--processes 2 --clients 2 --requests 20 --buy 1')
  t.equal(code, 0)
  t.match(out, /Sold out seen, so not bought: 40\./)
  t.same(store.orders(), [])
})

t.test('a failure ends with exit code 1 and is listed by its kind', async (t) => {
  let queries = 0
  const store = await startFakeStore(t, {
    query: (response) => ++queries === 3 && refuse(response, 404, 'product_not_found'),
    order: (order, response) => order === store.orders()[4] && refuse(response, 500, 'internal'),
  })
  const { code, out } = await runLoad(store.url, '--processes 2 --clients 2 --requests 20 --buy 1')
  t.equal(code, 1)
  t.match(out, /Failed: 2\n +query product_not_found +1\n +buy internal +1\n/)
  t.match(totals(out, 'buy'), { requests: 39, ok: 38, failed: 1, retries: 0 })
  t.equal(store.orders().length, 39)
})

t.test('an error that hides behind status 200 is a failure', async (t) => {
  const store = await startFakeStore(t, { query: (response) => refuse(response, 200, 'internal') })
  const { code, out } = await runLoad(store.url, '--processes 1 --clients 1 --requests 2 --buy 0')
  t.equal(code, 1)
  t.match(out, /query internal +2/)
})

t.test('a purchase cut off in its answer is asked again under its key', async (t) => {
  const store = await startFakeStore(t, {
    order: (order, response) => {
      const isFirst = store.orders().filter(({ key }) => key === order.key).length === 1
      if (isFirst) response.writeHead(201, { 'content-length': '40' }).write('{"data":', () => response.destroy())
      return isFirst
    },
  })
  const { code, out } = await runLoad(store.url, '--processes 2 --clients 2 --requests 5 --buy 1')
  t.equal(code, 0)
  t.match(totals(out, 'buy'), { requests: 20, ok: 10, retries: 10, failed: 0 })
  const bodies = Map.groupBy(store.orders(), ({ key }) => key)
  t.equal(bodies.size, 10)
  for (const [key, orders] of bodies) {
    t.match(key, /^[A-Za-z0-9._:-]{16,255}$/)
    t.equal(orders.length, 2)
    t.equal(orders[0]?.body, orders[1]?.body)
  }
})

t.test('a purchase is asked at most six times in all', async (t) => {
  const store = await startFakeStore(t, { order: (_, response) => refuse(response, 503, 'outcome_unknown') })
  const { code, out } = await runLoad(store.url, '--processes 1 --clients 1 --requests 1 --buy 1')
  t.equal(code, 1)
  t.match(totals(out, 'buy'), { requests: 6, ok: 0, failed: 1, retries: 5 })
  t.match(out, /buy outcome_unknown +1/)
  t.equal(new Set(store.orders().map(({ key }) => key)).size, 1)
})

t.test('the same seed gives the same toys and purchases, with any number of processes', async (t) => {
  const sequence = async (options: string) => {
    const store = await startFakeStore(t, { toys: ['a', '/b?c&d', 'e', 'Fox & Friends', 'g/h'] })
    const { code } = await runLoad(store.url, `--clients 4 --requests 25 --buy 0.5 ${options}`)
    t.equal(code, 0)
    return store.seen.map(({ path, body }) => `${path} ${body}`).sort()
  }
  const first = await sequence('--processes 1 --seed 42')
  t.same(await sequence('--processes 4 --seed 42'), first)
  t.notSame(await sequence('--processes 4 --seed 43'), first)
  t.ok(first.includes('/products/Fox%20%26%20Friends '))
  t.ok(first.includes('/products/g%2Fh '))
})
