/** What the options of a load do, told by a store in the test's hand and by the result. */
import { existsSync, readdirSync } from 'node:fs'
import t from 'tap'
import { answer, startFakeStore } from './fake-store.ts'
import { loadResult, runLoad, startLoad } from './run.ts'

const toy = { data: { name: 'bear', price: 9.99, quantity: 100, stock: 100 } }

t.test('the warm-up is in no figure but stands in the seconds', async (t) => {
  let began = 0
  const store = await startFakeStore(t, {
    query: (response) => {
      began ||= performance.now()
      setTimeout(() => answer(response, 200, toy), performance.now() - began < 1300 ? 900 : 0)
      return true
    },
  })
  const { all, perSecond, warmupSeconds, seconds } = await loadResult(
    t,
    store.url,
    '--clients 2 --duration 4s --warmup 2500ms --buy 0',
  )
  t.ok(all.latency.max! < 850, `${all.latency.max}`)
  t.ok(perSecond[0]!.max! > 850, `${perSecond[0]!.max}`)
  t.equal(warmupSeconds, 2.5)
  t.ok(seconds > 1.4 && seconds < 4, `${seconds}`)
  t.ok(all.requests < store.queries().length)
  t.equal(
    perSecond.reduce((sum, { requests }) => sum + requests, 0),
    store.queries().length,
  )
})

t.test('without keys none is sent, and what nobody answered is not asked again', async (t) => {
  const store = await startFakeStore(t, {
    order: (_, response) => {
      response.destroy()
      return true
    },
  })
  const { all } = await loadResult(t, store.url, '--no-key --clients 1 --requests 3 --buy 1', 1)
  t.equal(store.orders().length, 3)
  t.ok(store.orders().every(({ key }) => key === undefined))
  t.match(all, { failures: [['cut', 3]], retries: 0, unknown: 3 })
})

t.test('without keys a purchase is asked again under the key that an unknown outcome names', async (t) => {
  const store = await startFakeStore(t, {
    order: ({ key }, response) => {
      if (key !== undefined) return false
      answer(response, 503, {
        error: { code: 503, reason: 'outcome_unknown', message: '', idempotency_key: 'minted-7' },
      })
      return true
    },
  })
  const { all } = await loadResult(t, store.url, '--no-key --clients 1 --requests 1 --buy 1')
  t.same(
    store.orders().map(({ key }) => key),
    [undefined, 'minted-7'],
  )
  t.match(all, { failures: [], retries: 1, unknown: 1 })
})

t.test('only the toys that are named are asked for', async (t) => {
  const store = await startFakeStore(t, { toys: ['ball', 'bear', 'cube'] })
  await loadResult(t, store.url, '--toys cube,ball --clients 2 --requests 20')
  t.same([...new Set(store.queries().map(({ path }) => path))].sort(), ['/products/ball', '/products/cube'])
  store.seen.length = 0
  await loadResult(t, store.url, '--toys 1 --clients 2 --requests 5')
  t.same([...new Set(store.queries().map(({ path }) => path))], ['/products/ball'])
  const { code, err } = await runLoad(store.url, '--toys bera')
  t.equal(code, 1)
  t.match(err, /The store has no toy "bera"; did you mean bear\./)
})

t.test('an answer that is not to what was asked is a failure', async (t) => {
  const store = await startFakeStore(t, {
    order: ({ body }, response) => {
      const { name, quantity } = JSON.parse(body)
      answer(response, 200, { data: { order_number: 1, name, quantity, price: 9.99, total: 9.99 * quantity + 1 } })
      return true
    },
    query: (response) => {
      answer(response, 200, { data: { name: 'bear', price: 9.99, quantity: -3 } })
      return true
    },
  })
  const bought = await loadResult(t, store.url, '--scenario purchases --clients 1 --requests 4', 1)
  t.match(bought.kinds, [{ kind: 'buy', failures: [['wrong_answer', 4]] }])
  const seen = await loadResult(t, store.url, '--clients 1 --requests 4', 1)
  t.match(seen.kinds, [{ kind: 'query', failures: [['wrong_answer', 4]] }])
})

t.test('a story holds the order that it reads against its receipt', async (t) => {
  const store = await startFakeStore(t, {
    query: (response) => {
      answer(response, 200, { data: { number: 1, name: 'bear', quantity: 77, price: 9.99, total: 9.99 } })
      return true
    },
  })
  const { kinds } = await loadResult(t, store.url, '--scenario orders --clients 1 --requests 2', 1)
  t.match(kinds, [
    { kind: 'buy', failures: [] },
    { kind: 'order', failures: [['wrong_answer', 2]] },
  ])
})

t.test('a client that thinks asks less', async (t) => {
  const store = await startFakeStore(t)
  await loadResult(t, store.url, '--clients 1 --duration 1s --think 300ms --buy 0')
  t.ok(store.seen.length >= 1 && store.seen.length <= 4, `${store.seen.length}`)
})

t.test('a pause between two bounds is drawn anew each time', async (t) => {
  const store = await startFakeStore(t)
  const { settings } = await loadResult(t, store.url, '--clients 50 --duration 1s --think 0s-400ms --buy 0 --seed 4')
  t.ok(store.seen.length > 150 && store.seen.length < 400, `${store.seen.length}: 50 clients, each 200 ms on average`)
  t.equal(new Map(settings).get('think time'), '0s to 400ms')
})

t.test('a mix says how often each story is told', async (t) => {
  const store = await startFakeStore(t)
  const { settings } = await loadResult(t, store.url, '--mix look=1,buy=3 --clients 4 --requests 500 --seed 3')
  const share = store.orders().length / 2000
  t.ok(share > 0.71 && share < 0.79, `${share}`)
  t.match(Object.fromEntries(settings), { stories: 'look 1, buy 3', seed: '3' })
})

t.test('stages let clients in and out again', async (t) => {
  let [now, most] = [0, 0]
  const store = await startFakeStore(t, {
    query: (response) => {
      most = Math.max(most, ++now)
      setTimeout(() => {
        now -= 1
        answer(response, 200, toy)
      }, 30)
      return true
    },
  })
  const { rounds, load } = await loadResult(t, store.url, '--stages 1s:12,1s:12,1s:0 --buy 0')
  // All twelve at the same moment is rare where the machine is busy.
  t.ok(most >= 6 && most <= 12, `${most}`)
  t.ok(rounds < (12 * 3000) / 30, `${rounds}`)
  t.equal(load[0]?.arrivalsPerSecond, null)
})

t.test('a threshold that is missed ends with exit code 1, and says what was measured', async (t) => {
  const store = await startFakeStore(t)
  const good = await runLoad(store.url, '--clients 2 --requests 5 --threshold errors<1% --threshold query.p99<10s')
  t.equal(good.code, 0)
  t.match(good.out, /^held {4}errors<1% {2}\(0 %\)$/m)
  const bad = await runLoad(store.url, '--clients 2 --requests 5 --threshold requests>1000000 --threshold cart.p50<1')
  t.equal(bad.code, 1)
  t.match(bad.out, /^MISSED {2}requests>1000000 {2}\(\d+\)\nMISSED {2}cart\.p50<1 {2}\(no samples\)$/m)
})

t.test('all three files are written, also when it is ended early', async (t) => {
  const store = await startFakeStore(t)
  const folder = t.testdir()
  const files = ['--json', `${folder}/a.json`, '--csv', `${folder}/a.csv`, '--report', `${folder}/a.html`]
  const { child, ran } = startLoad(['--url', store.url, '--duration', '60s', ...files])
  while (store.seen.length < 100) await new Promise((resolve) => setTimeout(resolve, 20))
  child.kill('SIGINT')
  t.equal((await ran).code, 130)
  t.same(readdirSync(folder).sort(), ['a.csv', 'a.html', 'a.json'])
})

t.test('a file that cannot be written is told before the load begins', async (t) => {
  const store = await startFakeStore(t)
  const folder = t.testdir()
  for (const option of ['--json', '--csv', '--report']) {
    const { code, err } = await startLoad(['--url', store.url, option, `${folder}/none/there`]).ran
    t.equal(code, 2, option)
    t.match(err, /there cannot be written: there is no folder/)
  }
  t.same(store.seen, [])
  t.notOk(existsSync(`${folder}/none`))
})
