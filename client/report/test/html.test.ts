/** The report as a file: whole, closed to the network and to words that would run, and with every number in it. */
import { createHash } from 'node:crypto'
import t from 'tap'
import { reportHtml } from '../html.ts'
import { emptyResult, hostileResult, plausibleResult } from './plausible.ts'
import { samples } from './samples.ts'

/** Scripts and styles of a page as a browser takes them apart: up to the first end of their element. */
const elements = (page: string, name: 'script' | 'style') =>
  [...page.matchAll(new RegExp(`<${name}([^>]*)>(.*?)</${name}`, 'gs'))].map(([, type, text]) => ({
    isJson: type === ' type="application/json"',
    text: text!,
  }))
const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
const charts = (page: string) =>
  elements(page, 'script')
    .filter(({ isJson }) => isJson)
    .map(({ text }) => JSON.parse(text) as { places: number[]; lines: { label: string; values: (number | null)[] }[] })

for (const [name, make] of Object.entries(samples))
  t.test(`the report of ${name} names nothing outside of itself and lets run only its own script`, async (t) => {
    const page = reportHtml(make())
    const [, policy] = /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(page)!
    const scripts = elements(page, 'script').filter(({ isJson }) => !isJson)
    const styles = elements(page, 'style')
    t.equal(scripts.length, 1)
    t.equal(styles.length, 1)
    t.equal(
      policy!.replaceAll('&#39;', "'"),
      `default-src 'none'; script-src ${hashOf(scripts[0]!.text)}; style-src ${hashOf(styles[0]!.text)}; base-uri 'none'; form-action 'none'`,
    )
    const markup = page.replaceAll(/<(script|style)[^>]*>.*?<\/\1/gs, '')
    t.notMatch(markup, /<(link|img|iframe|object|embed|base|form|input)\b| (src|href|on\w+|style)="/i)
    for (const { text } of styles) t.notMatch(text, /url\(|@import/)
    for (const { places, lines } of charts(page))
      for (const { label, values } of lines) t.equal(values.length, places.length, label)
  })

t.test('words from the store stand there as they are, and none becomes markup', async (t) => {
  const page = reportHtml(hostileResult())
  const markup = page.replaceAll(/<(script|style)[^>]*>.*?<\/\1/gs, '')
  t.notMatch(markup, /<(img|svg onload)|window\.broken = 1<\/script>/)
  t.match(markup, '&#60;/script&#62;&#60;script&#62;window.broken = 1&#60;/script&#62;')
  t.ok(
    charts(page).some(({ lines }) =>
      lines.some(({ label }) => label === '</script><script>window.broken = 1</script>'),
    ),
  )
})

t.test('what was asked to hold stands before everything else, in words', async (t) => {
  const page = reportHtml(samples.chaos!())
  t.match(page, '✗ The threshold held; the books do not balance.')
  t.match(page, 'Tux: 9,998 in stock + 3 sold, but 10,000 moved')
  t.ok(page.indexOf('class="verdict bad"') < page.indexOf('<h2>'))
  t.match(reportHtml(samples.load!()), '✗ 1 of 3 thresholds missed; the books balance.')
  t.match(reportHtml(plausibleResult()), 'no thresholds were set, and the books were not checked')
})

t.test('a threshold without samples is missed, and says so', async (t) => {
  const thresholds = [{ text: 'buy p99 < 5 ms', measured: null, held: false }]
  t.match(reportHtml(plausibleResult({ more: { thresholds } })), /<td>no samples<\/td><td>.*✗ missed/)
})

t.test('every kind, count, event and setting stands in a table', async (t) => {
  const result = samples.chaos!()
  const page = reportHtml(result)
  for (const { kind, requests } of result.kinds) {
    t.match(page, `<th scope="row">${kind}</th><td class="number">${requests.toLocaleString('en-US')}</td>`)
    t.match(page, `Latency of ${kind}`)
  }
  for (const { what, at } of result.events) t.match(page, `<td>${what}</td><td class="number">${at.toFixed(1)} s</td>`)
  for (const [name, value] of result.settings) t.match(page, `<th scope="row">${name}</th><td>${value}</td>`)
})

t.test('a load that measured nothing has a report', async (t) => {
  const page = reportHtml(emptyResult())
  t.match(page, '<th scope="row">all</th><td class="number">0</td>')
  t.notMatch(page.replaceAll(/<script.*?<\/script/gs, ''), /NaN|undefined|null|Infinity/)
})

t.test('an hour of three kinds stays small', async (t) => {
  const page = reportHtml(samples.long!())
  t.ok(page.length < 700_000, `${page.length} bytes`)
  t.ok(charts(page).every(({ places }) => places.length <= 600))
})
