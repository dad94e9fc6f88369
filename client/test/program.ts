/** Starts the client as a process of its own, so that tests see real exit codes, real signals and real output. */
import { type ChildProcess, spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { compileCache } from '../own-store.ts'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))

export interface Ran {
  code: number | null
  out: string
  err: string
}

export interface ProgramOptions {
  /** In place of the client of this project. */
  program?: string
  /** Nothing else of this environment reaches it, tap's options neither. */
  env?: Readonly<Record<string, string>>
}

/** `args` begin with the command. `ran` resolves when the process and all that hold its output are gone. */
export function startClient(
  args: readonly string[],
  { program = main, env = {} }: ProgramOptions = {},
): { child: ChildProcess; ran: Promise<Ran> } {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...compileCache, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve))
  const ran = Promise.all([closed, text(child.stdout), text(child.stderr)])
  return { child, ran: ran.then(([code, out, err]) => ({ code, out, err })) }
}
