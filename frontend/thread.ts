/** A thread of the front end: a door of its own. Nothing imports this file. */
import { realClock } from '../clock.ts'
import { runThread } from '../http/thread.ts'
import type { Settings } from '../settings.ts'
import { createDoor } from './door.ts'

runThread<Settings, unknown>(({ given, owner: _, ...thread }) =>
  createDoor({ settings: given, ...thread, clock: realClock }),
)
