/** The command as a whole, as short as it can be: what it prints, what it writes, what it leaves. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

const program = fileURLToPath(new URL('../bench.ts', import.meta.url))
/** Nothing else of the test's environment reaches it: tap would put a NODE_OPTIONS of its own there. */
const env = { PATH: '/usr/local/bin:/usr/bin:/bin' }
const bench = (...args: string[]) => promisify(execFile)(process.execPath, [program, ...args], { env })

t.test(
  'a short run prints its rounds and its table, writes all of it, balances its books and leaves nothing',
  async (t) => {
    const [folder, out] = [t.testdir({ stores: {} }), 'bench.json']
    const quick = ['--rounds', '2', '--seconds', '1', '--warm-up', '1', '--folder', `${folder}/stores`]
    const { stdout } = await bench(
      ...quick,
      '--only',
      'sync-256,cpu-256,orders-start,postgres',
      '--json',
      `${folder}/${out}`,
    )
    t.match(stdout, /^round 2 of 2, purchases-256: echo [\d,]+\/s.*; store [\d,]+\/s/m)
    t.match(stdout, /^round 2 of 2, sync-256: unsynced [\d,]+\/s.*; synced [\d,]+\/s/m)
    t.match(stdout, /^cpu-256 +≤ 4 +≤ 2\.5 +[\d.]+ \([\d.]+ to [\d.]+\)/m)
    t.match(stdout, /^orders-start .* not asked for: --orders 10000000$/m)
    t.match(stdout, /^postgres .* not asked for: --postgres$/m)
    t.notMatch(stdout, 'p99-256', 'a figure of the same rounds that was not chosen is not told')
    t.equal(stdout.match(/^books balanced: [\d,]+ orders, 11 toys, 0 differences$/gm)?.length, 3)
    t.match(stdout.trim().split('\n').at(-1)!, /^4 figures in \d+ s, \d missed, 0 wrong$/)
    const written = JSON.parse(readFileSync(`${folder}/${out}`, 'utf8'))
    t.match(written, {
      lines: [{ name: 'sync-256' }, { name: 'cpu-256' }, {}, {}],
      books: [{ balanced: true }, {}, {}],
    })
    t.equal(written.record.length, 2)
    for (const { rounds } of written.record) t.equal(rounds.length, 2)
    t.strictSame(readdirSync(`${folder}/stores`), [])
  },
)

t.test('a figure that is not there is refused, and those that are there are named', async (t) => {
  await t.rejects(bench('--only', 'speed'), { code: 1, stderr: /There is no speed\. There are fdatasync, reads-64/ })
})

t.test('the beginning of a name means all figures that begin so', async (t) => {
  const { stdout } = await bench('--list', '--only', 'purchases,orders')
  const names = stdout.split('\n').map((line) => line.split(':')[0])
  t.strictSame(names.slice(0, 3), ['purchases-256', 'purchases-64', 'orders-purchases'])
  t.ok(names.includes('orders-memory'))
})
