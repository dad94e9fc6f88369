/** Two results held against each other. */
import t from 'tap'
import { type Comparison, compareResults, type Measure } from '../compare.ts'
import { comparisonHtml } from '../compare-html.ts'
import { comparisonText } from '../compare-text.ts'
import { emptyResult, hostileResult, plausibleResult } from './plausible.ts'

const names = { a: 'a.json', b: 'b.json' }
const found = ({ kinds }: Comparison, measure: Measure, kind = 'query') =>
  kinds.find((each) => each.kind === kind)!.measures.find((each) => each.measure === measure)!
const judgements = (comparison: Comparison) =>
  [...comparison.kinds.flatMap(({ measures }) => measures), ...comparison.all].map(({ judgement }) => judgement)

t.test('of two runs of the same, nothing is better or worse', async (t) => {
  for (let seed = 1; seed < 8; seed++) {
    const told = judgements(compareResults(plausibleResult({ seed }), plausibleResult({ seed: seed + 100 })))
    t.notOk(told.includes('better') || told.includes('worse'), told.join(' '))
    t.ok(told.includes('noise'))
  }
})

t.test('a run compared with itself is equal', async (t) => {
  const told = new Set(judgements(compareResults(plausibleResult(), plausibleResult())))
  t.same([...told].sort(), ['equal', 'mixed'])
})

t.test('more requests are better, longer times worse, and turned around the other way', async (t) => {
  const [a, b] = [plausibleResult(), plausibleResult({ seed: 2, perSecond: 2600, medianMs: 1.6 })]
  const there = compareResults(a, b)
  t.equal(found(there, 'rate').judgement, 'better')
  t.ok(Math.abs(found(there, 'rate').ratio! - 1.3) < 0.1)
  for (const measure of ['mean', 'p50', 'p90', 'p99'] as const)
    t.equal(found(there, measure).judgement, 'worse', measure)
  t.equal(there.all[0]!.judgement, 'better')
  const back = compareResults(b, a)
  t.equal(found(back, 'rate').judgement, 'worse')
  t.equal(found(back, 'p99', 'buy').judgement, 'better')
})

t.test('times of all kinds together are judged only where there is one kind', async (t) => {
  const kinds = ['query']
  const [a, b] = [plausibleResult({ kinds }), plausibleResult({ kinds, medianMs: 3, seed: 2 })]
  t.equal(compareResults(a, b).all.find(({ measure }) => measure === 'p50')!.judgement, 'worse')
  t.equal(compareResults(plausibleResult(), b).all.find(({ measure }) => measure === 'p50')!.judgement, 'mixed')
})

t.test('a short run is too short to tell, one with few requests a second tells no p99', async (t) => {
  const short = compareResults(plausibleResult({ seconds: 9 }), plausibleResult({ perSecond: 9000 }))
  t.equal(found(short, 'rate').judgement, 'short')
  t.equal(found(short, 'p99').judgement, 'short')
  const few = compareResults(plausibleResult({ perSecond: 40 }), plausibleResult({ perSecond: 40, medianMs: 5 }))
  t.equal(found(few, 'p99').judgement, 'few')
  t.equal(found(few, 'p90').judgement, 'worse')
})

t.test('the warm-up and a last second that is not whole are not judged', async (t) => {
  const run = (medianMs: number) => ({ ...plausibleResult({ warmupSeconds: 5, medianMs }), seconds: 59.4 })
  const spoiled = run(3)
  for (const row of spoiled.perSecond)
    if (row.second < 5 || row.second >= 64) Object.assign(row, { requests: 1, p50: 900, p90: 900, p99: 900 })
  t.same(compareResults(run(1), spoiled).kinds, compareResults(run(1), run(3)).kinds)
})

t.test('a long time in a few seconds is noise, whatever the whole run says', async (t) => {
  const b = plausibleResult({ seed: 2 })
  b.kinds[0]!.latency.p99 = b.kinds[0]!.latency.p99! * 5
  t.equal(found(compareResults(plausibleResult(), b), 'p99').judgement, 'noise')
  const slower = plausibleResult({ seed: 2, medianMs: 3 })
  slower.kinds[0]!.latency.p99 = plausibleResult().kinds[0]!.latency.p99! / 2
  const { judgement, interval } = found(compareResults(plausibleResult(), slower), 'p99')
  t.ok(interval!.from > 1)
  t.equal(judgement, 'noise', 'the seconds speak against the whole')
})

t.test('failures where there were none are never noise', async (t) => {
  const b = plausibleResult({ seed: 2, events: [{ at: 20, until: 22, what: 'kill' }] })
  const { a: before, b: after, ratio, judgement } = found(compareResults(plausibleResult(), b), 'failures')
  t.equal(before, 0)
  t.ok(after! > 0)
  t.same({ ratio, judgement }, { ratio: null, judgement: 'worse' })
  t.equal(found(compareResults(b, plausibleResult()), 'failures').judgement, 'better')
  t.match(compareResults(plausibleResult(), b).notes[0], 'What happened to the store in b is part')
})

t.test('what was not alike is told: settings, machine, store, kinds', async (t) => {
  const b = plausibleResult({ seconds: 30, kinds: ['query', 'order'], more: { url: 'http://127.0.0.1:9' } })
  b.machine.push(['disk', 'slow'])
  const { differing, notes } = compareResults(plausibleResult(), b)
  t.same(differing, [
    ['store', 'http://127.0.0.1:8080', 'http://127.0.0.1:9'],
    ['setting --duration', '60s', '30s'],
    ['machine: disk', null, 'slow'],
  ])
  t.same(notes, ['Only a has requests of the kind buy.', 'Only b has requests of the kind order.'])
})

t.test('as text it fits 80 columns and says each judgement', async (t) => {
  const steady = { warmupSeconds: 15 }
  const b = plausibleResult({ ...steady, seed: 2, perSecond: 26_000, medianMs: 160, seconds: 30 })
  const text = comparisonText(compareResults(plausibleResult({ ...steady, perSecond: 20_000 }), b), names)
  for (const line of text.split('\n')) t.ok(line.length <= 80, line)
  t.match(text, /^query +requests\/s +[\d,]+ +[\d,]+ +1\.\d{3} +1\.\d{3} to 1\.\d{3} +better$/m)
  t.match(text, /^ +p99 ms .* worse$/m)
  t.match(text, 'setting --duration: 60s against 30s')
  t.match(text, 'compare knowingly')
})

t.test('nothing, and hostile words, are compared too', async (t) => {
  const nothing = compareResults(emptyResult(), emptyResult())
  t.same([...new Set(judgements(nothing))], ['none'])
  t.notMatch(comparisonText(nothing, names), /NaN|undefined|null|Infinity/)
  const hostile = hostileResult()
  hostile.settings.push(['\u001b[2Jcleared', 'bell\u0007'])
  const [a, b] = [
    { name: '<b>a', result: hostile },
    { name: 'b', result: plausibleResult() },
  ]
  t.notMatch(comparisonText(compareResults(hostile, b.result), names).replaceAll('\n', ''), /\p{Cc}/u)
  t.notMatch(comparisonHtml(compareResults(hostile, b.result), a, b), /<(img|b>a|svg onload)/)
})

t.test('the page has the ratios, and both runs in each chart', async (t) => {
  const [a, b] = [plausibleResult(), plausibleResult({ seed: 2, seconds: 100, medianMs: 2 })]
  const page = comparisonHtml(compareResults(a, b), { name: 'a.json', result: a }, { name: 'b.json', result: b })
  t.match(page, /<td>p50 ms<\/td>.*?<span class="state bad">✗ worse<\/span>/s)
  const charts = [...page.matchAll(/<script type="application\/json">(.*?)<\/script>/g)].map(
    ([, json]) => JSON.parse(json!) as { places: number[]; lines: { label: string; values: (number | null)[] }[] },
  )
  t.equal(charts.length, 3)
  for (const { places, lines } of charts) {
    t.same(lines.map(({ label }) => label).sort(), ['buy a', 'buy b', 'query a', 'query b'])
    for (const { values } of lines) t.equal(values.length, places.length)
  }
  t.equal(charts[0]!.places.length, 100)
  t.same(charts[0]!.lines[0]!.values.slice(60), Array(40).fill(null), 'the shorter run ends earlier')
})
