/** The sweep command against a store in the test's hand, whose delays are known. */
import { readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import t, { type Test } from 'tap'
import { refuse, startFakeStore } from '../../load/test/fake-store.ts'
import type { SweepResult } from '../result.ts'
import { later, runSweep } from './run.ts'

const queryMs = 30
const buyMs = 80
/** A busy machine may add much to a delay, and nothing takes any of it away. */
const lateMs = 3000

const startSlowStore = (t: Test) =>
  startFakeStore(t, {
    query: (response) => {
      later(response, queryMs)
      return false
    },
    order: (_, response) => {
      later(response, buyMs)
      return false
    },
  })

const within = (t: Test, what: string, ms: number | null, delay: number) =>
  t.ok(ms !== null && ms >= delay - 1 && ms < delay + lateMs, `${what}: ${ms} ms of ${delay}`)

t.test('the means are those of the store, and every request of it is counted', async (t) => {
  const store = await startSlowStore(t)
  const folder = t.testdir()
  const files = `--json ${folder}/s.json --csv ${folder}/s.csv --report ${folder}/s.html`
  const { code, out, err } = await runSweep(
    `--url ${store.url} --clients 3,1 --buy 0,0.5,1 --requests 4 --runs 2 --seed 5 ${files}`,
  )
  t.equal(code, 0, err)

  const result = JSON.parse(readFileSync(`${folder}/s.json`, 'utf8')) as SweepResult
  t.same(result.loads, { planned: 12, measured: 12 })
  const sum = (kind: string) =>
    result.figures.filter((figure) => figure.kind === kind).reduce((sum, { requests }) => sum + requests, 0)
  t.equal(sum('query'), store.queries().length)
  t.equal(sum('buy'), store.orders().length)
  t.equal(sum('query'), 2 * 3 * (1 + 3) * 4)
  t.ok(store.orders().every(({ body }) => JSON.parse(body).quantity === 1))
  for (const { buy, clients, kind, runs, requests, mean, p50, p90, max, runMeanLow, runMeanHigh } of result.figures) {
    const what = `buy ${buy}, clients ${clients}, ${kind}`
    t.equal(runs, 2, what)
    if (kind === 'query' || buy === 1) t.equal(requests, 2 * clients * 4, what)
    if (kind === 'buy' && buy === 0) {
      t.same([requests, mean, p50, p90, max, runMeanLow, runMeanHigh], [0, null, null, null, null, null, null], what)
      continue
    }
    within(t, what, mean, kind === 'query' ? queryMs : buyMs)
    t.ok(runMeanLow! <= mean! + 0.1 && mean! - 0.1 <= runMeanHigh! && mean! <= max! + 0.1 && p50! <= p90!, what)
  }

  for (const { clients, kind, mean, requests } of result.together) {
    const parts = result.figures.filter((figure) => figure.kind === kind && figure.clients === clients)
    const ms = parts.reduce((sum, part) => sum + (part.mean ?? 0) * part.requests, 0) / requests
    t.ok(Math.abs(mean! - ms) < 0.5, `together are all: ${mean} and ${ms}`)
  }

  const rows = parse(readFileSync(`${folder}/s.csv`), { columns: true }) as Record<string, string>[]
  t.equal(rows.length, 3 * 2 * 2)
  for (const [i, { buy, clients, kind, requests, mean_ms }] of rows.entries()) {
    const figure = result.figures[i]!
    t.same([buy, clients, kind, requests], [figure.buy, figure.clients, figure.kind, figure.requests].map(String))
    t.equal(mean_ms, figure.mean === null ? '' : String(Number(figure.mean.toFixed(3))))
  }
  t.match(readFileSync(`${folder}/s.html`, 'utf8'), /<h1>Latency against the number of clients at http:/)

  t.match(out, /^12\/12: run 2, buy 1, 3 clients: query [\d.]+ ms, buy [\d.]+ ms$/m)
  t.match(
    out,
    /^Queries, mean ms\nclients +buy 0 +buy 0\.5 +buy 1 +all\n1( +[\d.]+ ±[\d.]+){4}\n3( +[\d.]+ ±[\d.]+){4}$/m,
  )
  t.match(out, /^Purchases, mean ms\n[^\n]+\n1 +–( +[\d.]+ ±[\d.]+){3}\n/m)
})

t.test('the same seed makes the same requests again, and the runs of a sweep differ', async (t) => {
  const requestsOf = async (options: string) => {
    const store = await startFakeStore(t)
    t.equal((await runSweep(`--url ${store.url} --clients 2 --buy 0.5 --requests 10 ${options}`)).code, 0)
    return store.seen.map(({ path, body }) => `${path} ${body}`)
  }
  const once = (await requestsOf('--seed 3')).sort()
  t.same((await requestsOf('--seed 3 --processes 1')).sort(), once)
  const twice = await requestsOf('--seed 3 --runs 2')
  t.same(twice.slice(0, once.length).sort(), once)
  t.notSame(twice.slice(once.length).sort(), once)
})

t.test('a failure ends with exit code 1 and is told with its probability and clients', async (t) => {
  const store = await startFakeStore(t, { order: (_, response) => refuse(response, 500, 'internal') })
  const { code, out } = await runSweep(`--url ${store.url} --clients 2 --buy 0,1 --requests 3`)
  t.equal(code, 1)
  t.match(out, / 6 failed\.\n {2}buy 1, clients 2: buy internal 6\n/)
})

t.test('what is sold out is said', async (t) => {
  const store = await startFakeStore(t, { quantity: 0 })
  const { code, out } = await runSweep(`--url ${store.url} --clients 1 --buy 1 --requests 3`)
  t.equal(code, 0)
  t.match(out, /Run 1, buy 1, 1 client: Sold out seen, so not bought: 3\./)
})
