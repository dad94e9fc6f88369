/**
 * Taking a port. Always true: a port that a dying predecessor still holds is waited for, and a failure says in one sentence
 * what a person must mend.
 */
import type { Server } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { StartError, systemCode } from '../errors.ts'

const retryMs = 100
const retriesMax = 20
/** The kernel cuts it to net.core.somaxconn; Node's own 511 drops connections when thousands come at once. */
const backlog = 4_096

export interface Address {
  host: string
  /** 0 takes any free port. */
  port: number
}

/** Listens; resolves to the address that was taken. Throws a StartError; `setting` is the name of the port's setting. */
export async function listen(
  server: Server,
  { host, port }: Address,
  setting?: string,
): Promise<Address & { url: string }> {
  for (let retries = 0; ; retries++) {
    const error = await tryListen(server, host, port)
    if (error === undefined) break
    if (systemCode(error) !== 'EADDRINUSE' || retries >= retriesMax) throw explain(error, host, port, setting)
    await pause(retryMs)
  }
  const taken = server.address()
  const portTaken = typeof taken === 'object' && taken !== null ? taken.port : port
  return { host, port: portTaken, url: `http://${reachable(host)}:${portTaken}` }
}

function tryListen(server: Server, host: string, port: number): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const done = (error?: Error): void => {
      server.off('error', done)
      server.off('listening', listening)
      resolve(error)
    }
    const listening = (): void => done()
    server.on('error', done)
    server.on('listening', listening)
    server.listen({ host, port, backlog })
  })
}

function explain(error: Error, host: string, port: number, setting: string | undefined): StartError {
  const remedy = setting === undefined ? 'use another port' : `set ${setting}`
  const code = systemCode(error)
  if (code === 'EADDRINUSE') return new StartError(`port ${port} is in use: stop what uses it or ${remedy}`)
  if (code === 'EACCES') return new StartError(`port ${port} may not be used by this user: ${remedy}`)
  return new StartError(`cannot listen on ${host}, port ${port} (${code ?? error.message}): set HOST or ${remedy}`)
}

/** A host that a client can name: the wildcards are addresses only for listening. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
