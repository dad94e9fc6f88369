/** A contract's suite as a test: the one line that a new engine's test needs. */
import type { Test } from 'tap'
import { check } from './check.ts'
import type { Engine } from './engine.ts'
import type { Suite } from './suite.ts'

const given = process.env.SEED

/** `SEED=123 npx tap …` makes other scripts; a failure tells the smallest script and how it is done again. */
export function conforms<Store, Call, State>(
  t: Test,
  engine: Engine<Store>,
  suite: Suite<Store, Call, State>,
  { runs, seed = 1 }: { runs: number; seed?: number },
): void {
  const from = given !== undefined && /^\d{1,9}$/.test(given) ? Number(given) : seed
  t.test(
    `the ${suite.name} over ${engine.name} answers what the naive model says, whatever is asked and fails`,
    async (t) => {
      const checked = await check(engine, suite, { runs, seed: from })
      t.comment(`seed ${from}: ${checked.runs} scripts, ${checked.commands} commands, ${checked.crashes} crashes`)
      t.equal(checked.wrong?.text, undefined)
      t.ok(checked.commands > runs && checked.crashes > runs / 2, 'they do ask and crash')
    },
  )
}
