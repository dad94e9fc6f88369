/** The CSV engines keep the contracts of ledger and log: random scripts, a few seconds of what test/model.ts does for long. */
import t from 'tap'
import { conforms } from '../../test/conformance/conforms.ts'
import { ledgerSuite } from '../../test/conformance/ledger.ts'
import { logSuite } from '../../test/conformance/log.ts'
import { ledgerEngines, logEngines } from './conformance-engines.ts'

for (const [i, engine] of ledgerEngines.entries())
  conforms(t, engine, ledgerSuite, { runs: engine.name === 'csv-files' ? 3 : 60, seed: i + 1 })
// A log makes its index of keys anew at each start, which takes its time: so there are fewer of them.
for (const [i, engine] of logEngines.entries())
  conforms(t, engine, logSuite, { runs: engine.name === 'csv-files' ? 3 : 6, seed: i + 1 })
