/** A bare program to compare with, in a process of its own, with the same Node and the same options as a service's. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { nodeOptions } from '../programs.ts'
import type { Target } from './rounds.ts'
import type { StartLine } from './start-line.ts'

export interface Ceiling extends Target {
  process: ChildProcess
  close(): Promise<void>
}

/** `program`: of `ceilings/`, or a whole URL. Resolves when it has told its port. It ends with this process at the latest. */
export async function openCeiling(
  { startLine }: { startLine: StartLine },
  program: string,
  args: string[],
): Promise<Ceiling> {
  const path = fileURLToPath(new URL(program, new URL('./ceilings/', import.meta.url)))
  const child = fork(path, args, { execArgv: [...startLine.flags, ...nodeOptions], env: startLine.env })
  const ended = once(child, 'exit')
  const told = await Promise.race([once(child, 'message'), ended.then(() => undefined)])
  if (told === undefined) throw new Error(`${program} ended before it was open`)
  const [{ port }] = told as [{ port: number }]
  return {
    url: `http://127.0.0.1:${port}`,
    pids: () => [child.pid!],
    process: child,
    async close() {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}
