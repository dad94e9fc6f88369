import t from 'tap'
import { type Figure, figureNames, figures } from '../figures.ts'
import { lineOf, markdownTable, plainTable, verdictOf } from '../table.ts'

const high = { title: '', how: '', must: 0.5, aim: 0.8, wanted: 'high' } as const
const low = { title: '', how: '', must: 4, aim: 2.5, wanted: 'low' } as const

t.test('a must that is just reached is met, one that is shown as reached but is not is missed', async (t) => {
  t.equal(verdictOf(high, 0.5), 'met')
  t.equal(verdictOf(high, 0.49999), 'MISSED')
  t.equal(verdictOf(high, 0.8), 'met, aim too')
  t.equal(verdictOf(low, 4), 'met')
  t.equal(verdictOf(low, 4.00001), 'MISSED')
  t.equal(verdictOf(low, 2.5), 'met, aim too')
})

t.test('a figure without a must is never missed', async (t) => {
  t.equal(verdictOf(figures.fdatasync, 1), '')
})

t.test('every aim is at least as hard as its must', async (t) => {
  for (const name of figureNames) {
    const { must, aim, wanted }: Figure = figures[name]
    t.equal(must === undefined, aim === undefined, name)
    if (must !== undefined && aim !== undefined) t.ok(wanted === 'high' ? aim >= must : aim <= must, name)
  }
})

t.test('a line tells median, spread, verdict and what they were made of', async (t) => {
  const line = lineOf('purchases-64', { values: [0.2, 0.4, 0.3], beside: 'echo 2/s, store 1/s' })
  t.match(line, { must: '≥ 0.3', aim: '≥ 0.55', measured: '0.300 (0.200 to 0.400)', verdict: 'met' })
  t.match(lineOf('fdatasync', { values: [12345], beside: '' }), { must: '', measured: '12,345 (12,345 to 12,345)' })
  t.equal(
    plainTable([line]).split('\n')[1]!,
    'purchases-64  ≥ 0.3  ≥ 0.55  0.300 (0.200 to 0.400)  met  echo 2/s, store 1/s',
  )
})

t.test('what was not measured has a reason and no verdict', async (t) => {
  const line = lineOf('threads-reads', { missing: 'not there yet' })
  t.match(line, { measured: 'not there yet', verdict: '' })
})

t.test('a document gets a row for each figure, all with as many cells as the head', async (t) => {
  const rows = markdownTable(figureNames.map((name) => lineOf(name, { values: [1], beside: 'a | b' }))).split('\n')
  t.equal(rows.length, figureNames.length + 2)
  for (const row of rows) t.equal(row.replaceAll('\\|', '').split('|').length, 8, row)
})
