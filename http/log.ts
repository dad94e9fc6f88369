/** The log: JSON lines on standard output. Always true: a line that was written before a crash is there after it. */
import { destination, type LevelWithSilent, type Logger, pino, stdTimeFunctions } from 'pino'

/** A logger whose lines name the service, the level as a word, and the time as ISO 8601. */
export function createLog(service: string, level: LevelWithSilent): Logger {
  return pino(
    {
      level,
      base: { service },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination({ dest: 1, sync: true }),
  )
}
