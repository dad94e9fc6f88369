/** The table service of `npm run test:azure`: the account that the environment names, else Azurite. */
import { type Azurite, startAzurite } from '../../../test/azurite/azurite.ts'

const given = process.env.AZURE_COSMOS_CONNECTION_STRING

export const startTables = async (): Promise<Azurite> =>
  given ? { connectionString: given, end: async () => {} } : startAzurite()
