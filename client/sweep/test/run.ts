/** Runs the sweep command. */
import type { ServerResponse } from 'node:http'
import { type Ran, startClient } from '../../test/program.ts'

/** `tmp` is where its own store's folder is made. */
export const startSweep = (args: readonly string[], tmp?: string) =>
  startClient(['sweep', ...args], {
    env: { ...(tmp === undefined ? {} : { TMPDIR: tmp }), PATH: '/usr/local/bin:/usr/bin:/bin' },
  })

export function runSweep(options: string): Promise<Ran> {
  return startSweep(options.split(' ').filter(Boolean)).ran
}

/** Holds an answer of the fake store back for so many milliseconds, then gives it. */
export function later(response: ServerResponse, ms: number): void {
  const end = response.end.bind(response)
  response.end = (...given: unknown[]) => {
    setTimeout(() => (end as (...given: unknown[]) => unknown)(...given), ms)
    return response
  }
}
