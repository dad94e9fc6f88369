/** The map on tables keeps the contract: random scripts over a table service in memory. */
import t from 'tap'
import { conforms } from '../../test/conformance/conforms.ts'
import { mapSuite } from '../../test/conformance/map.ts'
import { overTables } from './conformance-engine.ts'
import { FakeTables } from './fake-tables.ts'

const fake = new FakeTables()
const connectionString = await fake.listen()
t.teardown(() => fake.close())
conforms(t, overTables('table', connectionString, 'Conformance'), mapSuite, { runs: 30 })
