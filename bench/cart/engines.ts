/** Where carts are kept: in files; or in a table of Azure, which is azurite here, or the account that the environment names. */
import type { Bench } from '../bench-run.ts'
import { azuriteMissing, openAzurite } from './azurite.ts'
import type { EngineName } from './options.ts'

export interface Engine {
  name: EngineName
  /** Why it cannot be measured here, in a sentence. */
  missing: string | undefined
  /** For one store, empty. */
  begin(): Promise<{ env: Record<string, string>; close(): Promise<void> }>
}

/** `account`: a connection string in place of azurite. */
export function enginesOf(bench: Bench, names: readonly EngineName[], account: string | undefined): Engine[] {
  const all: Record<EngineName, Engine> = {
    local: {
      ...{ name: 'local', missing: undefined },
      begin: async () => ({ env: { DB_TYPE: 'Local' }, close: async () => {} }),
    },
    azure: {
      ...{ name: 'azure', missing: account === undefined ? azuriteMissing() : undefined },
      async begin() {
        if (account !== undefined) return { env: azureEnv(account), close: async () => {} }
        const { connectionString, close } = await openAzurite(bench)
        return { env: azureEnv(connectionString), close }
      },
    },
  }
  return names.map((name) => all[name])
}

const azureEnv = (connectionString: string) => ({
  DB_TYPE: 'Azure',
  AZURE_COSMOS_CONNECTION_STRING: connectionString,
})
