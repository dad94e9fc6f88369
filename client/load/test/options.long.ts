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
  ['--timeout 0', /time from 100ms to 1m/],
  ['--duration soon', /time from 100ms to 24h/],
  ['--duration 5s --requests 3', /exclude each other/],
  ['--rate 5 --requests 3', /exclude each other/],
  ['--rate 5 --think 1s', /exclude each other/],
  ['--think 1s-0s', /the least and the most/],
  ['--think 0s-1s-2s', /the least and the most/],
  ['--rate 0', /number from 0.001/],
  ['--clients 0', /whole number from 1 to 10000/],
  ['--duration 2s --warmup 2s', /leaves nothing to measure/],
  ['--stages 10s', /must be like 10s:50/],
  ['--stages 1s:0', /needs a stage with clients/],
  ['--stages 1s:0/s', /needs a stage with a rate/],
  ['--stages 1s:5,1s:5/s', /All stages must be clients, or all/],
  ['--arrivals constant', /for an open load/],
  ['--scenario shpo', /There is no shpo; did you mean shop\. There are/],
  ['--scenario purchases --buy 0.5', /changes nothing in the scenario purchases/],
  ['--mix lok=1', /no story lok; did you mean look; its stories are look, buy/],
  ['--mix look=0,buy=0', /weight above 0/],
  ['--mix look', /must be like look=80/],
  ['--threshold fast', /must be like 'buy\.p99<50ms'/],
  ['--threshold buy.p98<5', /no figure p98; did you mean p9/],
  ['--threshold p99<5%', /5% is no bound for p99: say a time/],
  ['--threshold rate>5ms', /say a number a second/],
  ['--seed -5', /whole number/],
  ['--url nonsense', /address like/],
  ['--url ftp://127.0.0.1', /address like/],
  ['--url http://127.0.0.1:1/shop', /address like/],
  ['--url http://user@127.0.0.1', /address like/],
  ['--url http://example.com', /is not on this machine.*--yes-this-is-my-store/],
  ['--url http://127.0.0.1.example.com', /is not on this machine.*--yes-this-is-my-store/],
  ['--url http://10.0.0.1', /is not on this machine.*--yes-this-is-my-store/],
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
