/** Options that are refused. */
import t from 'tap'
import { startLoad } from './run.ts'

const refused: [string, RegExp][] = [
  ['--processes 0', /whole number from 1 to 256/],
  ['--processes two', /whole number/],
  ['--requests -1', /whole number/],
  ['--requests 1e3', /whole number/],
  ['--buy 1.5', /number from 0 to 1/],
  ['--buy half', /number from 0 to 1/],
  ['--quantity 0', /whole number/],
  ['--timeout 0', /number from 0\.1 to 60/],
  ['--seed -5', /whole number/],
  ['--url nonsense', /address like/],
  ['--url https://127.0.0.1', /address like/],
  ['--url http://127.0.0.1:1/shop', /address like/],
  ['--url http://user@127.0.0.1', /address like/],
  ['--url http://example.com', /load goes only to this machine/],
  ['--url http://127.0.0.1.example.com', /load goes only to this machine/],
  ['--url http://10.0.0.1', /load goes only to this machine/],
  ['--processes 3 --clients 2', /--clients must be at least --processes/],
  ['--what', /unknown option/],
  ['more', /too many arguments/],
]

t.test('a bad option ends with exit code 2 and one sentence', async (t) => {
  await Promise.all(
    refused.map(async ([options, sentence]) => {
      const { code, out, err } = await startLoad(options.split(' ')).ran
      t.equal(code, 2, options)
      t.match(err, sentence, options)
      t.equal(err.trim().split('\n').length, 1, err)
      t.equal(out, '')
    }),
  )
})

t.test('help is no failure', async (t) => {
  const { code, out } = await startLoad(['--help']).ran
  t.equal(code, 0)
  t.match(out, /--processes/)
})

t.test('every spelling of this machine is taken', async (t) => {
  await Promise.all(
    ['http://localhost:1', 'http://127.9.9.9:1/', 'http://[::1]:1', 'http://2130706433:1'].map(async (url) => {
      const { code, err } = await startLoad(['--url', url]).ran
      t.equal(code, 1, url)
      t.match(err, /cannot be reached/)
    }),
  )
})
