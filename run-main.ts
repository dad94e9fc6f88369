/** What every main.ts does: settings from the environment, the real world, a service's life. */
import { realClock } from './clock.ts'
import { canSharePort } from './http/listen.ts'
import { createLog } from './http/log.ts'
import { endProcess, type Running, runService } from './http/run.ts'
import { readSettings, type Settings } from './settings.ts'
import { realFileSystem } from './storage/file-system.ts'
import type { World } from './world.ts'

/** Ends the process with exit code 2 where a setting, a port or a file must be mended by a person. */
export async function runMain(
  name: string,
  env: NodeJS.ProcessEnv,
  start: (settings: Settings, world: World) => Promise<Running>,
): Promise<void> {
  let settings: Settings
  try {
    settings = readSettings(env)
  } catch (error) {
    return endProcess('toy store', createLog(name, 'info'), error)
  }
  if (process.connected) process.send?.({ settings: true }, undefined, undefined, () => {}) // start.ts waits for it
  const log = createLog(name, settings.logLevel)
  if (settings.threads > 1 && !canSharePort) {
    log.warn(`THREADS=${settings.threads}: the threads of a process cannot share a port on this system; there is one`)
    settings = { ...settings, threads: 1 }
  }
  const given = settings
  const end = (error: unknown) => endProcess(name, log, error)
  await runService({ name, log, start: () => start(given, { files: realFileSystem, clock: realClock, log, end }) })
}
