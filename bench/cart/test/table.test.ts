import t from 'tap'
import { cartCsv } from '../csv.ts'
import { resultText } from '../table.ts'
import { sample } from './sample.ts'

t.test('each engine and way has a table with a row for each number of shards', async (t) => {
  const text = resultText(sample())
  const [first] = text.split('\n\n')
  t.equal(
    first,
    [
      'local, in process, ms',
      'shards          start    first 100 adds    first checkout          100 adds          checkout',
      '1       400 (400–400)  80.0 (80.0–80.0)  0.80 (0.80–0.80)  40.0 (40.0–40.0)  0.40 (0.40–0.40)',
      '1,000   200 (200–200)  40.0 (40.0–40.0)  0.40 (0.40–0.40)  20.0 (20.0–20.0)  0.20 (0.20–0.20)',
    ].join('\n'),
  )
  t.match(text, /^local, over HTTP, ms\n.*\n1 +1,300 \(1,200–1,400\) .* 130 \(120–140\) +1\.30 \(1\.20–1\.40\)$/m)
  t.match(text, /^azure, over HTTP, ms$/m)
})

t.test('the ratios, the books and what was left out follow', async (t) => {
  const text = resultText(sample({ notes: ['Azure is left out.'] }))
  t.match(text, /^shards-azure +≤ 1\.1 +≤ 1 +1\.500 \(1\.000 to 2\.000\) +MISSED/m)
  t.match(text, /\n\ncarts balanced: .*\nAzure is left out\.\n12 measurements in 12 s$/)
  const bytes = { residentBytes: 150 * 2 ** 20, emptyResidentBytes: 90 * 2 ** 20, fileBytes: 125 * 2 ** 20 }
  const million = { carts: 1_000_000, openMs: 600, emptyOpenMs: 590, firstLookMs: 800, ...bytes }
  t.match(
    resultText(sample({ million })),
    '1,000,000 carts: open after 600 ms (without them 590), the first look answered 800 ms later; the cart service takes 150 MiB (without them 90.0), its files 125 MiB',
  )
})

t.test('the CSV has every measurement, and an empty cell for what was not measured', async (t) => {
  const [head, ...rows] = cartCsv(sample()).trim().split('\n')
  t.equal(
    head,
    'engine,way,shards,run,start_ms,first_adds_ms,first_checkout_ms,adds_ms,checkout_ms,bare_hop_ms,fdatasync_ms',
  )
  t.equal(rows.length, 12)
  t.equal(rows[0], 'local,in process,1,1,400,80,0.8,40,0.4,,')
  t.equal(rows[1], 'local,over HTTP,1,1,1200,240,2.4,120,1.2,0.2,0.4')
})
