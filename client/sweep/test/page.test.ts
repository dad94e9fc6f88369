/** A sweep's page: closed to the network, a line for each probability, and every figure in a table. */
import t from 'tap'
import type { Figure } from '../figures.ts'
import { sweepHtml } from '../page.ts'
import type { SweepResult } from '../result.ts'

const figure = (buy: number | null, clients: number, kind: 'query' | 'buy', mean: number | null): Figure => ({
  ...{ buy, clients, kind, runs: 2, requests: 10, failures: 0, mean, p50: mean, p90: mean, max: mean },
  ...{ runMeanLow: mean === null ? null : mean - 4, runMeanHigh: mean === null ? null : mean + 4 },
})

const resultOf = (more: Partial<SweepResult> = {}): SweepResult => ({
  ...{ format: 1, command: 'sweep', startedAt: '2026-11-21T09:17:59.631Z', seconds: 12, url: 'http://127.0.0.1:1' },
  settings: [['runs', '2']],
  machine: [['cores', '2']],
  loads: { planned: 8, measured: 8 },
  figures: [0, 0.5].flatMap((buy) =>
    [1, 3].flatMap((clients) => [
      figure(buy, clients, 'query', 200 + clients),
      figure(buy, clients, 'buy', buy === 0 ? null : 400 + clients),
    ]),
  ),
  together: [1, 3].flatMap((clients) => [figure(null, clients, 'query', 250), figure(null, clients, 'buy', 450)]),
  failures: [],
  notes: [],
  ...more,
})

const charts = (page: string) =>
  [...page.matchAll(/<script type="application\/json">(.*?)<\/script>/gs)].map(
    ([, text]) => JSON.parse(text!) as { across: string; range: number[]; places: number[]; lines: object[] },
  )

t.test('queries and purchases each have a chart with a line for each probability, on one scale', async (t) => {
  const [queries, purchases, ...more] = charts(sweepHtml(resultOf()))
  t.same(more, [])
  t.match(queries, { across: 'clients', range: [0, 403], places: [1, 3] })
  t.match(queries!.lines, [
    { label: 'buy 0', values: [201, 203] },
    { label: 'buy 0.5', values: [201, 203] },
  ])
  t.equal(queries!.lines.length, 2)
  t.match(purchases, { across: 'clients', range: [0, 403], places: [1, 3] })
  t.match(purchases!.lines, [{ label: 'buy 0.5', values: [401, 403] }])
  t.equal(purchases!.lines.length, 1)
})

t.test('who does not see the charts is told the same, and all figures stand below', async (t) => {
  const page = sweepHtml(resultOf())
  t.match(page, 'Mean milliseconds with 1, 3 clients. buy 0: 201, 203; buy 0.5: 201, 203.')
  t.match(
    page,
    /<th scope="row" class="number">3<\/th>(<td class="number">203 ±4\.00<\/td>){2}<td class="number">250 ±4\.00/,
  )
  t.equal(page.match(/<td>(query|buy)<\/td>/g)?.length, 8 + 4)
  t.match(page, '✓ Nothing failed.')
})

t.test('the page names nothing outside of itself', async (t) => {
  const page = sweepHtml(resultOf())
  t.match(page, /http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; script-src &#39;sha256-/)
  t.notMatch(
    page.replaceAll(/<(script|style)[^>]*>.*?<\/\1/gs, ''),
    /<(link|img|iframe|object|embed|base|form)\b| (src|href|on\w+|style)="/i,
  )
})

t.test('failures and notes are told, and none becomes markup', async (t) => {
  const failed = { ...figure(0.5, 1, 'buy', 400), failures: 2 }
  const failures = [{ buy: 0.5, clients: 1, kind: 'buy', word: '</td><script>1</script>', count: 2 }]
  const page = sweepHtml(resultOf({ figures: [failed], together: [], failures, notes: ['<b>Ended early'] }))
  t.match(page, '✗ 2 failures.')
  t.match(page, '&#60;/td&#62;&#60;script&#62;1')
  t.match(page, '&#60;b&#62;Ended early')
})

t.test('a sweep that measured nothing has a page', async (t) => {
  const page = sweepHtml(resultOf({ figures: [], together: [] }))
  t.match(page, 'Queries. Nothing was measured.')
})
