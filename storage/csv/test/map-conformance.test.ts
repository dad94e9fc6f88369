/** The CSV map keeps the contract: random scripts, a few seconds of what test/model.ts does for long. */
import t from 'tap'
import { conforms } from '../../test/conformance/conforms.ts'
import { bulkMapSuite } from '../../test/conformance/map.ts'
import { mapEngines } from './conformance-engines.ts'

for (const [i, engine] of mapEngines.entries())
  conforms(t, engine, bulkMapSuite, { runs: engine.name === 'csv-files' ? 5 : 150, seed: i + 1 })
