/** `npm start`: the whole store, one process a service. Nothing imports this file. */
import { fileURLToPath } from 'node:url'
import { createLog } from './http/log.ts'
import { endProcess } from './http/run.ts'
import { readSettings } from './settings.ts'
import { Supervisor } from './supervisor.ts'

const sameSignalMs = 2000

/** In the order of their start; `port` is the setting that the others find them by. */
const services = [
  { name: 'catalog', port: 'CATALOG_PORT' },
  { name: 'order', port: 'ORDER_PORT' },
  { name: 'frontend', port: 'PORT' },
] as const

const settings = (() => {
  try {
    return readSettings(process.env)
  } catch (error) {
    return endProcess('start', createLog('start', 'info'), error)
  }
})()
const log = createLog('start', settings.logLevel)
const env = { ...process.env }
let stoppingSince: number | undefined

const stop = async (code: number): Promise<void> => {
  if (stoppingSince !== undefined) return
  stoppingSince = performance.now()
  await supervisor.stop()
  process.exit(code)
}
const supervisor = new Supervisor(log, env, (code) => void stop(code))
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (stoppingSince === undefined) void stop(0)
    else if (performance.now() - stoppingSince > sameSignalMs) {
      supervisor.kill()
      process.exit(1)
    }
  })

const ports = { CATALOG_PORT: settings.catalogPort, ORDER_PORT: settings.orderPort, PORT: settings.port }
const running: Promise<string>[] = []
for (const { name, port } of services) {
  const path = fileURLToPath(new URL(`./${name}/main.ts`, import.meta.url))
  const ready = supervisor.start({ name, path })
  running.push(ready)
  // Side by side; only where the port is free to choose, the others wait, and a later start takes the same one.
  if (ports[port] === 0) env[port] = new URL(await ready).port
}
const shop = (await Promise.all(running)).at(-1)!
process.stdout.write(`The toy store is open at ${shop}\n`)
