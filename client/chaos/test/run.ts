/** Starts the chaos command as a process of its own, so that tests see real exit codes, real signals and what is left. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { compileCache } from '../../own-store.ts'

const entry = fileURLToPath(new URL('../../main.ts', import.meta.url))

export interface Ran {
  code: number | null
  out: string
  err: string
}

/** The empty environment keeps tap's options out. */
export function startChaos(args: string[], program = entry): { child: ChildProcess; ran: Promise<Ran> } {
  const child = spawn(process.execPath, [program, 'chaos', ...args], {
    env: compileCache,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ran = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)])
  return { child, ran: ran.then(([[code], out, err]) => ({ code: code as number | null, out, err })) }
}

export const runChaos = (...args: string[]): Promise<Ran> => startChaos(args).ran

/** Whatever still runs with this folder as its data: no store may outlive its run. */
export function leftOf(dataDir: string): string[] {
  const rows = execFileSync('ps', ['-A', 'e', '-o', 'pid=,args='], { encoding: 'utf8' }).split('\n')
  return rows.filter((row) => row.includes(`DATA_DIR=${dataDir}`))
}
