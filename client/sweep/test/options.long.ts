/** Options that are refused, before anything is started or asked. */
import { Command, CommanderError } from 'commander'
import t from 'tap'
import { startFakeStore } from '../../load/test/fake-store.ts'
import { addSweepOptions, planOf, type SweepPlan } from '../options.ts'
import { runSweep } from './run.ts'

const refused: [string, RegExp][] = [
  ['--clients 0', /whole number from 1 to 10000/],
  ['--clients 1,two', /whole number/],
  ['--clients ,', /list is empty/],
  ['--clients 1,,2', /number is missing between two commas/],
  ['--clients 2,1,2', /2 stands there twice/],
  ['--clients 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21', /20 numbers at most/],
  ['--buy 0.5,1.5', /number from 0 to 1/],
  ['--buy 0.2,0.20', /0\.2 stands there twice/],
  ['--requests 0', /whole number from 1/],
  ['--runs 0', /whole number from 1/],
  ['--delay -5', /whole number from 0 to 10000/],
  ['--cache of', /There is no of; did you mean on/],
  ['--url http://127.0.0.1:1 --delay 200', /--delay is for the store that is started without --url/],
  ['--url http://127.0.0.1:1 --cache on', /--cache is for the store that is started without --url/],
  ['--url http://10.0.0.1', /is not on this machine.*--yes-this-is-my-store/],
  ['--url nonsense', /address like/],
  ['--clinets 3', /unknown option '--clinets'/],
  ['more', /too many arguments/],
]

/** As the command does it, without a process of its own. */
function planFrom(options: string): SweepPlan {
  const command = new Command('sweep').exitOverride().configureOutput({ writeErr: () => {} })
  addSweepOptions(command).action(() => {})
  command.parse(options.split(' ').filter(Boolean), { from: 'user' })
  return planOf(command, command.opts())
}

t.test('a bad option is refused with a sentence', async (t) => {
  for (const [options, sentence] of refused) {
    try {
      planFrom(options)
      t.fail(`${options} was taken`)
    } catch (error) {
      t.ok(error instanceof CommanderError)
      t.match((error as Error).message, sentence, options)
    }
  }
})

t.test('lists are taken in any order, and what is not said is as the original was', async (t) => {
  t.match(planFrom(''), { url: undefined, clients: [1, 2, 3, 4, 5], buy: [0, 0.2, 0.4, 0.6, 0.8, 1] })
  t.match(planFrom(''), { rounds: 5, runs: 1, delayMs: 200, cache: 'off' })
  t.match(planFrom('--clients 4,10,2 --buy 1,.5'), { clients: [2, 4, 10], buy: [0.5, 1] })
})

t.test('a bad option ends with exit code 2', async (t) => {
  const { code, out, err } = await runSweep('--buy 1.5')
  t.equal(code, 2)
  t.match(err, /^error: [^\n]+\n$/)
  t.equal(out, '')
})

t.test('a file that cannot be written ends with exit code 2 before the store is asked anything', async (t) => {
  const store = await startFakeStore(t)
  const folder = t.testdir()
  for (const [option, path, why] of [
    ['--csv', `${folder}/none/file`, /cannot be written: there is no folder/],
    ['--json', `${folder}/none/file`, /cannot be written: there is no folder/],
    ['--report', folder, /cannot be written: it is a folder/],
  ] as const) {
    const { code, out, err } = await runSweep(`--url ${store.url} ${option} ${path}`)
    t.equal(code, 2)
    t.match(err, why)
    t.equal(out, '')
  }
  t.same(store.seen, [])
})
