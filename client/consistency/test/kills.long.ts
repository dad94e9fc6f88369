/** Every service is killed in the middle of every case, and all figures are 0; nothing is left of the store. */
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import t from 'tap'
import { startClient } from '../../test/program.ts'

const folders = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('toy-store-consistency-'))

for (const how of [[], ['--direct']])
  t.test(`all are 0 whichever service is killed ${how.join('')}`, { timeout: 300_000 }, async (t) => {
    const before = folders()
    const options = [
      '--kill',
      'all',
      '--runs',
      '5',
      '--pieces',
      '300',
      '--checkouts',
      '400',
      '--users',
      '400',
      '--concurrency',
      '400',
    ]
    const { code, out, err } = await startClient(['consistency', ...options, '--json', ...how]).ran
    t.equal(code, 0, `${out}\n${err}`)
    const { runs, held } = JSON.parse(out) as { held: number; runs: { killed: string; retries: number }[] }
    t.equal(held, 15)
    t.strictSame([...new Set(runs.map(({ killed }) => killed))].sort(), [
      'cart',
      'catalog',
      'frontend',
      'order',
      'payment',
    ])
    t.ok(runs.filter(({ retries }) => retries > 0).length >= 4, 'kills came in the middle')
    t.strictSame(folders(), before)
  })
