/** Results as CSV, read back by another program. */
import { parse } from 'csv-parse/sync'
import t from 'tap'
import { resultCsv } from '../csv.ts'
import { emptyResult, hostileResult, plausibleResult } from './plausible.ts'

t.test('every second and kind has a row, with its counts and times', async (t) => {
  const result = plausibleResult({ seconds: 7 })
  const rows: Record<string, string>[] = parse(resultCsv(result), { columns: true })
  t.equal(rows.length, 14)
  const { second, kind, requests, ok, refused, failures, retries, mean, p50, p90, p99, max } = result.perSecond[13]!
  const times = { mean_ms: mean!, p50_ms: p50!, p90_ms: p90!, p99_ms: p99!, max_ms: max! }
  t.same(rows[13], {
    ...{ second: String(second), kind, requests: String(requests), ok: String(ok), refused: String(refused) },
    ...{ failures: String(failures), retries: String(retries) },
    ...Object.fromEntries(Object.entries(times).map(([name, ms]) => [name, String(Number(ms.toFixed(3)))])),
  })
})

t.test('what was not measured is an empty cell, and no seconds are a header alone', async (t) => {
  const result = plausibleResult({ seconds: 1, kinds: ['query'] })
  Object.assign(result.perSecond[0]!, { mean: null, p50: null, p90: null, p99: null, max: null })
  t.match(resultCsv(result).split('\n')[1], /^0,query,\d+,\d+,0,0,0,,,,,$/)
  const header = 'second,kind,requests,ok,refused,failures,retries,mean_ms,p50_ms,p90_ms,p99_ms,max_ms\n'
  t.equal(resultCsv(emptyResult()), header)
})

t.test('no cell can be run as a formula, wherever a spreadsheet parts the cells', async (t) => {
  const result = hostileResult()
  const row = result.perSecond[0]!
  const kinds = [
    '=1+1',
    '+1',
    '-1',
    '@SUM(1)',
    '\t=1',
    '\r=1',
    ' =1',
    '\u00a0=1',
    '\u200b=1',
    '＝1',
    'a;=1',
    'a\n=1',
    'a\t=1',
  ]
  result.perSecond.push(...kinds.map((kind) => ({ ...row, kind })))
  const text = resultCsv(result)
  for (const delimiter of [',', ';', '\t']) {
    const cells: string[][] = parse(text, { delimiter, relax_quotes: true, relax_column_count: true })
    t.ok(cells.length > kinds.length)
    t.same(
      cells.flat().filter((cell) => /^\s*[=+\-@＝＋－＠]/u.test(cell)),
      [],
      JSON.stringify(delimiter),
    )
  }
})
