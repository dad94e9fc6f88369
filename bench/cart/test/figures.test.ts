import t from 'tap'
import { linesOf } from '../figures.ts'
import { rowOf, sample } from './sample.ts'

const lineOf = (name: string, lines = sample().lines) => lines.find((line) => line.name === name)!

t.test('a hundred adds stand beside two hundred hops and a hundred syncs, local and over HTTP only', async (t) => {
  const line = lineOf('hundred-adds') // (120, 140 ms) ÷ 100 × (0.4 + 0.4 ms)
  t.match(line, { measured: '1.625 (1.500 to 1.750)', verdict: 'MISSED', beside: 'bare 80.0 ms, store 130 ms' })
})

t.test('the most shards stand beside the fewest of the same run', async (t) => {
  t.match(lineOf('shards-http'), { measured: '1.000 (1.000 to 1.000)', verdict: 'met, aim too' })
  t.match(lineOf('shards-in-process'), {
    measured: '0.500 (0.500 to 0.500)',
    beside: 'with 1: 40.4 ms, with 1,000: 20.2 ms',
  })
  t.match(lineOf('shards-azure'), { measured: '1.500 (1.000 to 2.000)', verdict: 'MISSED' })
  t.match(lineOf('shards-memory'), {
    measured: '1.050 (1.050 to 1.050)',
    verdict: 'met',
    beside: 'with 1: 200 bytes, with 1,000: 210 bytes',
  })
})

t.test('a ratio whose other side is missing is not measured, and has no verdict', async (t) => {
  const one = linesOf([rowOf('local', 'in process', 1, 1, 5), rowOf('azure', 'over HTTP', 1, 1, 5)], [])
  for (const line of one) t.match(line, { measured: 'not measured', verdict: '', beside: '' }, line.name)
  const apart = linesOf([rowOf('local', 'over HTTP', 1, 1, 5), rowOf('local', 'over HTTP', 10, 2, 5)], [])
  t.equal(lineOf('shards-http', apart).measured, 'not measured', 'of other runs only')
})
