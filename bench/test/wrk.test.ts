import t from 'tap'
import { readWrk } from '../wrk.ts'

const output = (latencies: string, rest: string): string => `Running 1s test @ http://127.0.0.1:7999/
  1 threads and 8 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   263.77us    0.91ms  16.43ms   96.72%
    Req/Sec    59.65k    15.64k   79.72k    72.73%
  Latency Distribution
${latencies}
${rest}Requests/sec:  59348.45
Transfer/sec:      7.00MB
`
const mixed = output(
  '     50%  101.00us\n     75%  168.00us\n     90%  296.00us\n     99%    2.92ms',
  `  65270 requests in 1.10s, 7.69MB read
  Socket errors: connect 1, read 65, write 2, timeout 3
  Non-2xx or 3xx responses: 6468
`,
)

t.test('answers that are no success do not count as purchases, nor do cut connections', async (t) => {
  const round = readWrk(mixed, 200)
  t.equal(round.answers, 65270 - 6468)
  t.equal(Math.round(round.perSecond), Math.round((65270 - 6468) / 1.1))
  t.equal(round.failed, 6468 + 1 + 65 + 2 + 3)
})

t.test('where a refusal is wanted, the successes are what failed', async (t) => {
  const round = readWrk(mixed, 409)
  t.equal(round.answers, 6468)
  t.equal(round.failed, 65270 - 6468 + 1 + 65 + 2 + 3)
})

t.test('times are milliseconds, whatever unit wrk chose', async (t) => {
  t.match(readWrk(mixed, 200), { p50Ms: 0.101, p99Ms: 2.92 })
  const slow = output(
    '     50%    1.51s \n     75%    2.00s \n     90%    1.00m \n     99%    1.50m ',
    '  8 requests in 1.05m, 0.96KB read\n',
  )
  t.match(readWrk(slow, 200), { p50Ms: 1510, p99Ms: 90_000, answers: 8, failed: 0, perSecond: 8 / 63 })
})

t.test('what is not the output of wrk is no figure', async (t) => {
  t.throws(() => readWrk('', 200), /not understood/)
  t.throws(() => readWrk(mixed.replace('50%', '51%'), 200), /not understood/)
})
