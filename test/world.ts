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

/** Time that goes so many times slower. Its timers keep no process alive: a service that is closed leaves one behind. */
export const slowClock = (times: number): Clock => ({
  ...realClock,
  elapsed: () => realClock.elapsed() / times,
  after(ms, work) {
    const timer = setTimeout(work, ms * times).unref()
    return () => clearTimeout(timer)
  },
})

/** Starts a service on free ports unless `env` says otherwise, in a world that is real where `world` says no more; it ends with its test. That it gives up by itself fails the test. */
export async function startService(
  t: Test,
  start: (settings: Settings, world: World) => Promise<Running>,
  env: Record<string, string>,
  world: Partial<World> = {},
): Promise<Service> {
  const settings = readSettings({
    PORT: '0',
    CATALOG_PORT: '0',
    ORDER_PORT: '0',
    PAYMENT_PORT: '0',
    CART_PORT: '0',
    ...env,
  })
  const end = (error: unknown): void => void t.fail('the service gave up', { error })
  const { url, close } = await start(settings, {
    files: realFileSystem,
    clock: slowClock(1),
    log: pino({ level: 'silent' }),
    end,
    ...world,
  })
  let closed: Promise<void> | undefined
  const closeOnce = (): Promise<void> => {
    closed ??= close()
    return closed
  }
  t.teardown(closeOnce)
  return { url, close: closeOnce }
}
