/** What the tests of this folder share: a real server on a free port that ends with its test, and raw sockets to it. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { pino } from 'pino'
import type { Test } from 'tap'
import type { Route } from '../routes.ts'
import { createServer, type Server, type ServerOptions } from '../server.ts'

export interface Served {
  server: Server
  url: string
  port: number
  /** The lines logged so far, parsed. */
  logged: Record<string, unknown>[]
}

export async function serve(
  t: Test,
  routes: ServerOptions['routes'],
  options: Partial<ServerOptions> & { level?: string } = {},
): Promise<Served> {
  const logged: Record<string, unknown>[] = []
  const level = options.level ?? 'info'
  const log = pino({ level }, { write: (line: string) => void logged.push(JSON.parse(line)) })
  const server = createServer({ routes, log, ...options })
  const { url, port } = await server.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => server.close({ graceMs: 0 }))
  return { server, url, port, logged }
}

/** A connected socket whose every received byte is kept in `heard()`. It ends with its test. */
export async function open(
  t: Test,
  port: number,
  options: { allowHalfOpen?: boolean } = {},
): Promise<{ socket: Socket; heard: () => string; closed: Promise<void> }> {
  const socket = connect({ port, host: '127.0.0.1', ...options })
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  return { socket, heard: () => text, closed }
}

/** Sends `text` on a connection of its own; resolves to all that came back when the server has closed it. */
export async function raw(t: Test, port: number, text: string | Buffer): Promise<string> {
  const { socket, heard, closed } = await open(t, port)
  socket.write(text)
  await closed
  return heard()
}

/** A promise, and the function that resolves it: a gate that a handler waits at. */
export function gate(): { passed: Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { passed: promise, open: resolve }
}

/** Waits until `condition` holds; gives up after 5 s. */
export async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 1_000) throw new Error(`never came true: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Answers with the body it got. */
export const echo: Route = {
  method: 'POST',
  path: '/echo',
  handle: async (context) => ({ data: await context.body() }),
}
