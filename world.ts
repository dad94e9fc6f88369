/** All that is slow, random or from outside, as one argument: made in a main.ts, held by a test. */
import type { Logger } from 'pino'
import type { Clock } from './clock.ts'
import type { FileSystem } from './storage/file-system.ts'

export interface World {
  files: FileSystem
  clock: Clock
  log: Logger
  /** Ends the process: exit code 2 for a StartError (a person must mend something), else 1 (a restart may do). */
  end: (error: unknown) => void
}
