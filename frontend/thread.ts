/** A thread of the front end: a door of its own, and the floor that all share. Nothing imports this file but its types. */
import { realClock } from '../clock.ts'
import { runThread } from '../http/thread.ts'
import type { Settings } from '../settings.ts'
import { createDoor } from './door.ts'
import { Floor } from './floor.ts'

/** What a thread is given. */
export interface FrontendGiven {
  settings: Settings
  floor: SharedArrayBuffer
}

runThread<FrontendGiven, unknown>(({ given: { settings, floor }, owner: _, ...thread }) =>
  createDoor({ settings, ...thread, floor: new Floor(floor), clock: realClock }),
)
