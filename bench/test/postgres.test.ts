import t from 'tap'
import { readPgbench } from '../postgres/shop.ts'

const output = (failed: number): string => `transaction type: purchase.sql
number of clients: 64
number of transactions actually processed: 9541
number of failed transactions: ${failed} (0.000%)
latency average = 20.136 ms
initial connection time = 92.521 ms
tps = 3178.381124 (without initial connection time)
`

t.test("pgbench's transactions a second are read without the time to connect, and what failed is told", async (t) => {
  t.strictSame(readPgbench(output(0)), { perSecond: 3178.381124, failed: 0 })
  t.strictSame(readPgbench(output(12)), { perSecond: 3178.381124, failed: 12 })
})

t.test('what is not the output of pgbench is no figure', async (t) => {
  t.throws(() => readPgbench('pgbench: error: connection failed'), /not understood/)
})
