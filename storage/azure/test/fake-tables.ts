/**
 * As much of Azure's table service as a map needs, in memory, over HTTP on loopback: tables, rows with ETags, pages of a range of
 * partitions. The same tests run over Azurite and over Azure itself (table-map.azure.ts), so what is wrong here shows there.
 */
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Stored {
  partition: string
  row: string
  etag: string
  properties: Record<string, unknown>
}

/** What is done to a request: `before` and `after` cut the connection, before or after it was done. */
export type Harm = 'before' | 'after' | { status: number; headers?: Record<string, string> }

/** Azure may always give fewer rows than it is asked for. */
export const fakePage = 40

export const account = 'devstoreaccount1'
/** The one that every emulator has. */
export const emulatorKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

export const emulatorString = (port: number, key: string = emulatorKey): string =>
  `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};TableEndpoint=http://127.0.0.1:${port}/${account};`

export class FakeTables {
  readonly tables = new Map<string, Map<string, Stored>>()
  harm: (request: IncomingMessage, body: string) => Harm | undefined = () => undefined
  readonly #server = createServer((request, response) => void this.#serve(request, response))
  #changes = 0

  /** A port that was used before, so that who waits for it finds it again. */
  async listen(port = 0): Promise<string> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    return emulatorString(this.port)
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const parts: Buffer[] = []
      for await (const part of request) parts.push(part as Buffer)
      const body = Buffer.concat(parts).toString()
      const harm = this.harm(request, body)
      if (harm === 'before') return void request.socket.destroy()
      const answer = typeof harm === 'object' ? { ...harm, body: undefined } : this.#answer(request, body)
      if (harm === 'after') return void request.socket.destroy()
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
      response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body))
    } catch (error) {
      response.writeHead(500).end(String(error))
    }
  }

  #answer(request: IncomingMessage, text: string): Answer {
    const url = new URL(request.url!, 'http://fake')
    if (request.headers.authorization !== signature(request, url)) return failed(403, 'AuthenticationFailed')
    const path = decodeURIComponent(url.pathname).replace(`/${account}/`, '')
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
    if (path === 'Tables') {
      const name = String(body.TableName)
      if (this.tables.has(name)) return failed(409, 'TableAlreadyExists')
      this.tables.set(name, new Map())
      return { status: 201, body: { TableName: name } }
    }
    const dropped = /^Tables\('(\w+)'\)$/.exec(path)
    if (dropped !== null) return this.tables.delete(dropped[1]!) ? { status: 204 } : failed(404, 'ResourceNotFound')
    const [, name, partition, row] = /^(\w+)(?:\((?:PartitionKey='(.*)',RowKey='(.*)')?\))?$/.exec(path)!
    const table = this.tables.get(name!)
    if (table === undefined) return failed(404, 'TableNotFound')
    if (request.method === 'POST') return this.#insert(table, body)
    if (partition === undefined) return list(table, url.searchParams)
    return this.#row(table, partition, row!, request, body)
  }

  #insert(table: Map<string, Stored>, { PartitionKey, RowKey, ...properties }: Record<string, unknown>): Answer {
    const [partition, row] = [String(PartitionKey), String(RowKey)]
    if (table.has(idOf(partition, row))) return failed(409, 'EntityAlreadyExists')
    return this.#store(table, { partition, row, properties })
  }

  #row(
    table: Map<string, Stored>,
    partition: string,
    row: string,
    { method, headers }: IncomingMessage,
    body: Record<string, unknown>,
  ): Answer {
    const found = table.get(idOf(partition, row))
    const condition = headers['if-match']
    if (found === undefined && (method !== 'PUT' || condition !== undefined)) return failed(404, 'ResourceNotFound')
    if (method === 'GET') return { status: 200, body: shown(found!), headers: { etag: found!.etag } }
    if (condition !== undefined && condition !== '*' && condition !== found!.etag)
      return failed(412, 'UpdateConditionNotSatisfied')
    if (method === 'DELETE') {
      table.delete(idOf(partition, row))
      return { status: 204 }
    }
    const { PartitionKey: _, RowKey: __, ...properties } = body
    const kept = method === 'PATCH' ? found!.properties : {}
    return this.#store(table, { partition, row, properties: { ...kept, ...properties } })
  }

  #store(table: Map<string, Stored>, stored: Omit<Stored, 'etag'>): Answer {
    const etag = `W/"datetime'${++this.#changes}'"`
    const properties = { ...stored.properties, Timestamp: new Date().toISOString() }
    table.set(idOf(stored.partition, stored.row), { ...stored, properties, etag })
    return { status: 204, headers: { etag } }
  }
}

interface Answer {
  status: number
  headers?: Record<string, string>
  body?: unknown
}

/** Microsoft Learn, "Authorize with Shared Key": the light one, of tables. */
function signature({ headers }: IncomingMessage, { pathname }: URL): string {
  const signed = `${headers['x-ms-date']}\n/${account}${pathname}`
  const hash = createHmac('sha256', Buffer.from(emulatorKey, 'base64')).update(signed).digest('base64')
  return `SharedKeyLite ${account}:${hash}`
}

const idOf = (partition: string, row: string): string => `${partition}\0${row}`

const shown = ({ partition, row, etag, properties }: Stored): Record<string, unknown> => ({
  'odata.etag': etag,
  PartitionKey: partition,
  RowKey: row,
  ...properties,
})

const failed = (status: number, code: string): Answer => ({
  status,
  body: { 'odata.error': { code, message: { lang: 'en-US', value: code } } },
})

function list(table: Map<string, Stored>, query: URLSearchParams): Answer {
  const range = /^PartitionKey ge '(.*)' and PartitionKey lt '(.*)'$/.exec(query.get('$filter') ?? '')
  const [from, to] = range === null ? ['', '\uffff'] : [range[1]!, range[2]!]
  const next = idOf(query.get('NextPartitionKey') ?? '', query.get('NextRowKey') ?? '')
  const ids = [...table.keys()].sort().filter((id) => id >= from && id < to && id >= next)
  const top = Math.min(Number(query.get('$top') ?? 1000), fakePage)
  const [partition, row] = ids[top]?.split('\0') ?? []
  return {
    status: 200,
    body: { value: ids.slice(0, top).map((id) => shown(table.get(id)!)) },
    headers:
      partition === undefined
        ? {}
        : { 'x-ms-continuation-nextpartitionkey': partition, 'x-ms-continuation-nextrowkey': row! },
  }
}
