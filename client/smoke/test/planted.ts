/** A real store behind a proxy that changes one thing of what it answers. */
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { Test } from 'tap'

export interface Request {
  method: string
  path: string
  headers: IncomingMessage['headers']
  /** As JSON; empty where it is none, or no object. */
  body: Record<string, unknown>
}

export interface Reply {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
  /** The text is followed by nothing, not even its end. */
  endless?: boolean
}

export interface Plant {
  /** What is answered in place of the store's answer; undefined leaves it as it is. */
  change?: (reply: Reply, request: Request) => Reply | undefined
  /** What is asked in place of what the client asks. */
  ask?: (request: Request) => Partial<Pick<Request, 'path' | 'headers'>> | undefined
  /** What is answered without asking the store. */
  instead?: (request: Request) => Reply | undefined
}

/** Resolves to the proxy's address. */
export async function plantAt(t: Test, storeUrl: string, { change, ask, instead }: Plant): Promise<string> {
  const proxy = createServer(async (incoming, outgoing) => {
    const { method = '', url: path = '', headers } = incoming
    const bytes = await buffer(incoming)
    const request: Request = { method, path, headers, body: fieldsOf(bytes.toString()) }
    const reply = instead?.(request) ?? (await forward(storeUrl, { ...request, ...ask?.(request) }, bytes))
    const { status, headers: names, text, endless } = change?.(reply, request) ?? reply
    const length = method === 'HEAD' ? names['content-length'] : String(Buffer.byteLength(text) + (endless ? 10 : 0))
    outgoing.writeHead(status, definite({ ...names, 'content-length': length }))
    if (endless) outgoing.write(text)
    else outgoing.end(text)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
}

function forward(storeUrl: string, { method, path, headers }: Request, bytes: Buffer): Promise<Reply> {
  const { hostname, port } = new URL(storeUrl)
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, method, path, headers, agent: false }, async (reply) => {
      const text = (
        await buffer(reply).catch((e) => {
          console.error('REPLY', method, path, e)
          throw e
        })
      ).toString()
      const { connection: _, 'transfer-encoding': __, ...kept } = reply.headers
      resolve({ status: reply.statusCode!, headers: kept, text })
    })
    request.on('error', reject)
    request.end(bytes)
  })
}

function fieldsOf(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

const definite = <Value>(fields: Record<string, Value | undefined>): Record<string, Value> =>
  Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, Value] => entry[1] !== undefined))

/** The same answer with another `{"data": …}`. */
export function withData<Data = Record<string, unknown>>(reply: Reply, change: (data: Data) => unknown): Reply {
  const body = JSON.parse(reply.text) as { data: Data }
  return { ...reply, text: JSON.stringify({ ...body, data: change(body.data) }) }
}

export const json = (status: number, body: unknown): Reply => ({
  status,
  headers: { 'content-type': 'application/json' },
  text: JSON.stringify(body),
})

export const errorReply = (status: number, reason: string): Reply =>
  json(status, { error: { code: status, reason, message: 'no' } })
