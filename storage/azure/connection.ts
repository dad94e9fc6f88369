/** The client of one table, made of a connection string. Always: what is thrown or told holds nothing of the string, for it holds the key. */
import { TableClient, type TableServiceClientOptions } from '@azure/data-tables'
import { StartError } from '../../errors.ts'

export const setting = 'AZURE_COSMOS_CONNECTION_STRING'

/**
 * Asks nobody yet. Requests are sent once each: whether they are sent again depends on what they do (requests.ts), and the
 * library's own repetitions take neither that nor a deadline into account. Throws a StartError.
 */
export function connect(connectionString: string, table: string, options: TableServiceClientOptions = {}): TableClient {
  const parts = partsOf(connectionString)
  const isWhole =
    /^usedevelopmentstorage=true/i.test(connectionString.trim()) ||
    (parts.has('sharedaccesssignature') && parts.has('tableendpoint')) ||
    (parts.has('accountname') && /^[A-Za-z0-9+/]{4,}={0,2}$/.test(parts.get('accountkey') ?? ''))
  try {
    if (!isWhole) throw new Error('something is missing')
    const client = TableClient.fromConnectionString(connectionString, table, {
      ...options,
      // Who writes http: means it: it is how an emulator is reached.
      allowInsecureConnection: isPlain(parts),
      retryOptions: { maxRetries: 0 },
    })
    if (!/^https?:$/.test(new URL(client.url).protocol)) throw new Error('it is no address of the web')
    return client
  } catch {
    throw new StartError(
      `the setting ${setting} must be a connection string as Azure shows it: DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;TableEndpoint=https://…`,
    )
  }
}

/** Names in lower case. */
function partsOf(connectionString: string): Map<string, string> {
  const pairs = connectionString.split(';').map((part): [string, string] => {
    const at = part.indexOf('=')
    return [part.slice(0, Math.max(at, 0)).trim().toLowerCase(), part.slice(at + 1).trim()]
  })
  return new Map(pairs.filter(([, value]) => value !== ''))
}

const isPlain = (parts: ReadonlyMap<string, string>): boolean =>
  (parts.get('tableendpoint') ?? `${parts.get('defaultendpointsprotocol')}:`).toLowerCase().startsWith('http:')
