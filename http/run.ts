/**
 * A service's life as a process. Always true: it stops once, in order, whoever asks; it does not outlive the parent that holds
 * its IPC channel; and its exit code says who can help: 0 nobody need, 2 a person must mend something, 1 a restart may do.
 */
import type { Logger } from 'pino'
import { StartError } from '../errors.ts'

/** A Ctrl-C reaches a service several times: from the terminal, from npm, from the parent. */
const sameSignalMs = 2_000

/** What `start` made. */
export interface Running {
  url: string
  /** When it is ready for the first time, where that is later than now; never rejects. */
  whenReady?: Promise<void>
  close(): Promise<void>
}

export interface RunOptions {
  name: string
  log: Logger
  /** Throws a StartError for what a person must mend. */
  start: () => Promise<Running>
}

/**
 * Starts the service, tells the parent `{ ready: true, url }` where there is one, and stops on SIGTERM, the channel's end, or,
 * where there is no parent, SIGINT. A signal that comes more than 2 s after the first forces the end. Ends the process; resolves when the service runs.
 */
export async function runService({ name, log, start }: RunOptions): Promise<void> {
  const starting = Promise.resolve().then(start)
  let stoppingSince: number | undefined

  const stop = async (reason: string): Promise<void> => {
    stoppingSince = performance.now()
    try {
      // A signal may come during the start: what is half made cannot be closed.
      const running = await starting
      log.info({ reason }, 'stopping')
      await running.close()
      log.info('stopped')
    } catch (error) {
      endProcess(name, log, error)
    }
    process.exit(0)
  }
  const onSignal = (signal: NodeJS.Signals): void => {
    if (signal === 'SIGINT' && process.connected) return // a Ctrl-C is the parent's: it stops all in their order
    if (stoppingSince === undefined) void stop(signal)
    else if (performance.now() - stoppingSince > sameSignalMs) process.exit(1)
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  if (process.send !== undefined) {
    const onOrphaned = (): void => {
      if (stoppingSince === undefined) void stop('the parent has gone')
    }
    process.on('disconnect', onOrphaned)
    if (!process.connected) onOrphaned()
  }

  try {
    const { url, whenReady } = await starting
    await whenReady
    log.info({ url }, 'ready')
    // A parent that has gone in the meantime is told by 'disconnect'.
    if (process.connected) process.send?.({ ready: true, url }, undefined, undefined, () => {})
  } catch (error) {
    endProcess(name, log, error)
  }
}

/** Ends the process with what went wrong: 2 where a person must mend something, else 1. */
export function endProcess(name: string, log: Logger, error: unknown): never {
  if (error instanceof StartError) {
    process.stderr.write(`${name}: ${error.message}\n`)
    process.exit(2)
  }
  log.fatal({ err: error }, 'failed')
  process.exit(1)
}
