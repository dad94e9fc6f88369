/** The map on tables keeps the contract over Azurite, or over Azure itself. */
import t from 'tap'
import { conforms } from '../../test/conformance/conforms.ts'
import { mapSuite } from '../../test/conformance/map.ts'
import { overTables } from './conformance-engine.ts'
import { ownTable } from './harness.ts'
import { startTables } from './tables.ts'

const tables = await startTables()
t.teardown(() => tables.end())
const { name } = ownTable(t, tables.connectionString)
conforms(t, overTables('azure', tables.connectionString, name), mapSuite, { runs: 40 })
