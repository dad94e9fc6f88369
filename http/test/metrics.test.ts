import t from 'tap'
import { realClock } from '../../clock.ts'
import { StoreError } from '../../errors.ts'
import { figuresOf } from '../../test/figures.ts'
import { createMetrics, metricsRoute } from '../metrics.ts'
import type { Route } from '../routes.ts'
import { gate, serve, until } from './harness.ts'

const count = (method: string, route: string, status: number): string =>
  `http_request_duration_seconds_count{method="${method}",route="${route}",status="${status}"}`
const bucket = (le: string): string =>
  `http_request_duration_seconds_bucket{method="GET",route="/toys/:name",status="200",le="${le}"}`
const toy: Route = { method: 'GET', path: '/toys/:name', handle: ({ params }) => ({ data: params.name }) }

t.test('requests are counted by route and status, whatever their path', async (t) => {
  const metrics = createMetrics('shop')
  const refuses: Route = {
    method: 'POST',
    path: '/orders',
    handle() {
      throw new StoreError('out_of_stock', 'none left')
    },
  }
  const { url } = await serve(t, [toy, refuses, metricsRoute(metrics)], { metrics })
  for (const path of ['/toys/fox', '/toys/tux?a=b', '/toys/%2F']) await (await fetch(url + path)).text()
  await (await fetch(`${url}/toys/fox`, { method: 'HEAD' })).text()
  await (await fetch(`${url}/orders`, { method: 'POST' })).text()
  await (await fetch(`${url}/nothing/here`)).text()
  await (await fetch(`${url}/toys/fox`, { method: 'DELETE' })).text()
  await (await fetch(`${url}/other`)).text()

  const figures = await figuresOf(url)
  const counts = [...figures].filter(([series]) => series.startsWith('http_request_duration_seconds_count'))
  t.strictSame(Object.fromEntries(counts), {
    [count('GET', '/toys/:name', 200)]: 4,
    [count('POST', '/orders', 409)]: 1,
    [count('none', 'none', 404)]: 2,
    [count('none', 'none', 405)]: 1,
  })
  t.equal(figures.get('http_requests_in_flight'), 1, 'this one itself')
  t.equal((await figuresOf(url)).get(count('GET', '/metrics', 200)), 1)
})

t.test('a bucket holds all that took no longer', async (t) => {
  const metrics = createMetrics('shop')
  let now = 0
  const takes: Route = {
    ...toy,
    handle({ params }) {
      now += Number(params.name)
      return { data: null }
    },
  }
  const clock = { ...realClock, elapsed: () => now }
  const { url } = await serve(t, [takes, metricsRoute(metrics)], { metrics, clock })
  for (const ms of [5, 5, 30, 6000]) await (await fetch(`${url}/toys/${ms}`)).text()
  const figures = await figuresOf(url)
  const at = (le: string) => figures.get(bucket(le))
  t.strictSame(['0.0025', '0.005', '0.025', '0.05', '5', '+Inf'].map(at), [0, 2, 2, 3, 3, 4])
  t.equal(figures.get(count('GET', '/toys/:name', 200)), 4)
  t.equal(figures.get(count('GET', '/toys/:name', 200).replace('count', 'sum')), 6.04)
})

t.test('a full server still tells its figures, and who may not see them is refused', async (t) => {
  const metrics = createMetrics('shop')
  const { passed, open } = gate()
  const waits: Route = {
    ...toy,
    async handle() {
      await passed
      return { data: null }
    },
  }
  const admit = (context: { header(name: string): string | undefined }): void => {
    if (context.header('x-me') === undefined) throw new StoreError('forbidden', 'not you')
  }
  const { server, url } = await serve(t, [waits, metricsRoute(metrics, admit)], { metrics, limits: { inFlightMax: 1 } })
  const waiting = fetch(`${url}/toys/1`)
  await until(() => server.inFlight === 1)
  t.equal((await fetch(`${url}/toys/2`)).status, 503)
  t.equal((await figuresOf(url, { 'x-me': 'yes' })).get('http_requests_in_flight'), 2)
  t.equal((await fetch(`${url}/metrics`)).status, 403)
  open()
  await (await waiting).text()
})

t.test("a label's value is told as it is", async (t) => {
  const metrics = createMetrics('shop')
  const name = 'the "big" \\ one\n2'
  metrics.gauges('stock', 'Pieces', 'toy', () => [
    [name, 3],
    ['plain', -1.5],
  ])
  const { text, contentType } = await metrics.text()
  t.match(contentType, /^text\/plain; version=0\.0\.4/)
  t.match(text, '# TYPE stock gauge\nstock{toy="the \\"big\\" \\\\ one\\n2",service="shop"} 3\nstock{toy="plain",')
})

t.test('a queue tells how many wait, and how many left together', async (t) => {
  const metrics = createMetrics('shop')
  let waiting = 0
  const tell = metrics.queue('orders')(() => waiting)
  metrics.queue('other')(() => 7)
  waiting = 5
  for (const size of [1, 3, 2000]) tell(size)
  const { text } = await metrics.text()
  t.match(text, 'queue_waiting{queue="orders",service="shop"} 5\nqueue_waiting{queue="other",service="shop"} 7\n')
  for (const [le, count] of [
    [1, 1],
    [2, 1],
    [4, 2],
    [1024, 2],
    ['+Inf', 3],
  ])
    t.match(text, `batch_size_bucket{queue="orders",le="${le}",service="shop"} ${count}\n`)
})
