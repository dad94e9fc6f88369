/** Starts the sweep command as a process of its own, so that tests see real exit codes and real signals. */

import { type ChildProcess, spawn } from 'node:child_process'
import type { ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { compileCache } from '../../own-store.ts'

const entry = fileURLToPath(new URL('./entry.ts', import.meta.url))

export interface Ran {
  code: number | null
  out: string
  err: string
}

/** `tmp` is where its own store's folder is made. Nothing else of this environment reaches it, tap's options neither. */
export function startSweep(args: readonly string[], tmp?: string): { child: ChildProcess; ran: Promise<Ran> } {
  const env = { ...compileCache, ...(tmp === undefined ? {} : { TMPDIR: tmp }), PATH: '/usr/local/bin:/usr/bin:/bin' }
  const child = spawn(process.execPath, [entry, 'sweep', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve))
  const ran = Promise.all([closed, text(child.stdout), text(child.stderr)])
  return { child, ran: ran.then(([code, out, err]) => ({ code, out, err })) }
}

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
