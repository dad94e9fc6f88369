/** The front end as a service. Given the world, so that a test can hold it. */
import { createMetrics } from '../http/metrics.ts'
import type { Running } from '../http/run.ts'
import { createThreads } from '../http/threads.ts'
import { type Settings, timesOf } from '../settings.ts'
import type { World } from '../world.ts'
import { createDoor } from './door.ts'
import { floorMemory } from './floor.ts'
import type { FrontendGiven } from './thread.ts'

/** Resolves when it serves; ready once it has reached every neighbour, and a later outage does not unready it. */
export async function startFrontend(settings: Settings, { clock, log, end }: World): Promise<Running> {
  const metrics = createMetrics('frontend')
  const door =
    settings.threads === 1
      ? createDoor({ settings, log, clock, metrics })
      : createThreads<FrontendGiven>({
          program: new URL('./thread.ts', import.meta.url),
          count: settings.threads,
          service: 'frontend',
          given: { settings, floor: floorMemory() },
          clock,
          log,
          metrics,
          end,
        })
  const { url } = await door.listen({ host: settings.host, port: settings.port, setting: 'PORT' })
  return {
    url,
    whenReady: door.whenReady,
    close: () => door.close({ graceMs: timesOf(settings).closeMs }),
  }
}
