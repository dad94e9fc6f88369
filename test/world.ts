/** What a service's start function takes, for a test that runs it in its own process. */
import { pino } from 'pino'
import type { Test } from 'tap'
import { type Clock, realClock } from '../clock.ts'
import type { Running } from '../http/run.ts'
import { readSettings, type Settings } from '../settings.ts'
import { realFileSystem } from '../storage/file-system.ts'
import type { World } from '../world.ts'

export interface Service {
  url: string
  /** Also called when the test ends. */
  close(): Promise<void>
}

/** Its timers keep no process alive: a service that is closed leaves one behind. */
const clock: Clock = {
  ...realClock,
  after(ms, work) {
    const timer = setTimeout(work, ms).unref()
    return () => clearTimeout(timer)
  },
}

/** Starts a service on free ports unless `env` says otherwise; it ends with its test. That it gives up by itself fails the test. */
export async function startService(
  t: Test,
  start: (settings: Settings, world: World) => Promise<Running>,
  env: Record<string, string>,
): Promise<Service> {
  const settings = readSettings({ PORT: '0', CATALOG_PORT: '0', ORDER_PORT: '0', ...env })
  const end = (error: unknown): void => void t.fail('the service gave up', { error })
  const { url, close } = await start(settings, {
    files: realFileSystem,
    clock,
    log: pino({ level: 'silent' }),
    end,
  })
  let closed: Promise<void> | undefined
  const closeOnce = (): Promise<void> => {
    closed ??= close()
    return closed
  }
  t.teardown(closeOnce)
  return { url, close: closeOnce }
}
