/**
 * Taking a port. Always true: a port that a dying predecessor still holds is waited for, and a failure says in one sentence
 * what a person must mend.
 */
import { once } from 'node:events'
import { createServer, type ListenOptions, type Server as NetServer } from 'node:net'
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

/**
 * Listens; resolves to the address that was taken. Throws a StartError; `setting` is the name of the port's setting.
 * `shared`: others that say so too may listen there.
 */
export async function listen(
  server: NetServer,
  { host, port }: Address,
  setting?: string,
  { shared = false }: { shared?: boolean } = {},
): Promise<Address & { url: string }> {
  for (let retries = 0; ; retries++) {
    const error = await tryListen(server, { host, port, backlog, reusePort: shared })
    if (error === undefined) break
    if (systemCode(error) !== 'EADDRINUSE' || retries >= retriesMax) throw explain(error, host, port, setting)
    await pause(retryMs)
  }
  const taken = server.address()
  const portTaken = typeof taken === 'object' && taken !== null ? taken.port : port
  return { host, port: portTaken, url: `http://${reachable(host)}:${portTaken}` }
}

/** A port that is kept for this process's threads. */
export interface KeptPort {
  port: number
  /** Lets the threads listen; other programs still find the port in use, or make the threads find it so. */
  hand(): Promise<void>
  release(): Promise<void>
}

/** Whether the threads of a process can share a port so that it can be kept for them. */
export const canSharePort = process.platform === 'linux'

/**
 * Keeps a port for threads that will share it. Sharing alone would let a second process of the same user take the port in
 * silence. So it is first taken like any other, which finds it in use; and before, and until `release`, a Unix socket with
 * the port's number in its name (abstract: gone with the process, one namespace with the ports) is held. Between `hand` and
 * the threads' listening, whoever takes the port without that socket makes them fail; whoever would share it fails at the
 * socket. Throws a StartError.
 */
export async function keepPort({ host, port: wanted }: Address, setting?: string): Promise<KeptPort> {
  const locks: NetServer[] = []
  const lock = async (port: number): Promise<void> => {
    for (let retries = 0; ; retries++) {
      const server = createServer((socket) => socket.destroy())
      const error = await tryListen(server, { path: `\0toy-store-port-${port}` })
      if (error === undefined) return void locks.push(server.unref())
      if (retries >= retriesMax) throw explain(error, host, port, setting)
      await pause(retryMs)
    }
  }
  const probe = createServer((socket) => socket.destroy())
  const release = (): Promise<void> => closeAll([...locks, probe])
  try {
    if (wanted !== 0) await lock(wanted)
    const { port } = await listen(probe, { host, port: wanted }, setting)
    if (wanted === 0) await lock(port)
    return { port, hand: () => closeAll([probe]), release }
  } catch (error) {
    await release()
    throw error
  }
}

async function closeAll(servers: readonly NetServer[]): Promise<void> {
  await Promise.all(
    servers.map(async (server) => {
      if (!server.listening) return
      server.close()
      await once(server, 'close')
    }),
  )
}

function tryListen(server: NetServer, options: ListenOptions): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const done = (error?: Error): void => {
      server.off('error', done)
      server.off('listening', listening)
      resolve(error)
    }
    const listening = (): void => done()
    server.on('error', done)
    server.on('listening', listening)
    server.listen(options)
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
