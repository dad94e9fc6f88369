/** `npm start`: the whole store, one process a service. Nothing imports this file. */
import { existsSync } from 'node:fs'
import { loadEnvFile } from 'node:process'
import { fileURLToPath } from 'node:url'
import { nodeOptions, services } from './programs.ts'
import { Supervisor } from './supervisor.ts'

const sameSignalMs = 2000

// Neither the settings' rules nor the log's library are loaded here: this process lives as long as the store, and small.
if (existsSync('.env')) loadEnvFile('.env')
const env = { ...process.env }
const tell = (msg: string): void => {
  const line = { level: 'warn', time: new Date().toISOString(), service: 'start', msg }
  if (!['error', 'fatal', 'silent'].includes(env.LOG_LEVEL ?? '')) process.stdout.write(`${JSON.stringify(line)}\n`)
}
let stoppingSince: number | undefined

const stop = async (code: number): Promise<void> => {
  if (stoppingSince !== undefined) return
  stoppingSince = performance.now()
  await supervisor.stop()
  process.exit(code)
}
const supervisor = new Supervisor(tell, env, (code) => void stop(code))
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (stoppingSince === undefined) void stop(0)
    else if (performance.now() - stoppingSince > sameSignalMs) {
      supervisor.kill()
      process.exit(1)
    }
  })

const ready: Promise<string>[] = []
const known = new Map<string, Promise<void>>()
for (const { name, port, calls } of services) {
  await Promise.all(calls.map((other) => known.get(other)))
  const path = fileURLToPath(new URL(`./${name}/main.ts`, import.meta.url))
  const started = supervisor.start({ name, path, options: nodeOptions })
  ready.push(started.ready)
  // All have the same settings: a wrong one is told once, by the first. From then on side by side; only where a port is
  // free to choose, who asks there waits to be told, and a later start takes the same one.
  if (ready.length === 1) await started.settings
  const keep = (url: string): void => {
    env[port] = new URL(url).port
  }
  if (/^0+$/.test(env[port] ?? '')) known.set(name, started.ready.then(keep))
}
const shop = (await Promise.all(ready)).at(-1)!
process.stdout.write(`The toy store is open at ${shop}\n`)
