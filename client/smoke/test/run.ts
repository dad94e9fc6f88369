/** Starts the smoke command as a process of its own, so that tests see real exit codes and real output. */

import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { compileCache } from '../../own-store.ts'

const program = fileURLToPath(new URL('../../main.ts', import.meta.url))

export interface Ran {
  code: number | null
  out: string
  err: string
  ms: number
}

/** The empty environment keeps tap's options out. */
export async function runSmoke(url: string, ...options: string[]): Promise<Ran> {
  const began = performance.now()
  const args = [program, 'smoke', '--url', url, ...options]
  const child = spawn(process.execPath, args, { env: compileCache, stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [code, out, err] = await Promise.all([closed, text(child.stdout), text(child.stderr)])
  return { code, out, err, ms: performance.now() - began }
}
