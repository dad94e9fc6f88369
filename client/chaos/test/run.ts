/** Runs the chaos command, and looks for what it left. */
import { execFileSync } from 'node:child_process'
import { type Ran, startClient } from '../../test/program.ts'

export const startChaos = (args: string[], program?: string) =>
  startClient(['chaos', ...args], program === undefined ? {} : { program })

export const runChaos = (...args: string[]): Promise<Ran> => startChaos(args).ran

/** Whatever still runs with this folder as its data: no store may outlive its run. */
export function leftOf(dataDir: string): string[] {
  const rows = execFileSync('ps', ['-A', 'e', '-o', 'pid=,args='], { encoding: 'utf8' }).split('\n')
  return rows.filter((row) => row.includes(`DATA_DIR=${dataDir}`))
}
